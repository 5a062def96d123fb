"""Many grades at once: what is asked for is done by a job, and followed as a Progress."""

from collections.abc import Mapping
from typing import Annotated, Any

from flask import Blueprint
from pydantic import Field
from sqlalchemy import select

from app.errors import Invalid
from app.extensions import db
from app.http.auth import caller, require_right, viewer
from app.http.lookup import Ref, find, ids_named, names
from app.http.params import Flag, Params, Text, takes
from app.models.assignments import Assignment
from app.models.users import User
from app.serializers.progress import ProgressJSON, progress_json
from app.services import bulk_grades
from app.services.permissions import Access, Right

blueprint = Blueprint("bulk_grades", __name__, url_prefix="/api/v1")
MOST_GRADES = 10_000


class BulkGrade(Params):
    """What happens to one student's work."""

    posted_grade: Text | None = None
    """As in grading one submission; blank takes the grade away."""
    excuse: Flag | None = None
    text_comment: Text | None = None


Grades = Annotated[dict[str, BulkGrade], Field(min_length=1, max_length=MOST_GRADES)]


class AssignmentGradesParams(Params):
    """Grades on one assignment."""

    grade_data: Grades
    """User (an id or SIS id) -> grade."""


class CourseGradesParams(Params):
    """Grades on several assignments."""

    grade_data: Annotated[dict[str, Grades], Field(min_length=1)]
    """Assignment id -> user (an id or SIS id) -> grade."""


@blueprint.post("/courses/<ref:course>/assignments/<ref:assignment>/submissions/update_grades")
@takes(AssignmentGradesParams)
def update_assignment_grades(params: AssignmentGradesParams, course: Ref, assignment: Ref) -> ProgressJSON:
    """Grade and comment the work of many students on an assignment, as a job."""
    mine = require_right(Right.GRADE)
    living = select(Assignment.id).where(Assignment.course_id == mine.course_id, Assignment.workflow_state != "deleted")
    assignment_id = find(living.where(names(Assignment, assignment)))
    return _enqueued(mine, {assignment_id: params.grade_data})


@blueprint.post("/courses/<ref:course>/submissions/update_grades")
@takes(CourseGradesParams)
def update_course_grades(params: CourseGradesParams, course: Ref) -> ProgressJSON:
    """Grade and comment the work of many students on several assignments, as a job."""
    mine = require_right(Right.GRADE)
    named = ids_named(Assignment, params.grade_data, 0, "grade_data")
    living = select(Assignment.id).where(Assignment.course_id == mine.course_id, Assignment.workflow_state != "deleted")
    there = set(db.session.scalars(living.where(Assignment.id.in_(named.values()))))
    lost = [text for text, assignment_id in named.items() if assignment_id not in there]
    if lost:
        raise Invalid.field("grade_data", f"this course has no assignment {lost[0][:40]!r}")
    return _enqueued(mine, {named[text]: grades for text, grades in params.grade_data.items()})


def _enqueued(mine: Access, data: Mapping[int, Mapping[str, BulkGrade]]) -> ProgressJSON:
    """The job that gives those grades, by assignment and by the reference that names the student."""
    texts = {text for grades in data.values() for text in grades}
    if sum(map(len, data.values())) > MOST_GRADES:
        raise Invalid.field("grade_data", f"takes at most {MOST_GRADES} grades")
    users = ids_named(User, texts, caller().id, "grade_data")
    asked: list[tuple[int, int, dict[str, Any]]] = []
    for assignment_id, grades in data.items():
        asked += [(assignment_id, users[text], grade.given()) for text, grade in grades.items() if users[text]]
    job = bulk_grades.enqueue(mine, caller(), asked, sorted(text for text in texts if not users[text]))
    db.session.commit()
    return progress_json(job, viewer())
