"""Assignments: what students hand in, or are graded on."""

from sqlalchemy import JSON, ColumnElement, Index, String, Text, cast, false, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.enrollments import active_student
from app.models.quizzes import Quiz
from app.models.submissions import NEEDS_GRADING, Submission
from app.models.types import BigId, CreatedAt, Key, LongText, Name, OptionalInstant, Rows, State, UpdatedAt, references

NOT_SUBMITTED_ONLINE = frozenset(("on_paper", "none", "not_graded"))


class Assignment(Base):
    """One piece of work in a course."""

    __tablename__ = "assignments"
    __table_args__ = (Index("ix_assignments_course_id_position", "course_id", "position"),)

    id: Mapped[Key]
    course_id: Mapped[int] = references("courses.id")
    assignment_group_id: Mapped[int] = references("assignment_groups.id", index=True)
    name: Mapped[Name]
    description: Mapped[LongText]
    submission_types: Mapped[list[str]] = mapped_column(JSON)
    allowed_extensions: Mapped[list[str]] = mapped_column(JSON, default=list)
    points_possible: Mapped[float | None]
    grading_type: Mapped[str] = mapped_column(String(20), default="points")
    grading_standard_id: Mapped[int | None] = mapped_column(BigId)
    """Null: that of the course."""
    due_at: Mapped[OptionalInstant]
    lock_at: Mapped[OptionalInstant]
    unlock_at: Mapped[OptionalInstant]
    workflow_state: Mapped[State] = mapped_column(default="unpublished")
    position: Mapped[int]
    omit_from_final_grade: Mapped[bool] = mapped_column(default=False, server_default=false())
    allowed_attempts: Mapped[int] = mapped_column(default=-1)
    peer_reviews: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


HAS_SUBMITTED = select(1).where(Submission.assignment_id == Assignment.id, Submission.attempt.is_not(None)).correlate(Assignment).exists()
NEEDS_GRADING_COUNT = (
    select(func.count(Submission.id))
    .where(Submission.assignment_id == Assignment.id, NEEDS_GRADING, active_student(Assignment.course_id, Submission.user_id))
    .correlate(Assignment)
    .scalar_subquery()
)
QUIZ_ID = select(Quiz.id).where(Quiz.assignment_id == Assignment.id).correlate(Assignment).scalar_subquery()
ASSIGNMENT_COLUMNS = (
    Assignment.id,
    Assignment.course_id,
    Assignment.assignment_group_id,
    Assignment.name,
    Assignment.description,
    Assignment.submission_types,
    Assignment.allowed_extensions,
    Assignment.points_possible,
    Assignment.grading_type,
    Assignment.grading_standard_id,
    Assignment.due_at,
    Assignment.lock_at,
    Assignment.unlock_at,
    Assignment.workflow_state,
    Assignment.position,
    Assignment.omit_from_final_grade,
    Assignment.allowed_attempts,
    Assignment.peer_reviews,
    Assignment.created_at,
    Assignment.updated_at,
    HAS_SUBMITTED.label("has_submitted_submissions"),
    QUIZ_ID.label("quiz_id"),
)
FOR_STUDENTS = select(*ASSIGNMENT_COLUMNS).where(Assignment.workflow_state == "published")
FOR_HISTORY = select(*ASSIGNMENT_COLUMNS, NEEDS_GRADING_COUNT.label("needs_grading_count"))
"""Those too that are deleted: what was graded stays told."""
FOR_STAFF = FOR_HISTORY.where(Assignment.workflow_state != "deleted")


def assignment_rows(*, staff: bool) -> Rows:
    """Assignments by columns: staff see drafts and how many submissions wait for a grade."""
    return FOR_STAFF if staff else FOR_STUDENTS


def assignment_rows_ever() -> Rows:
    """Assignments by columns, for staff, the deleted ones too."""
    return FOR_HISTORY


def is_ungraded() -> ColumnElement[bool]:
    """Assignments of the submission type that is never graded."""
    return cast(Assignment.submission_types, Text) == '["not_graded"]'


def submitted_online() -> ColumnElement[bool]:
    """Assignments that something can be handed in for."""
    return cast(Assignment.submission_types, Text).not_in([f'["{kind}"]' for kind in sorted(NOT_SUBMITTED_ONLINE)])
