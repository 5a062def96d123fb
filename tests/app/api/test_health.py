"""What load balancers, pipelines and people ask before anything else."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Engine, event, text
from werkzeug.test import TestResponse

from app import create_app
from app.extensions import db
from app.services.readiness import MIGRATIONS, schema_head
from tests.conftest import BASE_URL

ALL_OK = {"database": "ok", "schema": "ok", "storage": "ok"}


@pytest.fixture
def fresh(migrated_app: Flask, environ: dict[str, str], tmp_path: Path) -> Iterator[Flask]:
    """A process that has just begun, on a database that has its schema; nobody has asked it anything."""
    app = create_app({**environ, "STORAGE_URL": f"file:{tmp_path / 'files'}"})
    yield app
    engine(app).dispose()


def engine(app: Flask) -> Engine:
    """The app's way to its database."""
    with app.app_context():
        return db.engine


@contextmanager
def database_away(app: Flask) -> Iterator[None]:
    """Nobody gets a connection, and those that were open are gone."""

    def refuse(*_: object) -> NoReturn:
        kind = sqlite3.OperationalError if engine(app).dialect.name == "sqlite" else psycopg.OperationalError
        raise kind("the server is away")

    engine(app).dispose()
    event.listen(engine(app), "do_connect", refuse)
    try:
        yield
    finally:
        event.remove(engine(app), "do_connect", refuse)


@contextmanager
def schema_at(app: Flask, version: str) -> Iterator[None]:
    """The database says that it is at that revision."""
    with engine(app).begin() as connection:
        before = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    try:
        yield
    finally:
        with engine(app).begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": before})


@contextmanager
def storage_away(tmp_path: Path) -> Iterator[None]:
    """A file lies where the folder belongs."""
    folder = tmp_path / "files"
    if folder.exists():
        folder.rmdir()
    folder.touch()
    try:
        yield
    finally:
        folder.unlink()


def ask(app: Flask, path: str, base_url: str = BASE_URL) -> TestResponse:
    """GET, signed in as nobody."""
    return app.test_client().get(path, base_url=base_url, buffered=True)


def answer(app: Flask, path: str) -> tuple[int, Any]:
    """The status and the checks."""
    response = ask(app, path)
    return response.status_code, response.get_json()["checks"]


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_a_process_without_database_is_not_ready(fresh: Flask, path: str) -> None:
    with database_away(fresh):
        assert answer(fresh, path) == (503, {**ALL_OK, "database": "failing", "schema": "failing"})
    assert answer(fresh, path) == (200, ALL_OK)


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_a_process_whose_schema_is_behind_is_not_ready(fresh: Flask, path: str) -> None:
    with schema_at(fresh, "0001_users"):
        assert answer(fresh, path) == (503, {**ALL_OK, "schema": "failing"})
    assert answer(fresh, path) == (200, ALL_OK)


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_a_process_whose_schema_is_ahead_is_ready(fresh: Flask, path: str) -> None:
    with schema_at(fresh, "9999_from_tomorrow"):
        assert answer(fresh, path) == (200, ALL_OK)


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_a_process_without_storage_is_not_ready(fresh: Flask, tmp_path: Path, path: str) -> None:
    with storage_away(tmp_path):
        assert answer(fresh, path) == (503, {**ALL_OK, "storage": "failing"})
    assert answer(fresh, path) == (200, ALL_OK)


def test_health_stays_well_once_it_was_and_ready_does_not(fresh: Flask, tmp_path: Path) -> None:
    assert ask(fresh, "/health").status_code == 200
    with database_away(fresh), storage_away(tmp_path):
        assert ask(fresh, "/health").status_code == 200
        assert answer(fresh, "/ready") == (503, dict.fromkeys(ALL_OK, "failing"))
        assert ask(fresh, "/health").status_code == 200
    assert answer(fresh, "/ready") == (200, ALL_OK)


def test_the_public_answer_tells_no_details(fresh: Flask, tmp_path: Path) -> None:
    with database_away(fresh), storage_away(tmp_path):
        response = ask(fresh, "/ready")
    assert response.get_json() == {"status": "unavailable", "checks": dict.fromkeys(ALL_OK, "failing")}


def test_version_tells_commit_version_and_head(fresh: Flask) -> None:
    head = (MIGRATIONS / ".current-head").read_text().strip()
    assert ask(fresh, "/version").get_json() == {"commit": "abc1234", "version": "1.2.3", "schema_head": head}
    assert schema_head() == head


@pytest.mark.parametrize(("path", "status"), [("/health", 200), ("/ready", 200), ("/version", 200), ("/", 400), ("/docs", 400)])
def test_only_probes_may_come_under_any_host_name(fresh: Flask, path: str, status: int) -> None:
    assert ask(fresh, path, base_url="http://10.0.0.7:8000").status_code == status


class Links(HTMLParser):
    """Every address that a page loads or links to, and whether it brings style or script of its own."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what it names."""
        names = dict(attrs)
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]
        if tag in ("style", "script") and "src" not in names:
            self.inline.add(tag)


@pytest.mark.parametrize(("path", "least"), [("/", 4), ("/docs", 4)])
def test_pages_name_only_this_server_and_all_of_it_is_there(fresh: Flask, path: str, least: int) -> None:
    page = ask(fresh, path)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    links = Links(page.text).found
    assert len(links) >= least
    for link in links:
        assert re.match(r"/(?!/)", link)
        part = ask(fresh, link)
        assert part.status_code == 200 and part.data
        if part.mimetype == "text/css":
            assert re.findall(r"@import|url\((?!\s*[\"']?data:)", part.text) == []


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_the_policy_of_a_page_lets_its_own_parts_in_and_nothing_else(fresh: Flask, path: str) -> None:
    page = ask(fresh, path)
    rules = dict(rule.strip().split(" ", 1) for rule in page.headers["Content-Security-Policy"].split(";"))
    fallback = rules["default-src"]
    for kind in Links(page.text).inline:
        assert re.search("'unsafe-inline'|'sha256-|'nonce-", rules.get(f"{kind}-src", fallback)), f"{kind} is refused"
    assert fallback in ("'none'", "'self'")
    assert "http" not in page.headers["Content-Security-Policy"]


def test_the_documentation_has_no_path_out_of_its_folder(fresh: Flask) -> None:
    for path in ("/docs/../__init__.py", "/docs/%2e%2e/__init__.py", "/docs/nothing.js"):
        assert ask(fresh, path).status_code == 404


def test_the_page_and_the_description_name_this_server(fresh: Flask) -> None:
    assert f"{BASE_URL}/api/v1/users/self" in ask(fresh, "/").text
    assert ask(fresh, "/api/openapi.json").get_json()["servers"] == [{"url": BASE_URL}]
