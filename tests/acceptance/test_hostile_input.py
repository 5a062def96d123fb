"""Nonsense of many kinds at every endpoint: refused in JSON, never a crash."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from canvasapi.course import Course

from tests.acceptance.live import Lms, Person, enroll

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HUGE = 10**30
FINE = (200, 201, 204, 400, 401, 403, 404, 405, 409, 413, 415, 422)


def nested(depth: int) -> Any:
    tree: Any = "x"
    for _ in range(depth):
        tree = {"a": tree}
    return tree


STRANGE: dict[str, Any] = {
    "null": None,
    "true": True,
    "zero": 0,
    "negative": -1,
    "fraction": 1.5,
    "2**31": 2**31,
    "2**63": 2**63,
    "huge": HUGE,
    "float": 1e300,
    "blank": "",
    "space": " ",
    "NUL": "a\0b",
    "surrogate": "\ud800",
    "long": "x" * 70_000,
    "emoji": "😀" * 300,
    "control": "\x01\x1b\x7f\u202e",
    "quote": "'; DROP TABLE users; --",
    "percent": "%00%ff%",
    "date": "2026-13-45T99:99:99Z",
    "year 0": "0000-00-00T00:00:00Z",
    "year 1": "0001-01-01T00:00:00+14:00",
    "year 9999": "9999-12-31T23:59:59-14:00",
    "list": [],
    "lists": [[[]]],
    "mixed": [None, {}, "x", -1],
    "hash": {},
    "indexed": {"0": "x", "1": {"y": None}},
    "deep": nested(20),
}
FIELDS = {
    "user": ("name", "short_name", "email", "time_zone", "locale", "avatar"),
    "pseudonym": ("unique_id", "password", "sis_user_id"),
    "course": ("name", "course_code", "sis_course_id", "start_at", "syllabus_body", "default_view", "event", "time_zone", "is_public"),
    "course_section": ("name", "sis_section_id", "start_at", "restrict_enrollments_to_section_dates"),
    "enrollment": ("user_id", "type", "enrollment_state", "course_section_id", "associated_user_id", "start_at"),
    "assignment": (
        "name",
        "description",
        "submission_types",
        "points_possible",
        "due_at",
        "published",
        "assignment_group_id",
        "position",
        "allowed_attempts",
        "allowed_extensions",
        "grading_type",
    ),
    "submission": ("posted_grade", "excuse", "submission_type", "body", "url"),
    "comment": ("text_comment", "attempt"),
    "token": ("purpose", "expires_at", "scopes"),
}
NEEDED = {
    "pseudonym": {"unique_id": "taken@example.com"},
    "enrollment": {"user_id": "1", "type": "StudentEnrollment"},
    "token": {"purpose": "x"},
}
"""What else a field needs beside it to be looked at."""
PLAIN = ("name", "position", "group_weight", "rules", "move_assignments_to", "sis_source_id", "task", "event", "offer", "include")
PAGES = ("page", "per_page")
QUERIES = ("search_term", "include", "sort", "order", "order_by", "bucket", "state", "type", "role", "user_id", "user_ids")
FILTERS = ("assignment_ids", "enrollment_type", "enrollment_state", "sis_user_id", "published", "permissions")
SHARP = ("null", "true", "2**31", "2**63", "huge", "blank", "NUL", "long", "emoji", "year 1", "mixed")
"""The kinds of strange value that are tried in every field alone; the others in all fields at once."""


@dataclass
class Target:
    """A course with everything in it that a path can name, and the paths."""

    course: int
    student: int
    assignment: int
    group: int
    section: int
    enrollment: int

    def lists(self) -> list[str]:
        inside = ("assignments", "assignment_groups", "sections", "enrollments", "users", "search_users", "permissions")
        paths = [f"courses/{self.course}/{name}" for name in inside]
        paths += ["courses", "accounts", "accounts/1/users", "accounts/1/courses", f"users/{self.student}/courses"]
        paths += [f"users/{self.student}/enrollments", f"users/{self.student}/tokens", f"sections/{self.section}/enrollments"]
        return [*paths, f"courses/{self.course}/assignments/{self.assignment}/submissions", f"courses/{self.course}", "users/self"]

    def writes(self) -> list[tuple[str, str]]:
        course = f"courses/{self.course}"
        made = ("assignments", "assignment_groups", "sections", "enrollments", f"assignments/{self.assignment}/submissions")
        changed = (f"assignments/{self.assignment}", f"assignment_groups/{self.group}", f"enrollments/{self.enrollment}/reactivate")
        paths = [("POST", f"{course}/{name}") for name in made] + [("PUT", f"{course}/{name}") for name in changed]
        paths += [("POST", "accounts/1/users"), ("POST", "accounts/1/courses"), ("POST", f"users/{self.student}/tokens")]
        paths += [("PUT", f"users/{self.student}"), ("PUT", f"sections/{self.section}")]
        return [*paths, ("PUT", f"{course}/assignments/{self.assignment}/submissions/{self.student}")]

    def field_goes_to(self, root: str) -> tuple[str, str]:
        """Where the fields below that key are sent."""
        work = f"courses/{self.course}/assignments/{self.assignment}"
        return {
            "user": ("PUT", f"users/{self.student}"),
            "pseudonym": ("POST", "accounts/1/users"),
            "course": ("POST", "accounts/1/courses"),
            "course_section": ("PUT", f"sections/{self.section}"),
            "enrollment": ("POST", f"courses/{self.course}/enrollments"),
            "assignment": ("PUT", work),
            "submission": ("PUT", f"{work}/submissions/{self.student}"),
            "comment": ("PUT", f"{work}/submissions/{self.student}"),
            "token": ("POST", f"users/{self.student}/tokens"),
        }[root]


@pytest.fixture(scope="module")
def target(lms: Lms) -> Target:
    """A course of its own: what the nonsense leaves of it matters to nobody."""
    course, person = lms.course(), lms.person()
    enrollment = enroll(course, person)
    fields = {"name": "Essay", "published": True, "submission_types": ["online_text_entry", "online_url"], "points_possible": 10}
    assignment = course.create_assignment(fields)
    return Target(course.id, person.id, assignment.id, assignment.assignment_group_id, course.get_sections()[0].id, enrollment.id)


@pytest.fixture(scope="module")
def session(lms: Lms) -> Iterator[requests.Session]:
    """The admin's connection, kept open over many requests."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {lms.admin_token}"
        yield session


