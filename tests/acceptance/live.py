"""The LMS as its users meet it: a running server, and people with canvasapi."""

import copy
import os
import socket
import subprocess
import sys
import time
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import psutil
import requests
from canvasapi import Canvas
from canvasapi.account import Account
from canvasapi.assignment import Assignment
from canvasapi.canvas_object import CanvasObject
from canvasapi.course import Course
from canvasapi.enrollment import Enrollment
from canvasapi.requester import Requester

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
ESSAY = {"name": "Essay", "points_possible": 10, "submission_types": ["online_text_entry", "online_url"], "published": True}
"""An assignment of 10 points that takes a text or an address."""
Thing = TypeVar("Thing", bound=CanvasObject)
SECONDS = 30
"""What starting and stopping may take."""


def unique(word: str) -> str:
    """`word` with something behind it that no other test has."""
    return f"{word} {uuid.uuid4().hex[:12]}"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def command(environ: Mapping[str, str], *arguments: str) -> str:
    """What `flask --app wsgi ...` prints on standard output; it must succeed."""
    done = subprocess.run(
        [BIN / "flask", "--app", "wsgi", *arguments], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"flask {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@dataclass
class Server:
    """One gunicorn, its output in a file."""

    environ: Mapping[str, str] = field(repr=False)
    log: Path

    def start(self, url: str) -> None:
        """Start it and wait until it answers."""
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [BIN / "gunicorn", "wsgi:app"], cwd=ROOT, env=self.environ, stdout=output, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + SECONDS
        while not self._healthy(url):
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.tail()}"
            assert time.monotonic() < deadline, f"the server does not answer:\n{self.tail()}"
            time.sleep(0.05)

    def _healthy(self, url: str) -> bool:
        try:
            return requests.get(f"{url}/health", timeout=2).status_code == 200
        except requests.ConnectionError:
            return False

    def kill(self) -> None:
        """End it and its workers as a power cut does."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            child.kill()
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask it to end; it must do so cleanly and soon."""
        self.process.terminate()
        try:
            code = self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not end within {SECONDS} s:\n{self.tail()}") from None
        assert code == 0, f"the server ended with {code}:\n{self.tail()}"

    def tail(self, lines: int = 60) -> str:
        """The end of what it wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@dataclass
class Person:
    """Somebody; their token is made when they first act."""

    lms: "Lms" = field(repr=False)
    id: int
    name: str
    login: str

    @cached_property
    def token(self) -> str:
        """A token of theirs."""
        return self.lms.token_for(self.id)

    @cached_property
    def canvas(self) -> Canvas:
        """Their canvasapi client."""
        return self.lms.as_(self.token)

    @cached_property
    def _requester(self) -> Requester:
        return Requester(self.lms.url, self.token)

    def through(self, thing: Thing) -> Thing:
        """The same course, account or other object of canvasapi, but every further call is made by this person."""
        seen = copy.copy(thing)
        seen._requester = self._requester
        return seen


@dataclass
class Lms:
    """The running LMS, as its admin sees it."""

    url: str
    admin_token: str = field(repr=False)
    server: Server | None = field(repr=False)
    """The process, if it is ours."""
    admin: Canvas = field(init=False, repr=False)
    account: Account = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.admin = self.as_(self.admin_token)
        self.account = self.admin.get_account(1)

    def as_(self, token: str) -> Canvas:
        """A canvasapi client with that token."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it would rather have https
            return Canvas(self.url, token)

    def call(self, method: str, path: str, token: str | None = None, **kwargs: Any) -> requests.Response:
        """One request below /api/v1 by hand, for what canvasapi has no method for; as the admin unless told otherwise."""
        headers = {"Authorization": f"Bearer {token or self.admin_token}", **kwargs.pop("headers", {})}
        return requests.request(method, f"{self.url}/api/v1/{path}", headers=headers, timeout=SECONDS, **kwargs)

    def token_for(self, user_id: int) -> str:
        """A fresh token of that user."""
        answer = self.call("POST", f"users/{user_id}/tokens", json={"token": {"purpose": "acceptance"}})
        assert answer.status_code in (200, 201), answer.text
        token: str = answer.json()["visible_token"]
        return token

    def person(self, name: str | None = None, **pseudonym: Any) -> Person:
        """A new user."""
        name = name or unique("Given")
        login = f"{uuid.uuid4().hex}@example.com"
        user = self.account.create_user({"unique_id": login, **pseudonym}, user={"name": name})
        return Person(self, user.id, name, user.login_id)

    def course(self, *, offer: bool = True, **fields: Any) -> Course:
        """A new course, published unless told otherwise."""
        return self.account.create_course(course={"name": unique("Course"), **fields}, offer=offer)


@dataclass
class Classroom:
    """A course as its teacher sees it, its two people and one assignment."""

    course: Course
    teacher: Person
    student: Person
    essay: Assignment


@contextmanager
def served(database_url: str, folder: Path) -> Iterator[Lms]:
    """The LMS migrated, an admin made by the command line, served by gunicorn; its files and its log in `folder`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = {
        **os.environ,
        "LMS_ENV": "development",
        "DATABASE_URL": database_url,
        "STORAGE_URL": f"file:{folder / 'files'}",
        "SECRET_KEY": "acceptance " * 4,
        "BASE_URL": url,
        "ALLOWED_HOSTS": "",
        "LISTEN": "127.0.0.1",
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
        "LOG_LEVEL": "INFO",
    }
    command(environ, "db", "upgrade")
    printed = command(environ, "create-admin", "admin@example.com")
    token = printed.removesuffix("\n")
    assert token and token.split() == [token], f"create-admin must print the token alone, not {printed!r}"
    server = Server(environ, folder / "server.log")
    try:
        server.start(url)
        yield Lms(url, token, server)
    finally:
        server.stop()


def enroll(course: Course, person: Person, kind: str = "Student", **fields: Any) -> Enrollment:
    """Make somebody an active student of the course, or what `kind` says."""
    return course.enroll_user(person.id, enrollment={"type": f"{kind}Enrollment", "enrollment_state": "active", **fields})
