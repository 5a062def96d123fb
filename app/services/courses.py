"""Courses: made, changed, brought from state to state."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, exists, or_, select

from app.errors import Invalid
from app.extensions import db
from app.models.courses import Course
from app.models.enrollments import Enrollment
from app.models.files import File
from app.models.sections import Section
from app.services import course_settings, enrollments, grading_standards
from app.services.permissions import STAFF, Caller

STATE_AFTER = {"offer": "available", "claim": "unpublished", "conclude": "completed", "delete": "deleted", "undelete": "unpublished"}
ENDED = {"completed": "course_concluded", "deleted": "course_deleted"}
"""States in which enrolments allow less, and what the history of each enrolment calls it."""
NULLABLE = ("sis_course_id", "grading_standard_id", "start_at", "end_at", "syllabus_body", "public_description", "time_zone", "license")


def create(account_id: int, fields: dict[str, Any], *, publish: bool) -> Course:
    """A new course with its default section. Raises Invalid where the SIS id is taken."""
    given = {key: value for key, value in fields.items() if value is not None}
    require_free_sis_id(given.get("sis_course_id"))
    name = given.pop("name", None) or "Unnamed Course"
    code = given.pop("course_code", None) or name
    settings = _settings(given)
    course = Course(account_id=account_id, name=name, course_code=code, workflow_state="available" if publish else "unpublished", **given)
    db.session.add(course)
    db.session.flush()
    grading_standards.require_available(course.grading_standard_id, course.id)
    _keep(course, settings)
    db.session.add(Section(course_id=course.id, name=name, default_section=True))
    db.session.flush()
    return course


def change(course: Course, fields: dict[str, Any]) -> None:
    """Set what `fields` gives; the course is locked. Raises Invalid for a SIS id, picture or standard that it cannot have."""
    _keep(course, _settings(fields))
    grading_standards.require_available(fields.get("grading_standard_id"), course.id)
    if fields.get("sis_course_id") not in (None, course.sis_course_id):
        require_free_sis_id(fields["sis_course_id"])
    for key, value in fields.items():
        if value is not None or key in NULLABLE:
            setattr(course, key, value)


def _settings(fields: dict[str, Any]) -> dict[str, Any]:
    """What of the fields, which lose it, is kept among the settings: one picture, or none."""
    found = {key: fields.pop(key) for key in ("hide_final_grades",) if fields.get(key) is not None}
    pictures = {key: fields.pop(key) for key in ("image_id", "image_url") if key in fields}
    if fields.pop("remove_image", False):
        pictures = {"image_id": None}
    return found | ({"image_id": None, "image_url": None, **pictures} if pictures else {})


def _keep(course: Course, settings: dict[str, Any]) -> None:
    file_id = settings.get("image_id")
    own = select(File.id).where(File.id == file_id, File.course_id == course.id, File.workflow_state == "available")
    if file_id is not None and db.session.scalar(own) is None:
        raise Invalid.field("image_id", "is not a file of this course")
    if settings:
        course_settings.keep(course, settings)


def shown_to(user_id: int | BindParameter[int], states: Collection[str], *more: ColumnElement[bool]) -> ColumnElement[bool]:
    """EXISTS: an enrolment of the user in one of those states, and as `more` says, that lists the course: a draft only for its staff."""
    drafts = and_(Course.workflow_state == "unpublished", Enrollment.type.in_([str(role) for role in STAFF]))
    listed = or_(Course.workflow_state.in_(("available", "completed")), drafts)
    mine = (Enrollment.course_id == Course.id, Enrollment.user_id == user_id, Enrollment.workflow_state.in_(states))
    return exists().where(*mine, listed, *more).correlate(Course)


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
