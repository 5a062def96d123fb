"""Module items: made, changed, moved, deleted, and what students do with them. Whoever changes them has locked the course."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import and_, delete, not_, select

from app.errors import Invalid
from app.extensions import db
from app.models.modules import Module, ModuleCompletion, ModuleItem
from app.models.pages import Page, spelled
from app.models.writes import insert_unless_there
from app.services.module_content import (
    CONTENT_IDS,
    KINDS,
    MIN_PERCENTAGE,
    MIN_SCORE,
    PLAIN,
    VIEW,
    find_content,
    requirements_of,
    standing_for,
)
from app.services.module_links import GRADED
from app.services.module_progress import Holding
from app.services.permissions import Access, Caller, Right
from app.services.positions import insert_at, move, take_out

MOST_ITEMS = 500
"""Of one module."""


def create(module: Module, fields: dict[str, Any], caller: Caller) -> ModuleItem:
    """A new item, last unless told otherwise. Raises Invalid."""
    given = {key: value for key, value in fields.items() if value is not None}
    kind = given["type"]
    item = ModuleItem(course_id=module.course_id, module_id=module.id, type=kind)
    if kind in PLAIN:
        _plain(item, given)
    elif kind in KINDS:
        item.content_id = _content_id(module.course_id, kind, given)
    else:
        raise Invalid.field("type", f"{kind} items are not there yet")
    _set(item, given)
    item.workflow_state = "active" if module.workflow_state == "active" else "unpublished"
    if "published" in given:
        publish(item, given["published"], caller)
    item.position = insert_at(ModuleItem, given.get("position"), *inside(module.id), most=MOST_ITEMS)
    db.session.add(item)
    db.session.flush()
    return item


def change(item: ModuleItem, fields: dict[str, Any], caller: Caller) -> None:
    """Set what `fields` gives; another module and position move it. Raises Invalid."""
    given = {key: value for key, value in fields.items() if value is not None or key == "completion_requirement"}
    if item.type in PLAIN:
        _plain(item, {"title": item.title, "external_url": item.external_url} | given)
    _set(item, given)
    if "published" in given:
        publish(item, given["published"], caller)
    target = given.get("module_id", item.module_id)
    if target != item.module_id:
        if db.session.scalar(select(Module.id).where(Module.id == target, *_alive(item.course_id))) is None:
            raise Invalid.field("module_id", "is not a module of this course")
        take_out(ModuleItem, item.position, *inside(item.module_id), ModuleItem.id != item.id)
        item.position = insert_at(ModuleItem, given.get("position"), *inside(target), most=MOST_ITEMS)
        item.module_id = target
    elif "position" in given:
        move(ModuleItem, item, given["position"], *inside(item.module_id))


def remove(item: ModuleItem) -> None:
    """Delete softly; what it stands for stays."""
    take_out(ModuleItem, item.position, *inside(item.module_id), ModuleItem.id != item.id)
    item.workflow_state = "deleted"


def forget(course_id: int, kind: str, content_ids: Iterable[int]) -> None:
    """Those things are deleted: so are their items, those of the assignments that belong to them too."""
    items = standing_for(kind).subquery()
    theirs = select(ModuleItem).where(
        ModuleItem.course_id == course_id, ModuleItem.id.in_(select(items.c.item_id)), ModuleItem.workflow_state != "deleted"
    )
    # One after the other, each read anew: taking one out moves those after it.
    for item in db.session.scalars(theirs.order_by(ModuleItem.position.desc(), ModuleItem.id), {CONTENT_IDS: list(content_ids)}).all():
        remove(item)
        db.session.flush()


def publish(item: ModuleItem, published: bool, caller: Caller) -> None:
    """Publish it or take it back: what it stands for, where it stands for something. Raises Invalid."""
    item.workflow_state = "active" if published else "unpublished"
    if item.content_id is not None:
        kind = KINDS[item.type]
        otherwise = and_(kind.model.id == item.content_id, not_(kind.published) if published else kind.published)
        thing = find_content(item.course_id, item.type, otherwise, lock=True)
        if thing is not None:
            kind.publish(thing, published, caller)


def record(item_ids: Iterable[int], user_id: int, requirement: str) -> None:
    """That the user did what the items ask for; twice is once."""
    for item_id in item_ids:
        insert_unless_there(ModuleCompletion, module_item_id=item_id, user_id=user_id, requirement=requirement)


def viewed(mine: Access, caller_id: int, held: Holding, content_id: int) -> None:
    """That a student read the thing, where an item asks for that and it is the first time.

    Where only reading goes on there is no transaction: what is written is kept at once.
    """
    if Right.SUBMIT in mine.rights and held.user_id == caller_id:
        record(held.unmet(content_id, VIEW), caller_id, VIEW)


def take_back(item_id: int, user_id: int, requirement: str) -> None:
    """That the user did not do it after all."""
    db.session.execute(
        delete(ModuleCompletion).where(
            ModuleCompletion.module_item_id == item_id, ModuleCompletion.user_id == user_id, ModuleCompletion.requirement == requirement
        )
    )


def inside(module_id: int) -> tuple[Any, ...]:
    """The items of a module."""
    return ModuleItem.module_id == module_id, ModuleItem.workflow_state != "deleted"


def _alive(course_id: int) -> tuple[Any, ...]:
    return Module.course_id == course_id, Module.workflow_state != "deleted"


def _content_id(course_id: int, kind: str, given: dict[str, Any]) -> int:
    """Of the thing of the course that is named. Raises Invalid."""
    field = "page_url" if kind == "Page" and "page_url" in given else "content_id"
    if field not in given:
        raise Invalid.field(field, "must be given")
    which = Page.url == spelled(given[field]) if field == "page_url" else KINDS[kind].model.id == given[field]
    found = find_content(course_id, kind, which)
    if found is None:
        raise Invalid.field(field, f"is not a {kind.lower()} of this course")
    content_id: int = found.id
    return content_id


def _plain(item: ModuleItem, given: dict[str, Any]) -> None:
    url = given.get("external_url") if item.type != "SubHeader" else None
    if item.type != "SubHeader" and url is None:
        raise Invalid.field("external_url", "must be given")
    item.external_url = url
    item.title = given.get("title") or (url or "")[:255]
    if not item.title:
        raise Invalid.field("title", "can't be blank")


def _is_graded(item: ModuleItem) -> bool:
    owner = KINDS[item.type]
    return db.session.scalar(select(owner.assignment_id).where(owner.model.id == item.content_id)) is not None


def _set(item: ModuleItem, given: dict[str, Any]) -> None:
    for key in ("indent", "new_tab"):
        if key in given:
            setattr(item, key, given[key])
    if "completion_requirement" in given:
        _ask(item, given["completion_requirement"] or {})


def _ask(item: ModuleItem, asked: dict[str, Any]) -> None:
    kind = asked.get("type")
    if kind is not None and kind not in requirements_of(item.type):
        raise Invalid.field("completion_requirement", f"{item.type} items do not take {kind}")
    if item.type == "Discussion" and kind in GRADED and not _is_graded(item):
        raise Invalid.field("completion_requirement", f"a discussion that is not graded does not take {kind}")
    least = asked.get("min_percentage") if kind == MIN_PERCENTAGE else asked.get("min_score") if kind == MIN_SCORE else None
    if kind in (MIN_SCORE, MIN_PERCENTAGE) and least is None:
        raise Invalid.field("min_percentage" if kind == MIN_PERCENTAGE else "min_score", "must be given")
    item.requirement, item.requirement_score = kind, least
