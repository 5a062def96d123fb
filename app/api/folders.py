"""Folders of courses and users."""

from collections.abc import Sequence

from flask import Blueprint
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.extensions import db
from app.http.auth import viewer
from app.http.lookup import Ref, find, find_row, names
from app.http.pagination import cut, page
from app.http.params import Flag, Id, Instant, Params, Position, Text, Title, absent, takes
from app.models.files import File, Folder, Owner
from app.models.types import AnyRow, Rows
from app.resources.files import folder_of, manages, owner_of
from app.serializers.folders import FolderJSON, folder_json
from app.services import folders, module_items
from app.services.permissions import Right, require

blueprint = Blueprint("folders", __name__, url_prefix="/api/v1")
Inner = aliased(Folder)
FILES_COUNT = select(func.count(File.id)).where(File.folder_id == Folder.id, File.workflow_state == "available").scalar_subquery()
FOLDERS_COUNT = (
    select(func.count(Inner.id)).where(Inner.parent_folder_id == Folder.id, Inner.workflow_state == "available").scalar_subquery()
)


class FolderFields(Params):
    """A folder."""

    locked: Flag | None = None
    hidden: Flag | None = None
    lock_at: Instant | None = None
    unlock_at: Instant | None = None
    position: Position | None = None


class NewFolderParams(FolderFields):
    """A new folder: in the root, unless told where."""

    name: Title
    parent_folder_id: Id | None = None
    parent_folder_path: Text | None = None
    """Folders that are not there are made."""


class FolderParams(FolderFields):
    """What to change."""

    name: Title = absent()
    parent_folder_id: Id | None = None
    """Moves it."""


class ForceParams(Params):
    """How to delete."""

    force: Flag = False
    """With everything in it."""


@blueprint.get("/courses/<ref:course>/folders")
@blueprint.get("/users/<ref:user>/folders")
def list_folders(course: Ref | None = None, user: Ref | None = None) -> list[FolderJSON]:
    """List all folders of a course or a user, however deep; students see what is neither locked nor hidden."""
    owner = owner_of(Right.READ, user)
    folders.root(owner)
    return _listed(owner, _rows().where(owner.owns(Folder)))


@blueprint.get("/folders/<ref:folder>/folders")
def list_inner_folders(folder: Ref) -> list[FolderJSON]:
    """List the folders of a folder."""
    found = folder_of(Right.READ, folder)
    require(manages(found.owner) or found.id not in folders.Tree(found.owner, viewer().now).closed())
    return _listed(found.owner, _rows().where(Folder.parent_folder_id == found.id))


@blueprint.get("/courses/<ref:course>/folders/by_path")
@blueprint.get("/courses/<ref:course>/folders/by_path/<path:path>")
@blueprint.get("/users/<ref:user>/folders/by_path")
@blueprint.get("/users/<ref:user>/folders/by_path/<path:path>")
def resolve_path(path: str = "", course: Ref | None = None, user: Ref | None = None) -> list[FolderJSON]:
    """List the folders along a path, the root first."""
    owner = owner_of(Right.READ, user)
    ids = folders.walk(owner, path)
    found = {row.id: row for row in db.session.execute(_rows().where(Folder.id.in_(ids)))}
    bodies = _shown(owner, [found[each] for each in cut(ids, 1, len(ids))])
    require(not any(body["hidden_for_user"] for body in bodies))
    return bodies


@blueprint.get("/courses/<ref:course>/folders/root")
@blueprint.get("/users/<ref:user>/folders/root")
def get_root_folder(course: Ref | None = None, user: Ref | None = None) -> FolderJSON:
    """Get the folder that all others lie in."""
    owner = owner_of(Right.READ, user)
    return _one(owner, folders.root(owner))


@blueprint.get("/courses/<ref:course>/folders/<ref:folder>")
def get_course_folder(course: Ref, folder: Ref) -> FolderJSON:
    """Get a folder of a course."""
    return _owned(owner_of(Right.READ, None), folder)


@blueprint.get("/users/<ref:user>/folders/<ref:own_folder>")
def get_user_folder(user: Ref, own_folder: Ref) -> FolderJSON:
    """Get a folder of a user."""
    return _owned(owner_of(Right.READ, user), own_folder)


