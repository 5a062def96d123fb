"""Files of courses and users: listed, read, renamed, moved, locked, hidden, deleted."""

from typing import Annotated, Any, Literal

from flask import Blueprint
from pydantic import Field
from sqlalchemy import ColumnElement, and_, asc, desc, func, or_, select
from typing_extensions import TypedDict

from app.extensions import db
from app.http.auth import access_or_none, caller, viewer
from app.http.links import download_url
from app.http.lookup import Ref, find, names
from app.http.pagination import page
from app.http.params import Flag, Id, Instant, Params, SearchTerm, Short, Text, Title, absent, takes
from app.models.files import DISCUSSION, File, Owner, file_rows, in_folders_of
from app.models.types import AnyRow, Rows
from app.models.users import User
from app.resources.discussions import require_attached
from app.resources.files import folder_of, held, manages, opened, owner_of, readable, replacement, shown
from app.serializers.files import FileJSON, uploader_json
from app.services import files, folders, module_items
from app.services.permissions import Right, require

blueprint = Blueprint("files", __name__, url_prefix="/api/v1")
SORTS: dict[str, Any] = {
    "name": func.lower(File.display_name),
    "size": File.size,
    "created_at": File.created_at,
    "updated_at": File.updated_at,
    "content_type": File.content_type,
    "user": func.lower(User.sortable_name),
}


ContentTypes = Annotated[list[Short], Field(max_length=50)]


class QuotaJSON(TypedDict):
    """Bytes."""

    quota: int
    quota_used: int


class PublicUrlJSON(TypedDict):
    """Where a file is to be had without a token, for a day."""

    public_url: str


class FileListParams(Params):
    """Which files, in which order."""

    search_term: SearchTerm | None = None
    content_types: ContentTypes = []
    """`image`, or `image/png`."""
    exclude_content_types: ContentTypes = []
    sort: Literal["name", "size", "created_at", "updated_at", "content_type", "user"] = "name"
    order: Literal["asc", "desc"] = "asc"
    include: list[Text] = []
    """user (who uploaded it)."""


class FileParams(Params):
    """What to change."""

    name: Title = absent()
    parent_folder_id: Id | None = None
    on_duplicate: Literal["overwrite", "rename"] | None = None
    """What happens to a file of the same name; without it the change is refused (409)."""
    locked: Flag | None = None
    hidden: Flag | None = None
    lock_at: Instant | None = None
    unlock_at: Instant | None = None


@blueprint.get("/courses/<ref:course>/files")
@blueprint.get("/users/<ref:user>/files")
@takes(FileListParams)
def list_files(params: FileListParams, course: Ref | None = None, user: Ref | None = None) -> list[FileJSON]:
    """List the files of a course or a user; students see what is neither locked nor hidden."""
    owner = owner_of(Right.READ, user)
    return _listed(params, owner, in_folders_of(owner))


@blueprint.get("/folders/<ref:folder>/files")
@takes(FileListParams)
def list_folder_files(params: FileListParams, folder: Ref) -> list[FileJSON]:
    """List the files of a folder."""
    found = folder_of(Right.READ, folder)
    require(manages(found.owner) or found.id not in folders.Tree(found.owner, viewer().now).closed())
    return _listed(params, found.owner, File.folder_id == found.id)


@blueprint.get("/courses/<ref:course>/files/quota")
@blueprint.get("/users/<ref:user>/files/quota")
def get_quota(course: Ref | None = None, user: Ref | None = None) -> QuotaJSON:
    """Tell how many bytes a course or a user may keep, and how many they do."""
    most, used = files.quota(owner_of(Right.ADD_FILES, user))
    return {"quota": most, "quota_used": used}


@blueprint.get("/files/<ref:file>")
def get_file(file: Ref) -> FileJSON:
    """Get a file; `url` is where it is downloaded, and empty while it is locked for the caller. A module may wait for it to be read."""
    return opened(_readable(file))


