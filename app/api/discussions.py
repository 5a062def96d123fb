"""Discussion topics of a course, its announcements among them."""

from collections.abc import Callable
from typing import Any, Literal

from flask import Blueprint
from sqlalchemy import ColumnElement, func

from app.errors import Invalid
from app.extensions import db
from app.http.auth import caller, require_right
from app.http.lookup import Ref, find_row, names
from app.http.pagination import page
from app.http.params import Flag, Html, Id, Instant, Params, Points, Short, Text, Title, absent, takes
from app.models.discussions import IS_ASSIGNED, POSTED_AT, RECENT_ACTIVITY, DiscussionTopic, is_closed, is_posted, topic_rows, unread_count
from app.models.types import AnyRow, utc_now
from app.resources.discussions import attached, held, seen, shown, why_unread
from app.serializers.discussions import DeletedTopicJSON, TopicJSON
from app.services import assignment_groups, discussions, graded_discussions, module_items
from app.services.permissions import Access, Right, learner, require

blueprint = Blueprint("discussions", __name__, url_prefix="/api/v1")
COLLECTION = "/courses/<ref:course>/discussion_topics"
SCOPES: dict[str, Callable[[], Any]] = {
    "locked": is_closed,
    "unlocked": lambda: ~is_closed(),
    "pinned": lambda: DiscussionTopic.pinned,
    "unpinned": lambda: ~DiscussionTopic.pinned,
}


class TopicListParams(Params):
    """Which topics, in which order."""

    only_announcements: Flag = False
    """Announcements instead of discussions."""
    search_term: Short | None = None
    scope: Text | None = None
    """locked, unlocked, pinned, unpinned; several with commas between."""
    filter_by: Literal["all", "unread"] = "all"
    order_by: Literal["position", "recent_activity", "title"] = "position"
    """position: pinned ones first, then the newest."""


class GradedFields(Params):
    """The assignment of a graded discussion."""

    set_assignment: Flag | None = None
    """No: the discussion is graded no more."""
    points_possible: Points | None = None
    grading_type: Literal["points", "percent", "letter_grade", "gpa_scale", "pass_fail", "not_graded"] | None = None
    due_at: Instant | None = None
    lock_at: Instant | None = None
    unlock_at: Instant | None = None
    assignment_group_id: Id | None = None
    omit_from_final_grade: Flag | None = None


class TopicParams(Params):
    """A new or changed topic."""

    title: Title = absent()
    message: Html | None = None
    discussion_type: Literal["side_comment", "threaded", "not_threaded"] | None = None
    """Only under threaded topics are replies answered; elsewhere they stand side by side under the first entry."""
    published: Flag | None = None
    is_announcement: Flag | None = None
    delayed_post_at: Instant | None = None
    """Students do not see it before."""
    lock_at: Instant | None = None
    require_initial_post: Flag | None = None
    """Students see what others wrote once they have written something themselves."""
    pinned: Flag | None = None
    locked: Flag | None = None
    allow_rating: Flag | None = None
    assignment: GradedFields | None = None
    """Lets it be graded; title, text and state are the topic's own. Null: it is graded no more."""


@blueprint.get(COLLECTION)
@takes(TopicListParams)
def list_topics(params: TopicListParams, course: Ref) -> list[TopicJSON]:
    """List the discussions of a course, or its announcements; students see those that are posted."""
    mine = require_right(Right.READ_FORUM)
    statement = topic_rows(caller().id, mine.observed_ids, learner(mine, caller().id)).where(
        DiscussionTopic.course_id == mine.course_id, DiscussionTopic.is_announcement == params.only_announcements
    )
    if not discussions.moderates(mine):
        statement = statement.where(is_posted(), IS_ASSIGNED)
    if params.search_term:
        statement = statement.where(DiscussionTopic.title.icontains(params.search_term, autoescape=True))
    if params.filter_by == "unread":
        statement = statement.where(unread_count(caller().id) > 0)
    return shown(page(statement.where(*_in_scope(params.scope)).order_by(*_order(params))))


@blueprint.post(COLLECTION)
@takes(TopicParams)
def create_topic(params: TopicParams, course: Ref) -> TopicJSON:
    """Start a discussion, or make an announcement: staff, and students where the course lets them start discussions."""
    mine = require_right(Right.CREATE_FORUM)
    assignment_groups.lock_course(mine.course_id)
    topic = discussions.create(mine, caller(), _own(params))
    topic.attachment_id = attached()
    _grade(topic, mine, params)
    db.session.commit()
    return _one(mine, DiscussionTopic.id == topic.id)


