"""What comes before and after a thing on the way through the modules."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select

from app.extensions import db
from app.models.modules import Module, ModuleItem
from app.models.pages import Page, spelled
from app.models.types import AnyRow
from app.services.module_content import CONTENT_IDS, KINDS, contents, find_content, items_joined, standing_for

MOST = 10
"""Items that stand for one thing."""


def around(course_id: int, kind: str, name: str, student: int | None) -> Sequence[AnyRow]:
    """(id, module_id, before, after) of the items that stand for that thing, or of the item of that number, in the modules' order.

    Headings are no stations. It is `student`'s way, or that of staff, who see everything.
    """
    staff = student is None
    number = int(name) if name.isascii() and name.isdigit() and len(name) <= 18 else 0
    order = (Module.position, Module.id, ModuleItem.position, ModuleItem.id)
    before, after = (turn(ModuleItem.id).over(order_by=order) for turn in (func.lag, func.lead))
    place = func.row_number().over(order_by=order)
    columns = (ModuleItem.id, ModuleItem.module_id, before.label("before"), after.label("after"), place.label("place"))
    on_the_way = items_joined(course_id, contents(course_id, student), *columns, staff=staff)
    on_the_way = on_the_way.join(Module, Module.id == ModuleItem.module_id)
    on_the_way = on_the_way.where(ModuleItem.type != "SubHeader", Module.workflow_state != "deleted")
    if not staff:
        on_the_way = on_the_way.where(Module.workflow_state == "active")
    way = on_the_way.subquery("way")
    named: dict[str, list[int]] = {}
    if kind == "ModuleItem":
        wanted: ColumnElement[bool] = way.c.id == number
    else:
        items = standing_for(kind).subquery()
        named = {CONTENT_IDS: [_id(course_id, kind, name, number)]}
        wanted = way.c.id.in_(select(items.c.item_id))
    return db.session.execute(select(way).where(wanted).order_by(way.c.place).limit(MOST), named).all()


def _id(course_id: int, kind: str, name: str, number: int) -> int:
    """Pages go by their url too."""
    if kind != "Page" or "\0" in name:
        return number
    found = find_content(course_id, kind, Page.url == spelled(name)) or find_content(course_id, kind, KINDS[kind].model.id == number)
    return found.id if found is not None else 0
