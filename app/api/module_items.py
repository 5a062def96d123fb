"""Items of a module; students mark them read and done."""

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from flask import Blueprint
from pydantic import Field
from sqlalchemy import select

from app.extensions import db
from app.http.auth import access, caller, require_right, viewer
from app.http.lookup import Ref, find, find_row, names
from app.http.pagination import page
from app.http.params import MOST_ID, Flag, Id, Params, Position, SearchTerm, Text, Title, WebUrl, absent, takes
from app.models.modules import Module, ModuleItem
from app.models.types import AnyRow
from app.serializers.module_items import ModuleItemJSON, module_item_json
from app.services import assignment_groups, module_items, modules
from app.services.module_content import DONE, VIEW, item_rows, path_of
from app.services.module_progress import progress_of, walker
from app.services.permissions import Right, learner_or_none, require

blueprint = Blueprint("module_items", __name__, url_prefix="/api/v1")
COLLECTION = "/courses/<ref:course>/modules/<ref:module>/items"
KIND = Literal["File", "Page", "Discussion", "Assignment", "Quiz", "SubHeader", "ExternalUrl", "ExternalTool"]


class ShowParams(Params):
    """What else to show."""

    include: list[Text] = []
    """content_details."""
    student_id: Id | None = None
    """Whose progress: for staff, and for observers."""


class ItemListParams(ShowParams):
    """Which items."""

    search_term: SearchTerm | None = None


class Requirement(Params):
    """What a student has to do."""

    type: Literal["must_view", "must_mark_done", "must_contribute", "must_submit", "min_score", "min_percentage"] | None = None
    min_score: Annotated[float, Field(ge=0, le=1e9)] | None = None
    min_percentage: Annotated[float, Field(ge=0, le=100)] | None = None


class ItemFields(Params):
    """The item."""

    title: Title | None = None
    """Of a SubHeader, ExternalUrl or ExternalTool; other items have the title of what they stand for."""
    external_url: WebUrl | None = None
    position: Position | None = None
    indent: int | None = Field(None, ge=0, le=20)
    new_tab: Flag | None = None
    completion_requirement: Requirement | None = None
    published: Flag | None = None
    """Of what the item stands for, where it stands for something."""


class NewItemFields(ItemFields):
    """The item."""

    type: KIND
    content_id: Annotated[int, Field(ge=0, le=MOST_ID)] | None = None
    page_url: Text | None = None
    """Of a Page, in place of content_id."""


class ChangedItemFields(ItemFields):
    """The item."""

    module_id: Id = absent()
    """Moves it to that module."""


class NewItemParams(Params):
    """A new item."""

    module_item: NewItemFields


class ItemParams(Params):
    """A changed item."""

    module_item: ChangedItemFields = Field(default_factory=ChangedItemFields)


@blueprint.get(COLLECTION)
@takes(ItemListParams)
def list_module_items(params: ItemListParams, course: Ref, module: Ref) -> list[ModuleItemJSON]:
    """List the items of a module in their order; students see published ones only."""
    mine = require_right(Right.READ)
    module_id = _module_id(module)
    student = learner_or_none(mine, caller().id)
    statement = item_rows(mine.course_id, staff=mine.staff, details=_details(params), student=student).where(
        ModuleItem.module_id == module_id
    )
    if params.search_term:
        statement = statement.where(statement.selected_columns.title.icontains(params.search_term, autoescape=True))
    return _shown(page(statement.order_by(ModuleItem.position, ModuleItem.id)), params)


@blueprint.post(COLLECTION)
@takes(NewItemParams)
def create_module_item(params: NewItemParams, course: Ref, module: Ref) -> ModuleItemJSON:
    """Add an item to a module, last unless told otherwise."""
    mine = require_right(Right.MANAGE_MODULES)
    assignment_groups.lock_course(mine.course_id)
    found = find(select(Module).where(names(Module, module), *modules.of_course(mine.course_id)))
    made = module_items.create(found, _given(params.module_item), caller())
    db.session.commit()
    return _one(made.id)


@blueprint.get(f"{COLLECTION}/<ref:item>")
@takes(ShowParams)
def get_module_item(params: ShowParams, course: Ref, module: Ref, item: Ref) -> ModuleItemJSON:
    """Get an item."""
    require_right(Right.READ)
    return _shown([_row(module, item, details=_details(params))], params)[0]


