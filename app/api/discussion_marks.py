"""What somebody marks for themselves: read, subscribed, rated."""

from typing import Annotated, Literal

from flask import Blueprint
from pydantic import Field

from app.extensions import db
from app.http.auth import access, caller, require_right
from app.http.lookup import Ref, names
from app.http.params import Params, takes
from app.models.discussions import DiscussionTopic
from app.models.types import AnyRow
from app.resources.discussions import opened
from app.services import discussion_entries, discussions
from app.services.permissions import Right, require

blueprint = Blueprint("discussion_marks", __name__, url_prefix="/api/v1")
TOPIC = "/courses/<ref:course>/discussion_topics/<ref:topic>"
ENTRY = f"{TOPIC}/entries/<ref:entry>"
Done = tuple[str, Literal[204]]
DONE: Done = ("", 204)


class RatingParams(Params):
    """A rating."""

    rating: Annotated[int, Field(ge=0, le=1)]
    """1: liked; 0: not, or no more."""


@blueprint.put(f"{TOPIC}/read")
def mark_topic_read(course: Ref, topic: Ref) -> Done:
    """Mark a topic, but not what is under it, as read."""
    return _mark_topic(topic, read=True)


@blueprint.delete(f"{TOPIC}/read")
def mark_topic_unread(course: Ref, topic: Ref) -> Done:
    """Mark a topic, but not what is under it, as unread."""
    return _mark_topic(topic, read=False)


@blueprint.put(f"{TOPIC}/read_all")
def mark_all_read(course: Ref, topic: Ref) -> Done:
    """Mark a topic and everything under it as read."""
    return _mark_all(topic, read=True)


@blueprint.delete(f"{TOPIC}/read_all")
def mark_all_unread(course: Ref, topic: Ref) -> Done:
    """Mark a topic and everything under it as unread."""
    return _mark_all(topic, read=False)


@blueprint.put(f"{TOPIC}/subscribed")
def subscribe(course: Ref, topic: Ref) -> Done:
    """Subscribe to a topic."""
    return _mark_topic(topic, subscribed=True)


@blueprint.delete(f"{TOPIC}/subscribed")
def unsubscribe(course: Ref, topic: Ref) -> Done:
    """Subscribe to a topic no more."""
    return _mark_topic(topic, subscribed=False)


@blueprint.put(f"{ENTRY}/read")
def mark_entry_read(course: Ref, topic: Ref, entry: Ref) -> Done:
    """Mark an entry as read."""
    return _mark_entry(topic, entry, read=True)


@blueprint.delete(f"{ENTRY}/read")
def mark_entry_unread(course: Ref, topic: Ref, entry: Ref) -> Done:
    """Mark an entry as unread."""
    return _mark_entry(topic, entry, read=False)


@blueprint.post(f"{ENTRY}/rating")
@takes(RatingParams)
def rate_entry(params: RatingParams, course: Ref, topic: Ref, entry: Ref) -> Done:
    """Like an entry, where the topic allows it; or take that back."""
    require(Right.POST_TO_FORUM in require_right(Right.READ_FORUM).rights)
    of = _topic(topic, entries=True)
    require(of.allow_rating, "entries of this topic are not rated")
    found = discussion_entries.existing(of.id, entry.id)
    discussion_entries.mark_entry(found.id, caller().id, rating=params.rating)
    db.session.commit()
    return DONE


def _topic(topic: Ref, *, entries: bool = False) -> AnyRow:
    """A topic that the caller may read, and its `entries` too. Raises NotFound and Forbidden."""
    found, _ = opened(names(DiscussionTopic, topic))
    if entries:
        discussions.require_entries(access(), found)
    return found


def _mark_topic(topic: Ref, **marks: bool) -> Done:
    discussion_entries.mark_topic(_topic(topic).id, caller().id, **marks)
    db.session.commit()
    return DONE


def _mark_all(topic: Ref, *, read: bool) -> Done:
    discussion_entries.mark_all(_topic(topic, entries=True).id, caller().id, read=read)
    db.session.commit()
    return DONE


def _mark_entry(topic: Ref, entry: Ref, *, read: bool) -> Done:
    found = discussion_entries.existing(_topic(topic, entries=True).id, entry.id)
    discussion_entries.mark_entry(found.id, caller().id, read=read)
    db.session.commit()
    return DONE
