"""What modules are made of: **a kind of content is a line of KINDS**. Everything else about items is the same for all kinds."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)

from app.extensions import db
from app.models.assignments import ASSIGNED, DUE_AT, LOCK_AT, UNLOCK_AT, Assignment
from app.models.discussions import DiscussionTopic
from app.models.files import COURSE, File
from app.models.modules import ModuleItem
from app.models.pages import Page
from app.models.quizzes import Quiz
from app.models.reads import among
from app.models.types import BigId, Rows, UtcDateTime
from app.models.users import User
from app.services import assignments, discussions, files, pages, quizzes
from app.services.module_links import GRADED
from app.services.permissions import Caller

VIEW, DONE, CONTRIBUTE, SUBMIT = "must_view", "must_mark_done", "must_contribute", "must_submit"
MIN_SCORE, MIN_PERCENTAGE = "min_score", "min_percentage"


NONE = null()


@dataclass(frozen=True, slots=True)
class Dates:
    """What details of an item tell of a thing; null where it has none."""

    points_possible: Any = NONE
    due_at: Any = NONE
    unlock_at: Any = NONE
    lock_at: Any = NONE


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of content: a table of things with a course_id."""

    model: Any
    title: Any
    path: str
    """Of its addresses, below the course: `pages` in /courses/1/pages/2."""
    requirements: tuple[str, ...]
    """Which completion requirements its items take."""
    there: ColumnElement[bool]
    """That it is a thing for items to stand for, and not deleted."""
    published: ColumnElement[bool]
    publish: Callable[[Any, bool, Caller], None]
    """Publishes a thing or takes it back; raises Invalid where it may not."""
    name: Any = None
    """What its addresses end with; its id if not said."""
    assignment_id: Any = None
    """Of the assignment whose submissions the requirements of GRADED look at. It is joined, unless it is the thing itself."""
    dates: Callable[[Any, Any, Any], Dates] = lambda due_at, unlock_at, lock_at: Dates()
    """Its dates, from those of the assignment."""

    def of_course(self, course_id: int | Collection[int], *columns: Any) -> Rows:
        """Those columns of the things that are there in the course."""
        found: Rows = select(*columns).select_from(self.model)
        if self.assignment_id is not None and self.model is not Assignment:
            found = found.outerjoin(Assignment, Assignment.id == self.assignment_id)
        return found.where(in_course(self.model.course_id, course_id), self.there)


KINDS: dict[str, Kind] = {
    "Assignment": Kind(
        Assignment,
        Assignment.name,
        "assignments",
        (VIEW, DONE, *GRADED),
        Assignment.workflow_state != "deleted",
        Assignment.workflow_state == "published",
        lambda work, published, caller: assignments.change(work, {"published": published}, caller),
        assignment_id=Assignment.id,
        dates=lambda due_at, unlock_at, lock_at: Dates(Assignment.points_possible, due_at, unlock_at, lock_at),
    ),
    "Page": Kind(
        Page,
        Page.title,
        "pages",
        (VIEW, DONE, CONTRIBUTE),
        Page.workflow_state != "deleted",
        Page.workflow_state == "active",
        lambda page, published, caller: pages.change(page, {"published": published}, caller),
        name=Page.url,
    ),
    "Quiz": Kind(
        Quiz,
        quizzes.title(),
        "quizzes",
        (VIEW, *GRADED),
        quizzes.STATE != "deleted",
        quizzes.published(),
        lambda quiz, published, caller: quizzes.change(quiz, {"published": published}, caller),
        assignment_id=Quiz.assignment_id,
        dates=lambda due_at, unlock_at, lock_at: Dates(
            Quiz.points_possible,
            func.coalesce(due_at, Quiz.due_at),
            func.coalesce(unlock_at, Quiz.unlock_at),
            func.coalesce(lock_at, Quiz.lock_at),
        ),
    ),
    "Discussion": Kind(
        DiscussionTopic,
        DiscussionTopic.title,
        "discussion_topics",
        (VIEW, CONTRIBUTE, *GRADED),
        and_(DiscussionTopic.workflow_state != "deleted", DiscussionTopic.is_announcement.is_(False)),
        DiscussionTopic.workflow_state == "active",
        discussions.publish,
        assignment_id=DiscussionTopic.assignment_id,
        dates=lambda due_at, unlock_at, lock_at: Dates(
            Assignment.points_possible,
            due_at,
            func.coalesce(unlock_at, DiscussionTopic.delayed_post_at),
            func.coalesce(lock_at, DiscussionTopic.lock_at),
        ),
    ),
    "File": Kind(
        File,
        File.display_name,
        "files",
        (VIEW,),
        and_(File.workflow_state == "available", File.purpose == COURSE),
        File.locked.is_(False),
        lambda file, published, _: files.change(file, {"locked": not published}),
        dates=lambda *_: Dates(unlock_at=File.unlock_at, lock_at=File.lock_at),
    ),
}
CONTENT_IDS = "content_ids"
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


