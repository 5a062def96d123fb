"""Commands: admins and tokens, made-up data, and one line for what goes wrong."""

import contextvars
import hashlib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from app import create_app
from app.extensions import Base, db
from app.models.users import User
from app.services.seed import STUDENT, TEACHER
from tests.app.api.uploading import download
from tests.conftest import BASE_URL, Api
from tests.factories import UserFactory

ROOT = Path(__file__).parents[2]
Fetch = Callable[[Any], list[Any]]
PLANTED = {
    "users": 47,
    "courses": 3,
    "course_sections": 3,
    "enrollments": 64,
    "assignment_groups": 9,
    "assignments": 33,
    "submissions": 437,
    "grade_changes": 384,
    "submission_comments": 63,
    "pages": 3,
    "modules": 3,
    "module_items": 18,
    "quizzes": 3,
    "quiz_questions": 6,
    "files": 3,
    "discussion_topics": 9,
    "discussion_entries": 6,
    "calendar_events": 3,
}
DIGEST = "a2db255f74c9cabb"
SCORES = """
    SELECT u.name AS student, c.course_code, a.name, s.workflow_state, s.score, s.grade, s.url IS NULL
    FROM submissions s JOIN users u ON u.id = s.user_id JOIN assignments a ON a.id = s.assignment_id JOIN courses c ON c.id = a.course_id
"""


def run(app: Flask, *args: str) -> Result:
    """Run a command as from a shell: outside the test's own context, on a session of its own."""
    return contextvars.Context().run(app.test_cli_runner().invoke, args=list(args))


