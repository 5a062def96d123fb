"""What happens around every request: its id, its headers, its one line in the log."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from flask import Flask

from app.models.courses import Course
from tests.conftest import BASE_URL, Api

LogLines = Callable[[], list[dict[str, Any]]]
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


@pytest.mark.parametrize("given", ["abcd-1234.EF_gh", "x" * 64])
def test_a_request_id_is_echoed(student: Api, given: str) -> None:
    assert student.get("/users/self", headers={"X-Request-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with space", 'quote"quote', "semi;colon", "{braces}12", "é" * 10])
def test_a_request_id_is_made_where_none_or_a_strange_one_is_given(student: Api, given: str) -> None:
    made = student.get("/users/self", headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{16}", made)


def test_each_request_has_another_id(student: Api) -> None:
    assert len({student.get("/users/self").headers["X-Request-Id"] for _ in range(5)}) == 5


@pytest.mark.parametrize("path", ["/users/self", "/nowhere", "/accounts/self/users"])
def test_every_answer_has_the_security_headers(student: Api, path: str) -> None:
    answer = student.get(path)
    assert {name: answer.headers.get(name) for name in SECURITY} == SECURITY
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_route_may_have_its_own_policy(app: Flask) -> None:
    answer = app.test_client().get("/docs", base_url=BASE_URL)
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_a_request_is_one_json_line(teacher: Api, course: Course, log_lines: LogLines) -> None:
    answer = teacher.get(f"/courses/{course.id}")
    (line,) = log_lines()
    assert (line["event"], line["level"], line["method"], line["status"]) == ("request", "info", "GET", 200)
    assert (line["request_id"], line["user"]) == (answer.headers["X-Request-Id"], teacher.id)
    assert line["route"] == "/api/v1/courses/<ref:course>"
    assert line["ms"] >= 0 and line["timestamp"].endswith("Z")


def test_a_refused_request_is_one_line_too(nobody: Api, log_lines: LogLines) -> None:
    nobody.get("/courses")
    nobody.get("/nowhere")
    nobody.call("PATCH", "/courses")
    lines = log_lines()
    assert [(line["status"], line["user"]) for line in lines] == [(401, None), (404, None), (405, None)]
    assert lines[1]["route"] == "none"


def test_the_log_never_holds_a_token_a_query_or_a_body(teacher: Api, nobody: Api, course: Course, log_lines: LogLines) -> None:
    url = f"/courses/{course.id}"
    nobody.get(f"{url}?access_token={teacher.token}&search_term=private-query")
    teacher.put(f"{url}?note=private-query", json={"course": {"name": "private-body"}})
    teacher.put(url, data={"course[name]": "private-body", "course[default_view]": "private-body"})
    teacher.put(url, data="{private-body", content_type="application/json")
    nobody.get("/nowhere/private-path", headers={"Authorization": "Bearer private-token"})
    written = str(log_lines())
    assert "private" not in written and teacher.token not in written and len(log_lines()) == 5


def test_a_new_token_s_secret_is_not_in_the_log(student: Api, log_lines: LogLines) -> None:
    made = student.ok("POST", "/users/self/tokens", data={"token[purpose]": "phone"})
    assert made["visible_token"] not in str(log_lines())


def test_nothing_of_one_request_is_in_the_line_of_the_next(app: Flask, student: Api, log_lines: LogLines) -> None:
    student.get("/users/self", headers={"X-Request-Id": "first-request"})
    assert structlog.contextvars.get_contextvars() == {}
    student.get("/users/self")
    first, second = log_lines()
    assert (first["request_id"], second["request_id"] != "first-request") == ("first-request", True)


def test_head_has_the_headers_of_get_and_no_body(admin: Api) -> None:
    got, asked = admin.get("/accounts/self/users"), admin.call("HEAD", "/accounts/self/users")
    assert (asked.status_code, asked.data, asked.headers["Link"]) == (200, b"", got.headers["Link"])


@pytest.mark.parametrize("path", ["/users/self/", "/accounts/1/users/"])
def test_a_slash_at_the_end_makes_no_difference(admin: Api, path: str) -> None:
    assert admin.ok("GET", path) == admin.ok("GET", path.rstrip("/"))
