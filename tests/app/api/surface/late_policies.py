"""Late policies that are there."""

from app.models.courses import Course
from app.models.late_policies import LatePolicy
from app.models.types import utc_now
from app.models.writes import insert_unless_there
from tests.app.api.surface import GRADERS, Allowed, C, Feature
from tests.conftest import Api

OPERATIONS: dict[str, Allowed] = {
    f"GET {C}/late_policy": Allowed(GRADERS),
    f"PATCH {C}/late_policy": Allowed(GRADERS, {"late_policy": {"late_submission_deduction": 5}}),
}


def targets(course: Course, student: Api) -> dict[str, object]:
    """The course's policy, which it has once."""
    insert_unless_there(LatePolicy, course_id=course.id, created_at=utc_now(), updated_at=utc_now())
    return {}


FEATURE = Feature(OPERATIONS, targets=targets)
