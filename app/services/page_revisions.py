"""How a page read before each change; what it reads now is its latest revision. Whoever calls these has locked the course."""

from typing import Any

from sqlalchemy import Subquery, func, literal, select, union_all

from app.extensions import db
from app.models.pages import Page, PageRevision
from app.models.types import Rows
from app.models.users import User

KEPT = ("title", "url", "body")
MOST = 100
"""Of one page: the oldest go."""


def keep(page: Page, given: dict[str, Any]) -> None:
    """Keep how the page reads, if `given` changes that."""
    if all(getattr(page, key) == value for key, value in given.items() if key in KEPT):
        return
    number = db.session.scalar(select(func.max(PageRevision.revision_id)).where(PageRevision.page_id == page.id)) or 0
    text = {key: getattr(page, key) for key in KEPT}
    db.session.add(PageRevision(page_id=page.id, revision_id=number + 1, user_id=page.user_id, updated_at=page.updated_at, **text))
    too_old = select(PageRevision).where(PageRevision.page_id == page.id, PageRevision.revision_id <= number + 1 - MOST)
    for revision in db.session.scalars(too_old).all():
        db.session.delete(revision)


def rows(page_id: int) -> Rows:
    """The revisions of the page by columns, the present one too, with who wrote them; in no order yet."""
    found = _all(page_id)
    return select(found, User.short_name.label("editor_name"), User.avatar_url.label("editor_avatar_url")).join(
        User, User.id == found.c.user_id
    )


def _all(page_id: int) -> Subquery:
    last = select(func.coalesce(func.max(PageRevision.revision_id), 0)).where(PageRevision.page_id == page_id).scalar_subquery()
    own = (Page.title, Page.url, Page.body, Page.user_id, Page.updated_at)
    present = select((last + 1).label("revision_id"), literal(True).label("latest"), *own).where(Page.id == page_id)
    kept = (PageRevision.title, PageRevision.url, PageRevision.body, PageRevision.user_id, PageRevision.updated_at)
    before = select(PageRevision.revision_id, literal(False), *kept).where(PageRevision.page_id == page_id)
    return union_all(present, before).subquery("revisions")
