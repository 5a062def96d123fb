"""Which other sites' pages may call the API from a browser."""

import contextvars
from functools import partial

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import BASE_URL, Api

FRONT = "https://front.test"
EXPOSED = {"Link", "X-Rate-Limit-Remaining", "X-Request-Cost", "X-Request-Id"}


def listed(response: TestResponse, name: str) -> set[str]:
    return {part.strip() for part in response.headers.get(name, "").split(",") if part.strip()}


def preflight(app: Flask, origin: str, path: str = "/api/v1/users/self") -> TestResponse:
    """What a browser asks before a call with a token."""
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}
    return contextvars.Context().run(partial(app.test_client().options, path, base_url=BASE_URL, headers=asked))


def allowed(response: TestResponse) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith("Access-Control-")}


def test_an_allowed_page_may_read_the_answer_and_its_headers(student: Api) -> None:
    answer = student.get("/users/self", headers={"Origin": FRONT})
    assert answer.headers["Access-Control-Allow-Origin"] == FRONT
    assert listed(answer, "Access-Control-Expose-Headers") == EXPOSED
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_an_allowed_page_may_read_refusals_too(nobody: Api, student: Api) -> None:
    for answer in (nobody.get("/users/self", headers={"Origin": FRONT}), student.get("/nowhere", headers={"Origin": FRONT})):
        assert answer.status_code in (401, 404) and answer.headers["Access-Control-Allow-Origin"] == FRONT


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "http://front.test", "https://front.test.evil.test", "https://front.test:8443", "null"]
)
def test_another_page_may_not(student: Api, app: Flask, origin: str) -> None:
    assert allowed(student.get("/users/self", headers={"Origin": origin})) == {}
    assert allowed(preflight(app, origin)) == {}


def test_without_an_origin_nothing_is_said_but_that_it_matters(student: Api) -> None:
    answer = student.get("/users/self")
    assert allowed(answer) == {} and "Origin" in listed(answer, "Vary")


def test_a_preflight_needs_no_token_and_tells_methods_and_headers(app: Flask) -> None:
    answer = preflight(app, FRONT)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == FRONT
    assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= listed(answer, "Access-Control-Allow-Methods")
    assert {"Authorization", "Content-Type"} <= listed(answer, "Access-Control-Allow-Headers")
    assert int(answer.headers["Access-Control-Max-Age"]) > 0


def test_a_preflight_gives_nothing_away_and_runs_nothing(app: Flask) -> None:
    assert preflight(app, FRONT).data == b""


def test_only_the_api_is_for_other_pages(app: Flask) -> None:
    call = partial(app.test_client().get, "/version", base_url=BASE_URL, headers={"Origin": FRONT})
    assert allowed(contextvars.Context().run(call)) == {}
