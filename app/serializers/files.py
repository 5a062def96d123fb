"""Files as Canvas shows them."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.models.files import locked_at
from app.models.types import AnyRow
from app.serializers.viewer import Viewer

CLASSES = {
    "application/pdf": "pdf",
    "text/html": "html",
    "application/zip": "zip",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "doc",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "ppt",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xls",
}
KINDS = ("image", "video", "audio", "text")
# "content-type" is no name that a class body could give
_Typed = TypedDict("_Typed", {"content-type": str})


class UploaderJSON(TypedDict):
    """Who uploaded a file."""

    id: int
    display_name: str
    avatar_image_url: str | None
    html_url: str


class FileJSON(_Typed):
    """A file."""

    id: int
    uuid: str
    folder_id: int | None
    display_name: str
    filename: str
    upload_status: str
    url: str
    size: int
    created_at: dt.datetime
    updated_at: dt.datetime
    modified_at: dt.datetime
    unlock_at: dt.datetime | None
    lock_at: dt.datetime | None
    locked: bool
    hidden: bool
    hidden_for_user: bool
    locked_for_user: bool
    lock_explanation: NotRequired[str]
    thumbnail_url: str | None
    mime_class: str
    media_entry_id: str | None
    user: NotRequired[UploaderJSON]


def file_json(row: Any, viewer: Viewer, url: str, *, manages: bool, lock: str | None = None, folder_hidden: bool = False) -> FileJSON:
    """One file, to be had at `url`; whoever manages it is not kept out by locks, of which `lock` names one that is not its own."""
    locked = not manages and (lock is not None or locked_at(row, viewer.now))
    body: FileJSON = {
        "id": row.id,
        "uuid": row.uuid,
        "folder_id": row.folder_id,
        "display_name": row.display_name,
        "filename": row.display_name,
        "upload_status": "success",
        "content-type": row.content_type,
        "url": "" if locked else url,
        "size": row.size,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "modified_at": row.updated_at,
        "unlock_at": row.unlock_at,
        "lock_at": row.lock_at,
        "locked": row.locked,
        "hidden": row.hidden,
        "hidden_for_user": not manages and (folder_hidden or row.hidden),
        "locked_for_user": locked,
        "thumbnail_url": None,
        "mime_class": mime_class(row.content_type),
        "media_entry_id": None,
    }
    if locked:
        body["lock_explanation"] = lock or "This file is locked."
    return body


def uploader_json(row: AnyRow, viewer: Viewer) -> UploaderJSON:
    """Who uploaded it."""
    return {
        "id": row.uploader_id,
        "display_name": row.short_name,
        "avatar_image_url": row.avatar_url,
        "html_url": f"{viewer.base_url}/users/{row.uploader_id}",
    }


def attachments_json(rows: Iterable[AnyRow], viewer: Viewer, url: Callable[[int, int], str]) -> list[FileJSON]:
    """Files of a submission or a comment; whoever sees that sees them."""
    return [file_json(row, viewer, url(row.id, viewer.user_id), manages=True) for row in rows]


def mime_class(content_type: str) -> str:
    """Canvas's word for the kind of file, by which clients choose an icon."""
    plain = content_type.partition(";")[0].strip()
    kind = plain.partition("/")[0]
    return CLASSES.get(plain) or (kind if kind in KINDS else "file")
