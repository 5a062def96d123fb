"""Calendar events: of courses and of the caller; assignments as events."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from flask import Blueprint
from pydantic import AfterValidator, Field
from sqlalchemy import ColumnElement, and_, case, literal, null, or_, select

from app.extensions import db
from app.http.auth import caller, viewer
from app.http.lookup import Ref, find, find_row, living_user, names
from app.http.pagination import page
from app.http.params import MOST_ID, DayOrInstant, Flag, Html, Instant, Params, Short, Text, Title, absent, takes
from app.models.assignments import ASSIGNED, DUE_AT, Assignment, dated_rows
from app.models.calendar_events import LONGEST_PLACE, CalendarEvent, between, event_rows
from app.models.courses import Course
from app.models.types import AnyRow, BigId, Rows, utc_now
from app.models.users import User
from app.serializers.assignments import assignment_json
from app.serializers.calendar_events import EventJSON, assignment_event_json, event_json
from app.services import calendar_events
from app.services.calendar_dates import Frequency, Span, span
from app.services.calendar_events import MOST_COPIES, Context, Copies, accesses, context_of, require_managing, zone_of
from app.services.module_progress import closed
from app.services.permissions import Access, Right, learner, require

blueprint = Blueprint("calendar_events", __name__, url_prefix="/api/v1")
COLLECTION = "/calendar_events"
CONTEXT_CODE = re.compile(r"(?:course|user)_[0-9]{1,19}", re.ASCII)


def _context_code(code: str) -> str:
    if not CONTEXT_CODE.fullmatch(code) or int(code.partition("_")[2]) > MOST_ID:
        raise ValueError("must be course_ID or user_ID")
    return code


ContextCode = Annotated[Short, AfterValidator(_context_code)]
Place = Annotated[Text, Field(max_length=LONGEST_PLACE)]


class EventListParams(Params):
    """Which events, of whose calendars."""

    type: Literal["event", "assignment"] = "event"
    start_date: DayOrInstant | None = None
    """A day or an instant; today, if not given."""
    end_date: DayOrInstant | None = None
    """A day, to its end, or an instant; the day of `start_date`, if not given."""
    undated: Flag = False
    """Only those without a date."""
    all_events: Flag = False
    """Whatever their dates, and those without."""
    context_codes: list[ContextCode] = []
    """course_ID, user_ID; the user's own calendar, if none is given."""
    excludes: list[Text] = []
    """description, assignment."""


class Duplicate(Params):
    """Copies of the event, each some time after the one before."""

    count: int = Field(0, ge=0, le=MOST_COPIES)
    interval: int = Field(1, ge=1, le=1000)
    frequency: Frequency = "weekly"
    append_iterator: Flag = False
    """Let the titles end with 1, 2, 3…"""


class EventFields(Params):
    """The event."""

    title: Title = absent()
    description: Html | None = None
    start_at: Instant | None = None
    end_at: Instant | None = None
    all_day: Flag | None = None
    """On that day as a whole, by the clock of the caller's time zone."""
    location_name: Place | None = None
    """Where; the address of an online meeting will do."""
    location_address: Place | None = None
    time_zone_edited: Short | None = None
    """By whose clock days begin; an IANA name."""


class NewEvent(EventFields):
    """A new event."""

    context_code: ContextCode
    duplicate: Duplicate | None = None


class ChangedEvent(EventFields):
    """What changes of the event."""

    context_code: ContextCode | None = None


class CreateEventParams(Params):
    """A new event."""

    calendar_event: NewEvent


class ChangeEventParams(Params):
    """A changed event."""

    calendar_event: ChangedEvent = Field(default_factory=ChangedEvent)


@blueprint.get(COLLECTION)
@takes(EventListParams)
def list_events(params: EventListParams) -> list[EventJSON]:
    """List events: of the caller's own calendar, or of those that `context_codes[]` names; today's, unless told otherwise."""
    return _listed(params, caller().id)