@blueprint.get(f"{COLLECTION}/<ref:topic>")
def get_topic(course: Ref, topic: Ref) -> TopicJSON:
    """Get a discussion or an announcement; that a student read it counts where a module asks for it."""
    mine = require_right(Right.READ_FORUM)
    row = _row(mine, names(DiscussionTopic, topic))
    holding = held([row.id])
    if why_unread(row, mine, holding) is None:
        seen(row, holding)
    return shown([row], holding)[0]


@blueprint.put(f"{COLLECTION}/<ref:topic>")
@takes(TopicParams)
def change_topic(params: TopicParams, course: Ref, topic: Ref) -> TopicJSON:
    """Change a discussion or an announcement: its author, and staff."""
    mine = require_right(Right.CREATE_FORUM)
    assignment_groups.lock_course(mine.course_id)
    found = discussions.existing(mine, names(DiscussionTopic, topic))
    _require_open(mine, found)
    graded_discussions.require_dates(found, {} if _ungrades(params) else params.given())
    _grade(found, mine, params)
    discussions.change(found, mine, caller(), _own(params))
    found.attachment_id = attached() or found.attachment_id
    db.session.commit()
    return _one(mine, DiscussionTopic.id == found.id)


@blueprint.delete(f"{COLLECTION}/<ref:topic>")
def delete_topic(course: Ref, topic: Ref) -> DeletedTopicJSON:
    """Delete a discussion or an announcement: staff, and its author as long as it has no entries."""
    mine = require_right(Right.CREATE_FORUM)
    assignment_groups.lock_course(mine.course_id)
    found = discussions.existing(mine, names(DiscussionTopic, topic))
    _require_open(mine, found)
    body = _one(mine, DiscussionTopic.id == found.id)
    discussions.remove(found, mine, caller())
    module_items.forget(mine.course_id, "Discussion", [found.id])
    db.session.commit()
    return {**body, "published": False, "deleted_at": utc_now()}


def _in_scope(scope: str | None) -> list[ColumnElement[bool]]:
    wanted = [name.strip() for name in (scope or "").split(",") if name.strip()]
    if not SCOPES.keys() >= set(wanted):
        raise Invalid.field("scope", f"takes {', '.join(SCOPES)}")
    return [SCOPES[name]() for name in sorted(set(wanted))]


def _order(params: TopicListParams) -> tuple[Any, ...]:
    if params.order_by == "title":
        return func.lower(DiscussionTopic.title), DiscussionTopic.id
    if params.order_by == "recent_activity":
        return RECENT_ACTIVITY.desc(), DiscussionTopic.id.desc()
    newest = (POSTED_AT.is_not(None), POSTED_AT.desc(), DiscussionTopic.id.desc())
    return DiscussionTopic.position.is_(None), DiscussionTopic.position, *newest


def _own(params: TopicParams) -> dict[str, Any]:
    """What is the topic's own."""
    return {key: value for key, value in params.given().items() if key != "assignment"}


def _ungrades(params: TopicParams) -> bool:
    """Whether the assignment is to go."""
    gone = params.assignment is None or params.assignment.given().get("set_assignment") is False
    return "assignment" in params.model_fields_set and gone


def _grade(topic: DiscussionTopic, mine: Access, params: TopicParams) -> None:
    """Let it be graded, or no more, if that is asked for. Raises Forbidden and Invalid."""
    if "assignment" not in params.model_fields_set or (_ungrades(params) and topic.assignment_id is None):
        return
    require(Right.MANAGE_ASSIGNMENTS in mine.rights)
    if params.assignment is None or _ungrades(params):
        gone = graded_discussions.ungrade(topic, caller())
        module_items.forget(mine.course_id, "Assignment", [gone or 0])
        return
    fields = {key: value for key, value in params.assignment.given().items() if key != "set_assignment"}
    graded_discussions.grade(topic, fields, caller())


def _require_open(mine: Access, topic: DiscussionTopic) -> None:
    """Raise Forbidden where a module keeps the topic from the caller: its author, too."""
    require(discussions.moderates(mine) or held([topic.id]).lock(topic.id) is None)


def _row(mine: Access, named: ColumnElement[bool]) -> AnyRow:
    """A topic that the caller may see. Raises NotFound, and Forbidden where it is not posted yet."""
    row = find_row(
        topic_rows(caller().id, mine.observed_ids, learner(mine, caller().id)).where(DiscussionTopic.course_id == mine.course_id, named)
    )
    discussions.require_posted(mine, row)
    return row


def _one(mine: Access, named: ColumnElement[bool]) -> TopicJSON:
    return shown([_row(mine, named)])[0]
