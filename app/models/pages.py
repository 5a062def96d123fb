"""Pages: what a course has to read, and how each of them read before."""

import re
import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, Index, String, false, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.types import CreatedAt, Instant, Key, LongText, Name, Rows, State, UpdatedAt, references
from app.models.users import User

ALIVE = text("workflow_state <> 'deleted'")
FRONT = text("front_page")
LONGEST_ID = 18
"""Digits: more are no id."""


class Page(Base):
    """One page of a course: active, unpublished or deleted. `url` is its name in addresses."""

    __tablename__ = "pages"
    __table_args__ = (
        Index("uq_pages_course_id_url", "course_id", "url", unique=True, postgresql_where=ALIVE, sqlite_where=ALIVE),
        Index("uq_pages_front_page", "course_id", unique=True, postgresql_where=FRONT, sqlite_where=FRONT),
    )

    id: Mapped[Key]
    course_id: Mapped[int] = references("courses.id")
    title: Mapped[Name]
    url: Mapped[Name]
    body: Mapped[LongText]
    workflow_state: Mapped[State] = mapped_column(default="unpublished")
    editing_roles: Mapped[str] = mapped_column(String(60), default="teachers")
    front_page: Mapped[bool] = mapped_column(default=False, server_default=false())
    user_id: Mapped[int] = references("users.id")
    """Who edited it last."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class PageRevision(Base):
    """A page as it read before a change; what it reads now stands in the page itself."""

    __tablename__ = "page_revisions"
    __table_args__ = (Index("uq_page_revisions_page_id_revision_id", "page_id", "revision_id", unique=True),)

    id: Mapped[Key]
    page_id: Mapped[int] = references("pages.id")
    revision_id: Mapped[int]
    """1, 2, 3… of the page; the present one is the next."""
    title: Mapped[Name]
    url: Mapped[Name]
    body: Mapped[LongText]
    user_id: Mapped[int] = references("users.id")
    updated_at: Mapped[Instant]


PAGE_COLUMNS = (
    Page.id,
    Page.course_id,
    Page.title,
    Page.url,
    Page.workflow_state,
    Page.editing_roles,
    Page.front_page,
    Page.user_id,
    Page.created_at,
    Page.updated_at,
    User.short_name.label("editor_name"),
    User.avatar_url.label("editor_avatar_url"),
)


def page_rows(*, staff: bool, body: bool) -> Rows:
    """Pages by columns, in no order yet: staff see drafts; bodies, which are long, only if asked for."""
    columns = (*PAGE_COLUMNS, Page.body) if body else PAGE_COLUMNS
    shown = Page.workflow_state != "deleted" if staff else Page.workflow_state == "active"
    return select(*columns).join(User, User.id == Page.user_id).where(shown)


def page_named(name: str) -> ColumnElement[bool]:
    """The condition for how a path names a page: `page_id:12`, its url, or its number."""
    prefix, _, number = name.rpartition("page_id:")
    given = int(number) if not prefix and number.isascii() and number.isdigit() and len(number) <= LONGEST_ID else 0
    if name.startswith("page_id:"):
        return Page.id == given
    if "\0" in name:
        return false()
    by_url = Page.url == spelled(name)
    return or_(by_url, Page.id == given) if given else by_url


def preferred(name: str) -> tuple[Any, ...]:
    """The order of pages by that name: a url before a number that looks like it."""
    return () if "\0" in name else ((Page.url != spelled(name)).asc(),)


def spelled(name: str) -> str:
    """The one spelling of a name: no capitals, each letter one character where there is such."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower())


def slug(title: str, longest: int = 200) -> str:
    """`title` as a part of an address: letters, marks and digits of any script, the rest as hyphens; never empty."""
    kept = "".join(letter if unicodedata.category(letter)[0] in "LMN" or letter == "_" else "-" for letter in spelled(title))
    return re.sub("-+", "-", kept)[:longest].strip("-") or "page"
