"""Changes of grades as Canvas' audit log shows them."""

import datetime as dt
from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.models.types import AnyRow
from app.serializers.viewer import Viewer


class GradeChangeLinksJSON(TypedDict):
    """Whose grade on what, and by whom; the things themselves are in `linked`."""

    assignment: int
    course: int
    student: int
    grader: int | None
    real_user: int | None
    page_view: str | None


class GradeChangeJSON(TypedDict):
    """One change."""

    id: str
    created_at: dt.datetime
    event_type: str
    grade_before: str | None
    grade_after: str | None
    grade_current: NotRequired[str]
    score_before: float | None
    score_after: float | None
    excused_before: bool
    excused_after: bool
    graded_anonymously: bool
    points_possible_before: float | None
    points_possible_after: float | None
    version_number: int
    request_id: str | None
    links: GradeChangeLinksJSON


class GradeChangesJSON(TypedDict):
    """A page of changes with what they are about."""

    links: dict[str, Any]
    events: list[GradeChangeJSON]
    linked: dict[str, list[Any]]


def grade_change_json(row: AnyRow, *, current: bool) -> GradeChangeJSON:
    """One change; `current` tells the present grade too. A quiz that graded by itself is no grader."""
    body: GradeChangeJSON = {
        "id": str(row.id),
        "created_at": row.created_at,
        "event_type": "grade_change",
        "grade_before": row.grade_before,
        "grade_after": row.grade_after,
        "score_before": row.score_before,
        "score_after": row.score_after,
        "excused_before": row.excused_before,
        "excused_after": row.excused_after,
        "graded_anonymously": False,
        "points_possible_before": None,
        "points_possible_after": None,
        "version_number": row.version_number,
        "request_id": row.request_id,
        "links": {
            "assignment": row.assignment_id,
            "course": row.course_id,
            "student": row.student_id,
            "grader": row.grader_id if row.grader_id > 0 else None,
            "real_user": row.real_user_id if 0 < row.grader_id != row.real_user_id else None,
            "page_view": None,
        },
    }
    if current:
        body["grade_current"] = row.grade_current or "N/A"
    return body


def links_json(viewer: Viewer) -> dict[str, Any]:
    """Where what the events link to is found."""
    course = f"{viewer.base_url}/api/v1/courses/{{events.course}}"
    user = {"href": None, "type": "user"}
    return {
        "events.assignment": f"{course}/assignments/{{events.assignment}}",
        "events.course": course,
        "events.student": user,
        "events.grader": user,
        "events.page_view": None,
    }
