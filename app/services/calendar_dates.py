"""Days and repetitions on the clock of a time zone."""

import calendar
import datetime as dt
from typing import Literal
from zoneinfo import ZoneInfo

from app.errors import Invalid

Frequency = Literal["daily", "weekly", "monthly"]
Span = tuple[dt.datetime, dt.datetime]
"""From when to when, both included."""


def zone_named(*names: str | None) -> dt.tzinfo:
    """The first of those that is a time zone of the IANA's; UTC if none is."""
    for name in names:
        try:
            return ZoneInfo(name or "")
        except (KeyError, ValueError, OSError):  # unknown, no name at all, a folder of the zones' own
            continue
    return dt.UTC


def midnight(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """When that day begins there, in UTC."""
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)


def span(start: dt.date | None, end: dt.date | None, now: dt.datetime, zone: dt.tzinfo) -> Span:
    """From the beginning of a day, or an instant, to the end of one, or an instant: today and the day of the start, if not given.

    As in Canvas, an end before the start stands for the start's day. Raises Invalid for what no calendar there has.
    """
    try:
        day = start or now.astimezone(zone).date()
        first = day if isinstance(day, dt.datetime) else midnight(day, zone)
        if end is not None:
            last = end if isinstance(end, dt.datetime) else _end(end, zone)
            if last >= first:
                return first, last
        return first, _end(first.astimezone(zone).date(), zone)
    except OverflowError as problem:
        raise Invalid.field("start_date", "is too far away") from problem


def _end(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    return midnight(day + dt.timedelta(days=1), zone) - dt.timedelta(microseconds=1)


def day_of(instant: dt.datetime, zone: dt.tzinfo) -> dt.date:
    """The day that it is there at that instant. Raises Invalid for one that no calendar there has."""
    try:
        return instant.astimezone(zone).date()
    except OverflowError as problem:
        raise Invalid.field("start_at", "is too far away") from problem


def later(instant: dt.datetime, steps: int, frequency: Frequency, zone: dt.tzinfo) -> dt.datetime:
    """So many days, weeks or months later, at the same time of the clock there; the 31st of a shorter month is its last day.

    Raises Invalid where the calendar ends before.
    """
    try:
        local = instant.astimezone(zone)
        if frequency == "monthly":
            year, month = divmod(local.year * 12 + local.month - 1 + steps, 12)
            local = local.replace(year=year, month=month + 1, day=min(local.day, calendar.monthrange(year, month + 1)[1]))
        else:
            local += dt.timedelta(days=steps * (7 if frequency == "weekly" else 1))
        return local.astimezone(dt.UTC)
    except (OverflowError, ValueError) as problem:
        raise Invalid.field("duplicate", "leads too far away") from problem
