"""The history of grades: days, versions, the audit log."""

import datetime as dt
from zoneinfo import ZoneInfo

from app.models.courses import Course
from app.serializers.courses import DEFAULT_TIME_ZONE
from tests.app.api.surface import ADMIN, GRADERS, Allowed, C, Feature
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, GradeChangeFactory, SubmissionFactory

HISTORY = f"{C}/gradebook_history"
AUDIT = "/audit/grade_change"
VERSIONS = "<date>/graders/<ref:grader>/assignments/<ref:assignment>/submissions"
OPERATIONS: dict[str, Allowed] = {
    f"GET {HISTORY}/days": Allowed(GRADERS),
    f"GET {HISTORY}/<date>": Allowed(GRADERS),
    f"GET {HISTORY}/{VERSIONS}": Allowed(GRADERS),
    f"GET {HISTORY}/feed": Allowed(GRADERS),
    f"GET {AUDIT}": Allowed(GRADERS, {"course_id": "{course}"}),
    f"GET {AUDIT}/courses/<ref:course>": Allowed(GRADERS),
    f"GET {AUDIT}/assignments/<ref:assignment>": Allowed(GRADERS),
    f"GET {AUDIT}/students/<ref:student>": Allowed(ADMIN),
    f"GET {AUDIT}/graders/<ref:grader>": Allowed(ADMIN),
}
LISTS = tuple(f"/courses/<ref:course>/gradebook_history/{path}" for path in ("days", "<date>", VERSIONS, "feed"))


def targets(course: Course, student: Api) -> dict[str, object]:
    """Today, and somebody who graded."""
    return {"date": dt.datetime.now(ZoneInfo(DEFAULT_TIME_ZONE)).date(), "grader": student.id, "student": student.id}


def grow(course: Course, caller: Api) -> None:
    """One more grade by the caller, and one by somebody else, on an assignment of their own."""
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    GradeChangeFactory(submission=SubmissionFactory(assignment=work), grader=caller.user)
    GradeChangeFactory(submission=SubmissionFactory(assignment=work))


FEATURE = Feature(OPERATIONS, LISTS, targets=targets, grow=grow)
