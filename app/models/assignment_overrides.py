"""Assignment overrides: other dates than the assignment's own for some students, or for those of a section."""

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, Index, Select, SQLColumnExpression, false, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.enrollments import Enrollment
from app.models.types import CreatedAt, Key, Name, OptionalInstant, Rows, State, UpdatedAt, references

ACTIVE = text("workflow_state = 'active'")


class AssignmentOverride(Base):
    """Dates of an assignment for one section, or for the students that AssignmentOverrideStudent names.

    A date holds only where it is `overridden`: null is "no date" then, and otherwise the assignment's own date holds.
    """

    __tablename__ = "assignment_overrides"
    __table_args__ = (
        Index(
            "uq_assignment_overrides_assignment_id_section",
            "assignment_id",
            "course_section_id",
            unique=True,
            postgresql_where=ACTIVE,
            sqlite_where=ACTIVE,
        ),
    )

    id: Mapped[Key]
    assignment_id: Mapped[int] = references("assignments.id", index=True)
    course_section_id: Mapped[int | None] = references("course_sections.id", index=True, nullable=True)
    title: Mapped[Name]
    due_at: Mapped[OptionalInstant]
    due_at_overridden: Mapped[bool] = mapped_column(default=False, server_default=false())
    all_day: Mapped[bool] = mapped_column(default=False, server_default=false())
    all_day_date: Mapped[dt.date | None]
    unlock_at: Mapped[OptionalInstant]
    unlock_at_overridden: Mapped[bool] = mapped_column(default=False, server_default=false())
    lock_at: Mapped[OptionalInstant]
    lock_at_overridden: Mapped[bool] = mapped_column(default=False, server_default=false())
    workflow_state: Mapped[State] = mapped_column(default="active")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class AssignmentOverrideStudent(Base):
    """A student whom an override without a section is for: one such override an assignment."""

    __tablename__ = "assignment_override_students"
    __table_args__ = (Index("uq_assignment_override_students_assignment_id_user_id", "assignment_id", "user_id", unique=True),)

    id: Mapped[Key]
    assignment_override_id: Mapped[int] = references("assignment_overrides.id", index=True)
    assignment_id: Mapped[int] = references("assignments.id")
    user_id: Mapped[int] = references("users.id", index=True)


OVERRIDE_COLUMNS = tuple(
    column for column in AssignmentOverride.__table__.columns if column.key not in ("workflow_state", "created_at", "updated_at")
)
ATTENDS = (Enrollment.type == "StudentEnrollment", Enrollment.workflow_state.not_in(("inactive", "rejected", "deleted")))
"""Enrolments by which overrides reach somebody: of students, also of invited ones and of those who are through with the course."""


def override_rows() -> Rows:
    """Overrides by columns, in no order yet."""
    return select(*OVERRIDE_COLUMNS).where(AssignmentOverride.workflow_state == "active")


def applies(assignment_id: SQLColumnExpression[int], course_id: SQLColumnExpression[int], user_id: SQLColumnExpression[int]) -> Any:
    """Overrides of that assignment of the course that reach that user."""
    named = select(AssignmentOverrideStudent.assignment_override_id).where(
        AssignmentOverrideStudent.assignment_id == assignment_id, AssignmentOverrideStudent.user_id == user_id
    )
    named = named.correlate_except(AssignmentOverrideStudent)
    sections = select(Enrollment.course_section_id).where(Enrollment.course_id == course_id, Enrollment.user_id == user_id, *ATTENDS)
    sections = sections.correlate_except(Enrollment)
    mine: ColumnElement[bool] = or_(AssignmentOverride.id.in_(named), AssignmentOverride.course_section_id.in_(sections))
    return AssignmentOverride.assignment_id == assignment_id, AssignmentOverride.workflow_state == "active", mine


def attending(course_id: int) -> Select[int]:
    """The ids of those whom overrides of the course may reach."""
    return select(Enrollment.user_id).where(Enrollment.course_id == course_id, *ATTENDS)
