"""Modules: made, changed, moved, published, deleted. Whoever calls these has locked the course."""

from typing import Any

from sqlalchemy import not_, select, update

from app.errors import Invalid
from app.extensions import db
from app.models.modules import Module, ModuleItem
from app.services import module_items
from app.services.module_content import KINDS
from app.services.permissions import Caller
from app.services.positions import insert_at, move, take_out

MOST_MODULES = 500
"""Of one course: how far a student is takes all of them."""
SET = ("name", "unlock_at", "require_sequential_progress", "publish_final_grade")


def create(course_id: int, fields: dict[str, Any]) -> Module:
    """A new module, last and unpublished unless told otherwise. Raises Invalid."""
    given = {key: value for key, value in fields.items() if value is not None}
    if "name" not in given:
        raise Invalid.field("name", "can't be blank")
    module = Module(course_id=course_id, **{key: given[key] for key in SET if key in given})
    module.workflow_state = "active" if given.get("published") else "unpublished"
    module.position = insert_at(Module, given.get("position"), *of_course(course_id), most=MOST_MODULES)
    module.prerequisite_module_ids = _before(module, given.get("prerequisite_module_ids", []))
    db.session.add(module)
    db.session.flush()
    return module


def change(module: Module, fields: dict[str, Any], caller: Caller, *, items_too: bool) -> None:
    """Set what `fields` gives; publishing it publishes its items, if `items_too`. Raises Invalid."""
    given = {key: value for key, value in fields.items() if value is not None or key in ("unlock_at", "prerequisite_module_ids")}
    for key in SET:
        if key in given:
            setattr(module, key, given[key])
    if "position" in given:
        move(Module, module, given["position"], *of_course(module.course_id))
    if "prerequisite_module_ids" in given:
        module.prerequisite_module_ids = _before(module, given["prerequisite_module_ids"] or [])
    if "published" in given:
        module.workflow_state = "active" if given["published"] else "unpublished"
        if given["published"] and items_too:
            _publish_items(module, caller)


def remove(module: Module) -> None:
    """Delete softly, with its items; what they stand for stays."""
    take_out(Module, module.position, *of_course(module.course_id), Module.id != module.id)
    module.workflow_state = "deleted"
    db.session.execute(update(ModuleItem).where(ModuleItem.module_id == module.id).values(workflow_state="deleted"))


def of_course(course_id: int) -> tuple[Any, ...]:
    """The modules of a course."""
    return Module.course_id == course_id, Module.workflow_state != "deleted"


def _before(module: Module, wanted: list[int]) -> list[int]:
    """Those ids, each once. Raises Invalid unless all are modules of the course that come before this one."""
    ids = list(dict.fromkeys(wanted))
    if ids:
        found = set(db.session.scalars(select(Module.id).where(*of_course(module.course_id), Module.position < module.position)))
        if not found.issuperset(ids):
            raise Invalid.field("prerequisite_module_ids", "must be modules of this course that come before this one")
    return ids


def _publish_items(module: Module, caller: Caller) -> None:
    """All at once for each kind: whatever has no objection to being published needs nobody to be asked."""
    inside = module_items.inside(module.id)
    db.session.execute(update(ModuleItem).where(*inside, ModuleItem.content_id.is_(None)).values(workflow_state="active"))
    for name, kind in KINDS.items():
        ids = select(ModuleItem.content_id).where(*inside, ModuleItem.type == name)
        drafts = kind.of_course(module.course_id, kind.model).where(kind.model.id.in_(ids), not_(kind.published))
        locked = drafts.order_by(kind.model.id).with_for_update(key_share=True, of=kind.model)
        for thing in db.session.scalars(locked).all():
            kind.publish(thing, True, caller)
