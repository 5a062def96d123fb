"""People as Canvas shows them: what identifies them elsewhere only to themselves, to course staff and to admins."""

import datetime as dt
from collections.abc import Container
from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.models.types import AnyRow
from app.serializers.viewer import Viewer


class UserJSON(TypedDict):
    """A person."""

    id: int
    name: str
    created_at: dt.datetime
    sortable_name: str
    short_name: str
    login_id: NotRequired[str]
    sis_user_id: NotRequired[str | None]
    integration_id: NotRequired[str | None]
    email: NotRequired[str | None]
    avatar_url: NotRequired[str | None]
    locale: NotRequired[str | None]
    time_zone: NotRequired[str | None]
    bio: NotRequired[str | None]
    enrollments: NotRequired[list[Any]]


class CalendarJSON(TypedDict):
    """Where a calendar can be subscribed to."""

    ics: str


class ProfileJSON(TypedDict):
    """A person's own page."""

    id: int
    name: str
    short_name: str
    sortable_name: str
    title: str | None
    bio: str | None
    primary_email: NotRequired[str | None]
    login_id: NotRequired[str]
    sis_user_id: NotRequired[str | None]
    integration_id: NotRequired[str | None]
    avatar_url: str | None
    calendar: CalendarJSON | None
    time_zone: str | None
    locale: str | None


def user_json(row: AnyRow, viewer: Viewer, include: Container[str] = ()) -> UserJSON:
    """One person. `include` may name email, avatar_url, locale and bio."""
    body: UserJSON = {
        "id": row.id,
        "name": row.name,
        "created_at": row.created_at,
        "sortable_name": row.sortable_name,
        "short_name": row.short_name,
    }
    own = viewer.admin or row.id == viewer.user_id
    if own or viewer.staff:
        body["login_id"] = row.login_id
        body["sis_user_id"] = row.sis_user_id
        body["integration_id"] = row.integration_id
        if own or "email" in include:
            body["email"] = row.email
    if own or "avatar_url" in include:
        body["avatar_url"] = row.avatar_url
    if own:
        body["locale"] = row.locale
        body["time_zone"] = row.time_zone
    if "bio" in include:
        body["bio"] = None
    return body


def profile_json(row: AnyRow, viewer: Viewer) -> ProfileJSON:
    """One person's profile."""
    body: ProfileJSON = {
        "id": row.id,
        "name": row.name,
        "short_name": row.short_name,
        "sortable_name": row.sortable_name,
        "title": None,
        "bio": None,
        "avatar_url": row.avatar_url,
        "calendar": None,
        "time_zone": row.time_zone,
        "locale": row.locale,
    }
    if viewer.admin or viewer.staff or row.id == viewer.user_id:
        body |= {"primary_email": row.email, "login_id": row.login_id, "sis_user_id": row.sis_user_id, "integration_id": row.integration_id}
    return body
