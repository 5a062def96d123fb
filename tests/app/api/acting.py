"""Calls of the surface's operations: the things they act on, and the requests with these filled in."""

import re
from typing import Any

from app.extensions import db
from app.models.courses import Course
from app.services import tokens
from tests.app.api.surface import Feature
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, EnrollmentFactory, SectionFactory, UserFactory


def targets(feature: Feature, course: Course, student: Api, state: str) -> dict[str, object]:
    """Things to act on, the feature's own too, by the name that paths give them; another enrolment of the student is in that state."""
    group = AssignmentGroupFactory(course=course)
    enrollment = EnrollmentFactory(
        course=course, user=student.user, course_section_id=SectionFactory(course=course).id, workflow_state=state
    )
    token, _ = tokens.issue(student.id, "target")
    db.session.commit()
    names: dict[str, object] = {
        "account": 1,
        "course": course.id,
        "user": student.id,
        "section": SectionFactory(course=course).id,
        "group": group.id,
        "assignment": AssignmentFactory(group=group).id,
        "enrollment": enrollment.id,
        "token": token.id,
        "newcomer": UserFactory().id,
        "answer": "accept",
    }
    names |= feature.targets(course, student)
    db.session.commit()
    return names


def filled(value: Any, names: dict[str, object]) -> Any:
    """A request's JSON with the ids of its targets."""
    if isinstance(value, dict):
        return {key.format(**names): filled(part, names) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, names) for part in value]
    return value.format(**names) if isinstance(value, str) else value


def path_of(rule: str, names: dict[str, object]) -> str:
    """The path of that rule with the ids of its targets."""
    return re.sub(r"<(?:[^:<>]*:)?(\w+)>", lambda part: str(names[part[1]]), rule)
