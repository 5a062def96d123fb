"""Many grades at once, and how far they are."""

from app.extensions import db
from app.models.courses import Course
from app.models.jobs import Job
from app.models.types import utc_now
from tests.app.api.surface import GRADERS, Allowed, C, Feature
from tests.conftest import Api
from tests.factories import UserFactory

ASKED = {"{user}": {"posted_grade": "1"}}
OPERATIONS: dict[str, Allowed] = {
    f"POST {C}/assignments/<ref:assignment>/submissions/update_grades": Allowed(GRADERS, {"grade_data": ASKED}),
    f"POST {C}/submissions/update_grades": Allowed(GRADERS, {"grade_data": {"{assignment}": ASKED}}),
    "GET /progress/<ref:progress>": Allowed(GRADERS),
}


def targets(course: Course, student: Api) -> dict[str, object]:
    """A job that somebody else asked for."""
    job = Job(kind="bulk_grades", course_id=course.id, user_id=UserFactory(admin=True).id, run_at=utc_now())
    db.session.add(job)
    db.session.commit()
    return {"progress": job.id}


FEATURE = Feature(OPERATIONS, targets=targets)
