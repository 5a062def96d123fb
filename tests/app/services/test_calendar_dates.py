"""Days and repetitions, for any instant."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.services.calendar_dates import Frequency, day_of, later, midnight, span, zone_named

SEOUL = ZoneInfo("Asia/Seoul")
ZONES = st.sampled_from([dt.UTC, SEOUL, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Kiritimati")])
INSTANTS = st.datetimes(dt.datetime(1980, 1, 1), dt.datetime(2100, 1, 1)).map(lambda naive: naive.replace(tzinfo=dt.UTC))  # noqa: DTZ001
FREQUENCIES = st.sampled_from(["daily", "weekly", "monthly"])
WHOLE_DAYS = {"daily": 1, "weekly": 7}


@given(INSTANTS, ZONES)
def test_an_instant_is_in_its_day(instant: dt.datetime, zone: dt.tzinfo) -> None:
    day = day_of(instant, zone)
    first, last = span(day, None, instant, zone)
    assert first == midnight(day, zone) and first <= instant <= last
    assert span(None, None, instant, zone) == (first, last) == span(day, day, instant, zone)
    assert span(instant, None, instant, zone) == (instant, last)
    assert day_of(last, zone) == day


@given(INSTANTS, INSTANTS, ZONES)
def test_a_span_begins_at_its_start_and_never_ends_before(start: dt.datetime, end: dt.datetime, zone: dt.tzinfo) -> None:
    first, last = span(start, end, start, zone)
    assert first == start and last >= start
    assert last == end or end < start


@given(INSTANTS, st.integers(1, 200), FREQUENCIES, ZONES)
def test_a_copy_is_so_many_days_or_months_later(instant: dt.datetime, steps: int, frequency: Frequency, zone: dt.tzinfo) -> None:
    before, after = day_of(instant, zone), day_of(later(instant, steps, frequency, zone), zone)
    if frequency == "monthly":
        assert (after.year - before.year) * 12 + after.month - before.month == steps
        assert after.day == before.day or (after.day < before.day and (after + dt.timedelta(days=1)).day == 1)
    else:
        assert (after - before).days == steps * WHOLE_DAYS[frequency]


@given(INSTANTS, st.integers(1, 200), FREQUENCIES)
def test_where_clocks_are_not_changed_a_copy_is_at_the_same_time_of_day(instant: dt.datetime, steps: int, frequency: Frequency) -> None:
    tokyo = ZoneInfo("Asia/Tokyo")  # no change since 1951
    assert later(instant, steps, frequency, tokyo).astimezone(tokyo).time() == instant.astimezone(tokyo).time()


def test_a_class_stays_at_nine_when_the_clocks_change() -> None:
    new_york = ZoneInfo("America/New_York")
    before = dt.datetime(2026, 3, 2, 9, tzinfo=new_york)
    assert later(before, 1, "weekly", new_york) == dt.datetime(2026, 3, 9, 9, tzinfo=new_york)
    assert later(before, 1, "weekly", new_york) - before == dt.timedelta(days=7, hours=-1)


def test_the_first_name_that_is_a_zone_counts() -> None:
    assert zone_named(None, "", "Seoul", "../x", "Asia", "Asia/Seoul", "UTC") == SEOUL
    assert zone_named() == zone_named(None, "nowhere") == dt.UTC


def test_what_no_calendar_has_is_refused() -> None:
    last = dt.datetime(9999, 12, 31, 23, tzinfo=dt.UTC)
    for call in (
        lambda: day_of(last, SEOUL),
        lambda: span(last, None, last, SEOUL),
        lambda: later(last, 1, "monthly", dt.UTC),
        lambda: later(last, 1, "daily", dt.UTC),
    ):
        with pytest.raises(Invalid):
            call()
