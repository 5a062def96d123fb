"""Whether database, schema and storage are there, and what the log is told where they are not."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app import create_app
from app.extensions import db
from app.services.readiness import MIGRATIONS, known_revisions, problems, schema_head
from app.storage.local import LocalStorage

Sql = Callable[[str], None]


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    """One that works."""
    return LocalStorage(str(tmp_path / "files"))


@pytest.fixture
def schema(app: Flask, fetch: Callable[[Any], list[Any]]) -> Iterator[Sql]:
    """Changes what the database says of its schema; undone afterwards."""
    [(version,)] = fetch("SELECT version_num FROM alembic_version")

    def change(statement: str) -> None:
        with db.engine.begin() as connection:
            connection.execute(text(statement))

    yield change
    db.session.rollback()
    change("DROP TABLE IF EXISTS alembic_version")
    change("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY)")
    change(f"INSERT INTO alembic_version VALUES ('{version}')")  # noqa: S608


def test_the_head_and_the_revisions_are_those_of_the_files() -> None:
    assert schema_head() in known_revisions()
    assert known_revisions() == {path.stem for path in (MIGRATIONS / "versions").glob("*.py")}


def test_nothing_is_wrong_where_all_are_there(app: Flask, storage: LocalStorage) -> None:
    assert problems(storage) == {"database": None, "schema": None, "storage": None}


def test_a_schema_that_is_behind_says_what_to_run(schema: Sql, storage: LocalStorage) -> None:
    schema("UPDATE alembic_version SET version_num = '0001_users'")
    found = problems(storage)
    assert found["schema"] == f"is at 0001_users, this code needs {schema_head()}: run `flask --app wsgi db upgrade`"
    assert (found["database"], found["storage"]) == (None, None)


def test_a_schema_that_a_newer_release_made_is_fine(schema: Sql, storage: LocalStorage) -> None:
    schema("UPDATE alembic_version SET version_num = '9999_from_tomorrow'")
    assert problems(storage)["schema"] is None


@pytest.mark.parametrize("statement", ["DELETE FROM alembic_version", "DROP TABLE alembic_version"])
def test_a_database_without_a_schema_says_what_to_run(schema: Sql, storage: LocalStorage, statement: str) -> None:
    schema(statement)
    found = problems(storage)
    assert found["database"] is None
    assert "flask --app wsgi db upgrade" in str(found["schema"])
    assert problems(storage) == found  # the session has recovered from the failed statement


def test_storage_that_cannot_be_written_is_told_alone(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = problems(LocalStorage(str(tmp_path / "file")))
    assert (found["database"], found["schema"]) == (None, None)
    assert str(found["storage"]).startswith("cannot write to ")


@pytest.mark.parametrize("url", ["postgresql://lms:hunter2@127.0.0.1:1/lms", "sqlite:////nonexistent/folder/lms.sqlite"])
def test_a_database_that_is_away_is_told_in_one_line_without_its_password(environ: dict[str, str], storage: LocalStorage, url: str) -> None:
    with create_app({**environ, "DATABASE_URL": url}).app_context():
        found = problems(storage)
    assert str(found["database"]).startswith("cannot be reached: ")
    assert "\n" not in str(found["database"])
    assert "hunter2" not in str(found)
    assert (found["schema"], found["storage"]) == ("unknown", None)
