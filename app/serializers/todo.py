"""Things to do as Canvas shows them."""

from collections.abc import Mapping
from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.models.types import AnyRow
from app.serializers.viewer import Viewer


class TodoJSON(TypedDict):
    """An assignment to hand in, or to grade."""

    type: str
    context_type: str
    context_name: str
    course_id: int
    assignment: Any
    needs_grading_count: NotRequired[int]
    html_url: str


def todo_json(row: AnyRow, assignment: Mapping[str, Any], viewer: Viewer) -> TodoJSON:
    """One thing to do about an assignment."""
    course = f"{viewer.base_url}/courses/{row.course_id}"
    submitting: TodoJSON = {
        "type": "submitting",
        "context_type": "Course",
        "context_name": row.context_name,
        "course_id": row.course_id,
        "assignment": assignment,
        "html_url": f"{course}/assignments/{row.id}#submit",
    }
    if not row.grading:
        return submitting
    grader = f"{course}/gradebook/speed_grader?assignment_id={row.id}"
    return {**submitting, "type": "grading", "needs_grading_count": row.needs_grading_count, "html_url": grader}
