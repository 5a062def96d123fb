"""Folders as Canvas shows them."""

import datetime as dt

from typing_extensions import TypedDict

from app.models.types import AnyRow
from app.serializers.viewer import Viewer


class FolderJSON(TypedDict):
    """A folder."""

    id: int
    name: str
    full_name: str
    context_id: int
    context_type: str
    parent_folder_id: int | None
    created_at: dt.datetime
    updated_at: dt.datetime
    lock_at: dt.datetime | None
    unlock_at: dt.datetime | None
    position: int | None
    locked: bool
    hidden: bool
    hidden_for_user: bool
    locked_for_user: bool
    for_submissions: bool
    can_upload: bool
    folders_url: str
    files_url: str
    files_count: int
    folders_count: int


def folder_json(row: AnyRow, viewer: Viewer, full_name: str, *, manages: bool, locked: bool, hidden: bool) -> FolderJSON:
    """One folder; `locked` and `hidden` where one that it lies in is."""
    url = f"{viewer.base_url}/api/v1/folders/{row.id}"
    return {
        "id": row.id,
        "name": row.name,
        "full_name": full_name,
        "context_id": row.course_id or row.user_id,
        "context_type": "Course" if row.course_id else "User",
        "parent_folder_id": row.parent_folder_id,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "lock_at": row.lock_at,
        "unlock_at": row.unlock_at,
        "position": row.position,
        "locked": row.locked,
        "hidden": row.hidden,
        "hidden_for_user": hidden and not manages,
        "locked_for_user": locked and not manages,
        "for_submissions": False,
        "can_upload": manages,
        "folders_url": f"{url}/folders",
        "files_url": f"{url}/files",
        "files_count": row.files_count,
        "folders_count": row.folders_count,
    }