def _owned(owner: Owner, folder: Ref) -> FolderJSON:
    return _visible(owner, find(select(Folder.id).where(names(Folder, folder), owner.owns(Folder), Folder.workflow_state == "available")))


@blueprint.get("/folders/<ref:folder>")
def get_folder(folder: Ref) -> FolderJSON:
    """Get a folder."""
    found = folder_of(Right.READ, folder)
    return _visible(found.owner, found.id)


@blueprint.post("/courses/<ref:course>/folders")
@blueprint.post("/users/<ref:user>/folders")
@takes(NewFolderParams)
def create_folder(params: NewFolderParams, course: Ref | None = None, user: Ref | None = None) -> FolderJSON:
    """Make a folder; a number is put behind a name that is taken."""
    owner = owner_of(Right.ADD_FILES, user)
    return _created(owner, params, params.parent_folder_id)


@blueprint.post("/folders/<ref:folder>/folders")
@takes(NewFolderParams)
def create_inner_folder(params: NewFolderParams, folder: Ref) -> FolderJSON:
    """Make a folder in a folder."""
    found = folder_of(Right.ADD_FILES, folder)
    return _created(found.owner, params, found.id)


@blueprint.put("/folders/<ref:folder>")
@takes(FolderParams)
def change_folder(params: FolderParams, folder: Ref) -> FolderJSON:
    """Rename, move, lock or hide a folder, with everything in it."""
    found = _locked(Right.EDIT_FILES, folder)
    folders.change(found, params.given())
    db.session.commit()
    return _one(found.owner, found.id)


@blueprint.delete("/folders/<ref:folder>")
@takes(ForceParams)
def delete_folder(params: ForceParams, folder: Ref) -> FolderJSON:
    """Delete a folder; with `force` everything in it too."""
    found = _locked(Right.DELETE_FILES, folder)
    body = _one(found.owner, found.id)
    named = folders.remove(found, force=params.force)
    if found.course_id is not None:
        module_items.forget(found.course_id, "File", named)
    db.session.commit()
    return body


def _created(owner: Owner, params: NewFolderParams, parent_id: int | None) -> FolderJSON:
    folders.lock_owner(owner)
    given = params.given()
    path = given.pop("parent_folder_path", None)
    given.pop("parent_folder_id", None)
    folder = folders.create(owner, given, folders.parent(owner, parent_id, path))
    db.session.commit()
    return _one(owner, folder.id)


def _locked(right: Right, ref: Ref) -> Folder:
    """The folder, to be changed, its owner locked: as it is then. Raises NotFound or Forbidden."""
    folders.lock_owner(folder_of(right, ref).owner)
    db.session.expire_all()
    return folder_of(right, ref)


def _rows() -> Rows:
    columns = [column for column in Folder.__table__.columns if column.key != "workflow_state"]
    counts = FILES_COUNT.label("files_count"), FOLDERS_COUNT.label("folders_count")
    return select(*columns, *counts).where(Folder.workflow_state == "available")


def _listed(owner: Owner, statement: Rows) -> list[FolderJSON]:
    if not manages(owner):
        statement = statement.where(Folder.id.not_in(folders.Tree(owner, viewer().now).closed()))
    return _shown(owner, page(statement.order_by(func.lower(Folder.name), Folder.id)))


def _one(owner: Owner, folder_id: int) -> FolderJSON:
    return _shown(owner, [find_row(_rows().where(Folder.id == folder_id))])[0]


def _visible(owner: Owner, folder_id: int) -> FolderJSON:
    body = _one(owner, folder_id)
    require(not body["hidden_for_user"])
    return body


def _shown(owner: Owner, rows: Sequence[AnyRow]) -> list[FolderJSON]:
    tree, mine = folders.Tree(owner, viewer().now), manages(owner)
    nodes = ((row, tree.nodes[row.id]) for row in rows)
    return [folder_json(row, viewer(), node.full_name, manages=mine, locked=node.locked, hidden=node.hidden) for row, node in nodes]
