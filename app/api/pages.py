"""Pages of a course, and the one in front."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from flask import Blueprint
from pydantic import AfterValidator, Field
from sqlalchemy import func, select

from app.extensions import db
from app.http.auth import access, caller, require_right, viewer
from app.http.lookup import Ref, find, find_row
from app.http.pagination import page as page_of
from app.http.params import Flag, Html, Params, SearchTerm, Short, Text, Title, absent, takes
from app.models.pages import Page, page_named, page_rows, preferred
from app.models.types import AnyRow
from app.serializers.pages import PageJSON, page_json
from app.services import assignment_groups, module_items, pages
from app.services.module_content import CONTRIBUTE
from app.services.module_progress import Holding, held_for
from app.services.permissions import Right, require

blueprint = Blueprint("pages", __name__, url_prefix="/api/v1")
COLLECTION = "/courses/<ref:course>/pages"
FRONT_PAGE = "/courses/<ref:course>/front_page"


def _roles(text: str) -> str:
    named = {part.strip() for part in text.split(",") if part.strip()}
    if not named or not named.issubset(pages.EDITORS):
        raise ValueError(f"must be of {', '.join(pages.EDITORS)}")
    return ",".join(role for role in pages.EDITORS if role in named)


class PageListParams(Params):
    """Which pages, in which order."""

    search_term: SearchTerm | None = None
    published: Flag | None = None
    sort: Literal["title", "created_at", "updated_at"] = "title"
    order: Literal["asc", "desc"] = "asc"
    include: list[Text] = []
    """body."""


class PageFields(Params):
    """The page."""

    title: Title = absent()
    url: Short | None = None
    """Its name in addresses, if that is not to follow the title."""
    body: Html | None = None
    published: Flag | None = None
    front_page: Flag | None = None
    editing_roles: Annotated[Short, AfterValidator(_roles)] | None = None
    """Who may edit it, separated by commas: teachers, students, members."""


class PageParams(Params):
    """A new or changed page."""

    wiki_page: PageFields = Field(default_factory=PageFields)


@blueprint.get(COLLECTION)
@takes(PageListParams)
def list_pages(params: PageListParams, course: Ref) -> list[PageJSON]:
    """List the pages of a course; students see published ones only, and bodies are shown only with include[]=body."""
    mine = require_right(Right.READ)
    body = "body" in params.include
    statement = page_rows(staff=mine.staff, body=body).where(Page.course_id == mine.course_id)
    if params.search_term:
        statement = statement.where(Page.title.icontains(params.search_term, autoescape=True))
    if params.published is not None:
        statement = statement.where((Page.workflow_state == "active") if params.published else (Page.workflow_state == "unpublished"))
    column: Any = func.lower(Page.title) if params.sort == "title" else getattr(Page, params.sort)
    order = (column, Page.id) if params.order == "asc" else (column.desc(), Page.id.desc())
    return _shown(page_of(statement.order_by(*order)), body=body)


@blueprint.post(COLLECTION)
@takes(PageParams)
def create_page(params: PageParams, course: Ref) -> PageJSON:
    """Create a page, unpublished unless told otherwise."""
    mine = require_right(Right.MANAGE_PAGES)
    assignment_groups.lock_course(mine.course_id)
    page = pages.create(mine.course_id, params.wiki_page.given(), caller())
    db.session.commit()
    return _one(page.id)


@blueprint.get(f"{COLLECTION}/<page>")
def get_page(course: Ref, page: str) -> PageJSON:
    """Get a page by its url or number; that a student read it counts where a module asks for it."""
    mine = require_right(Right.READ)
    return _read(find_row(_named(mine.course_id, page)))


@blueprint.put(f"{COLLECTION}/<page>")
@takes(PageParams)
def change_page(params: PageParams, course: Ref, page: str) -> PageJSON:
    """Change a page; a new title brings a new url. Students may where its editing_roles say so."""
    mine = require_right(Right.READ)
    return _change(find(_to_change(mine.course_id).where(page_named(page)).order_by(*preferred(page))), params)


@blueprint.delete(f"{COLLECTION}/<page>")
def delete_page(course: Ref, page: str) -> PageJSON:
    """Delete a page and the module items that stand for it; the front page stays."""
    mine = require_right(Right.MANAGE_PAGES)
    found = find(_to_change(mine.course_id).where(page_named(page)).order_by(*preferred(page)))
    body = _one(found.id)
    pages.remove(found)
    module_items.forget(mine.course_id, "Page", [found.id])
    db.session.commit()
    return body


@blueprint.get(FRONT_PAGE)
def get_front_page(course: Ref) -> PageJSON:
    """Get the front page."""
    mine = require_right(Right.READ)
    return _read(find_row(page_rows(staff=mine.staff, body=True).where(Page.course_id == mine.course_id, Page.front_page)))


@blueprint.put(FRONT_PAGE)
@takes(PageParams)
def change_front_page(params: PageParams, course: Ref) -> PageJSON:
    """Change the front page; where there is none yet, it is made."""
    mine = require_right(Right.READ)
    found = db.session.scalars(_to_change(mine.course_id).where(Page.front_page)).first()
    if found is not None:
        return _change(found, params)
    require(Right.MANAGE_PAGES in mine.rights)
    made = pages.create(
        mine.course_id, {"title": "Front Page", "published": True, **params.wiki_page.given(), "front_page": True}, caller()
    )
    db.session.commit()
    return _one(made.id)


def _named(course_id: int, name: str) -> Any:
    """The page by that name, the deleted left out: its url before a number that looks like it."""
    rows = page_rows(staff=True, body=True).where(Page.course_id == course_id, page_named(name))
    return rows.order_by(*preferred(name)).limit(1)


def _to_change(course_id: int) -> Any:
    """Pages of the course, none of which anybody else changes meanwhile."""
    assignment_groups.lock_course(course_id)
    return select(Page).where(Page.course_id == course_id, Page.workflow_state != "deleted")


def _change(found: Page, params: PageParams) -> PageJSON:
    mine = access()
    fields = params.wiki_page.given()
    pages.require_editor(mine, found, fields)
    held = _held([found.id])
    require(held.lock(found.id) is None)
    pages.change(found, fields, caller())
    module_items.record(held.unmet(found.id, CONTRIBUTE), caller().id, CONTRIBUTE)
    db.session.commit()
    return _one(found.id)


def _held(ids: list[int]) -> Holding:
    """How modules lock those pages for the caller."""
    return held_for(access(), caller().id, "Page", ids, viewer().now)


def _read(row: AnyRow) -> PageJSON:
    """The page as the caller reads it, which may be what a module waits for."""
    mine = access()
    require(mine.staff or row.workflow_state == "active")
    held = _held([row.id])
    module_items.viewed(mine, caller().id, held, row.id)
    return page_json(row, viewer(), body=True, lock=held.lock(row.id))


def _shown(rows: Sequence[AnyRow], *, body: bool) -> list[PageJSON]:
    held = _held([row.id for row in rows])
    looking = viewer()
    return [page_json(row, looking, body=body, lock=held.lock(row.id)) for row in rows]


def _one(page_id: int) -> PageJSON:
    return page_json(find_row(page_rows(staff=True, body=True).where(Page.id == page_id)), viewer(), body=True)