@pytest.fixture
def empty_url(database_url: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    with psycopg.connect(database_url, autocommit=True) as server:
        server.execute("CREATE DATABASE without_tables")
        yield database_url.replace("/postgres?", "/without_tables?")
        server.execute("DROP DATABASE without_tables WITH (FORCE)")


@pytest.fixture
def bare_app(environ: dict[str, str], empty_url: str) -> Iterator[Flask]:
    """The app on a database without tables, at an address of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = create_app({**environ, "DATABASE_URL": empty_url, "BASE_URL": f"http://127.0.0.1:{port}"})
    yield app
    with app.app_context():
        db.engine.dispose()


def signed_in(app: Flask, token: str, path: str = "/users/self") -> Any:
    """The JSON that a token opens."""
    return Api(app.test_client(), None, token).ok("GET", path)


def test_create_admin_makes_an_admin_and_prints_the_token_alone(app: Flask) -> None:
    done = run(app, "create-admin", "ada@example.com")
    assert (done.exit_code, done.stderr) == (0, "")
    token = done.stdout.removesuffix("\n")
    assert token.split() == [token]
    assert signed_in(app, token)["login_id"] == "ada@example.com"
    assert [user["name"] for user in signed_in(app, token, "/accounts/1/users")] == ["ada"]


@pytest.mark.parametrize("email", ["ada@example.com", "Ada@Example.com"])
def test_create_admin_finds_who_is_there_and_keeps_older_tokens(app: Flask, fetch: Fetch, email: str) -> None:
    UserFactory(login_id="ada@example.com", name="Ada King")
    tokens = [run(app, "create-admin", email).stdout.strip() for _ in range(2)]
    assert fetch("SELECT name, admin FROM users") == [("Ada King", True)]
    assert [signed_in(app, token)["name"] for token in tokens] == ["Ada King"] * 2
    assert tokens[0] != tokens[1]


def test_create_admin_finds_a_name_of_any_alphabet(app: Flask, fetch: Fetch) -> None:
    for _ in range(2):
        assert run(app, "create-admin", "ÉLODIE@example.com").exit_code == 0
    assert len(fetch("SELECT id FROM users")) == 1


def test_create_admin_does_not_bring_back_the_deleted(app: Flask, fetch: Fetch) -> None:
    UserFactory(login_id="ada@example.com", workflow_state="deleted")
    assert run(app, "create-admin", "ada@example.com").exit_code == 0
    assert fetch("SELECT workflow_state, admin FROM users ORDER BY id") == [("deleted", False), ("registered", True)]


@pytest.mark.parametrize("email", ["ada", "", "@", "ada@", "@example.com"])
def test_create_admin_refuses_what_is_no_address(app: Flask, fetch: Fetch, email: str) -> None:
    done = run(app, "create-admin", email)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.endswith(f"Error: {email!r} is not an e-mail address.\n")
    assert fetch("SELECT id FROM users") == []


def test_create_token_prints_a_token_of_that_user_alone(app: Flask, fetch: Fetch) -> None:
    UserFactory(login_id="ada@example.com")
    done = run(app, "create-token", "ADA@example.com", "--purpose", "nightly job")
    assert (done.exit_code, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    assert signed_in(app, done.stdout.strip())["login_id"] == "ada@example.com"
    assert fetch("SELECT purpose FROM access_tokens") == [("nightly job",)]


def test_create_token_for_nobody_is_one_line(app: Flask) -> None:
    UserFactory(login_id="gone@example.com", workflow_state="deleted")
    done = run(app, "create-token", "gone@example.com")
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", "Error: there is no user 'gone@example.com'\n")


def digest(rows: list[Any]) -> str:
    """One word for many rows, whatever their order."""
    lines = sorted(" ".join(str(int(value) if isinstance(value, bool) else value) for value in row) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def test_seed_plants_the_same_bootcamp_on_every_database(app: Flask, fetch: Fetch) -> None:
    assert run(app, "seed").stdout == "Planted a bootcamp: 3 courses, 40 students.\n"
    assert {table: fetch(select(func.count()).select_from(Base.metadata.tables[table]))[0][0] for table in PLANTED} == PLANTED
    roles = dict(map(tuple, fetch("SELECT type, count(DISTINCT user_id) FROM enrollments GROUP BY type")))
    assert roles == {"StudentEnrollment": 40, "TeacherEnrollment": 3, "TaEnrollment": 3}
    assert fetch("SELECT login_id FROM users WHERE admin") == [("admin@example.com",)]
    assert digest(fetch(SCORES)) == DIGEST


def test_seed_furnishes_each_course(app: Flask, fetch: Fetch, sign_in: Callable[[User], Api]) -> None:
    run(app, "seed")
    teacher, student = (sign_in(db.session.query(User).filter_by(login_id=login).one()) for login in (TEACHER, STUDENT))
    course = f"/courses/{teacher.ok('GET', '/courses')[0]['id']}"
    (module,) = teacher.ok("GET", f"{course}/modules?include[]=items")
    assert [item["type"] for item in module["items"]] == ["Page", "Assignment", "File", "Quiz", "Discussion", "ExternalUrl"]
    for item in module["items"][:-1]:
        assert student.get(item["url"].partition("/api/v1")[2]).status_code == 200, item["type"]
    assert download(student, student.ok("GET", f"{course}/files")[0]["url"]).data.startswith(b"Week 1")
    assert len(teacher.ok("GET", f"/announcements?context_codes[]={course[1:].replace('courses/', 'course_')}")) == 1
    assert [topic["assignment_id"] is not None for topic in teacher.ok("GET", f"{course}/discussion_topics?order_by=title")] == [
        False,
        True,
    ]
    assert fetch("SELECT count(*) FROM calendar_events") == [(3,)]


def test_seed_twice_changes_nothing(app: Flask, fetch: Fetch) -> None:
    run(app, "seed")
    before = fetch("SELECT id, name, updated_at FROM users ORDER BY id"), digest(fetch(SCORES))
    done = run(app, "seed")
    assert (done.exit_code, done.stdout) == (0, "There are users already: nothing was changed.\n")
    assert (fetch("SELECT id, name, updated_at FROM users ORDER BY id"), digest(fetch(SCORES))) == before


def test_seed_leaves_other_peoples_data_alone(app: Flask, fetch: Fetch) -> None:
    UserFactory()
    run(app, "seed")
    assert fetch("SELECT count(*) FROM courses") == [(0,)]


@pytest.mark.parametrize("command", ["seed", "demo"])
def test_made_up_data_is_refused_in_production(command: str) -> None:
    app = create_app(
        {
            "LMS_ENV": "production",
            "DATABASE_URL": "postgresql://lms:hunter2@127.0.0.1:1/lms",
            "STORAGE_URL": "s3://bucket",
            "SECRET_KEY": "s" * 32,
            "BASE_URL": BASE_URL,
        }
    )
    done = run(app, command)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "Error: this makes up people and grades: it is refused in production\n"


def test_demo_makes_tables_plants_and_prints_tokens_that_work(bare_app: Flask) -> None:
    address = bare_app.config["LMS"].base_url
    done = run(bare_app, "demo")
    assert (done.exit_code, done.exception) == (0, None)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["LMS", address] in lines and ["docs", f"{address}/docs"] in lines
    tokens = {line[0]: line[1] for line in lines if line and line[0] in ("admin", "teacher", "student")}
    for role, login, path in (
        ("admin", "admin@example.com", "accounts/1/users"),
        ("teacher", "jiwoo.kim@example.com", "courses"),
        ("student", "student01@example.com", "users/self"),
    ):
        assert f"curl -H 'Authorization: Bearer {tokens[role]}' {address}/api/v1/{path}" in done.stdout
        http = bare_app.test_client()
        for wanted in (path, "users/self"):
            answer = http.get(f"/api/v1/{wanted}", headers={"Authorization": f"Bearer {tokens[role]}"}, base_url=address)
            assert answer.status_code == 200 and answer.get_json()
        assert answer.get_json()["login_id"] == login


def test_demo_again_prints_fresh_tokens(bare_app: Flask) -> None:
    first, second = run(bare_app, "demo"), run(bare_app, "demo")
    assert second.exit_code == 0
    assert "There are users already: nothing was changed." in second.stdout
    assert {line for line in first.stdout.splitlines() if "curl" in line}.isdisjoint(second.stdout.splitlines())


@pytest.mark.parametrize("command", [("create-admin", "ada@example.com"), ("create-token", "ada@example.com"), ("seed",)])
def test_a_database_without_tables_is_one_line(bare_app: Flask, command: tuple[str, ...]) -> None:
    done = run(bare_app, *command)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: the database refused: ")
    assert done.stderr.endswith("(is it there, and has `flask --app wsgi db upgrade` been run?)\n")
    assert done.stderr.count("\n") == 1


def test_a_database_that_is_not_there_is_one_line_without_its_password(environ: dict[str, str]) -> None:
    app = create_app({**environ, "DATABASE_URL": "postgresql://lms:hunter2@127.0.0.1:1/lms"})
    done = run(app, "create-admin", "ada@example.com")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "hunter2" not in done.stderr


def test_the_token_is_alone_on_a_real_standard_output_too(migrated_app: Flask, app: Flask, environ: dict[str, str]) -> None:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "create-admin", "ada@example.com"]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1
    assert signed_in(app, done.stdout.strip())["login_id"] == "ada@example.com"
