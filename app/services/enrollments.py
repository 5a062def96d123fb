"""Enrolments: made, concluded, deactivated, brought back; the same one twice is the same row."""

from typing import Any

from sqlalchemy import select, update

from app.errors import Conflict, Invalid
from app.extensions import db
from app.models.enrollments import Enrollment
from app.models.sections import Section, default_section_id
from app.models.writes import insert_unless_there
from app.services import enrollment_history
from app.services.enrollment_history import SEEN, Change, Snapshot
from app.services.permissions import Caller

STATE_AFTER = {"conclude": "completed", "delete": "deleted", "inactivate": "inactive", "deactivate": "inactive"}
EVENTS = {"active": "reactivated", "invited": "invited", "inactive": "deactivated", "completed": "concluded", "deleted": "deleted"}
"""What a change to that state is called in the history."""


def enroll(
    course_id: int,
    user_id: int,
    enrollment_type: str,
    state: str,
    section_id: int | None = None,
    *,
    by: Caller | None = None,
    reason: str | None = None,
    **fields: Any,
) -> Enrollment:
    """Enrol a user; where they are in that section in that role already, that row is given `state` and `fields`. Raises Invalid.

    What changes is kept in the history, done `by` somebody, or by the system.
    """
    section_id = _section(course_id, section_id)
    observed = fields.get("associated_user_id")
    if observed is not None and enrollment_type != "ObserverEnrollment":
        raise Invalid.field("associated_user_id", "only an observer is associated with a student")
    same = {"course_section_id": section_id, "user_id": user_id, "type": enrollment_type, "associated_user_id": observed}
    made = insert_unless_there(Enrollment, course_id=course_id, **same, workflow_state=state)
    conditions = [getattr(Enrollment, key).is_(None) if value is None else getattr(Enrollment, key) == value for key, value in same.items()]
    locked = select(Enrollment).where(*conditions).with_for_update().execution_options(populate_existing=True)
    enrollment = db.session.scalars(locked).one()
    before = None if made else Snapshot.of(enrollment)
    # An invitation does not put somebody back who has accepted already.
    if not (state == "invited" and enrollment.workflow_state == "active"):
        enrollment.workflow_state = state
    for key, value in fields.items():
        setattr(enrollment, key, value)
    _record(enrollment, before, _event(before.state if before else None, enrollment.workflow_state), by, reason)
    return enrollment


def _event(before: str | None, after: str) -> str:
    """What becoming `after` is called."""
    if before is None:
        return "invited" if after == "invited" else "created"
    if (before, after) == ("invited", "active"):
        return "activated"  # by staff; `accepted` is what the invited do
    return "updated" if before == after else EVENTS[after]


def changes_since(enrollment: Enrollment, before: Snapshot | None) -> list[Change]:
    """What an enrolment, which has its id, became since `before` (None: it was not there); nothing where nothing has changed."""
    if before == Snapshot.of(enrollment):
        return []
    return [Change.since(enrollment, before, _event(before.state if before else None, enrollment.workflow_state))]


def _record(enrollment: Enrollment, before: Snapshot | None, event: str, by: Caller | None, reason: str | None) -> None:
    """Keep what has changed since `before`, if anything has."""
    if before != Snapshot.of(enrollment):
        enrollment_history.record([Change.since(enrollment, before, event)], by, reason)


def _section(course_id: int, section_id: int | None) -> int:
    if section_id is None:
        return db.session.scalars(default_section_id(course_id).with_for_update(read=True)).one()
    known = select(Section.id).where(Section.id == section_id, Section.course_id == course_id, Section.workflow_state != "deleted")
    # Locked, so that it is not deleted before this enrolment is there.
    if db.session.scalar(known.with_for_update(read=True)) is None:
        raise Invalid.field("course_section_id", "is not a section of this course")
    return section_id


def end(enrollment: Enrollment, task: str, by: Caller | None = None, reason: str | None = None) -> None:
    """Conclude, deactivate or delete: `task` is a key of STATE_AFTER."""
    before = Snapshot.of(enrollment)
    enrollment.workflow_state = STATE_AFTER[task]
    _record(enrollment, before, EVENTS[enrollment.workflow_state], by, reason)


def delete_all(*which: Any, event: str, by: Caller | None = None, reason: str | None = None) -> None:
    """Delete every living enrolment that meets the conditions; three statements, whatever their number."""
    living = select(*SEEN).where(*which, Enrollment.workflow_state != "deleted").order_by(Enrollment.id).with_for_update()
    rows = db.session.execute(living).all()
    if rows:
        db.session.execute(update(Enrollment).where(*which, Enrollment.workflow_state != "deleted").values(workflow_state="deleted"))
        enrollment_history.record((Change.of_state(row, event, "deleted") for row in rows), by, reason)


def note_course(course_id: int, event: str, by: Caller | None = None, reason: str | None = None) -> None:
    """Keep in the history of every living enrolment what happened to its course: its state stays, what it allows does not."""
    living = select(*SEEN).where(Enrollment.course_id == course_id, Enrollment.workflow_state != "deleted").order_by(Enrollment.id)
    rows = db.session.execute(living.with_for_update(key_share=True)).all()
    enrollment_history.record((Change.of_state(row, event) for row in rows), by, reason)


def reactivate(enrollment: Enrollment, by: Caller | None = None, reason: str | None = None) -> None:
    """Bring an inactive enrolment back. Raises Invalid for any other."""
    if enrollment.workflow_state not in ("inactive", "active"):
        raise Invalid("Only an inactive enrollment can be reactivated.")
    before = Snapshot.of(enrollment)
    enrollment.workflow_state = "active"
    _record(enrollment, before, "reactivated", by, reason)


def answer_invitation(enrollment: Enrollment, *, accept: bool, by: Caller | None = None, reason: str | None = None) -> None:
    """Accept or decline an invitation; the same answer twice is no error. Raises Conflict where there is nothing to answer."""
    wanted = "active" if accept else "rejected"
    if enrollment.workflow_state not in ("invited", wanted):
        raise Conflict("There is no invitation to answer.")
    before = Snapshot.of(enrollment)
    enrollment.workflow_state = wanted
    _record(enrollment, before, "accepted" if accept else "rejected", by, reason)