@blueprint.put(f"{COLLECTION}/<ref:item>")
@takes(ItemParams)
def change_module_item(params: ItemParams, course: Ref, module: Ref, item: Ref) -> ModuleItemJSON:
    """Change an item, or move it, also to another module."""
    require_right(Right.MANAGE_MODULES)
    found = _item(module, item)
    module_items.change(found, _given(params.module_item), caller())
    db.session.commit()
    return _one(found.id)


@blueprint.delete(f"{COLLECTION}/<ref:item>")
def delete_module_item(course: Ref, module: Ref, item: Ref) -> ModuleItemJSON:
    """Take an item out of its module; what it stands for stays."""
    require_right(Right.MANAGE_MODULES)
    found = _item(module, item)
    body = _one(found.id)
    module_items.remove(found)
    db.session.commit()
    return body


@blueprint.put(f"{COLLECTION}/<ref:item>/done")
def mark_module_item_done(course: Ref, module: Ref, item: Ref) -> ModuleItemJSON:
    """Mark an item as done."""
    return _marked(module, item, DONE, lambda item_id: module_items.record([item_id], caller().id, DONE))


@blueprint.delete(f"{COLLECTION}/<ref:item>/done")
def mark_module_item_not_done(course: Ref, module: Ref, item: Ref) -> ModuleItemJSON:
    """Mark an item as not done."""
    return _marked(module, item, DONE, lambda item_id: module_items.take_back(item_id, caller().id, DONE))


@blueprint.post(f"{COLLECTION}/<ref:item>/mark_read")
def mark_module_item_read(course: Ref, module: Ref, item: Ref) -> ModuleItemJSON:
    """Mark an item as read: for what is read elsewhere, such as an external URL."""
    return _marked(module, item, VIEW, lambda item_id: module_items.record([item_id], caller().id, VIEW))


def _given(fields: ItemFields) -> dict[str, object]:
    given = fields.given()
    if fields.completion_requirement is not None:
        given["completion_requirement"] = fields.completion_requirement.given()
    return given


def _details(params: ShowParams) -> bool:
    return "content_details" in params.include


def _module_id(module: Ref) -> int:
    """The id of the module, if the caller may see it. Raises NotFound, and Forbidden for a draft."""
    mine = access()
    row = find_row(select(Module.id, Module.workflow_state).where(names(Module, module), *modules.of_course(mine.course_id)))
    require(mine.staff or row.workflow_state == "active")
    return int(row.id)


def _row(module: Ref, item: Ref, *, details: bool = False) -> AnyRow:
    """The item, if the caller may see it. Raises NotFound, and Forbidden for a draft."""
    mine = access()
    rows = item_rows(mine.course_id, staff=True, details=details, student=learner_or_none(mine, caller().id))
    row = find_row(rows.where(ModuleItem.module_id == _module_id(module), names(ModuleItem, item)))
    require(mine.staff or bool(row.published))
    return row


def _item(module: Ref, item: Ref) -> ModuleItem:
    """The item, to be changed. Raises NotFound."""
    mine = access()
    assignment_groups.lock_course(mine.course_id)
    item_id = _row(module, item).id
    return find(select(ModuleItem).where(ModuleItem.id == item_id).with_for_update(key_share=True))


def _marked(module: Ref, item: Ref, requirement: str, mark: Callable[[int], None]) -> ModuleItemJSON:
    """What a student does about an item that is open to them; it is kept only where the item asks for it."""
    mine = require_right(Right.SUBMIT)
    row = _row(module, item)
    walk = progress_of(mine.course_id, caller().id, viewer().now)
    require(mine.staff or not walk.locks(row.module_id, row.position), "The item is locked.")
    if row.requirement == requirement:
        mark(row.id)
        db.session.commit()
    return _one(row.id)


def _one(item_id: int) -> ModuleItemJSON:
    rows = item_rows(access().course_id, staff=True).where(ModuleItem.id == item_id)
    return _shown([find_row(rows)], ShowParams())[0]


def _shown(rows: Sequence[AnyRow], params: ShowParams) -> list[ModuleItemJSON]:
    mine, looking = access(), viewer()
    student_id = walker(mine, caller().id, params.student_id)
    walk = None if student_id is None else progress_of(mine.course_id, student_id, looking.now)
    return [module_item_json(row, looking, path_of(row.type), walk, details=_details(params)) for row in rows]
