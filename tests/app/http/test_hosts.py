"""Which hosts the server answers to."""

import contextvars
from functools import partial

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import Api


def ask(app: Flask, path: str, host: str, **headers: str) -> TestResponse:
    """A request under a Host header."""
    call = partial(app.test_client().get, path, base_url="http://lms.test", headers={"Host": host, **headers})
    return contextvars.Context().run(call)


@pytest.mark.parametrize("host", ["lms.test", "LMS.test", "lms.test:80", "alias.test", "ALIAS.test"])
def test_the_hosts_in_the_settings_are_answered(app: Flask, admin: Api, host: str) -> None:
    assert ask(app, "/api/v1/users/self", host, Authorization=f"Bearer {admin.token}").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.test", "lms.test:8443", "lms.test.evil.test", "evil.test:80", "lms.test@evil.test", "127.0.0.1", ""]
)
@pytest.mark.parametrize("path", ["/api/v1/users/self", "/api/openapi.json", "/docs", "/", "/nowhere"])
def test_an_unknown_host_is_400_in_json(app: Flask, path: str, host: str) -> None:
    answer = ask(app, path, host)
    assert (answer.status_code, answer.mimetype) == (400, "application/json")
    assert answer.get_json()["errors"][0]["message"]


def test_what_a_proxy_says_of_the_host_changes_nothing(app: Flask) -> None:
    assert ask(app, "/", "evil.test", **{"X-Forwarded-Host": "lms.test"}).status_code == 400
    assert "evil.test" not in ask(app, "/", "lms.test", **{"X-Forwarded-Host": "evil.test"}).text


@pytest.mark.parametrize("path", ["/health", "/ready", "/version"])
@pytest.mark.parametrize("host", ["10.0.0.7:8000", "evil.test"])
def test_load_balancers_may_use_any_name(app: Flask, path: str, host: str) -> None:
    assert ask(app, path, host).status_code == 200


@pytest.mark.parametrize(("host", "base"), [("lms.test", "http://lms.test"), ("alias.test", "http://alias.test")])
def test_links_begin_with_the_host_that_the_client_used(app: Flask, host: str, base: str) -> None:
    assert ask(app, "/api/openapi.json", host).get_json()["servers"] == [{"url": base}]


def test_a_client_that_came_by_https_gets_the_scheme_of_base_url(app: Flask) -> None:
    answer = ask(app, "/api/openapi.json", "alias.test", **{"X-Forwarded-Proto": "https"})
    assert answer.get_json()["servers"] == [{"url": "http://alias.test"}]
