"""What happened to enrolments: recorded, one or thousands in one statement, and read."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import aliased

from app.extensions import db
from app.models.enrollment_history import EnrollmentChange
from app.models.enrollments import Enrollment
from app.models.types import Rows
from app.models.users import User
from app.services.permissions import Caller

TRACKED = ("course_section_id", "limit_privileges_to_course_section", "start_at", "end_at")
"""What is kept of an enrolment besides its state."""
SEEN = (Enrollment.id, Enrollment.course_id, Enrollment.user_id, Enrollment.workflow_state)
"""What `Change.of_state` reads of a row."""
ACTOR, REAL = aliased(User), aliased(User)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An enrolment at one moment."""

    state: str
    fields: dict[str, Any]

    @classmethod
    def of(cls, enrollment: Enrollment) -> "Snapshot":
        """As it is now."""
        return cls(enrollment.workflow_state, {name: _written(getattr(enrollment, name)) for name in TRACKED})


@dataclass(frozen=True, slots=True)
class Change:
    """One enrolment, from one state to another."""

    enrollment_id: int
    course_id: int
    user_id: int
    event: str
    state_before: str | None
    state_after: str
    details: dict[str, list[Any]]

    @classmethod
    def since(cls, enrollment: Enrollment, before: Snapshot | None, event: str) -> "Change":
        """From `before` (None: it was not there) to what the enrolment is now."""
        now = Snapshot.of(enrollment)
        old = before.fields if before else dict.fromkeys(TRACKED)
        details = {name: [old[name], value] for name, value in now.fields.items() if old[name] != value}
        who = (enrollment.id, enrollment.course_id, enrollment.user_id)
        return cls(*who, event, before.state if before else None, now.state, details)

    @classmethod
    def of_state(cls, row: Any, event: str, state: str | None = None) -> "Change":
        """Of a row with the columns SEEN: its state becomes `state`, or stays."""
        return cls(row.id, row.course_id, row.user_id, event, row.workflow_state, state or row.workflow_state, {})


def record(changes: Iterable[Change], by: Caller | None, reason: str | None = None) -> None:
    """Keep them all, in one statement whatever their number; `by` None stands for the system."""
    common = {"actor_id": by.id if by else None, "real_user_id": by.real_id if by else None, "reason": reason}
    rows = [{name: getattr(change, name) for name in Change.__slots__} | common for change in changes]
    if rows:
        db.session.execute(insert(EnrollmentChange), rows)


def rows() -> Rows:
    """The changes by columns, with who did them and the enrolment's type, in no order yet."""
    names = (ACTOR.name.label("actor_name"), REAL.name.label("real_user_name"), User.name.label("user_name"))
    found = select(*EnrollmentChange.__table__.columns, Enrollment.type, *names).join(User, User.id == EnrollmentChange.user_id)
    found = found.join(Enrollment, Enrollment.id == EnrollmentChange.enrollment_id)
    return found.outerjoin(ACTOR, ACTOR.id == EnrollmentChange.actor_id).outerjoin(REAL, REAL.id == EnrollmentChange.real_user_id)


def _written(value: Any) -> Any:
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, dt.datetime) else value