def contents(course_id: int | Collection[int], student: int | None = None) -> Subquery:
    """Every thing of the course, or courses, that an item can stand for: kind, id, title, name, published, assignment_id, and its dates.

    With `student` the dates are theirs, and what is not assigned to them is not published.
    """
    return union_all(*(_of_kind(name, kind, course_id, student) for name, kind in KINDS.items())).subquery("contents")


def _of_kind(name: str, kind: Kind, course_id: int | Collection[int], student: int | None) -> Rows:
    theirs = student is not None and kind.assignment_id is not None
    dates = kind.dates(*((DUE_AT, UNLOCK_AT, LOCK_AT) if theirs else (Assignment.due_at, Assignment.unlock_at, Assignment.lock_at)))
    published = and_(kind.published, or_(kind.assignment_id.is_(None), ASSIGNED)) if theirs else kind.published
    # A cast would make numbers of dates on SQLite. PostgreSQL takes the type of a null from the first kind, which has all of them.
    instants = {at: getattr(dates, at) for at in ("due_at", "unlock_at", "lock_at")}
    found = kind.of_course(
        course_id,
        literal(name).label("kind"),
        kind.model.id.label("id"),
        kind.title.label("title"),
        cast(kind.model.id if kind.name is None else kind.name, Text).label("name"),
        published.label("published"),
        cast(null() if kind.assignment_id is None else kind.assignment_id, BigId).label("assignment_id"),
        cast(dates.points_possible, Double).label("points_possible"),
        *(type_coerce(value, UtcDateTime).label(at) for at, value in instants.items()),
    )
    return found.outerjoin(User, User.id == student) if theirs else found


@cache
def standing_for(kind: str) -> Rows:
    """(item_id, content_id): the items that stand for things of one kind, also by way of the assignments that belong to them.

    Which things, the parameter `content_ids` says.

    A graded quiz or discussion and its assignment are one thing: an item of either stands for both.
    """
    found = [
        select(ModuleItem.id.label("item_id"), ModuleItem.content_id.label("content_id")).where(
            ModuleItem.type == kind, among(ModuleItem.content_id, CONTENT_IDS)
        )
    ]
    owners = {name: of for name, of in KINDS.items() if of.assignment_id is not None and name != "Assignment"}
    if kind == "Assignment":
        for name, of in owners.items():
            theirs = and_(ModuleItem.type == name, ModuleItem.content_id == of.model.id)
            found.append(select(ModuleItem.id, of.assignment_id).join(of.model, theirs).where(among(of.assignment_id, CONTENT_IDS)))
    elif kind in owners:
        of = owners[kind]
        work = and_(ModuleItem.type == "Assignment", ModuleItem.content_id == of.assignment_id)
        found.append(select(ModuleItem.id, of.model.id).join(of.model, work).where(among(of.model.id, CONTENT_IDS)))
    return union_all(*found) if len(found) > 1 else found[0]  # type: ignore[return-value]


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
DETAILS = ("points_possible", "due_at", "unlock_at", "lock_at")


def item_rows(course_id: int, *, staff: bool, details: bool = False, student: int | None = None) -> Rows:
    """The course's items by columns with their titles, in no order yet; others than staff see published ones.

    With `student`, as they concern that user: what is not assigned to them is not published.
    """
    content = contents(course_id, student)
    shown = (func.coalesce(content.c.title, ModuleItem.title).label("title"), content.c.name, _published(content).label("published"))
    statement = items_joined(course_id, content, *ITEM_COLUMNS, *shown, staff=staff)
    return statement.add_columns(*(content.c[name] for name in DETAILS)) if details else statement


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
    found: Select[Any] = KINDS[kind].of_course(course_id, model).where(which)
    return db.session.scalars(found.with_for_update(key_share=True, of=model) if lock else found).first()
