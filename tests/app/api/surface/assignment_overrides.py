"""Assignment overrides."""

from app.extensions import db
from app.models.assignments import Assignment
from app.models.courses import Course
from tests.app.api.surface import STAFF, Allowed, C, Feature
from tests.conftest import Api
from tests.factories import (
    AssignmentFactory,
    AssignmentGroupFactory,
    EnrollmentFactory,
    OverrideFactory,
    OverrideStudentFactory,
    SectionFactory,
)

OVERRIDES = f"{C}/assignments/<ref:assignment>/overrides"
BATCH = f"{C}/assignments/overrides"
NEW = {"due_at": "2026-03-01T12:00:00Z"}
OPERATIONS: dict[str, Allowed] = {
    f"GET {OVERRIDES}": Allowed(STAFF),
    f"POST {OVERRIDES}": Allowed(STAFF, {"assignment_override": {"course_section_id": "{section}", **NEW}}),
    f"GET {OVERRIDES}/<ref:override>": Allowed(STAFF),
    f"PUT {OVERRIDES}/<ref:override>": Allowed(STAFF, {"assignment_override": NEW}),
    f"DELETE {OVERRIDES}/<ref:override>": Allowed(STAFF),
    f"GET {BATCH}": Allowed(STAFF, {"assignment_overrides": {"0": {"id": "{override}", "assignment_id": "{assignment}"}}}),
    f"POST {BATCH}": Allowed(STAFF, {"assignment_overrides": {"0": {"assignment_id": "{assignment}", "course_section_id": "{section}"}}}),
    f"PUT {BATCH}": Allowed(STAFF, {"assignment_overrides": {"0": {"id": "{override}", "assignment_id": "{assignment}", **NEW}}}),
}
LISTS = (OVERRIDES, BATCH)


def targets(course: Course, student: Api) -> dict[str, object]:
    """An override for the student, of an assignment of the course."""
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course), has_overrides=True)
    override = OverrideFactory(assignment=work)
    OverrideStudentFactory(override=override, user=student.user)
    return {"assignment": work.id, "override": override.id}


def grow(course: Course, caller: Api) -> None:
    """One more override of each assignment of the course, for a section and for a new student in it; and one more restricted assignment."""
    user, section = EnrollmentFactory(course=course).user_id, SectionFactory(course=course)
    AssignmentFactory(group=AssignmentGroupFactory(course=course), only_visible_to_overrides=True)
    for work in db.session.query(Assignment).filter_by(course_id=course.id).all():
        work.has_overrides = True
        OverrideFactory(assignment=work, course_section_id=section.id)
        OverrideStudentFactory(override=OverrideFactory(assignment=work), user_id=user)


FEATURE = Feature(OPERATIONS, LISTS, includes=("overrides", "all_dates"), targets=targets, grow=grow)
