"""What waits, and what was missed."""

import datetime as dt

from app.models.courses import Course
from tests.app.api.surface import ADMIN, SIGNED_IN, Allowed, Feature, U
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, EnrollmentFactory, SubmissionFactory

OPERATIONS: dict[str, Allowed] = {
    "GET /users/self/todo": Allowed(SIGNED_IN),
    # the user of this is the course's student
    f"GET {U}/missing_submissions": Allowed(ADMIN | {"student", "observer"}),
}
LISTS = ("/users/self/todo", "/users/<ref:user>/missing_submissions")


def grow(course: Course, caller: Api) -> None:
    """One more missed, one more due soon, one more that waits for a grade."""
    now = dt.datetime.now(dt.UTC)
    group = AssignmentGroupFactory(course=course)
    for days in (-1, 1):
        work = AssignmentFactory(group=group, due_at=now + dt.timedelta(days=days))
    SubmissionFactory(assignment=work, user_id=EnrollmentFactory(course=course).user_id, user=None)


FEATURE = Feature(OPERATIONS, LISTS, grow=grow)
