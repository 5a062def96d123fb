"""What happened and what comes; marks; tabs."""

import datetime as dt

from app.models.courses import Course
from tests.app.api.surface import GRADERS, READERS, SIGNED_IN, Allowed, C, Feature
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, CalendarEventFactory, SubmissionFactory, TopicFactory

READ = f"{C}/assignments/<ref:assignment>/submissions/<ref:user>/read"
OPERATIONS = {
    "GET /users/self/activity_stream": Allowed(SIGNED_IN),
    "GET /users/self/activity_stream/summary": Allowed(SIGNED_IN),
    "GET /users/self/upcoming_events": Allowed(SIGNED_IN),
    # the user of these is the course's student
    f"PUT {READ}": Allowed(GRADERS | {"student", "observer"}),
    f"DELETE {READ}": Allowed(GRADERS | {"student", "observer"}),
    f"PUT {C}/users/<ref:user>/last_attended": Allowed(GRADERS, {"date": "2026-03-01"}),
    f"GET {C}/tabs": Allowed(READERS),
}
LISTS = (
    "/users/self/activity_stream",
    "/users/self/activity_stream/summary",
    "/users/self/upcoming_events",
    "/courses/<ref:course>/tabs",
)


def grow(course: Course, caller: Api) -> None:
    """One more announcement, grade of the caller, event, and assignment that is due."""
    TopicFactory(course=course, is_announcement=True)
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course), due_at=soon)
    SubmissionFactory(assignment=work, user=caller.user, score=5.0, workflow_state="graded", graded_at=soon)
    CalendarEventFactory(course=course, start_at=soon, end_at=soon)


FEATURE = Feature(OPERATIONS, LISTS, grow=grow)
