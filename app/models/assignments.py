"""Assignments: what students hand in, or are graded on."""

from typing import Any

from sqlalchemy import JSON, ColumnElement, Index, SQLColumnExpression, String, Text, and_, case, cast, false, func, null, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.assignment_overrides import AssignmentOverride, applies
from app.models.enrollments import active_student
from app.models.quizzes import Quiz
from app.models.submissions import NEEDS_GRADING, Submission
from app.models.types import BigId, CreatedAt, Key, LongText, Name, OptionalInstant, Rows, State, UpdatedAt, references
from app.models.users import User

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
    only_visible_to_overrides: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether only those are assigned it whom an override reaches."""
    has_overrides: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether there may be any: where there are none nobody looks for them."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


def assigned(user_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Assignments that are that user's to do."""
    reached = select(1).where(*applies(Assignment.id, Assignment.course_id, user_id)).correlate_except(AssignmentOverride)
    return or_(Assignment.only_visible_to_overrides.is_(False), and_(Assignment.has_overrides, reached.exists()))


def effective(name: str, user_id: SQLColumnExpression[int]) -> ColumnElement[Any]:
    """That date of the assignment for that user: the most lenient of those that overrides set, if any does."""
    own, date = getattr(Assignment, name), getattr(AssignmentOverride, name)
    overridden = getattr(AssignmentOverride, f"{name}_overridden")
    chosen = func.count(case((overridden, 1)))
    lenient = (func.min if name == "unlock_at" else func.max)(date)
    combined = case((chosen == 0, own), (func.count(date) < chosen, null()), else_=lenient)
    found = select(combined).where(*applies(Assignment.id, Assignment.course_id, user_id)).correlate_except(AssignmentOverride)
    return case((Assignment.has_overrides, found.scalar_subquery()), else_=own)


# The dates of an Assignment as they are for the User of the same row: whatever depends on a student's dates is built from these.
DUE_AT, UNLOCK_AT, LOCK_AT = (effective(name, User.id) for name in ("due_at", "unlock_at", "lock_at"))
ASSIGNED = assigned(User.id)
"""Whether it is theirs to do."""
DATES = tuple(date.label(name) for name, date in (("due_at", DUE_AT), ("unlock_at", UNLOCK_AT), ("lock_at", LOCK_AT)))

HAS_SUBMITTED = select(1).where(Submission.assignment_id == Assignment.id, Submission.attempt.is_not(None)).correlate(Assignment).exists()
NEEDS_GRADING_COUNT = (
    select(func.count(Submission.id))
    .where(Submission.assignment_id == Assignment.id, NEEDS_GRADING, active_student(Assignment.course_id, Submission.user_id))
    .where(assigned(Submission.user_id))
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
    Assignment.workflow_state,
    Assignment.position,
    Assignment.omit_from_final_grade,
    Assignment.allowed_attempts,
    Assignment.peer_reviews,
    Assignment.only_visible_to_overrides,
    Assignment.has_overrides,
    Assignment.created_at,
    Assignment.updated_at,
    HAS_SUBMITTED.label("has_submitted_submissions"),
    QUIZ_ID.label("quiz_id"),
)
OWN_DATES = (Assignment.due_at, Assignment.unlock_at, Assignment.lock_at)
WAITING = NEEDS_GRADING_COUNT.label("needs_grading_count")
FOR_STUDENTS = select(*ASSIGNMENT_COLUMNS, *DATES).select_from(Assignment).where(Assignment.workflow_state == "published")
FOR_HISTORY = select(*ASSIGNMENT_COLUMNS, *OWN_DATES, WAITING).select_from(Assignment)
"""Those too that are deleted: what was graded stays told."""
FOR_STAFF = FOR_HISTORY.where(Assignment.workflow_state != "deleted")
FOR_STAFF_DATED = select(*ASSIGNMENT_COLUMNS, *DATES, WAITING).select_from(Assignment).where(Assignment.workflow_state != "deleted")


def assignment_rows() -> Rows:
    """Assignments by columns with their own dates as staff see them: drafts too, and how many submissions wait for a grade."""
    return FOR_STAFF


def dated_rows(student: int | ColumnElement[int], *, staff: bool = False) -> Rows:
    """Assignments by columns with that user's dates, also what is not ASSIGNED to them. Where `student` is null the dates are their own."""
    return (FOR_STAFF_DATED if staff else FOR_STUDENTS).outerjoin(User, User.id == student)


def student_rows(student: int | ColumnElement[int], *, staff: bool = False) -> Rows:
    """Assignments as they concern that user: their dates, and only what is assigned to them; drafts for `staff` only."""
    return dated_rows(student, staff=staff).where(ASSIGNED)


def assignment_rows_ever() -> Rows:
    """Assignments by columns, for staff, the deleted ones too."""
    return FOR_HISTORY


def is_ungraded() -> ColumnElement[bool]:
    """Assignments of the submission type that is never graded."""
    return cast(Assignment.submission_types, Text) == '["not_graded"]'


def submitted_online() -> ColumnElement[bool]:
    """Assignments that something can be handed in for."""
    return cast(Assignment.submission_types, Text).not_in([f'["{kind}"]' for kind in sorted(NOT_SUBMITTED_ONLINE)])
