"""Calendar events: made with their copies, changed, moved; and in which courses somebody may see or make them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select

from app.errors import Invalid, NotFound
from app.extensions import db
from app.models.accounts import ROOT_ACCOUNT_ID, Account
from app.models.calendar_events import CalendarEvent
from app.models.courses import Course
from app.models.enrollments import Enrollment, in_force
from app.models.types import utc_now
from app.models.users import User
from app.services.calendar_dates import Frequency, day_of, later, midnight, zone_named
from app.services.permissions import Access, Caller, Membership, Right, Role, access_to, require

DEFAULT_TITLE = "New Event"
MOST_COPIES = 200
MOST_COPIED = 1_000_000
"""Characters of descriptions that one request may write, copies included."""
LONGEST_TITLE = 255
TIMES = frozenset(("start_at", "end_at"))
NULLABLE = TIMES | {"description", "location_name", "location_address"}


@dataclass(frozen=True, slots=True)
class Context:
    """Whose calendar: a course's or a user's."""

    kind: str
    id: int


@dataclass(frozen=True, slots=True)
class Copies:
    """How often an event is made again, and when."""

    count: int
    interval: int
    frequency: Frequency
    numbered: bool
    """Whether the titles end with 1, 2, 3…"""


def accesses(user_id: int, course_ids: Collection[int], *, admin: bool) -> dict[int, Access]:
    """What the user may do in each of those courses, in one statement. Raises NotFound where one is not there or deleted."""
    if not course_ids:
        return {}
    mine = and_(Enrollment.course_id == Course.id, Enrollment.user_id == user_id, in_force(utc_now()))
    of_course = (Course.id, Course.workflow_state, Course.is_public, Course.is_public_to_auth_users)
    of_enrollment = (Enrollment.type, Enrollment.course_section_id, Enrollment.limit_privileges_to_course_section)
    statement = select(*of_course, *of_enrollment, Enrollment.associated_user_id).outerjoin(Enrollment, mine)
    courses: dict[int, Any] = {}
    held = defaultdict(list)
    for row in db.session.execute(statement.where(Course.id.in_(course_ids), Course.workflow_state != "deleted")):
        courses[row.id] = row
        if row.type is not None:
            section = (row.course_section_id, row.limit_privileges_to_course_section)
            held[row.id].append(Membership(Role(row.type), *section, row.associated_user_id))
    if len(courses) < len(set(course_ids)):
        raise NotFound
    return {
        course_id: access_to(
            course_id, row.workflow_state, held[course_id], admin=admin, public=row.is_public or row.is_public_to_auth_users
        )
        for course_id, row in courses.items()
    }


def zone_of(user_id: int, wanted: str | None = None) -> dt.tzinfo:
    """By whose clock days begin: `wanted` if it is a time zone, else the user's, else the account's."""
    zones = select(User.time_zone, Account.default_time_zone).join(Account, Account.id == ROOT_ACCOUNT_ID).where(User.id == user_id)
    return zone_named(wanted, *(name for row in db.session.execute(zones) for name in row))


def require_managing(caller: Caller, context: Context) -> None:
    """Raise Forbidden unless the caller may make and change the events of that context; NotFound where there is none such."""
    if context.kind == "user":
        require(context.id == caller.id)
    else:
        require(Right.MANAGE_CALENDAR in accesses(caller.id, [context.id], admin=caller.admin)[context.id].rights)


def context_of(event: Any) -> Context:
    """Whose event it is."""
    return Context("user", event.user_id) if event.course_id is None else Context("course", event.course_id)


def create(context: Context, fields: dict[str, Any], copies: Copies | None, zone: dt.tzinfo) -> list[CalendarEvent]:
    """A new event, and its copies after it. Raises Invalid."""
    first = CalendarEvent(title=DEFAULT_TITLE, all_day=False)
    _place(first, context)
    _set(first, fields, zone)
    events = [first]
    if copies:
        events += _copies(first, copies, zone)
        if copies.numbered:
            for number, event in enumerate(events, 1):
                event.title = f"{event.title} {number}"
                if len(event.title) > LONGEST_TITLE:
                    raise Invalid.field("title", "is too long to be numbered")
    db.session.add_all(events)
    db.session.flush()
    return events


def change(event: CalendarEvent, context: Context | None, fields: dict[str, Any], zone: dt.tzinfo) -> None:
    """Set what `fields` gives; move it to `context`, if there is one."""
    if context:
        _place(event, context)
    _set(event, fields, zone)


def _place(event: CalendarEvent, context: Context) -> None:
    event.course_id = context.id if context.kind == "course" else None
    event.user_id = context.id if context.kind == "user" else None


def _set(event: CalendarEvent, fields: dict[str, Any], zone: dt.tzinfo) -> None:
    for key, value in fields.items():
        if value is not None or key in NULLABLE:
            setattr(event, key, value)
    if "start_at" in fields and fields["start_at"] is None and "end_at" not in fields:
        event.end_at = None  # without a start it is undated
    if TIMES & fields.keys() or fields.get("all_day") is not None:
        _settle(event, fields.get("all_day"), zone)


def _settle(event: CalendarEvent, all_day: bool | None, zone: dt.tzinfo) -> None:
    """As in Canvas: one time stands for both, no event ends before it starts, and one that is a midnight long lasts all day."""
    start, end = event.start_at or event.end_at, event.end_at or event.start_at
    event.all_day, event.all_day_date = bool(all_day), None
    if start is None or end is None:
        return
    event.start_at, event.end_at = start, max(start, end)
    day = day_of(start, zone)
    if all_day or (all_day is None and start >= end and start == _begin(day, zone)):
        event.all_day, event.all_day_date = True, day
        event.start_at = event.end_at = _begin(day, zone)


def _begin(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    try:
        return midnight(day, zone)
    except OverflowError as problem:
        raise Invalid.field("start_at", "is too far away") from problem


def _copies(first: CalendarEvent, copies: Copies, zone: dt.tzinfo) -> list[CalendarEvent]:
    if first.start_at is None or first.end_at is None:
        raise Invalid.field("duplicate", "takes an event with a start")
    if len(first.description or "") * (copies.count + 1) > MOST_COPIED:
        raise Invalid.field("duplicate", "the description is too long for so many copies")
    same = {key: getattr(first, key) for key in ("course_id", "user_id", "title", "description", "location_name", "location_address")}
    made = []
    for number in range(1, copies.count + 1):
        start, end = (later(time, number * copies.interval, copies.frequency, zone) for time in (first.start_at, first.end_at))
        day = day_of(start, zone) if first.all_day else None
        made.append(CalendarEvent(**same, start_at=start, end_at=max(start, end), all_day=first.all_day, all_day_date=day))
    return made
