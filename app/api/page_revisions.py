"""How pages read before: for those who may edit them."""

from typing import Any

from flask import Blueprint
from sqlalchemy import select

from app.errors import NotFound
from app.extensions import db
from app.http.auth import access, caller, require_right, viewer
from app.http.lookup import Ref, find, find_row
from app.http.pagination import page as page_of
from app.http.params import Flag, Params, takes
from app.models.pages import Page, page_named, preferred
from app.models.types import AnyRow
from app.serializers.pages import RevisionJSON, revision_json
from app.services import assignment_groups, page_revisions, pages
from app.services.module_progress import held_for
from app.services.permissions import Right, require

blueprint = Blueprint("page_revisions", __name__, url_prefix="/api/v1")
COLLECTION = "/courses/<ref:course>/pages/<page>/revisions"
LONGEST = 9
"""Digits of a number of a revision."""


class RevisionParams(Params):
    """How much to show."""

    summary: Flag = False
    """Leave out what the page said."""


@blueprint.get(COLLECTION)
def list_revisions(course: Ref, page: str) -> list[RevisionJSON]:
    """List how a page read, newest first, the present text included; for those who may edit it."""
    require_right(Right.READ)
    statement = page_revisions.rows(_page(page).id)
    rows = page_of(statement.order_by(statement.selected_columns.revision_id.desc()))
    return [revision_json(row, viewer(), text=False) for row in rows]


@blueprint.get(f"{COLLECTION}/<revision>")
@takes(RevisionParams)
def get_revision(params: RevisionParams, course: Ref, page: str, revision: str) -> RevisionJSON:
    """Get one of them, by its number or as `latest`."""
    require_right(Right.READ)
    return revision_json(_row(_page(page).id, revision), viewer(), text=not params.summary)


@blueprint.post(f"{COLLECTION}/<revision>")
def revert_page(course: Ref, page: str, revision: str) -> RevisionJSON:
    """Let a page read as it did; what it reads now is kept as a revision."""
    mine = require_right(Right.READ)
    assignment_groups.lock_course(mine.course_id)
    found = _page(page)
    row = _row(found.id, revision)
    fields = {name: getattr(row, name) for name in page_revisions.KEPT}
    pages.require_editor(mine, found, fields)
    pages.change(found, fields, caller())
    db.session.commit()
    return revision_json(_row(found.id, "latest"), viewer(), text=True)


def _page(name: str) -> Page:
    """The page, if the caller may edit it. Raises NotFound and Forbidden."""
    mine = access()
    named = select(Page).where(Page.course_id == mine.course_id, Page.workflow_state != "deleted", page_named(name))
    found = find(named.order_by(*preferred(name)))
    pages.require_editor(mine, found, {})
    require(held_for(mine, caller().id, "Page", [found.id], viewer().now).lock(found.id) is None)
    return found


def _row(page_id: int, revision: str) -> AnyRow:
    if revision != "latest" and not (revision.isascii() and revision.isdigit() and len(revision) <= LONGEST):
        raise NotFound
    statement = page_revisions.rows(page_id)
    columns: Any = statement.selected_columns
    return find_row(statement.where(columns.latest if revision == "latest" else columns.revision_id == int(revision)))
