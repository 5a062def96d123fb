"""What modules are made of: **a kind of content is a line of KINDS**. Everything else about items is the same for all kinds."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, Text, and_, case, cast, func, literal, null, or_, select, union_all

from app.extensions import db
from app.models.assignments import Assignment
from app.models.modules import ModuleItem
from app.models.pages import Page
from app.models.types import BigId, Rows
from app.services import assignments, pages
from app.services.permissions import Caller

VIEW, DONE, CONTRIBUTE, SUBMIT = "must_view", "must_mark_done", "must_contribute", "must_submit"
MIN_SCORE, MIN_PERCENTAGE = "min_score", "min_percentage"
GRADED = (SUBMIT, MIN_SCORE, MIN_PERCENTAGE)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of content: a table of things with a course_id and a workflow_state."""

    model: Any
    title: Any
    path: str
    """Of its addresses, below the course: `pages` in /courses/1/pages/2."""
    requirements: tuple[str, ...]
    """Which completion requirements its items take."""
    publish: Callable[[Any, bool, Caller], None]
    """Publishes a thing or takes it back; raises Invalid where it may not."""
    published_state: str = "published"
    name: Any = None
    """What its addresses end with; its id if not said."""
    assignment_id: Any = None
    """Of the assignment whose submissions the requirements of GRADED look at."""


KINDS: dict[str, Kind] = {
    "Page": Kind(
        Page,
        Page.title,
        "pages",
        (VIEW, DONE, CONTRIBUTE),
        lambda page, published, caller: pages.change(page, {"published": published}, caller),
        published_state="active",
        name=Page.url,
    ),
    "Assignment": Kind(
        Assignment,
        Assignment.name,
        "assignments",
        (VIEW, DONE, *GRADED),
        lambda work, published, caller: assignments.change(work, {"published": published}, caller),
        assignment_id=Assignment.id,
    ),
}
PLAIN: dict[str, tuple[str, ...]] = {"SubHeader": (), "ExternalUrl": (VIEW, DONE), "ExternalTool": (VIEW, DONE)}
"""Items that are no thing of the course -> the requirements that they take."""


def requirements_of(kind: str) -> tuple[str, ...]:
    """Which completion requirements items of that type take."""
    return PLAIN[kind] if kind in PLAIN else KINDS[kind].requirements


def path_of(kind: str) -> str | None:
    """Where things of that kind are, below the course; None for items that stand for no thing."""
    return KINDS[kind].path if kind in KINDS else None


def in_course(column: Any, course_id: int | Collection[int]) -> ColumnElement[bool]:
    """That the column is that course's, or one of those courses'."""
    found: ColumnElement[bool] = column == course_id if isinstance(course_id, int) else column.in_(course_id)
    return found


def contents(course_id: int | Collection[int]) -> Subquery:
    """Every thing of the course, or courses, that an item can stand for: kind, id, title, name, published, assignment_id."""
    return union_all(*(_of_kind(name, kind, course_id) for name, kind in KINDS.items())).subquery("contents")


def _of_kind(name: str, kind: Kind, course_id: int | Collection[int]) -> Rows:
    return select(
        literal(name).label("kind"),
        kind.model.id.label("id"),
        kind.title.label("title"),
        cast(kind.model.id if kind.name is None else kind.name, Text).label("name"),
        (kind.model.workflow_state == kind.published_state).label("published"),
        cast(null() if kind.assignment_id is None else kind.assignment_id, BigId).label("assignment_id"),
    ).where(in_course(kind.model.course_id, course_id), kind.model.workflow_state != "deleted")


ITEM_COLUMNS = (
    ModuleItem.id,
    ModuleItem.course_id,
    ModuleItem.module_id,
    ModuleItem.type,
    ModuleItem.content_id,
    ModuleItem.external_url,
    ModuleItem.new_tab,
    ModuleItem.position,
    ModuleItem.indent,
    ModuleItem.requirement,
    ModuleItem.requirement_score,
)


def item_rows(course_id: int, *, staff: bool, details: bool = False) -> Rows:
    """The course's items by columns with their titles, in no order yet; others than staff see published ones."""
    content = contents(course_id)
    shown = (func.coalesce(content.c.title, ModuleItem.title).label("title"), content.c.name, _published(content).label("published"))
    statement = items_joined(course_id, content, *ITEM_COLUMNS, *shown, staff=staff)
    if details:
        dates = (Assignment.points_possible, Assignment.due_at, Assignment.unlock_at, Assignment.lock_at)
        statement = statement.add_columns(*dates).outerjoin(Assignment, Assignment.id == content.c.assignment_id)
    return statement


def items_joined(course_id: int | Collection[int], content: Subquery, *columns: Any, staff: bool) -> Rows:
    """The course's items with what they stand for; an item whose thing is gone is gone."""
    there = or_(ModuleItem.type.in_(PLAIN), content.c.id.is_not(None))
    statement = (
        select(*columns)
        .select_from(ModuleItem)
        .outerjoin(content, and_(content.c.kind == ModuleItem.type, content.c.id == ModuleItem.content_id))
        .where(in_course(ModuleItem.course_id, course_id), ModuleItem.workflow_state != "deleted", there)
    )
    return statement if staff else statement.where(_published(content))


def _published(content: Subquery) -> ColumnElement[bool]:
    return case((ModuleItem.type.in_(PLAIN), ModuleItem.workflow_state == "active"), else_=content.c.published)


def find_content(course_id: int, kind: str, which: ColumnElement[bool], *, lock: bool = False) -> Any:
    """A thing of that kind in the course, or None."""
    model = KINDS[kind].model
    found: Select[Any] = select(model).where(model.course_id == course_id, model.workflow_state != "deleted", which)
    return db.session.scalars(found.with_for_update(key_share=True) if lock else found).first()
