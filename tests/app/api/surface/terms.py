"""Terms."""

from app.models.courses import Course
from tests.app.api.surface import ADMIN, A, Allowed, Feature
from tests.conftest import Api
from tests.factories import TermFactory

TERM = f"{A}/terms/<ref:term>"
OPERATIONS = {
    f"GET {A}/terms": Allowed(ADMIN),
    f"POST {A}/terms": Allowed(ADMIN, {"enrollment_term": {"name": "New"}}),
    f"GET {TERM}": Allowed(ADMIN),
    f"PUT {TERM}": Allowed(ADMIN, {"enrollment_term": {"name": "New"}}),
    f"DELETE {TERM}": Allowed(ADMIN),
}


def targets(course: Course, student: Api) -> dict[str, object]:
    """A term without courses."""
    return {"term": TermFactory().id}


FEATURE = Feature(OPERATIONS, includes=("term",), targets=targets)
