"""Courses."""

from typing import Any

from sqlalchemy import JSON, Index, String, false, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.terms import EnrollmentTerm
from app.models.types import BigId, CreatedAt, Key, LongText, Name, OptionalInstant, Rows, State, UpdatedAt, references

ALIVE = text("workflow_state <> 'deleted'")


class Course(Base):
    """What is taught: unpublished, available, completed or deleted."""

    __tablename__ = "courses"

    id: Mapped[Key]
    account_id: Mapped[int] = references("accounts.id", index=True)
    name: Mapped[Name]
    course_code: Mapped[Name]
    sis_course_id: Mapped[str | None] = mapped_column(String(255))
    workflow_state: Mapped[State] = mapped_column(default="unpublished")
    start_at: Mapped[OptionalInstant]
    end_at: Mapped[OptionalInstant]
    is_public: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_public_to_auth_users: Mapped[bool] = mapped_column(default=False, server_default=false())
    syllabus_body: Mapped[LongText]
    public_description: Mapped[LongText]
    apply_assignment_group_weights: Mapped[bool] = mapped_column(default=False, server_default=false())
    default_view: Mapped[str] = mapped_column(String(20), default="modules")
    time_zone: Mapped[str | None] = mapped_column(String(64))
    license: Mapped[str | None] = mapped_column(String(40))
    enrollment_term_id: Mapped[int] = mapped_column(BigId, default=1, server_default=text("1"), index=True)
    grading_standard_id: Mapped[int | None] = mapped_column(BigId)
    """What letters mean in this course; 0 is the default scheme, and null that totals have no letters."""
    settings: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What was set, by name; the rest is as in the beginning."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


Index("uq_courses_sis_course_id", Course.sis_course_id, unique=True, postgresql_where=ALIVE, sqlite_where=ALIVE)
# Of the deleted too: an import brings them back.
Index("ix_courses_sis_course_id", Course.sis_course_id)

COURSE_COLUMNS = (
    Course.id,
    Course.account_id,
    Course.name,
    Course.course_code,
    Course.sis_course_id,
    Course.workflow_state,
    Course.start_at,
    Course.end_at,
    Course.is_public,
    Course.is_public_to_auth_users,
    Course.syllabus_body,
    Course.public_description,
    Course.apply_assignment_group_weights,
    Course.default_view,
    Course.time_zone,
    Course.license,
    Course.enrollment_term_id,
    Course.grading_standard_id,
    Course.settings,
    Course.created_at,
    Course.updated_at,
)


WITH_TERM = select(
    *COURSE_COLUMNS,
    EnrollmentTerm.name.label("term_name"),
    EnrollmentTerm.start_at.label("term_start_at"),
    EnrollmentTerm.end_at.label("term_end_at"),
).outerjoin(EnrollmentTerm, EnrollmentTerm.id == Course.enrollment_term_id)


def course_rows() -> Rows:
    """Courses by columns with their terms, the deleted ones too, in no order yet."""
    return WITH_TERM
