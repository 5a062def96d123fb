"""Late, missing and locked work."""

import datetime as dt


def seconds_late(submitted_at: dt.datetime | None, due_at: dt.datetime | None) -> int:
    """Whole seconds between the due date and the hand-in; 0 where it was in time, has no due date, or was not handed in."""
    if submitted_at is None or due_at is None:
        return 0
    return max(int((submitted_at - due_at).total_seconds()), 0)


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