@blueprint.get("/users/<ref:user>/calendar_events")
@takes(EventListParams)
def list_user_events(params: EventListParams, user: Ref) -> list[EventJSON]:
    """List events as they concern a user: yourself, or anybody for an admin."""
    mine = caller()
    user_id = living_user(user, mine.id)
    require(user_id == mine.id or mine.admin)
    return _listed(params, find(select(User.id).where(User.id == user_id)))


@blueprint.post(COLLECTION)
@takes(CreateEventParams)
def create_event(params: CreateEventParams) -> tuple[EventJSON, Literal[201]]:
    """Create an event in a course or in the caller's own calendar, and copies of it if `duplicate` says so."""
    fields = params.calendar_event.given()
    context = _context(fields.pop("context_code"))
    copies, zone = fields.pop("duplicate", None), fields.pop("time_zone_edited", None)
    require_managing(caller(), context)
    events = calendar_events.create(context, fields, _copies(copies), zone_of(caller().id, zone))
    db.session.commit()
    rows = db.session.execute(event_rows().where(CalendarEvent.id.in_([event.id for event in events])).order_by(CalendarEvent.id)).all()
    first, *others = [event_json(row, viewer()) for row in rows]
    if others:
        first["duplicates"] = [{"calendar_event": other} for other in others]
    return first, 201


@blueprint.get(f"{COLLECTION}/<ref:event>")
def get_event(event: Ref) -> EventJSON:
    """Get an event."""
    row = find_row(event_rows().where(names(CalendarEvent, event)))
    context = context_of(row)
    if context.kind == "user":
        require(context.id == caller().id or caller().admin)
    else:
        _readable(caller().id, [context.id])
    return event_json(row, viewer())


@blueprint.get(f"{COLLECTION}/assignment_<ref:assignment>")
def get_assignment_event(assignment: Ref) -> EventJSON:
    """Get an assignment as an event."""
    course_id = find(select(Assignment.course_id).where(names(Assignment, assignment), Assignment.workflow_state != "deleted"))
    courses = _readable(caller().id, [course_id])
    row = find_row(_assignment_rows(courses, caller().id).where(names(Assignment, assignment)))
    require(courses[course_id].staff or (row.workflow_state == "published" and row.assigned))
    return _assignment_event(row, courses, (), _locks([row], courses).get(row.id))


@blueprint.put(f"{COLLECTION}/<ref:event>")
@takes(ChangeEventParams)
def change_event(params: ChangeEventParams, event: Ref) -> EventJSON:
    """Change an event; `context_code` moves it to another calendar."""
    found = _managed(event)
    fields = params.calendar_event.given()
    code, zone = fields.pop("context_code", None), fields.pop("time_zone_edited", None)
    context = _context(code) if code else None
    if context:
        require_managing(caller(), context)
    calendar_events.change(found, context, fields, zone_of(caller().id, zone))
    db.session.commit()
    return _one(found.id)


@blueprint.delete(f"{COLLECTION}/<ref:event>")
def delete_event(event: Ref) -> EventJSON:
    """Delete an event."""
    found = _managed(event)
    body = _one(found.id)
    found.workflow_state = "deleted"
    db.session.commit()
    return {**body, "workflow_state": "deleted"}


def _managed(event: Ref) -> CalendarEvent:
    """The event, to be changed. Raises NotFound or Forbidden."""
    statement = select(CalendarEvent).where(names(CalendarEvent, event), CalendarEvent.workflow_state != "deleted")
    found = find(statement.with_for_update())
    require_managing(caller(), context_of(found))
    return found


def _one(event_id: int) -> EventJSON:
    return event_json(find_row(event_rows().where(CalendarEvent.id == event_id)), viewer())


def _context(code: str) -> Context:
    kind, _, number = code.partition("_")
    return Context(kind, int(number))


def _copies(asked: Duplicate | None) -> Copies | None:
    return Copies(asked.count, asked.interval, asked.frequency, asked.append_iterator) if asked and asked.count else None


