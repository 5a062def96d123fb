"""Courses."""

from sqlalchemy import Index, String, false, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.types import CreatedAt, Key, LongText, Name, OptionalInstant, Rows, State, UpdatedAt, references

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
    Course.created_at,
    Course.updated_at,
)


def course_rows() -> Rows:
    """Courses by columns, the deleted ones too, in no order yet."""
    return select(*COURSE_COLUMNS)
