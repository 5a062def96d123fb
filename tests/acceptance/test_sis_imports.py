"""SIS imports by canvasapi and as other clients send them; and a server that is killed in the middle of one."""

import io
import time
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
from canvasapi.exceptions import BadRequest, Forbidden
from canvasapi.sis_import import SisImport
from sqlalchemy import create_engine, text

from app.config import load
from tests.acceptance.live import Lms, Person

URL = "accounts/1/sis_imports"
SECONDS = 60
ROWS = 600


def people(mark: str, number: int) -> str:
    """A users.csv with that many rows."""
    rows = "".join(f"{mark}-{n},{mark}-{n}@example.com,Given{n} {mark},active\n" for n in range(number))
    return f"user_id,login_id,full_name,status\n{rows}"


def over(lms: Lms, made: SisImport) -> Any:
    """The import when it is over, and how far it was each time that somebody looked."""
    seen, until = [], time.monotonic() + SECONDS
    while True:
        found = lms.account.get_sis_import(made)
        seen.append(found.progress)
        if found.workflow_state not in ("created", "importing"):
            return found, seen
        assert time.monotonic() < until, found.workflow_state
        time.sleep(0.05)


def test_a_zip_is_imported_and_its_people_find_their_course(lms: Lms, tmp_path: Path) -> None:
    mark = uuid.uuid4().hex[:8]
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("enrollments.csv", f"course_id,section_id,user_id,role,status\n,{mark}S,{mark}-1,student,active\n")
        archive.writestr("users.csv", people(mark, 150))
        archive.writestr("sections.csv", f"section_id,course_id,name,status\n{mark}S,{mark}C,Morning,active\n")
        archive.writestr("courses.csv", f"course_id,short_name,long_name,status\n{mark}C,PY,Python {mark},published\n")
    made = lms.account.create_sis_import(str(path))
    found, seen = over(lms, made)
    assert (found.workflow_state, seen[-1], found.data["counts"]["users"]) == ("imported", 100, 150)
    assert seen == sorted(seen)
    assert made.id in [row.id for row in lms.account.get_sis_imports(workflow_state=["imported"])]
    user = lms.admin.get_user(f"{mark}-1", "sis_user_id")
    (course,) = Person(lms, user.id, user.name, user.login_id).canvas.get_courses()
    assert (course.name, course.sis_course_id) == (f"Python {mark}", f"{mark}C")


def test_a_form_with_the_file_alone_and_a_body_of_csv_are_enough(lms: Lms) -> None:
    mark = uuid.uuid4().hex[:8]
    forms = lms.call("POST", URL, files={"attachment": ("users.csv", io.BytesIO(people(mark, 1).encode()), "text/csv")})
    plain = lms.call("POST", f"{URL}?extension=csv", data=people(mark, 1), headers={"Content-Type": "text/csv"})
    for answer in (forms, plain):
        assert answer.status_code == 200, answer.text
        assert over(lms, answer.json()["id"])[0].workflow_state == "imported"


def test_warnings_are_told_and_what_is_not_supported_is_refused(lms: Lms, student: Person, tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text("user_id,login_id,full_name,status\n,nobody@example.com,Nobody,active\n")
    found, _ = over(lms, lms.account.create_sis_import(str(path), import_type="instructure_csv"))
    assert (found.workflow_state, found.processing_warnings) == ("imported_with_messages", [["users.csv", "No user_id given (row 2)"]])
    with pytest.raises(BadRequest):
        lms.account.create_sis_import(str(path), batch_mode=True)
    with pytest.raises(Forbidden):
        student.through(lms.account).create_sis_import(str(path))
    assert lms.account.abort_sis_imports_pending() is True


def test_an_import_survives_that_its_server_is_killed(lms: Lms, tmp_path: Path) -> None:
    """Its lease is ended by hand: nobody wants to wait half a minute for it."""
    if lms.server is None:
        pytest.skip("only a server of our own is killed")
    mark = uuid.uuid4().hex[:8]
    path = tmp_path / "users.csv"
    path.write_text(people(mark, ROWS))
    made = lms.account.create_sis_import(str(path))
    while (found := lms.account.get_sis_import(made)).progress < 30:
        time.sleep(0.02)
    assert found.workflow_state == "importing"
    lms.server.kill()
    engine = create_engine(load(lms.server.environ).database_url)
    with engine.begin() as connection:
        held = connection.execute(text("SELECT count(*) FROM jobs WHERE kind = 'sis_import' AND workflow_state = 'running'")).scalar_one()
        before = connection.execute(text("SELECT count(*) FROM users WHERE sis_user_id LIKE :mark"), {"mark": f"{mark}-%"}).scalar_one()
        connection.execute(text("UPDATE jobs SET lease_until = '2026-01-01 00:00:00+00' WHERE workflow_state = 'running'"))
    engine.dispose()
    assert held == 1 and 0 < before < ROWS
    lms.server.start(lms.url)
    found, _ = over(lms, made)
    assert (found.workflow_state, found.data["counts"]["users"]) == ("imported", ROWS)
    assert len(list(lms.account.get_users(search_term=mark))) == ROWS
