"""What happened to an enrolment. Ours: Canvas shows no such thing."""

import datetime as dt
from typing import Any

from typing_extensions import TypedDict

from app.models.types import AnyRow


class ActorJSON(TypedDict):
    """A name card."""

    id: int
    name: str


class ValuesJSON(TypedDict):
    """From what to what."""

    before: Any
    after: Any


class EnrollmentChangeJSON(TypedDict):
    """One change."""

    id: int
    enrollment_id: int
    course_id: int
    type: str
    user: ActorJSON
    event: str
    state_before: str | None
    state_after: str
    changes: dict[str, ValuesJSON]
    reason: str | None
    actor: ActorJSON | None
    real_user: ActorJSON | None
    request_id: str | None
    created_at: dt.datetime


def enrollment_change_json(row: AnyRow) -> EnrollmentChangeJSON:
    """One change; the real user is told where an admin acted as somebody else."""
    acted_as = row.real_user_id is not None and row.real_user_id != row.actor_id
    return {
        "id": row.id,
        "enrollment_id": row.enrollment_id,
        "course_id": row.course_id,
        "type": row.type,
        "user": {"id": row.user_id, "name": row.user_name},
        "event": row.event,
        "state_before": row.state_before,
        "state_after": row.state_after,
        "changes": {name: {"before": before, "after": after} for name, (before, after) in row.details.items()},
        "reason": row.reason,
        "actor": None if row.actor_id is None else {"id": row.actor_id, "name": row.actor_name},
        "real_user": {"id": row.real_user_id, "name": row.real_user_name} if acted_as else None,
        "request_id": row.request_id,
        "created_at": row.created_at,
    }