def _readable(user_id: int, course_ids: Sequence[int]) -> dict[int, Access]:
    """What the user may do in those courses. Raises NotFound; Forbidden unless they may read each."""
    found = accesses(user_id, course_ids, admin=caller().admin and user_id == caller().id)
    require(all(Right.READ in access.rights for access in found.values()))
    return found


def _listed(params: EventListParams, user_id: int) -> list[EventJSON]:
    """The events of those calendars that the user may read. Raises NotFound or Forbidden."""
    contexts = [_context(code) for code in params.context_codes] or [Context("user", user_id)]
    users = frozenset(context.id for context in contexts if context.kind == "user")
    require(users <= {user_id} or caller().admin)
    courses = _readable(user_id, [context.id for context in contexts if context.kind == "course"])
    reach = None if params.all_events or params.undated else span(params.start_date, params.end_date, utc_now(), zone_of(user_id))
    if params.type == "assignment":
        rows = page(_due(courses, user_id, reach, undated=params.undated and not params.all_events))
        locks = _locks(rows, courses)
        return [_assignment_event(row, courses, params.excludes, locks.get(row.id)) for row in rows]
    statement = event_rows().where(or_(CalendarEvent.course_id.in_(courses), CalendarEvent.user_id.in_(users)))
    if reach:
        statement = statement.where(between(*reach))
    elif not params.all_events:
        statement = statement.where(CalendarEvent.start_at.is_(None))
    # Undated last, on both databases.
    rows = page(statement.order_by(CalendarEvent.start_at.is_(None), CalendarEvent.start_at, CalendarEvent.id))
    return [event_json(row, viewer(), params.excludes) for row in rows]


def _assignment_rows(courses: dict[int, Access], user_id: int) -> Rows:
    """The assignments of those courses with the user's dates, or the observed student's; where the user is staff, with their own."""
    whose: list[tuple[ColumnElement[bool], Any]] = [(Assignment.course_id.in_(_staffed(courses)), null())]
    for course_id, access in courses.items():
        if not access.staff and learner(access, user_id) != user_id:
            whose.append((Assignment.course_id == course_id, literal(learner(access, user_id), BigId)))
    rows = dated_rows(case(*whose, else_=literal(user_id, BigId)), staff=True)
    rows = rows.add_columns(Course.name.label("context_name"), ASSIGNED.label("assigned"))
    return rows.join(Course, Course.id == Assignment.course_id).where(Assignment.course_id.in_(courses))


def _staffed(courses: dict[int, Access]) -> list[int]:
    return [course_id for course_id, access in courses.items() if access.staff]


def _due(courses: dict[int, Access], user_id: int, reach: Span | None, *, undated: bool) -> Rows:
    """Assignments by when they are due; drafts, and what is not everybody's, only to the staff of their course."""
    seen = and_(Assignment.workflow_state == "published", ASSIGNED)
    statement = _assignment_rows(courses, user_id).where(or_(Assignment.course_id.in_(_staffed(courses)), seen))
    if reach:
        statement = statement.where(DUE_AT.between(*reach))
    elif undated:
        statement = statement.where(DUE_AT.is_(None))
    return statement.order_by(DUE_AT.is_(None), DUE_AT, Assignment.id)


def _locks(rows: Sequence[AnyRow], courses: dict[int, Access]) -> Mapping[int, str]:
    """Why modules keep those assignments from the caller."""
    users = {course_id: learner(access, caller().id) for course_id, access in courses.items() if not access.staff}
    return closed(users, "Assignment", [row.id for row in rows if row.course_id in users], viewer().now)


def _assignment_event(row: AnyRow, courses: dict[int, Access], excludes: Sequence[str], lock: str | None) -> EventJSON:
    looking = replace(viewer(), staff=courses[row.course_id].staff)
    return assignment_event_json(assignment_json(row, looking, lock=lock), row.context_name, looking, excludes)
