"""Entries of discussions: written, answered, changed, deleted, rated; and the marks of what somebody has read."""

from typing import Any

from sqlalchemy import func, literal, null, select, union_all, update

from app.errors import Invalid, NotFound
from app.extensions import db
from app.models.discussions import DiscussionEntry, DiscussionTopic, EntryParticipant, TopicParticipant, entry_rows
from app.models.types import AnyRow, Rows, utc_now
from app.models.writes import insert_rows_unless_there, insert_unless_there
from app.services.discussions import moderates, shut
from app.services.permissions import Access, Caller, Right, require

DEEPEST = 50
"""Replies to replies, as in Canvas: what is deeper could not be shown."""
RECENT = 10
"""Replies that a list of entries shows beside each."""


def of_topic(topic_id: int, user_id: int) -> Rows:
    """The entries of the topic, in no order yet."""
    return entry_rows(user_id).where(DiscussionEntry.topic_id == topic_id)


def with_file(file_id: int) -> Rows:
    """(topic_id, entry_id) of the topic, or of the entry that is not deleted, with which that file goes."""
    topics = select(DiscussionTopic.id.label("topic_id"), null().label("entry_id")).where(DiscussionTopic.attachment_id == file_id)
    entries = select(DiscussionEntry.topic_id, DiscussionEntry.id).where(
        DiscussionEntry.attachment_id == file_id, DiscussionEntry.workflow_state == "active"
    )
    return union_all(topics, entries)  # type: ignore[return-value]


def recent_replies(entry_ids: list[int], user_id: int) -> Rows:
    """The newest replies anywhere below each of those entries, newest first: one more than are shown, which tells that there are more."""
    number = func.row_number().over(partition_by=DiscussionEntry.root_entry_id, order_by=DiscussionEntry.id.desc())
    living = (DiscussionEntry.root_entry_id.in_(entry_ids), DiscussionEntry.workflow_state == "active")
    newest = select(DiscussionEntry.id, number.label("number")).where(*living).subquery()
    wanted = select(newest.c.id).where(newest.c.number <= RECENT + 1)
    return entry_rows(user_id).where(DiscussionEntry.id.in_(wanted)).order_by(DiscussionEntry.id.desc())


def existing(topic_id: int, entry_id: int, *, to_change: bool = False) -> DiscussionEntry:
    """An entry of the topic that is not deleted. Raises NotFound."""
    found = select(DiscussionEntry).where(
        DiscussionEntry.id == entry_id, DiscussionEntry.topic_id == topic_id, DiscussionEntry.workflow_state == "active"
    )
    entry = db.session.scalars(found.with_for_update(key_share=True) if to_change else found).first()
    if entry is None:
        raise NotFound
    return entry


def require_open(access: Access, topic: AnyRow) -> None:
    """Raise Forbidden unless the caller may write under the topic."""
    require(Right.POST_TO_FORUM in access.rights)
    require(moderates(access) or not shut(topic), "This topic is locked: it takes no more replies.")


def write(topic: AnyRow, caller: Caller, message: str, parent: DiscussionEntry | None = None, attachment_id: int | None = None) -> int:
    """A new entry, under `parent` if there is one; its id. Raises Invalid."""
    depth, parent_id, root_id = 1, None, None
    if parent is not None:
        root_id = parent.root_entry_id or parent.id
        # Only threaded topics answer answers: in the others all of them stand right under the first entry.
        threaded = topic.discussion_type == "threaded"
        parent_id, depth = (parent.id, parent.depth + 1) if threaded else (root_id, 2)
        if depth > DEEPEST:
            raise Invalid.field("parent_id", "Maximum entry depth reached")
    entry = DiscussionEntry(
        topic_id=topic.id,
        user_id=caller.id,
        parent_id=parent_id,
        root_entry_id=root_id,
        depth=depth,
        message=_said(message),
        attachment_id=attachment_id,
    )
    db.session.add(entry)
    db.session.flush()
    return entry.id


def change(entry: DiscussionEntry, access: Access, caller: Caller, message: str) -> None:
    """Say something else. Raises Forbidden and Invalid."""
    _require_own(entry, access, caller)
    entry.message = _said(message)
    entry.editor_id = caller.id
    entry.updated_at = utc_now()


def remove(entry: DiscussionEntry, access: Access, caller: Caller) -> None:
    """Delete softly: it keeps its place, and the replies to it theirs. Raises Forbidden."""
    _require_own(entry, access, caller)
    entry.workflow_state = "deleted"
    entry.deleted_at = utc_now()
    entry.editor_id = caller.id


def _require_own(entry: DiscussionEntry, access: Access, caller: Caller) -> None:
    require(moderates(access) or entry.user_id == caller.id)


def _said(message: str) -> str:
    if not message.strip():
        raise Invalid.field("message", "can't be blank")
    return message


def mark_topic(topic_id: int, user_id: int, **marks: bool) -> None:
    """Set one person's marks on a topic: `read`, `subscribed`."""
    _mark(TopicParticipant, marks, topic_id=topic_id, user_id=user_id)


def mark_entry(entry_id: int, user_id: int, **marks: Any) -> None:
    """Set one person's marks on an entry: `read`, `rating`."""
    _mark(EntryParticipant, marks, entry_id=entry_id, user_id=user_id)


def mark_all(topic_id: int, user_id: int, *, read: bool) -> None:
    """Mark the topic and everything under it."""
    mark_topic(topic_id, user_id, read=read)
    entries = select(DiscussionEntry.id).where(DiscussionEntry.topic_id == topic_id)
    insert_rows_unless_there(
        EntryParticipant, ("entry_id", "user_id", "read"), entries.add_columns(literal(user_id), literal(read)).order_by(DiscussionEntry.id)
    )
    mine = (EntryParticipant.user_id == user_id, EntryParticipant.entry_id.in_(entries))
    db.session.execute(update(EntryParticipant).where(*mine).values(read=read), execution_options={"synchronize_session": False})


def _mark(model: Any, marks: dict[str, Any], **key: int) -> None:
    if insert_unless_there(model, **key, **marks) is None:
        mine = (getattr(model, name) == value for name, value in key.items())
        db.session.execute(update(model).where(*mine).values(**marks), execution_options={"synchronize_session": False})
