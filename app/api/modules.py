"""Modules of a course, and how far a student is in them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, Literal

from flask import Blueprint
from pydantic import Field
from sqlalchemy import func, or_, select

from app.extensions import db
from app.http.auth import access, caller, require_right, viewer
from app.http.lookup import Ref, find, find_row, names
from app.http.pagination import page
from app.http.params import Flag, Id, Instant, Params, Position, SearchTerm, Text, Title, absent, takes
from app.models.modules import Module, ModuleItem, module_rows
from app.models.types import AnyRow, Rows
from app.serializers.module_items import ModuleItemJSON, module_item_json
from app.serializers.modules import ModuleJSON, SequenceJSON, module_json
from app.services import assignment_groups, module_sequence, modules
from app.services.module_content import item_rows, path_of
from app.services.module_progress import Progress, prerequisites, progress_of, walker
from app.services.permissions import Right, learner_or_none, require

blueprint = Blueprint("modules", __name__, url_prefix="/api/v1")
COLLECTION = "/courses/<ref:course>/modules"
MOST_INLINE = 100
"""Items of one module that a list of modules shows; a longer module is without items there, as Canvas does it."""


class ShowParams(Params):
    """What else to show."""

    include: list[Text] = []
    """items, content_details."""
    student_id: Id | None = None
    """Whose progress: for staff, and for observers."""


class ModuleListParams(ShowParams):
    """Which modules."""

    search_term: SearchTerm | None = None
    """In the name; with include[]=items in the titles of items, too."""


class SequenceParams(Params):
    """What stands in the modules."""

    asset_type: Literal["ModuleItem", "File", "Page", "Discussion", "Assignment", "Quiz"]
    asset_id: Text
    """Its number; of a page its url, too."""


class ModuleFields(Params):
    """The module."""

    name: Title = absent()
    position: Position | None = None
    unlock_at: Instant | None = None
    require_sequential_progress: Flag | None = None
    prerequisite_module_ids: list[Id] | None = None
    """Modules before this one that must be completed first."""
    publish_final_grade: Flag | None = None
    published: Flag | None = None
    """Publishing a module publishes its items, too."""
    skip_content_tags: Flag | None = None
    """Not the items, though."""


class ModuleParams(Params):
    """A new or changed module."""

    module: ModuleFields = Field(default_factory=ModuleFields)


@blueprint.get(COLLECTION)
@takes(ModuleListParams)
def list_modules(params: ModuleListParams, course: Ref) -> list[ModuleJSON]:
    """List the modules of a course in their order; students see published ones only, each with its state."""
    mine = require_right(Right.READ)
    statement = module_rows(staff=mine.staff).where(Module.course_id == mine.course_id)
    if params.search_term:
        found = Module.name.icontains(params.search_term, autoescape=True)
        if "items" in params.include:
            items = _item_rows().subquery()
            inside = select(items.c.module_id).where(items.c.title.icontains(params.search_term, autoescape=True))
            found = or_(found, Module.id.in_(inside))
        statement = statement.where(found)
    return _shown(page(statement.order_by(Module.position, Module.id)), params)


@blueprint.post(COLLECTION)
@takes(ModuleParams)
def create_module(params: ModuleParams, course: Ref) -> ModuleJSON:
    """Create a module, unpublished unless told otherwise."""
    mine = require_right(Right.MANAGE_MODULES)
    assignment_groups.lock_course(mine.course_id)
    made = modules.create(mine.course_id, params.module.given())
    db.session.commit()
    return _one(made.id)


@blueprint.get(f"{COLLECTION}/<ref:module>")
@takes(ShowParams)
def get_module(params: ShowParams, course: Ref, module: Ref) -> ModuleJSON:
    """Get a module."""
    mine = require_right(Right.READ)
    row = find_row(module_rows(staff=True).where(Module.course_id == mine.course_id, names(Module, module)))
    require(mine.staff or row.workflow_state == "active")
    return _shown([row], params)[0]


@blueprint.put(f"{COLLECTION}/<ref:module>")
@takes(ModuleParams)
def change_module(params: ModuleParams, course: Ref, module: Ref) -> ModuleJSON:
    """Change a module; publishing it publishes its items, unless skip_content_tags is given."""
    require_right(Right.MANAGE_MODULES)
    found = _module(module)
    modules.change(found, params.module.given(), caller(), items_too=not params.module.skip_content_tags)
    db.session.commit()
    return _one(found.id)


@blueprint.delete(f"{COLLECTION}/<ref:module>")
def delete_module(course: Ref, module: Ref) -> ModuleJSON:
    """Delete a module and its items; the pages and assignments in it stay."""
    require_right(Right.MANAGE_MODULES)
    found = _module(module)
    body = _one(found.id)
    modules.remove(found)
    db.session.commit()
    return {**body, "workflow_state": "deleted"}


@blueprint.put(f"{COLLECTION}/<ref:module>/relock")
def relock_module(course: Ref, module: Ref) -> ModuleJSON:
    """Hold students to the present requirements; they always are here, so that nothing has to be reset."""
    require_right(Right.MANAGE_MODULES)
    return _one(_module(module).id)


def _module(module: Ref) -> Module:
    """The module, to be changed. Raises NotFound."""
    mine = access()
    assignment_groups.lock_course(mine.course_id)
    return find(select(Module).where(names(Module, module), *modules.of_course(mine.course_id)).with_for_update(key_share=True))


@blueprint.get("/courses/<ref:course>/module_item_sequence")
@takes(SequenceParams)
def get_module_item_sequence(params: SequenceParams, course: Ref) -> SequenceJSON:
    """Tell what comes before and after a thing in the modules; a thing that several items stand for has several places."""
    mine = require_right(Right.READ)
    rows = module_sequence.around(mine.course_id, params.asset_type, params.asset_id, learner_or_none(mine, caller().id))
    if not rows:
        return {"items": [], "modules": []}
    ids = {item_id for row in rows for item_id in (row.before, row.id, row.after) if item_id is not None}
    found = _item_rows().where(ModuleItem.id.in_(ids))
    walk = _walk(ShowParams())
    items = {row.id: module_item_json(row, viewer(), path_of(row.type), walk, details=False) for row in db.session.execute(found)}
    modules_of = {item["module_id"] for item in items.values()}
    statement = module_rows(staff=mine.staff).where(Module.id.in_(modules_of)).order_by(Module.position, Module.id)
    return {
        "items": [
            {"prev": items.get(row.before), "current": items.get(row.id), "next": items.get(row.after), "mastery_path": None}
            for row in rows
        ],
        "modules": _shown(db.session.execute(statement).all(), ShowParams()),
    }


def _walk(params: ShowParams) -> Progress | None:
    """How far the student is who is meant, if one is."""
    mine = access()
    student_id = walker(mine, caller().id, params.student_id)
    return None if student_id is None else progress_of(mine.course_id, student_id, viewer().now)


def _one(module_id: int) -> ModuleJSON:
    return _shown([find_row(module_rows(staff=True).where(Module.id == module_id))], ShowParams())[0]


def _shown(rows: Sequence[AnyRow], params: ShowParams) -> list[ModuleJSON]:
    """Modules with what `params` asks for: one statement for each kind of thing."""
    mine = access()
    walk = _walk(params)
    before = prerequisites(db.session.execute(_order(mine.course_id, staff=mine.staff)).all()) if rows else {}
    counts = _counts([row.id for row in rows])
    looking = viewer()
    bodies = [module_json(row, looking, prerequisite_ids=before.get(row.id, ()), items_count=counts.get(row.id, 0)) for row in rows]
    for body in bodies:
        if walk is not None and body["id"] in walk.states:
            state = walk.states[body["id"]]
            body |= {"state": state.name, "completed_at": state.completed_at}
    if "items" in params.include:
        short = [body["id"] for body in bodies if body["items_count"] <= MOST_INLINE]
        found = _items(short, walk, details="content_details" in params.include)
        for body in bodies:
            if body["items_count"] <= MOST_INLINE:
                body["items"] = found[body["id"]]
    return bodies


def _order(course_id: int, *, staff: bool) -> Rows:
    """All modules of the course, as far as they wait for each other."""
    return module_rows(staff=staff).where(Module.course_id == course_id).order_by(Module.position, Module.id)


def _item_rows(*, details: bool = False) -> Rows:
    """The course's items that the caller sees."""
    mine = access()
    return item_rows(mine.course_id, staff=mine.staff, details=details, student=learner_or_none(mine, caller().id))


def _counts(module_ids: Collection[int]) -> dict[int, int]:
    """How many items each of those modules shows the caller."""
    items = _item_rows().where(ModuleItem.module_id.in_(module_ids)).subquery()
    counted = select(items.c.module_id, func.count()).group_by(items.c.module_id)
    return {row[0]: row[1] for row in db.session.execute(counted)}


def _items(module_ids: Collection[int], walk: Any, *, details: bool) -> dict[int, list[ModuleItemJSON]]:
    looking = viewer()
    statement = _item_rows(details=details).where(ModuleItem.module_id.in_(module_ids))
    found: dict[int, list[ModuleItemJSON]] = defaultdict(list)
    for row in db.session.execute(statement.order_by(ModuleItem.position, ModuleItem.id)):
        found[row.module_id].append(module_item_json(row, looking, path_of(row.type), walk, details=details))
    return found
