"""Enrolments: made, concluded, deactivated, brought back; the same one twice is the same row."""

from typing import Any

from sqlalchemy import select

from app.errors import Conflict, Invalid
from app.extensions import db
from app.models.enrollments import Enrollment
from app.models.sections import Section, default_section_id
from app.models.writes import insert_unless_there

STATE_AFTER = {"conclude": "completed", "delete": "deleted", "inactivate": "inactive", "deactivate": "inactive"}


def enroll(course_id: int, user_id: int, enrollment_type: str, state: str, section_id: int | None = None, **fields: Any) -> Enrollment:
    """Enrol a user; where they are in that section in that role already, that row is given `state` and `fields`. Raises Invalid."""
    section_id = _section(course_id, section_id)
    observed = fields.get("associated_user_id")
    if observed is not None and enrollment_type != "ObserverEnrollment":
        raise Invalid.field("associated_user_id", "only an observer is associated with a student")
    same = {"course_section_id": section_id, "user_id": user_id, "type": enrollment_type, "associated_user_id": observed}
    insert_unless_there(Enrollment, course_id=course_id, **same, workflow_state=state)
    conditions = [getattr(Enrollment, key).is_(None) if value is None else getattr(Enrollment, key) == value for key, value in same.items()]
    enrollment = db.session.scalars(select(Enrollment).where(*conditions).with_for_update()).one()
    # An invitation does not put somebody back who has accepted already.
    if not (state == "invited" and enrollment.workflow_state == "active"):
        enrollment.workflow_state = state
    for key, value in fields.items():
        setattr(enrollment, key, value)
    return enrollment


def _section(course_id: int, section_id: int | None) -> int:
    if section_id is None:
        return db.session.scalars(default_section_id(course_id).with_for_update(read=True)).one()
    known = select(Section.id).where(Section.id == section_id, Section.course_id == course_id, Section.workflow_state != "deleted")
    # Locked, so that it is not deleted before this enrolment is there.
    if db.session.scalar(known.with_for_update(read=True)) is None:
        raise Invalid.field("course_section_id", "is not a section of this course")
    return section_id


def end(enrollment: Enrollment, task: str) -> None:
    """Conclude, deactivate or delete: `task` is a key of STATE_AFTER."""
    enrollment.workflow_state = STATE_AFTER[task]


def reactivate(enrollment: Enrollment) -> None:
    """Bring an inactive enrolment back. Raises Invalid for any other."""
    if enrollment.workflow_state not in ("inactive", "active"):
        raise Invalid("Only an inactive enrollment can be reactivated.")
    enrollment.workflow_state = "active"


def answer_invitation(enrollment: Enrollment, *, accept: bool) -> None:
    """Accept or decline an invitation; the same answer twice is no error. Raises Conflict where there is nothing to answer."""
    wanted = "active" if accept else "rejected"
    if enrollment.workflow_state not in ("invited", wanted):
        raise Conflict("There is no invitation to answer.")
    enrollment.workflow_state = wanted
