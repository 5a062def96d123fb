"""Every refusal is JSON, in exactly the shape that clients read."""

import contextvars
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import MOST_BODY_BYTES, create_app
from app.errors import Conflict, Forbidden, Invalid, InvalidGrade, LmsError, NotFound, Unavailable
from app.extensions import db
from app.models.accounts import Account
from app.models.courses import Course
from tests.conftest import Api

NOT_FOUND = {"errors": [{"message": "The specified resource does not exist."}]}
FORBIDDEN = {"status": "unauthorized", "errors": [{"message": "user not authorized to perform that action"}]}
AWAY = {"errors": [{"message": "The database cannot be reached just now; try again."}]}
NEW = "/accounts/self/courses"
LogLines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Makes the creation of a course raise."""

    def failing(error: Exception) -> None:
        def create(*_: object, **__: object) -> NoReturn:
            raise error

        monkeypatch.setattr("app.services.courses.create", create)

    return failing


def test_no_token_is_unauthenticated(nobody: Api) -> None:
    answer = nobody.get("/courses")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="canvas-lms"')
    assert answer.get_json() == {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}


def test_a_token_that_is_not_accepted_is_invalid(nobody: Api) -> None:
    answer = nobody.get("/courses", headers={"Authorization": "Bearer no-such-token"})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="canvas-lms"')
    assert answer.get_json() == {"errors": [{"message": "Invalid access token."}]}


def test_whoever_may_not_is_told_so_without_a_challenge(student: Api) -> None:
    answer = student.get("/accounts/self/users")
    assert (answer.status_code, answer.get_json()) == (403, FORBIDDEN)
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/courses/0",
        "/courses/abc",
        "/courses/1.5",
        "/courses/-1",
        "/courses/" + "9" * 30,
        "/courses/sis_course_id:none",
        "/courses/sis_course_id:a%00b",
        "/",
    ],
)
def test_what_is_not_there_is_404(admin: Api, path: str) -> None:
    answer = admin.get(path)
    assert (answer.status_code, answer.mimetype, answer.get_json()) == (404, "application/json", NOT_FOUND)
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/nowhere", "/api/v2/courses"])
def test_an_unknown_route_is_404_for_anybody(app: Flask, path: str) -> None:
    answer = app.test_client().get(path, base_url="http://lms.test")
    assert (answer.status_code, answer.get_json()) == (404, NOT_FOUND)


def test_a_course_that_was_deleted_is_404(admin: Api, course: Course) -> None:
    admin.ok("DELETE", f"/courses/{course.id}", data={"event": "delete"})
    assert (admin.get(f"/courses/{course.id}").status_code, admin.get(f"/courses/{course.id}").get_json()) == (404, NOT_FOUND)


def test_a_method_that_a_path_does_not_take_is_405(admin: Api, course: Course) -> None:
    answer = admin.call("PATCH", f"/courses/{course.id}")
    assert (answer.status_code, answer.mimetype) == (405, "application/json")
    assert [set(error) for error in answer.get_json()["errors"]] == [{"message"}]
    assert {"GET", "PUT", "DELETE"} <= {method.strip() for method in answer.headers["Allow"].split(",")}


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_body_too_large_is_413(admin: Api, kind: str) -> None:
    answer = admin.post(NEW, data=b"x" * (MOST_BODY_BYTES + 1), content_type=kind)
    assert (answer.status_code, answer.mimetype) == (413, "application/json")
    assert answer.get_json()["errors"][0]["message"]


def test_a_bad_parameter_is_named(admin: Api) -> None:
    answer = admin.post(NEW, data={"course[default_view]": "x" * 300, "course[start_at]": "soon"})
    assert answer.status_code == 400
    errors = answer.get_json()["errors"]
    assert set(errors) == {"default_view", "start_at"}
    for name, found in errors.items():
        assert [set(error) for error in found] == [{"attribute", "type", "message"}]
        assert (found[0]["attribute"], found[0]["type"]) == (name, "invalid")


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (NotFound(), 404, NOT_FOUND),
        (Forbidden("no"), 403, {"status": "unauthorized", "errors": [{"message": "no"}]}),
        (Conflict("attempt exists"), 409, {"errors": [{"message": "attempt exists"}]}),
        (Invalid("bad"), 400, {"errors": [{"message": "bad"}]}),
        (
            Invalid.field("name", "is odd"),
            400,
            {"errors": {"name": [{"attribute": "name", "type": "invalid", "message": "is odd"}]}, "message": "is odd"},
        ),
        (InvalidGrade("no such grade"), 400, {"error": "no such grade"}),
        (Unavailable("later"), 503, {"errors": [{"message": "later"}]}),
    ],
)
def test_a_service_s_refusal_has_its_status_and_shape(
    admin: Api, failing: Callable[[Exception], None], error: LmsError, status: int, body: dict[str, Any]
) -> None:
    failing(error)
    answer = admin.post(NEW)
    assert (answer.status_code, answer.get_json()) == (status, body)
    assert ("WWW-Authenticate" in answer.headers, "Retry-After" in answer.headers) == (False, status == 503)


def test_a_bug_is_a_500_with_a_number_to_report_and_a_traceback_in_the_log(
    admin: Api, failing: Callable[[Exception], None], log_lines: LogLines
) -> None:
    failing(ZeroDivisionError("secret detail"))
    answer = admin.post(NEW, headers={"X-Request-Id": "report-12345"})
    assert answer.status_code == 500
    shape = {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}], "error_report_id": "report-12345"}
    assert answer.get_json() == shape
    bug, done = log_lines()
    assert (bug["event"], bug["level"], bug["request_id"], bug["route"]) == (
        "unhandled",
        "error",
        "report-12345",
        "/api/v1/accounts/<ref:account>/courses",
    )
    assert "ZeroDivisionError" in bug["exception"] and (done["event"], done["status"]) == ("request", 500)


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("SELECT 1", {}, sqlite3.OperationalError("server closed the connection")),
        OperationalError("SELECT 1", {}, sqlite3.OperationalError("")),
        OperationalError("SELECT 1", {}, sqlite3.OperationalError("\n")),
        InterfaceError("SELECT 1", {}, sqlite3.InterfaceError("the connection is closed")),
        PoolTimeout("QueuePool limit reached"),
    ],
)
def test_a_database_that_cannot_be_reached_is_503(admin: Api, failing: Callable[[Exception], None], error: Exception) -> None:
    failing(error)
    answer = admin.post(NEW)
    assert (answer.status_code, answer.get_json()) == (503, AWAY)
    assert int(answer.headers["Retry-After"]) > 0


def test_a_value_out_of_a_column_s_range_is_400(admin: Api, failing: Callable[[Exception], None]) -> None:
    failing(DataError("INSERT", {}, sqlite3.DataError("too long")))
    answer = admin.post(NEW)
    assert (answer.status_code, answer.get_json()) == (400, {"errors": [{"message": "A value is too long or out of range."}]})


def test_what_the_database_finds_taken_is_400_and_nothing_is_kept(
    admin: Api, monkeypatch: pytest.MonkeyPatch, fetch: Callable[[Any], list[Any]]
) -> None:
    def create(*_: object, **__: object) -> None:
        db.session.execute(text("UPDATE accounts SET name = 'half done'"))
        db.session.execute(text("INSERT INTO accounts SELECT * FROM accounts"))

    names = fetch(db.select(Account.name))
    monkeypatch.setattr("app.services.courses.create", create)
    answer = admin.post(NEW)
    said = "It is already taken, or refers to something that does not exist."
    assert (answer.status_code, answer.get_json()) == (400, {"errors": [{"message": said}]})
    assert fetch(db.select(Account.name)) == names


@pytest.fixture
def without_database(environ: dict[str, str]) -> Iterator[Flask]:
    """An app whose database does not answer."""
    app = create_app({**environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"})
    yield app
    with app.app_context():
        db.engine.dispose()


def test_without_a_database_every_call_is_503_and_health_says_so(without_database: Flask) -> None:
    nobody = Api(without_database.test_client(), None, "some token")
    for method, path in (("GET", "/courses"), ("POST", "/accounts/self/courses")):
        answer = nobody.call(method, path)
        assert (answer.status_code, answer.get_json(), answer.headers["Retry-After"]) == (503, AWAY, "2")
    health = contextvars.Context().run(without_database.test_client().get, "/health")
    assert (health.status_code, health.get_json()["checks"]["database"]) == (503, "failing")
    assert contextvars.Context().run(without_database.test_client().get, "/version").status_code == 200


def test_without_a_database_the_log_names_no_password(environ: dict[str, str], without_database: Flask, log_lines: LogLines) -> None:
    Api(without_database.test_client(), None, "some token").get("/courses")
    problem, done = log_lines()
    assert (problem["event"], done["status"]) == ("database", 503)
    assert "some token" not in str(problem) and "postgresql://" not in str(problem)
