"""What the routes of files, folders and uploads share: whose folders the path names, what a file looks like to the caller."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import current_app
from sqlalchemy import or_, select

from app.http.auth import access_or_none, caller, require_right, viewer
from app.http.links import download_url
from app.http.lookup import Ref, find, find_row, living_user, names
from app.models.files import COURSE, File, Folder, Owner, file_rows
from app.models.types import AnyRow
from app.models.users import User
from app.serializers.files import FileJSON, attachments_json, file_json
from app.serializers.submissions import SubmissionJSON
from app.services import attachments, files, module_items
from app.services.folders import Tree
from app.services.module_progress import NOTHING_HELD, Holding, held_for
from app.services.permissions import Right, require
from app.storage import Storage


def storage() -> Storage:
    """Where this app keeps bytes."""
    found: Storage = current_app.extensions["lms_storage"]
    return found


def owner_of(right: Right, user: Ref | None) -> Owner:
    """The course that the path names, with that right in it; or the user, who is the caller or managed by them."""
    if user is None:
        return Owner(course_id=require_right(right).course_id)
    if user.kind == "self" or user.id == caller().id:
        return Owner(user_id=caller().id)
    require(Right.MANAGE_USERS in caller().rights)
    return Owner(user_id=find(select(User.id).where(User.id == living_user(user, caller().id))))


def folder_of(right: Right, ref: Ref) -> Folder:
    """The folder that the path names. Raises NotFound; Forbidden without that right over it."""
    folder = find(select(Folder).where(names(Folder, ref), Folder.workflow_state == "available"))
    require(_holds(right, folder))
    return folder


def _holds(right: Right, folder: Folder) -> bool:
    if folder.course_id is not None:
        access = access_or_none()
        return access is not None and right in access.rights
    return folder.user_id == caller().id or Right.MANAGE_USERS in caller().rights


def manages(owner: Owner) -> bool:
    """Whether locks and hiding are not for the caller."""
    return owner.course_id is None or viewer().staff


def readable(ref: Ref, *conditions: Any) -> AnyRow:
    """The file that the path names, or the one that took its place. Raises NotFound, and Forbidden for whom it is not."""
    row = find_row(file_rows().where(or_(names(File, ref), File.id == replacement(ref)), *conditions))
    require(files.may_read(row, caller(), access_or_none()))
    return row


def replacement(ref: Ref) -> Any:
    """The id of the file that took the place of that one, in SQL."""
    return select(File.replaced_by_id).where(names(File, ref)).scalar_subquery()


def held(rows: Iterable[Any]) -> Holding:
    """How modules lock those files for the caller."""
    ids = [row.id for row in rows if row.purpose == COURSE]
    mine = access_or_none()
    return held_for(mine, caller().id, "File", ids, viewer().now) if ids and mine is not None else NOTHING_HELD


def opened(row: AnyRow) -> FileJSON:
    """The file as the caller reads it now, which may be what a module waits for."""
    holding = held([row])
    body, mine = shown(row, holding), access_or_none()
    if mine is not None and not body["locked_for_user"]:
        module_items.viewed(mine, caller().id, holding, row.id)
    return body


def shown(row: Any, holding: Holding | None = None, *, listed: bool = False) -> FileJSON:
    """The file as the caller sees it. Lists leave out what lies in locked or hidden folders: for them nothing need be asked."""
    mine = row.purpose != COURSE or viewer().staff
    lock = (holding or held([row])).lock(row.id)
    node = None if mine or listed else Tree(Owner(row.course_id), viewer().now).nodes.get(row.folder_id)
    return file_json(
        row,
        viewer(),
        download_url(row.id, caller().id),
        manages=mine,
        lock=lock or ("This file is locked." if node and node.locked else None),
        folder_hidden=bool(node and node.hidden),
    )


def _may_have_files(body: SubmissionJSON) -> bool:
    """Files come with an upload that was handed in, now or before, or with a comment."""
    return body["submission_type"] == "online_upload" or bool(body.get("submission_history") or body.get("submission_comments"))


def with_attachments(bodies: Sequence[SubmissionJSON]) -> list[SubmissionJSON]:
    """The submissions with the files of their attempts and comments: one statement, or none where there cannot be any."""
    found = attachments.of_submissions([body["id"] for body in bodies if body["id"] is not None and _may_have_files(body)])
    if found:
        looking = viewer()
        for body in bodies:
            for attempt in (body, *body.get("submission_history", ())):
                attempt["attachments"] = attachments_json(found[body["id"], attempt["attempt"], None], looking, download_url)
            for comment in body.get("submission_comments", ()):
                comment["attachments"] = attachments_json(found[body["id"], None, comment["id"]], looking, download_url)
    return list(bodies)
