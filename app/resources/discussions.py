"""What the routes of discussions share: what keeps a topic from its readers, and topics as the caller sees them."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from flask import request
from sqlalchemy import ColumnElement

from app.extensions import db
from app.http.auth import access, caller, require_right, viewer
from app.http.links import download_url
from app.models.assignments import Assignment
from app.models.discussions import DiscussionTopic
from app.models.files import DISCUSSION, File, Owner, file_rows
from app.models.types import AnyRow
from app.resources.files import storage
from app.serializers.assignments import assignment_json
from app.serializers.discussions import TopicJSON, topic_json
from app.serializers.files import FileJSON, attachments_json
from app.services import assignments, discussion_entries, discussions, files, folders, module_items
from app.services.module_progress import Holding, held_for
from app.services.permissions import Access, Right, require


def held(topic_ids: Collection[int]) -> Holding:
    """How modules lock those topics for the caller."""
    return held_for(access(), caller().id, "Discussion", topic_ids, viewer().now)


def why_unread(row: AnyRow, mine: Access, holding: Holding) -> str | None:
    """Why the caller does not read the topic yet; None where they may."""
    return None if discussions.moderates(mine) else holding.lock(row.id) or discussions.early(row)


def opened(named: ColumnElement[bool], *, to_write: bool = False) -> tuple[AnyRow, Holding]:
    """A topic that is open to the caller, and how modules hold it. Raises NotFound; Forbidden where it is not posted, or locked."""
    mine = require_right(Right.READ_FORUM)
    row = discussions.target(mine, caller(), named, to_write=to_write)
    holding = held([row.id])
    why = why_unread(row, mine, holding)
    require(why is None, why)
    return row, holding


def attached(name: str = "attachment") -> int | None:
    """The id of the file that came with the form, kept for a discussion; None where none did. Raises Invalid."""
    sent = request.files.get(name)
    if sent is None or not sent.filename:
        return None
    owner, content = Owner(user_id=caller().id), sent.read()
    folders.lock_owner(owner)
    of_course = {"purpose": DISCUSSION, "course_id": access().course_id}
    file = files.start(owner, caller(), sent.filename, sent.mimetype, len(content), **of_course)
    files.keep(storage(), file, content)
    return file.id


def require_attached(file: AnyRow) -> None:
    """Raise Forbidden or NotFound unless the caller reads the topic or the entry that the file goes with, or uploaded it."""
    if file.uploader_id == caller().id:
        return
    row = db.session.execute(discussion_entries.with_file(file.id)).first()
    require(row is not None)
    if row is not None:
        topic, _ = opened(DiscussionTopic.id == row.topic_id)
        if row.entry_id is not None:
            discussions.require_entries(access(), topic)


def attachments(file_ids: Iterable[int | None]) -> dict[int, list[FileJSON]]:
    """Those files as the caller sees them: one statement, or none where there are none."""
    ids = [file_id for file_id in file_ids if file_id is not None]
    rows = db.session.execute(file_rows().where(File.id.in_(ids))).all() if ids else []
    return {row.id: attachments_json([row], viewer(), download_url) for row in rows}


def seen(row: AnyRow, holding: Holding) -> None:
    """That the caller read the topic, which may be what a module waits for."""
    module_items.viewed(access(), caller().id, holding, row.id)


def shown(rows: Sequence[AnyRow], holding: Holding | None = None) -> list[TopicJSON]:
    """Topics with the assignments of those that are graded: one statement more for these."""
    mine, looking = access(), viewer()
    holding = holding or held([row.id for row in rows])
    locks = {row.id: why_unread(row, mine, holding) for row in rows}
    bodies = [topic_json(row, looking, discussions.permissions(row, mine, caller()), locks[row.id]) for row in rows]
    found_files = attachments(row.attachment_id for row in rows)
    for row, body in zip(rows, bodies, strict=True):
        if locks[row.id] is None:
            body["attachments"] = found_files.get(row.attachment_id, [])
    graded = {row.assignment_id: row.id for row in rows if row.assignment_id is not None}
    if graded:
        found = db.session.execute(assignments.rows_for(mine, looking.user_id).where(Assignment.id.in_(graded)))
        work: dict[int, Any] = {row.id: assignment_json(row, looking, lock=locks[graded[row.id]]) for row in found}
        for body in bodies:
            if body["assignment_id"] in work:
                body["assignment"] = work[body["assignment_id"]]
    return bodies
