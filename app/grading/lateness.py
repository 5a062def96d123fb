"""Late, missing and locked work."""

import datetime as dt
from dataclasses import dataclass

QUIZ_GRACE = 60
"""Seconds: a quiz that is handed in when its time is over is on its way for a while."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What is said of work beside its grade."""

    late: bool
    missing: bool
    seconds_late: int


def timing(status: str | None, override: int | None, *, excused: bool, late_by: int, missing: bool) -> Timing:
    """Staff's word (`status` none, extended, late or missing, with the seconds of `override`) goes before what the clock says."""
    if excused:
        return Timing(False, False, 0)
    if status == "late":
        return Timing(True, False, override or 0)
    if status is not None:
        return Timing(False, status == "missing", 0)
    return Timing(late_by > 0, missing, late_by)


def seconds_late(submitted_at: dt.datetime | None, due_at: dt.datetime | None, submission_type: str | None = None) -> int:
    """Whole seconds between the due date and the hand-in; 0 where it was in time, has no due date, or was not handed in."""
    if submitted_at is None or due_at is None:
        return 0
    grace = QUIZ_GRACE if submission_type == "online_quiz" else 0
    return max(int((submitted_at - due_at).total_seconds()) - grace, 0)


def is_missing(
    *, submitted: bool, graded: bool, excused: bool, submitted_online: bool, due_at: dt.datetime | None, now: dt.datetime
) -> bool:
    """Whether work that can be handed in is overdue, with nothing submitted, no grade and no excuse."""
    return submitted_online and due_at is not None and due_at < now and not (submitted or graded or excused)


def lock_explanation(unlock_at: dt.datetime | None, lock_at: dt.datetime | None, now: dt.datetime) -> str | None:
    """Why a student cannot hand in at `now`, or None: not before `unlock_at`, not from `lock_at` on."""
    if unlock_at is not None and now < unlock_at:
        return f"This assignment is locked until {unlock_at:%Y-%m-%d %H:%M} UTC."
    if lock_at is not None and now >= lock_at:
        return f"This assignment was locked {lock_at:%Y-%m-%d %H:%M} UTC."
    return None
