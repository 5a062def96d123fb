"""Progress of work that takes longer than a request."""

from flask import Blueprint
from sqlalchemy import select

from app.http.auth import access_or_none, caller, viewer
from app.http.lookup import Ref, find, names
from app.models.jobs import Job
from app.serializers.progress import ProgressJSON, progress_json
from app.services.permissions import Right, require

blueprint = Blueprint("progress", __name__, url_prefix="/api/v1")


@blueprint.get("/progress/<ref:progress>")
def get_progress(progress: Ref) -> ProgressJSON:
    """Tell how far a job is: to who asked for it, to admins, and to who may grade in its course."""
    # What recurs by itself nobody asked for, and nobody is told of.
    job = find(select(Job).where(names(Job, progress), Job.user_id.is_not(None)))
    mine = access_or_none()
    require(job.user_id == caller().id or caller().admin or (mine is not None and Right.GRADE in mine.rights))
    return progress_json(job, viewer())
