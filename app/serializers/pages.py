"""Pages as Canvas shows them."""

import datetime as dt
from typing import NotRequired

from typing_extensions import TypedDict

from app.models.types import AnyRow
from app.serializers.viewer import Viewer


class EditorJSON(TypedDict):
    """Who edited a page last."""

    id: int
    display_name: str
    avatar_image_url: str | None
    html_url: str


class PageJSON(TypedDict):
    """A page."""

    page_id: int
    url: str
    title: str
    body: NotRequired[str | None]
    published: bool
    front_page: bool
    hide_from_students: bool
    editing_roles: str
    last_edited_by: EditorJSON
    locked_for_user: bool
    lock_explanation: NotRequired[str]
    html_url: str
    publish_at: dt.datetime | None
    todo_date: dt.datetime | None
    created_at: dt.datetime
    updated_at: dt.datetime


class RevisionJSON(TypedDict):
    """How a page read at one time."""

    revision_id: int
    updated_at: dt.datetime
    latest: bool
    edited_by: EditorJSON
    url: NotRequired[str]
    title: NotRequired[str]
    body: NotRequired[str | None]


def revision_json(row: AnyRow, viewer: Viewer, *, text: bool) -> RevisionJSON:
    """One revision, with what it said if `text` is wanted."""
    body: RevisionJSON = {
        "revision_id": row.revision_id,
        "updated_at": row.updated_at,
        "latest": bool(row.latest),
        "edited_by": _editor_json(row, viewer),
    }
    if text:
        body |= {"url": row.url, "title": row.title, "body": row.body}
    return body


def _editor_json(row: AnyRow, viewer: Viewer) -> EditorJSON:
    return {
        "id": row.user_id,
        "display_name": row.editor_name,
        "avatar_image_url": row.editor_avatar_url,
        "html_url": f"{viewer.base_url}/users/{row.user_id}",
    }


def page_json(row: AnyRow, viewer: Viewer, *, body: bool, lock: str | None = None) -> PageJSON:
    """One page; `lock` says why the viewer may not read it yet."""
    published = row.workflow_state == "active"
    shown: PageJSON = {
        "page_id": row.id,
        "url": row.url,
        "title": row.title,
        "published": published,
        "front_page": row.front_page,
        "hide_from_students": not published,
        "editing_roles": row.editing_roles,
        "last_edited_by": _editor_json(row, viewer),
        "locked_for_user": lock is not None,
        "html_url": f"{viewer.base_url}/courses/{row.course_id}/pages/{row.url}",
        "publish_at": None,
        "todo_date": None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
    if lock is not None:
        shown["lock_explanation"] = lock
    if body:
        shown["body"] = row.body if lock is None else None
    return shown
