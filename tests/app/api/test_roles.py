"""Role x right: every route called by everybody. The table is checked against the routes, so that a new one cannot escape it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.models.courses import Course
from app.models.users import User
from app.services import tokens
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, CourseFactory, EnrollmentFactory, SectionFactory, UserFactory

ADMIN = {"admin"}
TEACHERS = ADMIN | {"teacher"}
CONTENT = TEACHERS | {"designer"}
GRADERS = TEACHERS | {"ta"}
STAFF = GRADERS | {"designer"}
MEMBERS = STAFF | {"student", "peer"}
READERS = MEMBERS | {"observer"}
SIGNED_IN = READERS | {"other_teacher", "stranger"}
ROLES = (*sorted(SIGNED_IN), "nobody")


@dataclass(frozen=True)
class Allowed:
    """Who may, and with which request; everybody else is refused."""

    who: set[str]
    json: dict[str, Any] | None = None
    state: str = "invited"
    """Of the enrolment that is acted on."""


def enrolling(kind: str) -> dict[str, Any]:
    return {"enrollment": {"user_id": "{newcomer}", "type": kind, "enrollment_state": "active"}}


C, A, U = "/courses/<ref:course>", "/accounts/<ref:account>", "/users/<ref:user>"
SUBMISSIONS = f"{C}/assignments/<ref:assignment>/submissions"
TABLE: dict[str, Allowed] = {
    "GET /accounts": Allowed(SIGNED_IN),
    f"GET {A}": Allowed(ADMIN),
    f"GET {A}/users": Allowed(ADMIN),
    f"POST {A}/users": Allowed(ADMIN, {"pseudonym": {"unique_id": "new@example.com"}}),
    f"DELETE {A}/users/<ref:user>": Allowed(ADMIN),
    f"GET {A}/courses": Allowed(ADMIN),
    f"POST {A}/courses": Allowed(ADMIN, {"course": {"name": "New"}}),
    f"GET {A}/courses/<ref:course>": Allowed(READERS),
    f"GET {A}/enrollments/<ref:enrollment>": Allowed(ADMIN),
    # the user of these is the course's student
    f"GET {U}": Allowed(STAFF | {"student"}),
    f"PUT {U}": Allowed(ADMIN | {"student"}, {"user": {"name": "New Name"}}),
    f"GET {U}/profile": Allowed(STAFF | {"student"}),
    f"GET {U}/tokens": Allowed(ADMIN | {"student"}),
    f"POST {U}/tokens": Allowed(ADMIN | {"student"}, {"token": {"purpose": "x"}}),
    f"DELETE {U}/tokens/<ref:token>": Allowed(ADMIN | {"student"}),
    f"GET {U}/courses": Allowed(ADMIN | {"student"}),
    f"GET {U}/enrollments": Allowed(ADMIN | {"student"}),
    f"GET {U}/courses/<ref:course>/assignments": Allowed(GRADERS | {"student", "observer"}),
    "GET /courses": Allowed(SIGNED_IN),
    f"GET {C}": Allowed(READERS),
    f"PUT {C}": Allowed(CONTENT, {"course": {"name": "New"}}),
    f"DELETE {C}": Allowed(CONTENT, {"event": "conclude"}),
    f"GET {C}/permissions": Allowed(SIGNED_IN),
    f"GET {C}/users": Allowed(MEMBERS),
    f"GET {C}/search_users": Allowed(MEMBERS),
    f"GET {C}/users/<ref:user>": Allowed(MEMBERS),
    f"GET {C}/sections": Allowed(MEMBERS),
    f"POST {C}/sections": Allowed(CONTENT, {"course_section": {"name": "New"}}),
    f"GET {C}/sections/<ref:section>": Allowed(MEMBERS),
    "GET /sections/<ref:section>": Allowed(MEMBERS),
    "PUT /sections/<ref:section>": Allowed(CONTENT, {"course_section": {"name": "New"}}),
    "DELETE /sections/<ref:section>": Allowed(CONTENT),
    "GET /sections/<ref:section>/enrollments": Allowed(MEMBERS),
    "POST /sections/<ref:section>/enrollments": Allowed(GRADERS, enrolling("StudentEnrollment")),
    f"GET {C}/enrollments": Allowed(MEMBERS),
    f"POST {C}/enrollments": Allowed(TEACHERS, enrolling("TaEnrollment")),
    f"DELETE {C}/enrollments/<ref:enrollment>": Allowed(GRADERS, {"task": "conclude"}),
    f"PUT {C}/enrollments/<ref:enrollment>/reactivate": Allowed(GRADERS, state="inactive"),
    f"POST {C}/enrollments/<ref:enrollment>/<any(accept,reject):answer>": Allowed({"student"}),
    f"GET {C}/assignment_groups": Allowed(READERS),
    f"POST {C}/assignment_groups": Allowed(STAFF, {"name": "New"}),
    f"GET {C}/assignment_groups/<ref:group>": Allowed(READERS),
    f"GET {C}/assignment_groups/<ref:group>/assignments": Allowed(READERS),
    f"PUT {C}/assignment_groups/<ref:group>": Allowed(STAFF, {"name": "New"}),
    f"DELETE {C}/assignment_groups/<ref:group>": Allowed(STAFF),
    f"GET {C}/assignments": Allowed(READERS),
    f"POST {C}/assignments": Allowed(STAFF, {"assignment": {"name": "New"}}),
    f"GET {C}/assignments/<ref:assignment>": Allowed(READERS),
    f"PUT {C}/assignments/<ref:assignment>": Allowed(STAFF, {"assignment": {"name": "New"}}),
    f"DELETE {C}/assignments/<ref:assignment>": Allowed(STAFF),
    f"POST {SUBMISSIONS}": Allowed({"student", "peer"}, {"submission": {"submission_type": "online_text_entry", "body": "x"}}),
    f"GET {SUBMISSIONS}": Allowed(GRADERS),
    f"GET {SUBMISSIONS}/<ref:user>": Allowed(GRADERS | {"student", "observer"}),
    f"PUT {SUBMISSIONS}/<ref:user>": Allowed(GRADERS, {"submission": {"posted_grade": "1"}}),
    f"GET {C}/students/submissions": Allowed(READERS),
}


def operations(app: Flask) -> set[str]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1")]
    return {f"{method} {rule.rule.removeprefix('/api/v1')}" for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


def test_the_table_has_every_route_and_no_other(app: Flask) -> None:
    assert operations(app) == TABLE.keys()


World = tuple[Course, dict[str, Api]]


@pytest.fixture
def world(sign_in: Callable[[User], Api], admin: Api, nobody: Api) -> Callable[[], World]:
    """Makes a course and one of each role around it."""

    def world() -> World:
        course = CourseFactory()
        kinds = {"teacher": "Teacher", "ta": "Ta", "designer": "Designer", "student": "Student", "peer": "Student"}
        people = {name: UserFactory() for name in (*kinds, "observer", "other_teacher", "stranger")}
        for name, kind in kinds.items():
            EnrollmentFactory(course=course, user=people[name], type=f"{kind}Enrollment")
        EnrollmentFactory(course=course, user=people["observer"], type="ObserverEnrollment", associated_user_id=people["student"].id)
        EnrollmentFactory(course=CourseFactory(), user=people["other_teacher"], type="TeacherEnrollment")
        return course, {"admin": admin, "nobody": nobody} | {name: sign_in(person) for name, person in people.items()}

    return world


def targets(course: Course, student: Api, state: str) -> dict[str, object]:
    """Things to act on, by the name that paths give them; a second enrolment of the student is in that state."""
    group = AssignmentGroupFactory(course=course)
    enrollment = EnrollmentFactory(
        course=course, user=student.user, course_section_id=SectionFactory(course=course).id, workflow_state=state
    )
    token, _ = tokens.issue(student.id, "target")
    db.session.commit()
    return {
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


def filled(value: Any, names: dict[str, object]) -> Any:
    """A request's JSON with the ids of its targets."""
    if isinstance(value, dict):
        return {key: filled(part, names) for key, part in value.items()}
    return value.format(**names) if isinstance(value, str) else value


def path_of(rule: str, names: dict[str, object]) -> str:
    return re.sub(r"<(?:[^:<>]*:)?(\w+)>", lambda part: str(names[part[1]]), rule)


@pytest.mark.parametrize("operation", TABLE)
def test_who_may_and_who_may_not(world: Callable[[], World], operation: str) -> None:
    method, _, rule = operation.partition(" ")
    allowed = TABLE[operation]
    shared = world()
    answers = {}
    for role in ROLES:
        # Whoever changes something does so in a world of their own.
        course, people = world() if role in allowed.who and method != "GET" else shared
        names = targets(course, people["student"], allowed.state)
        body = {"json": filled(allowed.json, names)} if allowed.json else {}
        status = people[role].call(method, path_of(rule, names), **body).status_code
        answers[role] = "yes" if status in (200, 201) else status
    assert answers == {role: "yes" if role in allowed.who else 401 if role == "nobody" else 403 for role in ROLES}
