"""Discussion topics, announcements and entries as Canvas shows them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.models.types import AnyRow
from app.serializers.viewer import Viewer


class PersonJSON(TypedDict):
    """A name card."""

    id: int
    display_name: str
    avatar_image_url: str | None
    html_url: str


class TopicPermissionsJSON(TypedDict):
    """What the caller may do with a topic."""

    attach: bool
    update: bool
    reply: bool
    delete: bool


class TopicJSON(TypedDict):
    """A discussion topic, or an announcement."""

    id: int
    title: str
    message: str | None
    html_url: str
    url: str
    created_at: dt.datetime
    posted_at: dt.datetime | None
    last_reply_at: dt.datetime
    delayed_post_at: dt.datetime | None
    lock_at: dt.datetime | None
    discussion_type: str
    is_announcement: bool
    published: bool
    can_unpublish: bool
    pinned: bool
    position: int | None
    locked: bool
    can_lock: bool
    comments_disabled: bool
    locked_for_user: bool
    lock_explanation: NotRequired[str]
    require_initial_post: bool
    user_can_see_posts: bool
    allow_rating: bool
    discussion_subentry_count: int
    read_state: str
    unread_count: int
    subscribed: bool
    author: PersonJSON
    user_name: str
    assignment_id: int | None
    assignment: NotRequired[Any]
    group_category_id: int | None
    root_topic_id: int | None
    topic_children: list[int]
    attachments: list[Any]
    podcast_url: str | None
    permissions: TopicPermissionsJSON
    context_code: NotRequired[str]


class DeletedTopicJSON(TopicJSON):
    """A topic that has just been deleted."""

    deleted_at: dt.datetime


class EntryJSON(TypedDict):
    """An entry. Of a deleted one no more is told than where it stood."""

    id: int
    parent_id: int | None
    created_at: dt.datetime
    updated_at: dt.datetime
    read_state: str
    forced_read_state: bool
    user_id: NotRequired[int]
    user_name: NotRequired[str]
    user: NotRequired[PersonJSON]
    editor_id: NotRequired[int]
    message: NotRequired[str]
    attachment: NotRequired[Any]
    attachments: NotRequired[list[Any]]
    rating_count: NotRequired[int]
    rating_sum: NotRequired[int]
    deleted: NotRequired[bool]
    deleted_at: NotRequired[dt.datetime | None]
    recent_replies: NotRequired[list[Any]]
    has_more_replies: NotRequired[bool]
    replies: NotRequired[list[Any]]


class ViewJSON(TypedDict):
    """A topic with everything under it."""

    participants: list[PersonJSON]
    unread_entries: list[int]
    forced_entries: list[int]
    entry_ratings: dict[str, int]
    new_entries: list[EntryJSON]
    view: list[EntryJSON]


def person_json(row: AnyRow, viewer: Viewer) -> PersonJSON:
    """The author of a topic or an entry."""
    url = f"{viewer.base_url}/users/{row.user_id}"
    return {"id": row.user_id, "display_name": row.user_name, "avatar_image_url": row.avatar_url, "html_url": url}


def _permissions_json(permissions: Mapping[str, bool]) -> TopicPermissionsJSON:
    return {"attach": permissions["reply"], "update": permissions["update"], "reply": permissions["reply"], "delete": permissions["delete"]}


def _is_locked(row: AnyRow, now: dt.datetime) -> bool:
    return bool(row.locked or any(at is not None and at <= now for at in (row.lock_at, row.work_lock_at)))


def topic_json(row: AnyRow, viewer: Viewer, permissions: Mapping[str, bool], unread: str | None = None) -> TopicJSON:
    """One topic; `unread` says why the viewer does not read it yet."""
    url = f"{viewer.base_url}/courses/{row.course_id}/discussion_topics/{row.id}"
    locked = _is_locked(row, viewer.now)
    body: TopicJSON = {
        "id": row.id,
        "title": row.title,
        "message": row.message if unread is None else None,
        "html_url": url,
        "url": url,
        "created_at": row.created_at,
        "posted_at": row.posted_at,
        "last_reply_at": row.last_reply_at,
        "delayed_post_at": row.delayed_post_at,
        "lock_at": row.lock_at,
        "discussion_type": row.discussion_type,
        "is_announcement": row.is_announcement,
        "published": row.workflow_state == "active",
        "can_unpublish": not row.is_announcement and row.discussion_subentry_count == 0,
        "pinned": row.pinned,
        "position": row.position,
        "locked": locked,
        "can_lock": True,
        "comments_disabled": row.is_announcement and row.locked,
        "locked_for_user": (locked or unread is not None) and not viewer.staff,
        "require_initial_post": row.require_initial_post,
        "user_can_see_posts": unread is None and (viewer.staff or not row.require_initial_post or row.has_posted),
        "allow_rating": row.allow_rating,
        "discussion_subentry_count": row.discussion_subentry_count,
        "read_state": "read" if row.read else "unread",
        "unread_count": row.unread_count,
        "subscribed": row.subscribed,
        "author": person_json(row, viewer),
        "user_name": row.user_name,
        "assignment_id": row.assignment_id,
        "group_category_id": None,
        "root_topic_id": None,
        "topic_children": [],
        "attachments": [],
        "podcast_url": None,
        "permissions": _permissions_json(permissions),
    }
    if body["locked_for_user"]:
        body["lock_explanation"] = unread or "This topic is locked: it takes no more replies."
    return body


def announcement_json(row: AnyRow, viewer: Viewer, permissions: Mapping[str, bool]) -> TopicJSON:
    """One announcement, where those of several courses are listed."""
    return {**topic_json(row, viewer, permissions), "context_code": f"course_{row.course_id}"}


def entry_json(row: AnyRow, viewer: Viewer, files: Sequence[Any] = ()) -> EntryJSON:
    """One entry, without its replies."""
    body: EntryJSON = {
        "id": row.id,
        "parent_id": row.parent_id,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "read_state": "read" if row.read else "unread",
        "forced_read_state": False,
    }
    if row.workflow_state == "deleted":
        return {**body, "deleted": True, "deleted_at": row.deleted_at}
    body |= {
        "user_id": row.user_id,
        "user_name": row.user_name,
        "user": person_json(row, viewer),
        "message": row.message,
        "rating_count": row.rating_count,
        "rating_sum": row.rating_count,
    }
    if files:
        body["attachment"] = files[0]
        body["attachments"] = list(files)
    if row.editor_id is not None:
        body["editor_id"] = row.editor_id
    return body


def view_json(rows: Sequence[AnyRow], viewer: Viewer, files: Mapping[int, Sequence[Any]]) -> ViewJSON:
    """Everything under a topic: `rows` are all of its entries, oldest first, so that whoever answers comes after whom they answer."""
    living = [row for row in rows if row.workflow_state != "deleted"]
    bodies: dict[int, EntryJSON] = {}
    top: list[EntryJSON] = []
    for row in rows:
        body = bodies[row.id] = {**entry_json(row, viewer, files.get(row.attachment_id, ())), "replies": []}
        above = bodies.get(row.parent_id)
        (top if above is None else above["replies"]).append(body)
    return {
        "participants": list({row.user_id: person_json(row, viewer) for row in living}.values()),
        "unread_entries": [row.id for row in living if not row.read],
        "forced_entries": [],
        "entry_ratings": {str(row.id): row.own_rating for row in living if row.own_rating},
        "new_entries": [],
        "view": top,
    }
