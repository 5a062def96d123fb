"""Enrolments: who is in which course as what."""

import datetime as dt

from sqlalchemy import BindParameter, ColumnElement, Index, SQLColumnExpression, String, and_, false, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.types import CreatedAt, Key, OptionalInstant, State, UpdatedAt, references

LISTED = ("active", "invited")
"""States that lists show unless told otherwise."""


class Enrollment(Base):
    """One user in one section in one role."""

    __tablename__ = "enrollments"
    # An observer may be in a section once for each student they observe; anybody else once a role.
    __table_args__ = (
        Index(
            "uq_enrollments_section_user_type",
            "course_section_id",
            "user_id",
            "type",
            unique=True,
            postgresql_where=text("associated_user_id IS NULL"),
            sqlite_where=text("associated_user_id IS NULL"),
        ),
        Index(
            "uq_enrollments_section_user_type_associated",
            "course_section_id",
            "user_id",
            "type",
            "associated_user_id",
            unique=True,
            postgresql_where=text("associated_user_id IS NOT NULL"),
            sqlite_where=text("associated_user_id IS NOT NULL"),
        ),
        Index("ix_enrollments_course_id_user_id", "course_id", "user_id"),
    )

    id: Mapped[Key]
    course_id: Mapped[int] = references("courses.id")
    course_section_id: Mapped[int] = references("course_sections.id")
    user_id: Mapped[int] = references("users.id", index=True)
    type: Mapped[str] = mapped_column(String(24))
    workflow_state: Mapped[State] = mapped_column(default="active")
    associated_user_id: Mapped[int | None] = references("users.id", nullable=True)
    limit_privileges_to_course_section: Mapped[bool] = mapped_column(default=False, server_default=false())
    start_at: Mapped[OptionalInstant]
    end_at: Mapped[OptionalInstant]
    last_activity_at: Mapped[OptionalInstant]
    last_attended_at: Mapped[OptionalInstant]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


def in_force(now: dt.datetime | BindParameter[dt.datetime], entity: type["Enrollment"] = Enrollment) -> ColumnElement[bool]:
    """Enrolments that give their role's rights at `now`: active, and within their own dates."""
    return and_(
        entity.workflow_state == "active",
        or_(entity.start_at.is_(None), entity.start_at <= now),
        or_(entity.end_at.is_(None), entity.end_at > now),
    )


def active_student(course_id: SQLColumnExpression[int], user_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """EXISTS: that user is an active student of that course."""
    found = select(1).where(
        Enrollment.course_id == course_id,
        Enrollment.user_id == user_id,
        Enrollment.type == "StudentEnrollment",
        Enrollment.workflow_state == "active",
    )
    return found.exists()
