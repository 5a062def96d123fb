"""What happened in somebody's courses, as Canvas shows it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.models.types import AnyRow
from app.serializers.viewer import Viewer


class ActivityJSON(TypedDict):
    """A topic, an announcement or a grade."""

    id: int
    type: str
    title: str
    message: str | None
    read_state: bool
    created_at: dt.datetime | None
    updated_at: dt.datetime
    context_type: str
    course_id: int
    group_id: int | None
    html_url: str
    notification_category: str | None
    discussion_topic_id: NotRequired[int]
    announcement_id: NotRequired[int]
    total_root_discussion_entries: NotRequired[int]
    require_initial_post: NotRequired[bool]
    user_has_posted: NotRequired[bool]
    assignment_id: NotRequired[int]
    assignment: NotRequired[Any]
    score: NotRequired[float | None]
    grade: NotRequired[str | None]
    excused: NotRequired[bool]
    submission_comments: NotRequired[list[Any]]


class ActivitySummaryJSON(TypedDict):
    """How much there is of one kind."""

    type: str
    count: int
    unread_count: int
    notification_category: str | None


def topic_activity_json(key: AnyRow, row: AnyRow, viewer: Viewer) -> ActivityJSON:
    """A topic or an announcement. What a discussion is about is told where it is read, under its own locks."""
    body = _activity(key, row.course_id, row.title, f"{viewer.base_url}/courses/{row.course_id}/discussion_topics/{row.id}")
    body |= {"created_at": row.posted_at, "message": row.message if row.is_announcement else None}
    body |= {"require_initial_post": row.require_initial_post, "user_has_posted": bool(row.has_posted)}
    body["total_root_discussion_entries"] = row.root_count
    if row.is_announcement:
        body["announcement_id"] = row.id
    else:
        body["discussion_topic_id"] = row.id
    return body


def grade_activity_json(key: AnyRow, submission: Mapping[str, Any], assignment: Mapping[str, Any], comments: Sequence[Any]) -> ActivityJSON:
    """A grade."""
    body = _activity(key, submission["course_id"], assignment["name"], submission["html_url"])
    body |= {"score": submission["score"], "grade": submission["grade"], "excused": submission["excused"]}
    body |= {"assignment_id": submission["assignment_id"], "assignment": assignment, "submission_comments": list(comments)}
    return body


def _activity(key: AnyRow, course_id: int, title: str, url: str) -> ActivityJSON:
    return {
        "id": key.id,
        "type": key.kind,
        "title": title,
        "message": None,
        "read_state": bool(key.read),
        "created_at": key.at,
        "updated_at": key.at,
        "context_type": "Course",
        "course_id": course_id,
        "group_id": None,
        "html_url": url,
        "notification_category": None,
    }


def activity_summary_json(row: AnyRow) -> ActivitySummaryJSON:
    """How much there is of one kind."""
    return {"type": row.kind, "count": row.total, "unread_count": row.unread_count, "notification_category": None}
