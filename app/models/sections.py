"""Sections: the groups of people that a course is taught to. Each course has a default one."""

from sqlalchemy import Index, Select, String, false, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.courses import Course
from app.models.enrollments import Enrollment
from app.models.types import CreatedAt, Key, Name, OptionalInstant, Rows, State, UpdatedAt, references

ALIVE = text("workflow_state <> 'deleted'")


class Section(Base):
    """One section of a course."""

    __tablename__ = "course_sections"

    id: Mapped[Key]
    course_id: Mapped[int] = references("courses.id", index=True)
    name: Mapped[Name]
    sis_section_id: Mapped[str | None] = mapped_column(String(255))
    integration_id: Mapped[str | None] = mapped_column(String(255))
    default_section: Mapped[bool] = mapped_column(default=False, server_default=false())
    workflow_state: Mapped[State] = mapped_column(default="active")
    start_at: Mapped[OptionalInstant]
    end_at: Mapped[OptionalInstant]
    restrict_enrollments_to_section_dates: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


Index("uq_course_sections_sis_section_id", Section.sis_section_id, unique=True, postgresql_where=ALIVE, sqlite_where=ALIVE)
# Of the deleted too: an import brings them back.
Index("ix_course_sections_sis_section_id", Section.sis_section_id)

STUDENTS = (
    select(func.count(func.distinct(Enrollment.user_id)))
    .where(
        Enrollment.course_section_id == Section.id,
        Enrollment.type == "StudentEnrollment",
        Enrollment.workflow_state.in_(("active", "invited")),
    )
    .correlate(Section)
    .scalar_subquery()
)


def section_rows() -> Rows:
    """The sections that are not deleted, by columns, with their course's SIS id and their number of students."""
    columns = (
        Section.id,
        Section.course_id,
        Section.name,
        Section.sis_section_id,
        Section.integration_id,
        Section.start_at,
        Section.end_at,
        Section.restrict_enrollments_to_section_dates,
        Section.created_at,
        Course.sis_course_id,
        STUDENTS.label("total_students"),
    )
    return select(*columns).join(Course, Course.id == Section.course_id).where(Section.workflow_state != "deleted")


def default_section_id(course_id: int) -> Select[int]:
    """The id of the section that enrolments go to when none is named."""
    return (
        select(Section.id)
        .where(Section.course_id == course_id, Section.workflow_state != "deleted")
        .order_by(Section.default_section.desc(), Section.id)
        .limit(1)
    )