@blueprint.get("/courses/<ref:course>/files/<ref:file>")
def get_course_file(course: Ref, file: Ref) -> FileJSON:
    """Get a file of a course."""
    return opened(readable(file, in_folders_of(owner_of(Right.READ, None))))


@blueprint.get("/users/<ref:user>/files/<ref:own_file>")
def get_user_file(user: Ref, own_file: Ref) -> FileJSON:
    """Get a file of a user."""
    return shown(readable(own_file, in_folders_of(owner_of(Right.READ, user))))


@blueprint.get("/files/<ref:file>/public_url")
def get_public_url(file: Ref) -> PublicUrlJSON:
    """Get an address where the file is to be had without a token, for a day, as long as the caller may read it."""
    row = _readable(file)
    require(not shown(row)["locked_for_user"])
    return {"public_url": download_url(row.id, caller().id)}


@blueprint.put("/files/<ref:file>")
@takes(FileParams)
def change_file(params: FileParams, file: Ref) -> FileJSON:
    """Rename, move, lock or hide a file."""
    found = _file(file, Right.EDIT_FILES)
    files.change(found, params.given())
    db.session.commit()
    return shown(found)


@blueprint.delete("/files/<ref:file>")
def delete_file(file: Ref) -> FileJSON:
    """Delete a file; what was handed in stays."""
    found = _file(file, Right.DELETE_FILES)
    body = shown(found)
    files.remove(found)
    if found.course_id is not None:
        module_items.forget(found.course_id, "File", [found.id])
    db.session.commit()
    return body


def _readable(file: Ref) -> AnyRow:
    """The file, if the caller may know of it, by way of a discussion too. Raises NotFound and Forbidden."""
    row = readable(file)
    if row.purpose == DISCUSSION:
        require_attached(row)
    return row


def _file(ref: Ref, right: Right) -> File:
    """The file, to be changed, its owner and it locked. Raises NotFound or Forbidden."""
    named = select(File).where(or_(names(File, ref), File.id == replacement(ref)), File.workflow_state == "available")
    found = find(named)
    folders.lock_owner(found.owner)
    found = find(named.with_for_update().execution_options(populate_existing=True))
    require(files.may_change(found, caller(), access_or_none(), right))
    return found


def _listed(params: FileListParams, owner: Owner, where: ColumnElement[bool]) -> list[FileJSON]:
    statement = _filtered(file_rows().where(where), params)
    if not manages(owner):
        now = viewer().now
        closed = folders.Tree(owner, now).closed()
        late, early = File.lock_at.is_not(None) & (File.lock_at <= now), File.unlock_at.is_not(None) & (File.unlock_at > now)
        statement = statement.where(File.hidden.is_(False), File.locked.is_(False), ~late, ~early, File.folder_id.not_in(closed))
    if "user" in params.include or params.sort == "user":
        statement = statement.add_columns(User.short_name, User.avatar_url).join(User, User.id == File.uploader_id)
    direction = desc if params.order == "desc" else asc
    rows = page(statement.order_by(direction(SORTS[params.sort]), direction(File.id)))
    holding = held(rows)
    bodies = [shown(row, holding, listed=True) for row in rows]
    if "user" in params.include:
        for body, row in zip(bodies, rows, strict=True):
            body["user"] = uploader_json(row, viewer())
    return bodies


def _filtered(statement: Rows, params: FileListParams) -> Rows:
    if params.search_term:
        statement = statement.where(File.display_name.icontains(params.search_term, autoescape=True))
    if params.content_types:
        statement = statement.where(or_(*map(_of_type, params.content_types)))
    if params.exclude_content_types:
        statement = statement.where(and_(*(~_of_type(kind) for kind in params.exclude_content_types)))
    return statement


def _of_type(kind: str) -> ColumnElement[bool]:
    """`image/png` with or without parameters behind it, or all of `image`."""
    if "/" not in kind:
        return File.content_type.startswith(f"{kind.lower()}/", autoescape=True)
    return or_(File.content_type == kind.lower(), File.content_type.startswith(f"{kind.lower()};", autoescape=True))
