"""Pages, modules and their items."""

from sqlalchemy import func, select

from app.extensions import db
from app.models.courses import Course
from app.models.files import Folder
from app.models.pages import Page, PageRevision
from app.models.types import utc_now
from tests.app.api.surface import READERS, STAFF, Allowed, C, Feature
from tests.conftest import Api
from tests.factories import (
    AssignmentFactory,
    AssignmentGroupFactory,
    FileFactory,
    FolderFactory,
    ModuleFactory,
    ModuleItemFactory,
    PageFactory,
    QuizFactory,
    TopicFactory,
)

M = f"{C}/modules/<ref:module>"
I = f"{M}/items/<ref:item>"  # noqa: E741
STUDENTS = {"student", "peer"}
OPERATIONS = {
    f"GET {C}/pages": Allowed(READERS),
    f"POST {C}/pages": Allowed(STAFF, {"wiki_page": {"title": "New"}}),
    f"GET {C}/pages/<page>": Allowed(READERS),
    f"PUT {C}/pages/<page>": Allowed(STAFF, {"wiki_page": {"body": "New"}}),
    f"DELETE {C}/pages/<page>": Allowed(STAFF),
    f"GET {C}/pages/<page>/revisions": Allowed(STAFF),
    f"GET {C}/pages/<page>/revisions/<revision>": Allowed(STAFF),
    f"POST {C}/pages/<page>/revisions/<revision>": Allowed(STAFF),
    f"GET {C}/front_page": Allowed(READERS),
    f"PUT {C}/front_page": Allowed(STAFF, {"wiki_page": {"body": "New"}}),
    f"GET {C}/modules": Allowed(READERS),
    f"GET {C}/module_item_sequence": Allowed(READERS, {"asset_type": "ModuleItem", "asset_id": "{item}"}),
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
LISTS = (f"{C}/pages", f"{C}/pages/<page>/revisions", f"{C}/modules", f"{M}/items")


def targets(course: Course, student: Api) -> dict[str, object]:
    """A page, the front page, and a module with an item."""
    if db.session.scalar(select(Page.id).where(Page.course_id == course.id, Page.front_page)) is None:
        PageFactory(course=course, front_page=True)
    module = ModuleFactory(course=course)
    return {"page": PageFactory(course=course).url, "revision": "latest", "module": module.id, "item": ModuleItemFactory(module=module).id}


def grow(course: Course, caller: Api) -> None:
    """One more page, and a module with an item of each kind that waits for all modules before it."""
    module = ModuleFactory(course=course, require_sequential_progress=True)
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    folder = db.session.scalar(select(Folder).where(Folder.course_id == course.id)) or FolderFactory(course=course)
    discussed = AssignmentFactory(group=AssignmentGroupFactory(course=course), submission_types=["discussion_topic"])
    page = db.session.scalars(select(Page).where(Page.course_id == course.id).order_by(Page.id)).first()
    if page is not None:
        number = db.session.scalar(select(func.count(PageRevision.id)).where(PageRevision.page_id == page.id)) or 0
        text = {"title": "Old", "url": "old", "user_id": caller.id, "updated_at": utc_now()}
        db.session.add(PageRevision(page_id=page.id, revision_id=number + 1, **text))
    for kind, content_id, requirement in (
        ("Quiz", QuizFactory(course=course).id, "must_submit"),
        ("Discussion", TopicFactory(course=course, user=caller.user, assignment_id=discussed.id).id, "must_contribute"),
        ("File", FileFactory(folder=folder).id, "must_view"),
        ("Page", PageFactory(course=course).id, "must_view"),
        ("Assignment", work.id, "must_submit"),
        ("ExternalUrl", None, None),
    ):
        ModuleItemFactory(module=module, type=kind, content_id=content_id, requirement=requirement)


FEATURE = Feature(OPERATIONS, LISTS, ("items", "content_details", "body"), targets, grow)
