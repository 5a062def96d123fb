"""Pages, modules and their items."""

from sqlalchemy import select

from app.extensions import db
from app.models.courses import Course
from app.models.pages import Page
from tests.app.api.surface import READERS, STAFF, Allowed, C, Feature
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, ModuleFactory, ModuleItemFactory, PageFactory

M = f"{C}/modules/<ref:module>"
I = f"{M}/items/<ref:item>"  # noqa: E741
STUDENTS = {"student", "peer"}
OPERATIONS = {
    f"GET {C}/pages": Allowed(READERS),
    f"POST {C}/pages": Allowed(STAFF, {"wiki_page": {"title": "New"}}),
    f"GET {C}/pages/<page>": Allowed(READERS),
    f"PUT {C}/pages/<page>": Allowed(STAFF, {"wiki_page": {"body": "New"}}),
    f"DELETE {C}/pages/<page>": Allowed(STAFF),
    f"GET {C}/front_page": Allowed(READERS),
    f"PUT {C}/front_page": Allowed(STAFF, {"wiki_page": {"body": "New"}}),
    f"GET {C}/modules": Allowed(READERS),
    f"POST {C}/modules": Allowed(STAFF, {"module": {"name": "New"}}),
    f"GET {M}": Allowed(READERS),
    f"PUT {M}": Allowed(STAFF, {"module": {"name": "New"}}),
    f"DELETE {M}": Allowed(STAFF),
    f"PUT {M}/relock": Allowed(STAFF),
    f"GET {M}/items": Allowed(READERS),
    f"POST {M}/items": Allowed(STAFF, {"module_item": {"type": "SubHeader", "title": "New"}}),
    f"GET {I}": Allowed(READERS),
    f"PUT {I}": Allowed(STAFF, {"module_item": {"indent": 1}}),
    f"DELETE {I}": Allowed(STAFF),
    f"PUT {I}/done": Allowed(STUDENTS),
    f"DELETE {I}/done": Allowed(STUDENTS),
    f"POST {I}/mark_read": Allowed(STUDENTS),
}
LISTS = (f"{C}/pages", f"{C}/modules", f"{M}/items")


def targets(course: Course, student: Api) -> dict[str, object]:
    """A page, the front page, and a module with an item."""
    if db.session.scalar(select(Page.id).where(Page.course_id == course.id, Page.front_page)) is None:
        PageFactory(course=course, front_page=True)
    module = ModuleFactory(course=course)
    return {"page": PageFactory(course=course).url, "module": module.id, "item": ModuleItemFactory(module=module).id}


def grow(course: Course, caller: Api) -> None:
    """One more page, and a module with an item of each kind that waits for all modules before it."""
    module = ModuleFactory(course=course, require_sequential_progress=True)
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    for kind, content_id, requirement in (
        ("Page", PageFactory(course=course).id, "must_view"),
        ("Assignment", work.id, "must_submit"),
        ("ExternalUrl", None, None),
    ):
        ModuleItemFactory(module=module, type=kind, content_id=content_id, requirement=requirement)


FEATURE = Feature(OPERATIONS, LISTS, ("items", "content_details", "body"), targets, grow)
