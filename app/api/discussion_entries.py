"""What people write under the topics of discussions."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from flask import Blueprint
from sqlalchemy import or_

from app.extensions import db
from app.http.auth import access, caller, viewer
from app.http.lookup import Ref, find_row, names
from app.http.pagination import page
from app.http.params import Html, Id, Params, takes
from app.models.discussions import DiscussionEntry, DiscussionTopic
from app.models.types import AnyRow
from app.resources.discussions import attached, attachments, opened, seen
from app.serializers.discussions import EntryJSON, ViewJSON, entry_json, view_json
from app.serializers.files import FileJSON
from app.services import discussion_entries, discussions, graded_discussions, module_items
from app.services.module_content import CONTRIBUTE
from app.services.module_progress import Holding
from app.services.permissions import Right

blueprint = Blueprint("discussion_entries", __name__, url_prefix="/api/v1")
TOPIC = "/courses/<ref:course>/discussion_topics/<ref:topic>"
ENTRY = f"{TOPIC}/entries/<ref:entry>"


class EntryParams(Params):
    """An entry."""

    message: Html
    """HTML."""


class EntryListParams(Params):
    """Which entries."""

    ids: list[Id] = []


@blueprint.get(f"{TOPIC}/view")
def view_topic(course: Ref, topic: Ref) -> ViewJSON:
    """Get everything under a topic, replies within what they answer, with who wrote and what the caller has not read."""
    found = _readable(topic)
    rows = db.session.execute(discussion_entries.of_topic(found.id, caller().id).order_by(DiscussionEntry.id)).all()
    return view_json(rows, viewer(), _files(rows))


@blueprint.get(f"{TOPIC}/entry_list")
@takes(EntryListParams)
def list_named_entries(params: EntryListParams, course: Ref, topic: Ref) -> list[EntryJSON]:
    """List the entries of those ids, on whatever level they are, in the order of their ids."""
    found = _readable(topic)
    statement = discussion_entries.of_topic(found.id, caller().id).where(DiscussionEntry.id.in_(params.ids))
    return _shown(page(statement.order_by(DiscussionEntry.id)))


@blueprint.get(f"{TOPIC}/entries")
def list_entries(course: Ref, topic: Ref) -> list[EntryJSON]:
    """List the entries right under a topic, newest first, each with the newest replies below it."""
    found = _readable(topic)
    statement = discussion_entries.of_topic(found.id, caller().id).where(DiscussionEntry.parent_id.is_(None))
    bodies = _shown(page(statement.order_by(DiscussionEntry.id.desc())))
    replies = defaultdict(list)
    below_them = db.session.execute(discussion_entries.recent_replies([body["id"] for body in bodies], caller().id)).all()
    for row, reply in zip(below_them, _shown(below_them), strict=True):
        replies[row.root_entry_id].append(reply)
    for body in bodies:
        if below := replies.get(body["id"]):
            body["recent_replies"] = below[: discussion_entries.RECENT]
            body["has_more_replies"] = len(below) > discussion_entries.RECENT
    return bodies


@blueprint.post(f"{TOPIC}/entries")
@takes(EntryParams)
def create_entry(params: EntryParams, course: Ref, topic: Ref) -> tuple[EntryJSON, Literal[201]]:
    """Write something under a topic; under a graded one that hands a student's work in."""
    found, held = _writable(topic)
    entry_id = discussion_entries.write(found, caller(), params.message, attachment_id=attached())
    _counted(found, held)
    db.session.commit()
    return _one(found.id, entry_id), 201


@blueprint.get(f"{ENTRY}/replies")
def list_replies(course: Ref, topic: Ref, entry: Ref) -> list[EntryJSON]:
    """List the replies to an entry, newest first: of one right under the topic all that are below it."""
    found = _readable(topic)
    of_topic = discussion_entries.of_topic(found.id, caller().id)
    above = find_row(of_topic.where(names(DiscussionEntry, entry))).id
    below = of_topic.where(or_(DiscussionEntry.root_entry_id == above, DiscussionEntry.parent_id == above))
    return _shown(page(below.order_by(DiscussionEntry.id.desc())))


@blueprint.post(f"{ENTRY}/replies")
@takes(EntryParams)
def create_reply(params: EntryParams, course: Ref, topic: Ref, entry: Ref) -> tuple[EntryJSON, Literal[201]]:
    """Answer an entry."""
    found, held = _writable(topic)
    discussions.require_entries(access(), found)
    entry_id = discussion_entries.write(found, caller(), params.message, discussion_entries.existing(found.id, entry.id), attached())
    _counted(found, held)
    db.session.commit()
    return _one(found.id, entry_id), 201


@blueprint.put(ENTRY)
@takes(EntryParams)
def change_entry(params: EntryParams, course: Ref, topic: Ref, entry: Ref) -> EntryJSON:
    """Change an entry: its author, and staff."""
    found, _ = _writable(topic)
    written = discussion_entries.existing(found.id, entry.id, to_change=True)
    discussion_entries.change(written, access(), caller(), params.message)
    db.session.commit()
    return _one(found.id, written.id)


@blueprint.delete(ENTRY)
def delete_entry(course: Ref, topic: Ref, entry: Ref) -> EntryJSON:
    """Delete an entry: its author, and staff. It keeps its place, and so do the replies to it."""
    found, _ = _writable(topic)
    written = discussion_entries.existing(found.id, entry.id, to_change=True)
    discussion_entries.remove(written, access(), caller())
    if found.assignment_id is not None:
        graded_discussions.taken_back(found.id, found.assignment_id, written.user_id)
    db.session.commit()
    return _one(found.id, written.id)


def _readable(topic: Ref) -> AnyRow:
    """A topic whose entries the caller may read, and reads now. Raises NotFound and Forbidden."""
    found, held = opened(names(DiscussionTopic, topic))
    discussions.require_entries(access(), found)
    seen(found, held)
    return found


def _writable(topic: Ref) -> tuple[AnyRow, Holding]:
    """A topic under which the caller may write, and how modules hold it. Raises NotFound and Forbidden."""
    found, held = opened(names(DiscussionTopic, topic), to_write=True)
    discussion_entries.require_open(access(), found)
    return found, held


def _counted(found: AnyRow, held: Holding) -> None:
    """What a student wrote is what a module or a teacher may wait for."""
    if Right.SUBMIT in access().rights:
        module_items.record(held.unmet(found.id, CONTRIBUTE), caller().id, CONTRIBUTE)
        if found.assignment_id is not None:
            graded_discussions.written(found.assignment_id, caller().id)


def _one(topic_id: int, entry_id: int) -> EntryJSON:
    row = find_row(discussion_entries.of_topic(topic_id, caller().id).where(DiscussionEntry.id == entry_id))
    return _shown([row])[0]


def _files(rows: Sequence[AnyRow]) -> dict[int, list[FileJSON]]:
    """The files of those entries, as far as they are not deleted."""
    return attachments(row.attachment_id for row in rows if row.workflow_state != "deleted")


def _shown(rows: Sequence[AnyRow]) -> list[EntryJSON]:
    found = _files(rows)
    return [entry_json(row, viewer(), found.get(row.attachment_id, ())) for row in rows]
