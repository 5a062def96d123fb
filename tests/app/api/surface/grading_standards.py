"""Grading standards."""

from app.models.courses import Course
from tests.app.api.surface import ADMIN, READERS, STAFF, A, Allowed, C, Feature
from tests.conftest import Api
from tests.factories import GradingStandardFactory

NEW = {"title": "New", "grading_scheme_entry": [{"name": "A", "value": 0}]}
OPERATIONS = {
    f"GET {C}/grading_standards": Allowed(READERS),
    f"POST {C}/grading_standards": Allowed(STAFF, NEW),
    f"GET {C}/grading_standards/<ref:standard>": Allowed(READERS),
    f"GET {A}/grading_standards": Allowed(ADMIN),
    f"POST {A}/grading_standards": Allowed(ADMIN, NEW),
    f"GET {A}/grading_standards/<ref:standard>": Allowed(ADMIN),
}
LISTS = ("/courses/<ref:course>/grading_standards", "/accounts/<ref:account>/grading_standards")


def targets(course: Course, student: Api) -> dict[str, object]:
    """A standard of the account."""
    return {"standard": GradingStandardFactory().id}


def grow(course: Course, caller: Api) -> None:
    """One more of the account, and of the course, which goes by it."""
    GradingStandardFactory()
    course.grading_standard_id = GradingStandardFactory(account_id=None, course_id=course.id).id


FEATURE = Feature(OPERATIONS, LISTS, targets=targets, grow=grow)
