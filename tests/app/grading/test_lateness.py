"""Late, missing and locked work."""

import datetime as dt

import pytest

from app.grading.lateness import Timing, is_missing, lock_explanation, seconds_late, timing

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
SEOUL = dt.timezone(dt.timedelta(hours=9))
HOUR = dt.timedelta(hours=1)
SECOND = dt.timedelta(seconds=1)


@pytest.mark.parametrize(
    ("submitted_at", "due_at", "seconds"),
    [
        (None, None, 0),
        (None, NOON, 0),
        (NOON, None, 0),
        (NOON - HOUR, NOON, 0),
        (NOON, NOON, 0),
        (NOON + SECOND, NOON, 1),
        (NOON + SECOND / 2, NOON, 0),
        (NOON + 1.9 * SECOND, NOON, 1),
        (NOON + 2 * HOUR, NOON, 7200),
        (NOON + dt.timedelta(days=400), NOON, 400 * 86400),
        (NOON.astimezone(SEOUL) + HOUR, NOON, 3600),
    ],
)
def test_lateness_is_what_lies_between_the_due_date_and_the_hand_in(
    submitted_at: dt.datetime | None, due_at: dt.datetime | None, seconds: int
) -> None:
    assert seconds_late(submitted_at, due_at) == seconds


@pytest.mark.parametrize(("after", "seconds"), [(59, 0), (60, 0), (61, 1)])
def test_a_quiz_may_be_on_its_way_for_a_minute(after: int, seconds: int) -> None:
    assert seconds_late(NOON + after * SECOND, NOON, "online_quiz") == seconds


@pytest.mark.parametrize(
    ("status", "override", "excused", "clock", "wanted"),
    [
        (None, None, False, (90, False), Timing(True, False, 90)),
        (None, None, False, (0, True), Timing(False, True, 0)),
        (None, 50, False, (0, False), Timing(False, False, 0)),
        ("none", None, False, (90, True), Timing(False, False, 0)),
        ("extended", None, False, (90, True), Timing(False, False, 0)),
        ("missing", None, False, (90, False), Timing(False, True, 0)),
        ("late", 50, False, (0, True), Timing(True, False, 50)),
        ("late", None, False, (90, False), Timing(True, False, 0)),
        ("late", 50, True, (90, True), Timing(False, False, 0)),
        ("missing", None, True, (0, True), Timing(False, False, 0)),
    ],
)
def test_what_staff_said_goes_before_the_clock(
    status: str | None, override: int | None, excused: bool, clock: tuple[int, bool], wanted: Timing
) -> None:
    late_by, missed = clock
    assert timing(status, override, excused=excused, late_by=late_by, missing=missed) == wanted


def missing(**changed: object) -> bool:
    """Whether work is missing that would be, but for what is `changed`."""
    facts = {"submitted": False, "graded": False, "excused": False, "submitted_online": True, "due_at": NOON - SECOND, "now": NOON}
    return is_missing(**{**facts, **changed})  # type: ignore[arg-type]


def test_overdue_work_of_which_nothing_is_known_is_missing() -> None:
    assert missing()


@pytest.mark.parametrize(
    "changed",
    [
        {"submitted": True},
        {"graded": True},
        {"excused": True},
        {"submitted_online": False},
        {"due_at": None},
        {"due_at": NOON},
        {"due_at": NOON + HOUR},
    ],
)
def test_one_reason_is_enough_for_work_not_to_be_missing(changed: dict[str, object]) -> None:
    assert not missing(**changed)


@pytest.mark.parametrize(
    ("unlock_at", "lock_at", "explanation"),
    [
        (None, None, None),
        (NOON, None, None),
        (NOON - HOUR, NOON + HOUR, None),
        (NOON + SECOND, None, "This assignment is locked until 2026-03-01 12:00 UTC."),
        (NOON + HOUR, NOON + 2 * HOUR, "This assignment is locked until 2026-03-01 13:00 UTC."),
        (None, NOON + SECOND, None),
        (None, NOON, "This assignment was locked 2026-03-01 12:00 UTC."),
        (NOON - 2 * HOUR, NOON - HOUR, "This assignment was locked 2026-03-01 11:00 UTC."),
        (NOON + HOUR, NOON - HOUR, "This assignment is locked until 2026-03-01 13:00 UTC."),
    ],
)
def test_work_is_taken_from_unlock_on_until_before_lock(
    unlock_at: dt.datetime | None, lock_at: dt.datetime | None, explanation: str | None
) -> None:
    assert lock_explanation(unlock_at, lock_at, NOON) == explanation
