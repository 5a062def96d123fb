"""Jobs as Canvas shows them to who asked: Progress."""

import datetime as dt
from typing import Any

from typing_extensions import TypedDict

from app.models.accounts import ROOT_ACCOUNT_ID
from app.models.jobs import Job
from app.serializers.viewer import Viewer


class ProgressJSON(TypedDict):
    """How far a job is."""

    id: int
    context_id: int
    context_type: str
    user_id: int | None
    tag: str
    completion: int
    workflow_state: str
    message: str | None
    results: dict[str, Any] | None
    url: str
    created_at: dt.datetime
    updated_at: dt.datetime


def progress_json(job: Job, viewer: Viewer) -> ProgressJSON:
    """One job; its completion is a whole percentage, and 100 only once it is over."""
    return {
        "id": job.id,
        "context_id": job.course_id or ROOT_ACCOUNT_ID,
        "context_type": "Course" if job.course_id else "Account",
        "user_id": job.user_id,
        "tag": job.kind,
        "completion": int(job.completion),
        "workflow_state": job.workflow_state,
        "message": job.message,
        "results": job.results,
        "url": f"{viewer.base_url}/api/v1/progress/{job.id}",
        "created_at": job.created_at,
        "updated_at": job.updated_at,
    }
