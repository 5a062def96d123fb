"""Requests, one after another on a kept connection: what they cost the server, and how long they take when it is not busy."""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection

import orjson

from tests.bench.data import ASSIGNMENTS, STUDENTS, School
from tests.bench.served import Served

CLIENTS = 4
"""At once, while the CPU time is taken."""
LOAD = 0.4
"""The share of the server's CPU that the unsaturated run takes."""


@dataclass(frozen=True)
class Request:
    """One request."""

    method: str
    path: str
    token: str
    body: object = None


@dataclass(frozen=True)
class Cost:
    """What an endpoint took."""

    cpu_ms: float
    """Of the server's, per request."""
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Endpoint:
    """A hot endpoint: its n-th request to the LMS, the floor's to compare with, and the share of the floor's speed that is wanted."""

    name: str
    goal: float
    lms: Callable[[School, int], Request]
    floor: Callable[[list[str], int], Request]


def measured(server: Served, request: Callable[[int], Request], count: int, cpus: float) -> Cost:
    """First by several clients as fast as the server answers, for its CPU time; then one, paced, for the times that a client sees.

    2 x `count` requests.
    """
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(partial(_send_all, server.port, request), (range(first, CLIENTS * 4, CLIENTS) for first in range(CLIENTS))))
        before = server.cpu_seconds()
        shares = (range(CLIENTS * 4 + first, count, CLIENTS) for first in range(CLIENTS))
        list(clients.map(partial(_send_all, server.port, request), shares))
        cpu = (server.cpu_seconds() - before) / (count - CLIENTS * 4)
    pause, took = cpu / cpus / LOAD, []
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    due = time.perf_counter()
    for n in range(count, 2 * count):
        due += pause
        time.sleep(max(due - time.perf_counter(), 0))
        _send(connection, request(n))
        took.append(time.perf_counter() - due)
    connection.close()
    took.sort()
    return Cost(cpu * 1000, took[len(took) // 2] * 1000, took[int(len(took) * 0.99)] * 1000)


def _send_all(port: int, request: Callable[[int], Request], numbers: Iterable[int]) -> None:
    """Those requests, one after another."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    for n in numbers:
        _send(connection, request(n))
    connection.close()


def _send(connection: HTTPConnection, request: Request) -> None:
    headers: Mapping[str, str] = {"Authorization": f"Bearer {request.token}", "Content-Type": "application/json"}
    body = None if request.body is None else orjson.dumps(request.body)
    connection.request(request.method, request.path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status not in (200, 201):
        raise SystemExit(f"bench: {request.method} {request.path} answered {answer.status}: {content[:300]!r}")


def _student(path: str) -> Callable[[School, int], Request]:
    """GET by one student after another; {course} is one of theirs."""

    def request(school: School, n: int) -> Request:
        n %= STUDENTS
        return Request("GET", path.format(course=school.courses_of(n)[0]), school.tokens[school.students[n]])

    return request


def _floor(path: str) -> Callable[[list[str], int], Request]:
    """The same of the floor, whose n-th student is in course (n + 1) % 20 + 1."""
    return lambda tokens, n: Request("GET", path.format(course=(n % len(tokens) + 1) % 20 + 1), tokens[n % len(tokens)])


def _submit(school: School, n: int) -> Request:
    """Work that was not handed in yet."""
    student = n % STUDENTS
    course = school.courses_of(student)[0]
    work = school.assignments[course][ASSIGNMENTS // 2 + n // STUDENTS % (ASSIGNMENTS // 2)]
    body = {"submission": {"submission_type": "online_text_entry", "body": "<p>An essay.</p>" * 20}}
    path = f"/api/v1/courses/{course}/assignments/{work}/submissions"
    return Request("POST", path, school.tokens[school.students[student]], body)


def _submit_to_floor(tokens: list[str], n: int) -> Request:
    course = (n % len(tokens) + 1) % 20 + 1
    work = (course - 1) * ASSIGNMENTS + n // len(tokens) % ASSIGNMENTS + 1
    body = {"submission": {"body": "<p>An essay.</p>" * 20}}
    return Request("POST", f"/courses/{course}/assignments/{work}/submissions", tokens[n % len(tokens)], body)


def _grade(school: School, n: int) -> Request:
    """A new grade each time."""
    student = n % STUDENTS
    course = school.courses_of(student)[0]
    teacher = school.teachers[school.courses.index(course)]
    work = school.assignments[course][n // STUDENTS % (ASSIGNMENTS // 2)]
    path = f"/api/v1/courses/{course}/assignments/{work}/submissions/{school.students[student]}"
    return Request("PUT", path, school.tokens[teacher], {"submission": {"posted_grade": str(n % 79)}})


def _gradebook(school: School, n: int) -> Request:
    place = n % len(school.courses)
    path = f"/api/v1/courses/{school.courses[place]}/students/submissions?student_ids[]=all&per_page=50&page={n % 20 + 1}"
    return Request("GET", path, school.tokens[school.teachers[place]])


C = "/api/v1/courses/{course}"
ENDPOINTS = (
    Endpoint("self", 0.5, _student("/api/v1/users/self"), _floor("/me")),
    Endpoint("my courses", 0.5, _student("/api/v1/courses?per_page=50"), _floor("/courses")),
    Endpoint("10 assignments", 0.5, _student(f"{C}/assignments?per_page=10"), _floor("/courses/{course}/assignments?per_page=10")),
    Endpoint("50 assignments", 0.5, _student(f"{C}/assignments?per_page=50"), _floor("/courses/{course}/assignments?per_page=50")),
    Endpoint("50 users", 0.5, _student(f"{C}/users?per_page=50"), _floor("/courses/{course}/users?per_page=50")),
    # The floor has no gradebook: its list of 50 rows with as many columns stands in.
    Endpoint("50 students/submissions", 0.5, _gradebook, _floor("/courses/{course}/assignments?per_page=50")),
    Endpoint("submit", 0.35, _submit, _submit_to_floor),
    # Nor grades: its other write stands in.
    Endpoint("grade", 0.35, _grade, _submit_to_floor),
)
