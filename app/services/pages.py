"""Pages: made, renamed, put in front, deleted; and who may edit one. Whoever calls these has locked the course, but for a new body."""

from typing import Any

from sqlalchemy import select, update

from app.errors import Invalid
from app.extensions import db
from app.models.pages import Page, slug
from app.services import page_revisions
from app.services.permissions import Access, Caller, Right, Role, require

EDITORS = ("teachers", "students", "members")
EDITABLE = frozenset({"body", "notify_of_update"})
"""What those may change who may edit a page only because its editing_roles say so."""


def create(course_id: int, fields: dict[str, Any], caller: Caller) -> Page:
    """A new page, unpublished unless told otherwise. Raises Invalid."""
    given = {key: value for key, value in fields.items() if value is not None}
    if "title" not in given:
        raise Invalid.field("title", "can't be blank")
    url = _free(course_id, slug(given.get("url") or given["title"]))
    page = Page(course_id=course_id, title=given["title"], url=url, user_id=caller.id, body=given.get("body"))
    page.workflow_state = "active" if given.get("published") else "unpublished"
    page.editing_roles = given.get("editing_roles", "teachers")
    if given.get("front_page"):
        _put_in_front(page)
    db.session.add(page)
    db.session.flush()
    return page


def change(page: Page, fields: dict[str, Any], caller: Caller) -> None:
    """Set what `fields` gives; a new title brings a new url, unless one is given. Raises Invalid."""
    given = {key: value for key, value in fields.items() if value is not None or key == "body"}
    page_revisions.keep(page, given)
    wanted = slug(given["url"]) if "url" in given else slug(given["title"]) if given.get("title", page.title) != page.title else page.url
    if wanted != page.url:
        page.url = _free(page.course_id, wanted, page.id)
    for key in ("title", "body", "editing_roles"):
        if key in given:
            setattr(page, key, given[key])
    published = given.get("published", page.workflow_state == "active")
    front = given.get("front_page", page.front_page)
    if front and not published:
        raise Invalid.field("published", "The front page cannot be unpublished")
    page.workflow_state = "active" if published else "unpublished"
    if front and not page.front_page:
        _put_in_front(page)
    page.front_page = front
    page.user_id = caller.id


def remove(page: Page) -> None:
    """Delete softly; its url is free again. Raises Invalid for the front page."""
    if page.front_page:
        raise Invalid.field("front_page", "The front page cannot be deleted")
    page.workflow_state = "deleted"


def _put_in_front(page: Page) -> None:
    if page.workflow_state != "active":
        raise Invalid.field("front_page", "The front page must be published")
    others = update(Page).where(Page.course_id == page.course_id, Page.front_page).values(front_page=False, updated_at=Page.updated_at)
    db.session.execute(others)
    page.front_page = True


def _free(course_id: int, wanted: str, page_id: int = 0) -> str:
    """`wanted`, or with the first number from 2 that no other page of the course has."""
    like = Page.url.startswith(wanted, autoescape=True)
    found = select(Page.url).where(Page.course_id == course_id, Page.workflow_state != "deleted", Page.id != page_id, like)
    taken = set(db.session.scalars(found))
    if wanted not in taken:
        return wanted
    return next(url for number in range(2, len(taken) + 3) if (url := f"{wanted}-{number}") not in taken)


def require_editor(mine: Access, page: Page, fields: dict[str, Any]) -> None:
    """Raise Forbidden unless the caller may change that of the page: staff all of it, others its body where its editing_roles say so."""
    if Right.MANAGE_PAGES in mine.rights:
        return
    roles = {membership.role for membership in mine.memberships}
    named = page.editing_roles.split(",")
    invited = ("members" in named and bool(roles)) or ("students" in named and Role.STUDENT in roles)
    require(invited and mine.course_state == "available" and page.workflow_state == "active")
    present = {"title": page.title, "url": page.url, "published": True, "front_page": page.front_page, "editing_roles": page.editing_roles}
    require(all(key in EDITABLE or present[key] == value for key, value in fields.items()))
