"""What is read of enrolments: with the person, the course's and the section's SIS ids."""

from sqlalchemy import select

from app.models.courses import Course
from app.models.enrollments import Enrollment
from app.models.sections import Section
from app.models.types import Rows
from app.models.users import User

ROWS = (
    select(
        *Enrollment.__table__.columns,
        User.name.label("user_name"),
        User.created_at.label("user_created_at"),
        User.sortable_name,
        User.short_name,
        User.login_id,
        User.sis_user_id,
        Course.sis_course_id,
        Section.sis_section_id,
        Section.integration_id.label("section_integration_id"),
    )
    .join(User, User.id == Enrollment.user_id)
    .join(Course, Course.id == Enrollment.course_id)
    .join(Section, Section.id == Enrollment.course_section_id)
)


def enrollment_rows() -> Rows:
    """Enrolments by columns, of every state, in no order yet."""
    return ROWS
