"""The history of enrolments."""

from app.models.courses import Course
from app.services import enrollments
from app.services.permissions import Caller
from tests.app.api.surface import GRADERS, Allowed, C, Feature
from tests.conftest import Api
from tests.factories import UserFactory

OPERATIONS: dict[str, Allowed] = {
    f"GET {C}/enrollment_history": Allowed(GRADERS),
    f"GET {C}/enrollments/<ref:enrollment>/history": Allowed(GRADERS),
}
LISTS = ("/courses/<ref:course>/enrollment_history", "/courses/<ref:course>/enrollments/<ref:enrollment>/history")


def targets(course: Course, student: Api) -> dict[str, object]:
    """A student who was enrolled, and put off."""
    made = enrollments.enroll(course.id, UserFactory().id, "StudentEnrollment", "active")
    enrollments.end(made, "inactivate")
    return {"enrollment": made.id}


def grow(course: Course, caller: Api) -> None:
    """One more enrolment by the caller."""
    by = Caller(id=caller.id, admin=False, real_id=caller.id, token_id=0)
    enrollments.enroll(course.id, UserFactory().id, "StudentEnrollment", "active", by=by)


FEATURE = Feature(OPERATIONS, LISTS, targets=targets, grow=grow)
