"""Calendar events as Canvas shows them; assignments are events too, at the time when they are due."""

import datetime as dt
from collections.abc import Container, Mapping
from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.models.types import AnyRow
from app.serializers.viewer import Viewer


class EventJSON(TypedDict):
    """A calendar event, or an assignment as one."""

    id: int | str
    type: str
    title: str
    description: NotRequired[str | None]
    start_at: dt.datetime | None
    end_at: dt.datetime | None
    all_day: bool
    all_day_date: dt.date | None
    location_name: NotRequired[str | None]
    location_address: NotRequired[str | None]
    context_code: str
    context_name: str
    effective_context_code: str | None
    all_context_codes: str
    parent_event_id: int | None
    child_events: list[Any]
    child_events_count: int
    hidden: bool
    workflow_state: str
    html_url: str
    url: str
    created_at: dt.datetime
    updated_at: dt.datetime
    assignment: NotRequired[Any]
    duplicates: NotRequired[list[Any]]


def event_json(row: AnyRow, viewer: Viewer, excludes: Container[str] = ()) -> EventJSON:
    """One event. `excludes` may name description."""
    context_code = f"course_{row.course_id}" if row.user_id is None else f"user_{row.user_id}"
    body: EventJSON = {
        "id": row.id,
        "type": "event",
        "title": row.title,
        "description": row.description,
        "start_at": row.start_at,
        "end_at": row.end_at,
        "all_day": row.all_day,
        "all_day_date": row.all_day_date,
        "location_name": row.location_name,
        "location_address": row.location_address,
        "context_code": context_code,
        "context_name": row.context_name,
        "effective_context_code": None,
        "all_context_codes": context_code,
        "parent_event_id": None,
        "child_events": [],
        "child_events_count": 0,
        "hidden": False,
        "workflow_state": row.workflow_state,
        "html_url": f"{viewer.base_url}/calendar?event_id={row.id}&include_contexts={context_code}",
        "url": f"{viewer.base_url}/api/v1/calendar_events/{row.id}",
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
    if "description" in excludes:
        del body["description"]
    return body


def assignment_event_json(assignment: Mapping[str, Any], context_name: str, viewer: Viewer, excludes: Container[str] = ()) -> EventJSON:
    """An assignment as an event, made from its own JSON. `excludes` may name description and assignment."""
    context_code = f"course_{assignment['course_id']}"
    body: EventJSON = {
        "id": f"assignment_{assignment['id']}",
        "type": "assignment",
        "title": assignment["name"],
        "description": assignment["description"],
        "start_at": assignment["due_at"],
        "end_at": assignment["due_at"],
        "all_day": False,
        "all_day_date": None,
        "context_code": context_code,
        "context_name": context_name,
        "effective_context_code": None,
        "all_context_codes": context_code,
        "parent_event_id": None,
        "child_events": [],
        "child_events_count": 0,
        "hidden": False,
        "workflow_state": assignment["workflow_state"],
        "html_url": assignment["html_url"],
        "url": f"{viewer.base_url}/api/v1/calendar_events/assignment_{assignment['id']}",
        "created_at": assignment["created_at"],
        "updated_at": assignment["updated_at"],
    }
    if "assignment" not in excludes:
        body["assignment"] = assignment
    if "description" in excludes:
        del body["description"]
        if "assignment" in body:
            body["assignment"] = {key: value for key, value in assignment.items() if key != "description"}
    return body
