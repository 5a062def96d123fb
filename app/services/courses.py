"""Courses: made, changed, brought from state to state."""

from typing import Any

from sqlalchemy import select

from app.errors import Invalid
from app.extensions import db
from app.models.courses import Course
from app.models.sections import Section
from app.services import enrollments
from app.services.permissions import Caller

STATE_AFTER = {"offer": "available", "claim": "unpublished", "conclude": "completed", "delete": "deleted", "undelete": "unpublished"}
ENDED = {"completed": "course_concluded", "deleted": "course_deleted"}
"""States in which enrolments allow less, and what the history of each enrolment calls it."""
NULLABLE = ("sis_course_id", "start_at", "end_at", "syllabus_body", "public_description", "time_zone", "license")


def create(account_id: int, fields: dict[str, Any], *, publish: bool) -> Course:
    """A new course with its default section. Raises Invalid where the SIS id is taken."""
    given = {key: value for key, value in fields.items() if value is not None}
    require_free_sis_id(given.get("sis_course_id"))
    name = given.pop("name", None) or "Unnamed Course"
    code = given.pop("course_code", None) or name
    course = Course(account_id=account_id, name=name, course_code=code, workflow_state="available" if publish else "unpublished", **given)
    db.session.add(course)
    db.session.flush()
    db.session.add(Section(course_id=course.id, name=name, default_section=True))
    db.session.flush()
    return course


def change(course: Course, fields: dict[str, Any]) -> None:
    """Set what `fields` gives. Raises Invalid where the SIS id is taken."""
    if fields.get("sis_course_id") not in (None, course.sis_course_id):
        require_free_sis_id(fields["sis_course_id"])
    for key, value in fields.items():
        if value is not None or key in NULLABLE:
            setattr(course, key, value)


def bring(course: Course, event: str, by: Caller | None = None) -> None:
    """Publish, take back, conclude, delete or bring back: `event` is a key of STATE_AFTER. Raises Invalid where it is deleted."""
    if (course.workflow_state == "deleted") != (event == "undelete"):
        raise Invalid.field("event", "undelete is for deleted courses, and they take no other event")
    enter(course, STATE_AFTER[event], by)


def enter(course: Course, state: str, by: Caller | None = None) -> None:
    """Give the course that state, from whichever; the history of its enrolments tells of it where they allow more or less then."""
    before, course.workflow_state = course.workflow_state, state
    if before != course.workflow_state and (noted := ENDED.get(course.workflow_state) or (before in ENDED and "course_reopened")):
        enrollments.note_course(course.id, noted, by)


def require_free_sis_id(sis_course_id: str | None) -> None:
    """Raise Invalid if a living course has that SIS id."""
    if sis_course_id and db.session.scalar(
        select(Course.id).where(Course.sis_course_id == sis_course_id, Course.workflow_state != "deleted")
    ):
        raise Invalid.field("sis_course_id", f"SIS ID {sis_course_id!r} is already in use")
