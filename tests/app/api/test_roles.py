"""Role x right: every route called by everybody. The table is checked against the routes, so that a new one cannot escape it."""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from app.models.courses import Course
from app.models.users import User
from tests.app.api.acting import filled, path_of, targets
from tests.app.api.surface import SIGNED_IN, features
from tests.conftest import Api
from tests.factories import CourseFactory, EnrollmentFactory, UserFactory, one_commit

ROLES = (*sorted(SIGNED_IN), "nobody")
FEATURES = tuple(features())
TABLE = {operation: allowed for feature in FEATURES for operation, allowed in feature.operations.items()}
OWNERS = {operation: feature for feature in FEATURES for operation in feature.operations}


def operations(app: Flask) -> set[str]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1")]
    return {f"{method} {rule.rule.removeprefix('/api/v1')}" for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


def test_the_table_has_every_route_and_no_other(app: Flask) -> None:
    assert operations(app) == TABLE.keys()


KINDS = {"teacher": "Teacher", "ta": "Ta", "designer": "Designer", "student": "Student", "peer": "Student"}
World = tuple[Course, dict[str, Api]]


@pytest.fixture
def world(sign_in: Callable[[User], Api], admin: Api, nobody: Api) -> Callable[..., World]:
    """Makes a course, its student, and one of each of the given roles around it."""

    def world(*roles: str) -> World:
        course = CourseFactory()
        people = {name: UserFactory() for name in {"student", *roles} - {"admin", "nobody"}}
        for name, person in people.items():
            if name == "observer":
                EnrollmentFactory(course=course, user=person, type="ObserverEnrollment", associated_user_id=people["student"].id)
            elif name == "other_teacher":
                EnrollmentFactory(course=CourseFactory(), user=person, type="TeacherEnrollment")
            elif name in KINDS:
                EnrollmentFactory(course=course, user=person, type=f"{KINDS[name]}Enrollment")
        return course, {"admin": admin, "nobody": nobody} | {name: sign_in(person) for name, person in people.items()}

    return world


@pytest.mark.parametrize("operation", TABLE)
def test_who_may_and_who_may_not(world: Callable[..., World], operation: str) -> None:
    method, _, rule = operation.partition(" ")
    allowed = TABLE[operation]
    # Whoever changes something does so in a world of their own; those who are refused, or only read, share one.
    changing = set() if method == "GET" else allowed.who
    worlds = [(role,) for role in ROLES if role in changing] + [tuple(role for role in ROLES if role not in changing)]
    answers = {}
    for roles in worlds:
        with one_commit():
            course, people = world(*roles)
            names = targets(OWNERS[operation], course, people["student"], allowed.state)
        for role in roles:
            body: dict[str, Any] = {"json": filled(allowed.json, names)} if allowed.json else {}
            if allowed.attachment is not None:
                body = {"data": {"attachment": (io.BytesIO(allowed.attachment.encode()), "file.csv")}}
            status = people[role].call(method, path_of(rule, names), **body).status_code
            answers[role] = "yes" if status in (200, 201, 204) else status
    assert answers == {role: "yes" if role in allowed.who else 401 if role == "nobody" else 403 for role in ROLES}


@pytest.mark.parametrize("role", ["student", "observer"])
def test_an_admin_who_acts_as_somebody_reads_what_they_read_and_may_do_no_more(world: Callable[..., World], role: str) -> None:
    with one_commit():
        course, people = world(role, "student", "admin")
        calls = []
        for feature in FEATURES:
            names = targets(feature, course, people["student"], "invited")
            calls += [(operation, allowed, names) for operation, allowed in feature.operations.items()]
    theirs, acted = {}, {}
    # The clock stands still: the seconds left of a quiz and the signatures of file addresses move with it.
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False):
        for operation, allowed, names in calls:
            method, _, rule = operation.partition(" ")
            if method == "GET" or role not in allowed.who:
                path, body = path_of(rule, names), {"json": filled(allowed.json, names)} if allowed.json else {}
                theirs[operation] = answered(people[role].call(method, path, **body))
                acted[operation] = answered(people["admin"].call(method, f"{path}?as_user_id={people[role].id}", **body))
    assert acted.pop("GET /users/<ref:user>/tokens") == (403, None)  # of nobody's, while acting as somebody
    del theirs["GET /users/<ref:user>/tokens"]
    assert len(theirs) > 120
    assert {operation for operation, answer in acted.items() if answer != theirs[operation]} == set()


def answered(response: TestResponse) -> tuple[int, Any]:
    """The status, and what is read."""
    return response.status_code, response.get_json() if response.status_code == 200 else None
