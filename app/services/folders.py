"""Folders: found, made on the way to a path, renamed, moved, deleted; and how they lie in each other."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from app.errors import Invalid, NotFound
from app.extensions import db
from app.models.files import File, Folder, Owner, locked_at
from app.models.modules import ModuleItem
from app.models.types import utc_now
from app.models.users import User
from app.models.writes import insert_unless_there
from app.services import assignment_groups

MOST_FOLDERS = 1000
"""Of one course or user: all of them are read wherever it matters what lies in what."""
DEEPEST = 30
NULLABLE = ("lock_at", "unlock_at", "position")


@dataclass(frozen=True, slots=True)
class Node:
    """A folder as it lies in the tree; locked and hidden where one that it lies in is."""

    id: int
    parent_id: int | None
    full_name: str
    locked: bool
    hidden: bool
    depth: int


class Tree:
    """All folders of a course or a user, from one statement."""

    def __init__(self, owner: Owner, now: dt.datetime) -> None:
        columns = (Folder.id, Folder.parent_folder_id, Folder.name, Folder.locked, Folder.hidden, Folder.lock_at, Folder.unlock_at)
        found = select(*columns).where(owner.owns(Folder), Folder.workflow_state == "available")
        rows = {row.id: row for row in db.session.execute(found)}
        self.nodes: dict[int, Node] = {}
        for row_id in rows:
            chain = []
            at = row_id
            while at is not None and at not in self.nodes:
                chain.append(at)
                at = rows[at].parent_folder_id
            for each in reversed(chain):
                row = rows[each]
                above = self.nodes.get(row.parent_folder_id)
                self.nodes[each] = Node(
                    id=each,
                    parent_id=row.parent_folder_id,
                    full_name=f"{above.full_name}/{row.name}" if above else row.name,
                    locked=locked_at(row, now) or bool(above and above.locked),
                    hidden=row.hidden or bool(above and above.hidden),
                    depth=above.depth + 1 if above else 0,
                )

    def closed(self) -> list[int]:
        """The folders that are locked or hidden."""
        return [node.id for node in self.nodes.values() if node.locked or node.hidden]

    def chain(self, folder_id: int | None) -> Iterator[Node]:
        """That folder and those that it lies in, innermost first."""
        while folder_id is not None and folder_id in self.nodes:
            yield self.nodes[folder_id]
            folder_id = self.nodes[folder_id].parent_id

    def below(self, folder_id: int) -> set[int]:
        """That folder and all in it."""
        return {node.id for node in self.nodes.values() if any(each.id == folder_id for each in self.chain(node.id))}


def lock_owner(owner: Owner) -> None:
    """Let nobody else change the folders and files of that course or user until the transaction ends."""
    if owner.course_id is not None:
        assignment_groups.lock_course(owner.course_id)
    else:
        db.session.execute(select(User.id).where(User.id == owner.user_id).with_for_update(key_share=True))


def root(owner: Owner) -> int:
    """The id of the root folder, made when it is first needed."""
    found = select(Folder.id).where(owner.owns(Folder), Folder.parent_folder_id.is_(None), Folder.workflow_state == "available")
    root_id = db.session.scalar(found)
    if root_id is None:
        name = "my files" if owner.course_id is None else "course files"
        root_id = insert_unless_there(Folder, course_id=owner.course_id, user_id=owner.user_id, name=name, workflow_state="available")
    return root_id or db.session.scalars(found).one()


def parts(path: str) -> list[str]:
    """The names in a path. Raises Invalid for one that nobody could mean."""
    names = [part.strip() for part in path.split("/") if part.strip()]
    if len(names) > DEEPEST or any(len(name) > 255 or name in (".", "..") or not name.isprintable() for name in names):
        raise Invalid.field("parent_folder_path", "is not a path")
    return names


def walk(owner: Owner, path: str) -> list[int]:
    """The folders from the root along the path. Raises NotFound where one is not there."""
    found = [root(owner)]
    for name in parts(path):
        step = select(Folder.id).where(Folder.parent_folder_id == found[-1], Folder.name == name, Folder.workflow_state == "available")
        folder_id = db.session.scalar(step)
        if folder_id is None:
            raise NotFound
        found.append(folder_id)
    return found


def at_path(owner: Owner, path: str) -> int:
    """The folder at the end of the path; what is not there is made. To be called with the owner locked."""
    here = root(owner)
    for name in parts(path):
        step = select(Folder.id).where(Folder.parent_folder_id == here, Folder.name == name, Folder.workflow_state == "available")
        here = db.session.scalar(step) or create(owner, {"name": name}, here).id
    return here


def parent(owner: Owner, folder_id: int | None, path: str | None) -> int:
    """Where something new goes: a folder by its id, by its path, or the root. Raises Invalid. To be called with the owner locked."""
    if folder_id is None:
        return at_path(owner, path or "")
    found = select(Folder.id).where(Folder.id == folder_id, owner.owns(Folder), Folder.workflow_state == "available")
    if db.session.scalar(found) is None:
        raise Invalid.field("parent_folder_id", "is not a folder of the same course or user")
    return folder_id


def create(owner: Owner, fields: dict[str, Any], parent_id: int) -> Folder:
    """A new folder; a number is put behind a name that is taken. To be called with the owner locked."""
    if (
        db.session.scalar(select(func.count(Folder.id)).where(owner.owns(Folder), Folder.workflow_state == "available")) or 0
    ) >= MOST_FOLDERS:
        raise Invalid(f"There are {MOST_FOLDERS} folders already.")
    if len(list(Tree(owner, utc_now()).chain(parent_id))) > DEEPEST:
        raise Invalid("The folders nest too deep.")
    given = {key: value for key, value in fields.items() if value is not None}
    given["name"] = _free(parent_id, given["name"], 0)
    folder = Folder(course_id=owner.course_id, user_id=owner.user_id, parent_folder_id=parent_id, **given)
    db.session.add(folder)
    db.session.flush()
    return folder


def change(folder: Folder, fields: dict[str, Any]) -> None:
    """Set what `fields` gives; `parent_folder_id` moves it. Raises Invalid. To be called with the owner locked."""
    given = {key: value for key, value in fields.items() if value is not None or key in NULLABLE}
    moved = given.pop("parent_folder_id", folder.parent_folder_id)
    if folder.parent_folder_id is None:
        if given.keys() & {"name"} or moved is not None:
            raise Invalid("The root folder cannot be renamed or moved.")
    else:
        _move(folder, moved)
        wanted = given.pop("name", folder.name)
        folder.name = _free(moved, wanted, folder.id)
    for key, value in given.items():
        setattr(folder, key, value)


def _move(folder: Folder, parent_id: int) -> None:
    if parent_id == folder.parent_folder_id:
        return
    parent(folder.owner, parent_id, None)
    tree = Tree(folder.owner, utc_now())
    below = tree.below(folder.id)
    if parent_id in below:
        raise Invalid.field("parent_folder_id", "lies in the folder that is to be moved")
    if tree.nodes[parent_id].depth + max(tree.nodes[each].depth for each in below) - tree.nodes[folder.id].depth >= DEEPEST:
        raise Invalid("The folders nest too deep.")
    # Before the name is looked for: it need not be free where the folder comes from.
    with db.session.no_autoflush:
        folder.name = _free(parent_id, folder.name, folder.id)
        folder.parent_folder_id = parent_id


def remove(folder: Folder, *, force: bool) -> Sequence[int]:
    """Delete the folder; with `force` everything in it too. Raises Invalid. To be called with the owner locked.

    The ids of those deleted files that modules name.
    """
    if folder.parent_folder_id is None:
        raise Invalid("The root folder cannot be deleted.")
    ids = Tree(folder.owner, utc_now()).below(folder.id)
    lying = (File.folder_id.in_(ids), File.workflow_state == "available")
    if not force and (len(ids) > 1 or db.session.scalar(select(File.id).where(*lying).limit(1))):
        raise Invalid.field("force", "must be true to delete a folder that is not empty")
    items = select(ModuleItem.content_id).where(ModuleItem.type == "File", ModuleItem.course_id == folder.course_id)
    named = db.session.scalars(select(File.id).where(*lying, File.id.in_(items))).all() if folder.course_id is not None else []
    without_session = {"synchronize_session": False}
    db.session.execute(update(File).where(*lying).values(workflow_state="deleted", deleted_at=utc_now()), execution_options=without_session)
    db.session.execute(update(Folder).where(Folder.id.in_(ids)).values(workflow_state="deleted"), execution_options=without_session)
    return named


def _free(parent_id: int, name: str, own_id: int) -> str:
    """`name`, or with the first number behind it that makes it one of its own."""
    taken = select(Folder.name).where(Folder.parent_folder_id == parent_id, Folder.workflow_state == "available", Folder.id != own_id)
    names = set(db.session.scalars(taken))
    number, found = 1, name
    while found in names:
        number += 1
        found = f"{name[:250]} {number}"
    return found
