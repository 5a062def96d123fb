"""What is read of the changes of grades: which ones somebody may see, and events. What is deleted or over is not forgotten."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from app.models.assignments import Assignment
from app.models.enrollments import Enrollment
from app.models.submissions import GradeChange, Submission
from app.models.types import Rows
from app.services.permissions import Access, Role

EARLIER = aliased(GradeChange)
NUMBER = (
    select(func.count(EARLIER.id))
    .where(EARLIER.submission_id == GradeChange.submission_id, EARLIER.id <= GradeChange.id)
    .correlate(GradeChange)
    .scalar_subquery()
)
EVENTS = (
    select(
        *GradeChange.__table__.columns,
        Submission.assignment_id,
        Submission.user_id.label("student_id"),
        Submission.grade.label("grade_current"),
        Assignment.course_id,
        NUMBER.label("version_number"),
    )
    .join(Submission, Submission.id == GradeChange.submission_id)
    .join(Assignment, Assignment.id == Submission.assignment_id)
)


def events(*conditions: ColumnElement[bool]) -> Rows:
    """Those changes by columns, newest first."""
    return EVENTS.where(*conditions).order_by(GradeChange.id.desc())


def of_course(mine: Access) -> tuple[ColumnElement[bool], ...]:
    """The changes in that course that the caller may see: of their sections' students only, where they are limited to some."""
    conditions: tuple[ColumnElement[bool], ...] = (Assignment.course_id == mine.course_id,)
    return conditions if mine.section_ids is None else (*conditions, Submission.user_id.in_(_students(mine)))


def _students(mine: Access) -> Select[Any]:
    """Whoever is or was a student of the sections that the caller is limited to."""
    found = select(Enrollment.user_id).where(Enrollment.course_id == mine.course_id, Enrollment.type == Role.STUDENT)
    return found.where(Enrollment.course_section_id.in_(mine.section_ids or ()), Enrollment.workflow_state.not_in(("deleted", "rejected")))
