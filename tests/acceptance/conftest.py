"""A live server on each database, and the people of one course."""

import os
from collections.abc import Generator, Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import requests
from canvasapi.assignment import Assignment
from canvasapi.course import Course

from tests.acceptance.live import ESSAY, Classroom, Lms, Person, enroll, served, unique
from tests.conftest import DEPLOYED


def live_database_url(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty database of the same kind as `database_url`, which other tests empty, beside it."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path_factory.mktemp('live') / 'lms.sqlite'}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE live")
    return urlsplit(database_url)._replace(path="/live").geturl()


@pytest.fixture(scope="session")
def lms(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lms]:
    """The LMS as it is deployed, on each database; the one at LMS_URL in their place, if that is set."""
    if DEPLOYED:
        yield Lms(os.environ["LMS_URL"], os.environ["LMS_TOKEN"], None)
        return
    with served(live_database_url(database_url, tmp_path_factory), tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the server wrote beside a test that failed."""
    report = yield
    lms = getattr(item, "funcargs", {}).get("lms")
    if report.failed and isinstance(lms, Lms) and lms.server:
        report.sections.append(("the server's log", lms.server.tail()))
    return report


@pytest.fixture
def course(lms: Lms) -> Course:
    """A published course, as the admin sees it."""
    return lms.course()


@pytest.fixture
def teacher(lms: Lms, course: Course) -> Person:
    """A teacher of `course`."""
    person = lms.person(unique("Teacher"))
    enroll(course, person, "Teacher")
    return person


@pytest.fixture
def student(lms: Lms, course: Course) -> Person:
    """A student of `course`."""
    person = lms.person(unique("Student"))
    enroll(course, person)
    return person


@pytest.fixture
def outsider(lms: Lms) -> Person:
    """A teacher of another course."""
    person = lms.person(unique("Outsider"))
    enroll(lms.course(), person, "Teacher")
    return person


@pytest.fixture
def taught(course: Course, teacher: Person) -> Course:
    """`course`, as its teacher sees it."""
    return teacher.through(course)


@pytest.fixture
def attended(course: Course, student: Person) -> Course:
    """`course`, as its student sees it."""
    return student.through(course)


@pytest.fixture
def essay(taught: Course) -> Assignment:
    """A published assignment of 10 points that takes a text or an address."""
    return taught.create_assignment(ESSAY)


@pytest.fixture(scope="module")
def table(lms: Lms) -> Classroom:
    """A course for tests over a table: none leaves anything behind that the next row would notice."""
    course, teacher, student = lms.course(), lms.person(unique("Teacher")), lms.person(unique("Student"))
    enroll(course, teacher, "Teacher")
    enroll(course, student)
    taught = teacher.through(course)
    return Classroom(taught, teacher, student, taught.create_assignment(ESSAY))


@pytest.fixture
def requests_sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of the HTTP requests that really go out, as they go out."""
    sent: list[str] = []
    send = requests.Session.send

    def noted(self: requests.Session, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        sent.append(request.url or "")
        return send(self, request, **kwargs)

    monkeypatch.setattr(requests.Session, "send", noted)
    return sent
