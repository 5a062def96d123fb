"""Files: started, finished, changed, deleted, swept; and who may read them."""

import datetime as dt
import mimetypes
import re
import secrets
import unicodedata
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from app.errors import Conflict, Invalid
from app.extensions import db
from app.models.files import COURSE, DISCUSSION, USER, Attachment, File, Folder, Owner, in_folders_of
from app.models.types import AnyRow, utc_now
from app.services import folders, gradebook, module_links
from app.services.permissions import Access, Caller, Right
from app.storage import Storage

GIGABYTE = 1024**3
MOST_BYTES = 2 * GIGABYTE
"""Of one file; S3 copies up to 5 GB at once."""
COURSE_BYTES, USER_BYTES = 50 * GIGABYTE, 5 * GIGABYTE
"""What a course, and what a user (own files, submissions and comments together) may keep."""
UPLOAD_TIME = dt.timedelta(minutes=30)
"""From the start of an upload to its end."""
KEPT = dt.timedelta(days=1)
"""How long what nobody can reach any more is left where it is."""
TYPES = mimetypes.MimeTypes()  # Python's own list: the machine's may differ
TYPE = re.compile(r"[a-z0-9][\w.+-]*/[a-z0-9][\w.+-]*(;[\x20-\x7e]*)?", re.IGNORECASE | re.ASCII)
TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""They turn the direction of text: "exe.jpg" could be shown for "gpj.exe"."""
UPLOADS, KEEP = "uploads", "files"
NULLABLE = ("lock_at", "unlock_at")


def clean_name(name: str) -> str:
    """The name without the folders that some clients send before it. Raises Invalid for one that names nothing."""
    found = TURNING.sub("", unicodedata.normalize("NFC", name)).replace("\\", "/").rpartition("/")[2].strip()
    if not found.strip(".") or any(unicodedata.category(letter) == "Cc" for letter in found):
        raise Invalid.field("name", "is not the name of a file")
    return found[-255:]


def type_of(name: str, said: str | None) -> str:
    """The content type: what the client said, else what the name's end tells."""
    if said and len(said) <= 255 and TYPE.fullmatch(said):
        return said.lower()
    return TYPES.guess_type(name)[0] or "application/octet-stream"


def start(owner: Owner, caller: Caller, name: str, said_type: str | None, size: int | None, **fields: Any) -> File:
    """A pending file. Raises Invalid where it is too large. To be called with the owner locked."""
    name = clean_name(name)
    if size and size > MOST_BYTES:
        raise Invalid.field("size", f"is more than {MOST_BYTES} bytes")
    _require_room(owner, size or 0)
    file = File(
        uuid=secrets.token_hex(20),
        uploader_id=caller.id,
        display_name=name,
        content_type=type_of(name, said_type),
        size=size or 0,
        storage_key=secrets.token_hex(20),
        **({"course_id": owner.course_id, "user_id": owner.user_id, "purpose": COURSE if owner.course_id else USER} | fields),
    )
    db.session.add(file)
    db.session.flush()
    return file


def most_bytes(file: File) -> int:
    """What may be uploaded: what was said, if anything was."""
    return file.size or MOST_BYTES


def in_time(file: File) -> bool:
    """Whether the upload may still be finished."""
    return utc_now() < file.created_at + UPLOAD_TIME


def finish(storage: Storage, file: File) -> None:
    """Make a pending file available, once its bytes are there. Raises Invalid. The second of two at once finds it done.

    The bytes are copied to where no upload address reaches: what was handed in cannot be uploaded anew.
    """
    size = storage.size(f"{UPLOADS}/{file.storage_key}")
    if size is not None:
        storage.copy(f"{UPLOADS}/{file.storage_key}", f"{KEEP}/{file.storage_key}")
    folders.lock_owner(file.owner)
    db.session.refresh(file, with_for_update=True)
    if file.workflow_state != "pending":
        return
    if size is None:
        raise Invalid("No file has been uploaded.")
    _require_room(file.owner, size, besides=file.id)
    file.size = size
    if file.folder_id is not None:
        if db.session.scalar(select(Folder.workflow_state).where(Folder.id == file.folder_id)) != "available":
            raise Invalid("The folder has been deleted.")
        make_way(file, file.folder_id, file.display_name, file.on_duplicate)
    file.workflow_state = "available"


def keep(storage: Storage, file: File, content: bytes) -> None:
    """Make a pending file available whose bytes are at hand."""
    storage.put(f"{KEEP}/{file.storage_key}", content)
    file.size, file.upload_open, file.workflow_state = len(content), False, "available"


def make_way(file: File, folder_id: int, name: str, on_duplicate: str | None) -> None:
    """Put `file` under that name into that folder; of another file there, one gives way. Raises Conflict where neither may."""
    named = select(File).where(File.folder_id == folder_id, File.workflow_state == "available", File.id != file.id)
    same = db.session.scalars(named.where(File.display_name == name)).first()
    if same is not None and on_duplicate == "rename":
        stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
        number = 1
        while db.session.scalar(
            named.with_only_columns(File.id).where(File.display_name == (name := f"{stem[:200]}-{number}{suffix[:40]}"))
        ):
            number += 1
    elif same is not None and on_duplicate == "overwrite":
        db.session.execute(update(File).where(File.replaced_by_id == same.id).values(replaced_by_id=file.id))
        same.workflow_state, same.deleted_at, same.replaced_by_id = "deleted", utc_now(), file.id
        db.session.flush()  # before the name is taken again
        module_links.replaced("File", same.id, file.id)
    elif same is not None:
        raise Conflict(f"There is a file {name!r} in that folder already.")
    file.folder_id, file.display_name = folder_id, name