def crashed(answer: requests.Response) -> list[str]:
    """What was sent and what came back, if that is nothing that a client can understand."""
    if answer.status_code in FINE and (answer.status_code == 204 or isinstance(answer.json(), dict | list)):
        return []
    sent = answer.request
    return [f"{sent.method} {(sent.url or '')[:200]} {str(sent.body)[:200]}: {answer.status_code} {answer.text[:300]}"]


@pytest.mark.parametrize("kind", [kind for kind in STRANGE if kind not in SHARP or kind == "null"])
def test_every_write_survives_strange_values_in_all_fields_at_once(lms: Lms, session: requests.Session, target: Target, kind: str) -> None:
    value = STRANGE[kind]
    body = {root: dict.fromkeys(names, value) for root, names in FIELDS.items()} | dict.fromkeys(PLAIN, value)
    problems = []
    for method, path in target.writes():
        problems += crashed(session.request(method, f"{lms.url}/api/v1/{path}", json=body, timeout=30))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("root", FIELDS)
def test_every_single_field_survives_strange_values(lms: Lms, session: requests.Session, target: Target, root: str) -> None:
    method, path = target.field_goes_to(root)
    problems = crashed(session.request(method, f"{lms.url}/api/v1/{path}", json={root: "text"}, timeout=30))
    for name, kind in itertools.product(FIELDS[root], SHARP):
        body = {root: {**NEEDED.get(root, {}), name: STRANGE[kind]}}
        problems += crashed(session.request(method, f"{lms.url}/api/v1/{path}", json=body, timeout=30))
    assert not problems, "\n".join(problems)


def test_many_things_are_asked_for_by_their_ids_at_once(course: Course, student: Person) -> None:
    """Clients that follow a class ask so; the web servers before Canvas take lines of 8 KiB."""
    ids = [student.id, *range(10_000_001, 10_000_250)]
    assert [user.id for user in course.get_users(user_ids=ids)] == [student.id]


@pytest.mark.parametrize("value", ["", "-1", "1e9", str(HUGE), "%00", "%ff%fe", "%F0%9F%98%80", "_" * 100])
def test_every_list_survives_strange_queries(lms: Lms, session: requests.Session, target: Target, value: str) -> None:
    single = "&".join(f"{name}={value}" for name in (*PAGES, *QUERIES, *FILTERS))
    listed = "&".join(f"{name}[]={value}" for name in (*QUERIES, *FILTERS))
    problems = crashed(session.get(f"{lms.url}/api/v1/users/self?as_user_id={value}", timeout=30))
    for path, query in itertools.product(target.lists(), (single, listed)):
        problems += crashed(session.get(f"{lms.url}/api/v1/{path}?{query}", timeout=30))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("value", ["0", "-1", str(HUGE), "%00", "sis_course_id:%00", "%F0%9F%98%80"])
def test_every_place_in_a_path_survives_strange_references(lms: Lms, session: requests.Session, target: Target, value: str) -> None:
    known = [("GET", path) for path in target.lists()] + target.writes()
    strange = {(method, path.replace(f"/{number}", f"/{value}", 1)) for method, path in known for number in vars(target).values()}
    problems = []
    for method, path in strange:
        problems += crashed(session.request(method, f"{lms.url}/api/v1/{path}", timeout=30))
    assert not problems, "\n".join(problems)


BODIES = [
    (JSON, b'{"course": '),
    (JSON, b"[1, 2]"),
    (JSON, b'"text"'),
    (JSON, b"null"),
    (JSON, b"NaN"),
    (JSON, b'{"course": {"name": "\xff\xfe"}}'),
    (JSON, b'{"course": {"name": "a\\u0000b"}}'),
    (JSON, b"[" * 5000),
    (JSON, b'{"a":' * 500 + b"1" + b"}" * 500),
    (JSON, b'{"course": "text"}'),
    (JSON, b'{"course": []}'),
    (FORM, b"course=text&course[name]=x"),
    (FORM, b"course[name]=x&course[name][y]=z"),
    (FORM, b"course[name][]=x"),
    (FORM, b"course" + b"[a]" * 100 + b"=x"),
    (FORM, b"course[name]=a%00b"),
    (FORM, b"x=1&" * 25_000),
]


@pytest.mark.parametrize(("headers", "body"), BODIES, ids=range(len(BODIES)))
def test_a_body_that_cannot_be_read_is_a_bad_request(lms: Lms, course: Course, headers: dict[str, str], body: bytes) -> None:
    answer = lms.call("PUT", f"courses/{course.id}", headers=headers, data=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"]
    assert lms.admin.get_course(course.id).name == course.name


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_empty_body_that_is_called_json_is_no_error(lms: Lms, student: Person, method: str) -> None:
    answer = lms.call(method, f"users/self?x={student.id}", student.token, headers=JSON)
    assert answer.status_code == (200 if method == "GET" else 405)
