"""Calendar events, of a course and of a user."""

from app.models.courses import Course
from tests.app.api.surface import ADMIN, READERS, SIGNED_IN, STAFF, Allowed, Feature, U
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, CalendarEventFactory

EVENTS = "/calendar_events"
OPERATIONS: dict[str, Allowed] = {
    f"GET {EVENTS}": Allowed(SIGNED_IN),
    f"POST {EVENTS}": Allowed(STAFF, {"calendar_event": {"context_code": "course_{course}", "title": "New"}}),
    f"GET {EVENTS}/<ref:event>": Allowed(READERS),
    f"PUT {EVENTS}/<ref:event>": Allowed(STAFF, {"calendar_event": {"title": "New"}}),
    f"DELETE {EVENTS}/<ref:event>": Allowed(STAFF),
    f"GET {EVENTS}/assignment_<ref:assignment>": Allowed(READERS),
    # the user of this is the course's student
    f"GET {U}/calendar_events": Allowed(ADMIN | {"student"}),
}
LISTS = (EVENTS, "/users/<ref:user>/calendar_events")


def targets(course: Course, student: Api) -> dict[str, object]:
    """An event of the course."""
    return {"event": CalendarEventFactory(course=course).id}


def grow(course: Course, caller: Api) -> None:
    """One more event of the course, and of the caller; one more thing due."""
    CalendarEventFactory(course=course)
    CalendarEventFactory(user=caller.user)
    AssignmentFactory(group=AssignmentGroupFactory(course=course))


FEATURE = Feature(OPERATIONS, LISTS, targets=targets, grow=grow)