def change(file: File, fields: dict[str, Any]) -> None:
    """Set what `fields` gives: `name`, `parent_folder_id`, locks. Raises Invalid or Conflict. To be called with the owner locked."""
    given = {key: value for key, value in fields.items() if value is not None or key in NULLABLE}
    on_duplicate = given.pop("on_duplicate", None)
    folder_id = given.pop("parent_folder_id", file.folder_id)
    name = clean_name(given.pop("name", file.display_name))
    if (folder_id, name) != (file.folder_id, file.display_name):
        make_way(file, folders.parent(file.owner, folder_id, None), name, on_duplicate)
    for key, value in given.items():
        setattr(file, key, value)


def remove(file: File) -> None:
    """Delete softly; the bytes go with the next sweep."""
    file.workflow_state, file.deleted_at = "deleted", utc_now()


def quota(owner: Owner) -> tuple[int, int]:
    """How many bytes the course or user may keep, and how many they do."""
    return _quota(owner), _used(owner, File.workflow_state == "available")


def _quota(owner: Owner) -> int:
    return USER_BYTES if owner.course_id is None else COURSE_BYTES


def _used(owner: Owner, *conditions: ColumnElement[bool]) -> int:
    # What a user handed in counts as theirs, though it lies in no folder of theirs.
    theirs = in_folders_of(owner) if owner.course_id is not None else File.user_id == owner.user_id
    return int(db.session.scalar(select(func.coalesce(func.sum(File.size), 0)).where(theirs, *conditions)) or 0)


def _require_room(owner: Owner, size: int, besides: int = 0) -> None:
    """Uploads under way count with what they said."""
    under_way = and_(File.workflow_state == "pending", File.created_at > utc_now() - UPLOAD_TIME)
    if _used(owner, or_(File.workflow_state == "available", under_way), File.id != besides) + size > _quota(owner):
        raise Invalid.field("size", "file size exceeds quota")


def is_attached(file: Any) -> bool:
    """Whether it was handed in, was an answer in a quiz or was sent with a comment."""
    if file.quiz_submission_id is not None:
        return True
    return db.session.scalar(select(Attachment.id).where(Attachment.file_id == file.id).limit(1)) is not None


def may_read(file: AnyRow, caller: Caller, access: Access | None) -> bool:
    """Whether the caller, with that access to the file's course, may know of the file. Locks are another matter."""
    rights = access.rights if access else frozenset()
    if file.purpose == USER:
        return bool(file.user_id == caller.id or Right.MANAGE_USERS in caller.rights)
    if access is None or file.purpose == COURSE:
        return Right.READ in rights
    if file.uploader_id == caller.id:
        return True
    if file.purpose == DISCUSSION:
        return Right.READ_FORUM in rights
    theirs = Right.READ in rights and (file.student_id == caller.id or file.student_id in access.observed_ids)
    return (theirs or (Right.READ_GRADES in rights and gradebook.covers(access, file.student_id))) and is_attached(file)


def may_change(file: File, caller: Caller, access: Access | None, right: Right) -> bool:
    """Whether the caller may do that to the file. What was handed in stays as it is; what was not, its uploader may delete."""
    if file.purpose == COURSE:
        return access is not None and right in access.rights
    if file.purpose == USER:
        return file.user_id == caller.id or Right.MANAGE_USERS in caller.rights
    return right is Right.DELETE_FILES and file.uploader_id == caller.id and not is_attached(file)


def sweep_uploads(storage: Storage, now: dt.datetime, limit: int) -> int:
    """Remove what uploads left behind a day ago, and the bytes of files deleted a day ago; up to `limit` of each. How many it was.

    Bytes first: if the transaction fails, the next sweep finds the rows again.
    """
    old = select(File).where(File.upload_open, File.created_at < now - KEPT).order_by(File.created_at, File.id)
    deleted = select(File).where(File.workflow_state == "deleted", File.storage_key.is_not(None), File.deleted_at < now - KEPT)
    swept = 0
    for file in db.session.scalars(old.limit(limit).with_for_update(skip_locked=True)).all():
        storage.delete(f"{UPLOADS}/{file.storage_key}")
        file.upload_open = False
        swept += 1
        if file.workflow_state == "pending":
            storage.delete(f"{KEEP}/{file.storage_key}")
            db.session.delete(file)
    db.session.flush()
    for file in db.session.scalars(deleted.order_by(File.deleted_at, File.id).limit(limit).with_for_update(skip_locked=True)).all():
        storage.delete(f"{UPLOADS}/{file.storage_key}")
        storage.delete(f"{KEEP}/{file.storage_key}")
        file.storage_key, file.upload_open = None, False
        swept += 1
    db.session.flush()
    return swept
