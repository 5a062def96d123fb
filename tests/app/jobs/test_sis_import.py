"""Imports from the first row to the last: order, progress, repetition, encodings, kills."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from app.extensions import db
from app.jobs import batch as batches
from app.jobs import sis_import as job_module
from app.models.courses import Course
from app.models.enrollments import Enrollment
from app.models.jobs import Job
from app.models.sections import Section
from app.models.sis_imports import SisImport, SisImportChunk
from app.models.types import utc_now
from app.models.users import User
from app.services import jobs, sis_imports
from tests.app.conftest import Hired
from tests.app.jobs.importing import COURSES, ENROLLMENTS, SECTIONS, URL, USERS, send, sent, zipped
from tests.conftest import Api

Hire = Callable[..., Hired]
Fetch = Callable[[Any], list[Any]]
PEOPLE = USERS + "".join(f"U{n},u{n}@x.kr,Given{n} Family{n},active\n" for n in range(60))
EVERYTHING = {
    "e.csv": ENROLLMENTS + "".join(f"C1,{'S1' if n % 2 else ''},U{n},{'student' if n else 'teacher'},active\n" for n in range(60)),
    "notes/u.csv": "\ufeff" + PEOPLE,
    "s.csv": SECTIONS + "S1,C1,Morning,active\n",
    "c.csv": COURSES + "C1,PY,Python,published\nC2,JS,JavaScript,active\n",
}


def now(admin: Api, sis_import_id: int) -> Any:
    """The import as it is shown."""
    return admin.ok("GET", f"{URL}/{sis_import_id}")


def done(admin: Api, hire: Hire, content: str | bytes, name: str = "import.csv") -> Any:
    """An import, when it is over."""
    made = sent(admin, content, name)
    hire().all()
    return now(admin, made["id"])


def tables(fetch: Fetch) -> list[Any]:
    """Every row that imports write, whole."""
    return [fetch(select(*model.__table__.columns).order_by(model.id)) for model in (User, Course, Section, Enrollment)]


def test_a_zip_goes_in_by_kind_whatever_the_order_of_its_files(admin: Api, hire: Hire, fetch: Fetch) -> None:
    made = sent(admin, zipped(EVERYTHING), "all.zip")
    assert (made["workflow_state"], made["progress"], made["started_at"], made["user"]["id"]) == ("created", 0, None, admin.id)
    hire().all()
    over = now(admin, made["id"])
    assert (over["workflow_state"], over["progress"], over["processing_warnings"]) == ("imported", 100, [])
    counts = {kind: count for kind, count in over["data"]["counts"].items() if count}
    assert counts == {"courses": 2, "sections": 1, "users": 60, "enrollments": 60}
    assert over["started_at"] and over["ended_at"] and over["data"]["import_type"] == "instructure_csv"
    rows = fetch(select(Section.name, Enrollment.type, func.count()).join(Section).group_by(Section.name, Enrollment.type))
    assert set(rows) == {("Morning", "StudentEnrollment", 30), ("Python", "StudentEnrollment", 29), ("Python", "TeacherEnrollment", 1)}
    assert fetch(select(func.count(SisImportChunk.id))) == [(0,)]
    person = admin.ok("GET", "/users/sis_user_id:U7")
    assert (person["name"], person["sortable_name"], person["email"]) == ("Given7 Family7", "Family7, Given7", "u7@x.kr")
    states = {course["sis_course_id"]: course["workflow_state"] for course in admin.ok("GET", "/accounts/1/courses")}
    assert states == {"C1": "available", "C2": "unpublished"}


def test_the_same_again_changes_nothing(admin: Api, hire: Hire, fetch: Fetch) -> None:
    done(admin, hire, zipped(EVERYTHING))
    before = tables(fetch)
    with time_machine.travel(utc_now() + dt.timedelta(hours=1)):
        assert done(admin, hire, zipped(EVERYTHING))["workflow_state"] == "imported"
    assert tables(fetch) == before


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n", "\n\n"])
def test_line_ends_quotes_spaces_and_unknown_columns(admin: Api, hire: Hire, fetch: Fetch, line_end: str) -> None:
    text = ' Login_ID ,STATUS,user_id,full_name,shoe_size\n\n a@x.kr ,Active,A,"Lee, ""Ada""",42\n,,,,\nb@x.kr,active,"B",Kim\n'
    over = done(admin, hire, "\ufeff" + text.replace("\n", line_end))
    assert (over["workflow_state"], over["data"]["counts"]["users"]) == ("imported", 2)
    assert fetch(select(User.login_id, User.name).where(User.sis_user_id.is_not(None)).order_by(User.id)) == [
        ("a@x.kr", 'Lee, "Ada"'),
        ("b@x.kr", "Kim"),
    ]


def test_bad_rows_are_told_and_the_others_go_in(admin: Api, hire: Hire, fetch: Fetch) -> None:
    rows = [
        "A,a@x.kr,Ada,active",
        'B,b@x.kr,"Never closed,active',
        "C,c@x.kr,Cho,active,,",
        "D,d@x.kr,Dai,active,x",
        '"E\nE",e@x.kr,E,active',
    ]
    rows += ["F,f@x.kr", "G\0,g@x.kr,G,active", f"H,h@x.kr,{'h' * 256},active", "I,i@x.kr,I,active"]
    over = done(admin, hire, USERS + "\n".join(rows), "people.csv")
    assert over["workflow_state"] == "imported_with_messages"
    assert fetch(select(User.sis_user_id).where(User.sis_user_id.is_not(None)).order_by(User.id)) == [("A",), ("C",), ("I",)]
    told = [(file, int(message.rpartition(" ")[2].rstrip(")"))) for file, message in over["processing_warnings"]]
    assert told == [("people.csv", row) for row in (3, 5, 6, 7, 8, 9)]
    assert over["data"]["counts"]["warning_count"] == 6
    errors = admin.ok("GET", f"{URL}/{over['id']}/errors?per_page=100")["sis_import_errors"]
    assert [error["row"] for error in errors] == [3, 5, 6, 7, 8, 9]


def test_what_is_not_utf_8_stops_an_import_before_anything_went_in(admin: Api, hire: Hire, fetch: Fetch) -> None:
    before = tables(fetch)
    korean = (USERS + "A,a@x.kr,Ada,active\nB,b@x.kr,김,active\n").encode("cp949")
    over = done(admin, hire, zipped({"c.csv": COURSES + "C1,PY,Python,active\n", "u.csv": korean}))
    assert (over["workflow_state"], over["processing_errors"]) == ("failed_with_messages", [["u.csv", "The file is not in UTF-8 (row 3)"]])
    assert tables(fetch) == before and over["progress"] < 100


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("name,age", "no kind"),
        ("user_id,login_id,full_name", "lacks status"),
        ("user_id,login_id,status", "lacks full_name, or first_name and last_name"),
        ("user_id,login_id,login_id,full_name,status", "login_id twice"),
        ("user_id,role,status", "lacks course_id or section_id"),
        ("account_id,parent_account_id,name,status", "accounts are not imported"),
        ("user_id,account_id,role,status", "admins are not imported"),
        ("group_id,name,status", "groups are not imported"),
        ("", "is empty"),
    ],
)
def test_a_header_that_does_not_do_is_told_and_other_files_go_in(admin: Api, hire: Hire, header: str, message: str) -> None:
    over = done(admin, hire, zipped({"x.csv": f"{header}\n1,2,3,4\n" if header else "", "u.csv": USERS + "A,a@x.kr,Ada,active\n"}))
    assert (over["workflow_state"], over["data"]["counts"]["users"]) == ("imported_with_messages", 1)
    ((file, told),) = over["processing_warnings"]
    assert file == "x.csv" and message in told
    alone = done(admin, hire, f"{header}\n1,2,3,4\n" if header else "\n")
    assert alone["workflow_state"] == "failed_with_messages" and message in alone["processing_warnings"][0][1]


def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every batch is over when it is asked for the tenth time."""
    monkeypatch.setattr(
        batches.Batch, "spent", property(lambda batch: bool(vars(batch).setdefault("asked", []).append(1) or len(batch.asked) > 9))
    )
    monkeypatch.setattr(job_module, "AT_ONCE", 7)


def test_progress_is_seen_while_it_runs_and_only_one_runs_at_a_time(admin: Api, hire: Hire, monkeypatch: pytest.MonkeyPatch) -> None:
    slowly(monkeypatch)
    first, second = (sent(admin, text)["id"] for text in (PEOPLE, USERS + "U1,u1@x.kr,Changed Later,active\n"))
    worker = hire()
    seen = []
    while (state := now(admin, first))["workflow_state"] != "imported":
        seen.append((state["progress"], state["data"]["counts"]["users"]))
        assert now(admin, second)["workflow_state"] == "created"
        worker.turn()
    assert seen == sorted(seen) and len(set(seen)) > 6 and max(seen)[0] < 100
    assert admin.ok("GET", f"{URL}/importing") == {"sis_imports": []}
    with time_machine.travel(utc_now() + jobs.WAIT):
        worker.all()
    assert now(admin, second)["workflow_state"] == "imported"
    assert admin.ok("GET", "/users/sis_user_id:U1")["name"] == "Changed Later"


@pytest.mark.parametrize("turns", [1, 5, 12, 20])
def test_a_killed_import_goes_on_with_another_worker_and_no_row_goes_in_twice(
    admin: Api, hire: Hire, fetch: Fetch, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    slowly(monkeypatch)
    made = sent(admin, zipped(EVERYTHING))
    killed, other = hire(), hire()
    for _ in range(turns):
        killed.turn()
    saying = sis_imports.say

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sis_imports, "say", die)
    with pytest.raises(KeyboardInterrupt):
        killed.all()  # in the middle of a batch, before it commits
    monkeypatch.setattr(sis_imports, "say", saying)
    db.session.rollback()
    assert other.all() == 0 and now(admin, made["id"])["workflow_state"] in ("importing", "created")
    with time_machine.travel(utc_now() + jobs.LEASE + dt.timedelta(seconds=2)):
        other.all()
        killed.all()
    over = now(admin, made["id"])
    counts = {kind: count for kind, count in over["data"]["counts"].items() if count}
    assert (over["workflow_state"], counts) == ("imported", {"courses": 2, "sections": 1, "users": 60, "enrollments": 60})
    assert fetch(select(func.count(User.id)).where(User.sis_user_id.is_not(None))) == [(60,)]
    assert fetch(select(func.count(Enrollment.id))) == [(60,)]


def test_an_import_is_stopped_and_what_went_in_stays(admin: Api, hire: Hire, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    slowly(monkeypatch)
    first, second = sent(admin, PEOPLE)["id"], sent(admin, PEOPLE)["id"]
    worker = hire()
    while not now(admin, first)["data"]["counts"]["users"]:
        worker.turn()
    assert [row["id"] for row in admin.ok("GET", f"{URL}/importing")["sis_imports"]] == [first]
    stopped = admin.ok("PUT", f"{URL}/{first}/abort")
    assert (stopped["workflow_state"], admin.ok("PUT", f"{URL}/{first}/abort")["ended_at"]) == ("aborted", stopped["ended_at"])
    assert admin.ok("PUT", f"{URL}/abort_all_pending") == {"aborted": True}
    with time_machine.travel(utc_now() + jobs.WAIT):
        worker.all()
    assert [now(admin, number)["workflow_state"] for number in (first, second)] == ["aborted", "aborted"]
    ((users,),) = fetch(select(func.count(User.id)).where(User.sis_user_id.is_not(None)))
    assert 0 < users < 60 and users == now(admin, first)["data"]["counts"]["users"]
    assert fetch(select(func.count(SisImportChunk.id))) == [(0,)]
    assert {state for (state,) in fetch(select(Job.workflow_state))} == {"completed"}


def test_an_import_whose_job_is_given_up_has_failed_and_blocks_no_other(
    admin: Api, hire: Hire, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sent(admin, PEOPLE)
    with monkeypatch.context() as broken, time_machine.travel(utc_now()) as clock:
        broken.setattr(sis_imports, "chunk", lambda *_: 1 / 0)
        for _ in range(jobs.MOST_ATTEMPTS):
            hire().turn()
            clock.shift(dt.timedelta(minutes=6))
    over = now(admin, made["id"])
    assert (over["workflow_state"], over["processing_errors"]) == (
        "failed_with_messages",
        [["", "Something went wrong inside; it was tried several times."]],
    )
    assert [row["id"] for row in admin.ok("GET", f"{URL}?workflow_state[]=failed_with_messages")["sis_imports"]] == [made["id"]]
    assert done(admin, hire, PEOPLE)["workflow_state"] == "imported"
    assert fetch(select(func.count(SisImportChunk.id))) == [(0,)]


def test_messages_without_end_are_counted_and_some_are_kept(admin: Api, hire: Hire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sis_imports, "MOST_MESSAGES", 60)
    over = done(admin, hire, USERS + ",,,\n.,,,\n" * 80)
    assert (over["workflow_state"], over["data"]["counts"]["warning_count"]) == ("imported_with_messages", 80)
    assert len(over["processing_warnings"]) == sis_imports.SHOWN_MESSAGES
    assert len(admin.ok("GET", f"{URL}/{over['id']}/errors?per_page=100")["sis_import_errors"]) == 60


def test_a_longer_table_takes_no_more_statements_a_piece(admin: Api, hire: Hire, statements: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same files with three times the rows, and room for all of them in one piece."""
    monkeypatch.setattr(job_module, "AT_ONCE", 1000)
    monkeypatch.setattr(batches, "BATCH_SECONDS", 60.0)
    taken = []
    for rows in (10, 30):
        users = USERS + "".join(f"{rows}-{n},{rows}-{n}@x.kr,A,active\n" for n in range(rows))
        enrolled = ENROLLMENTS + "".join(f"{rows},,{rows}-{n},student,active\n" for n in range(rows))
        sent(admin, zipped({"u.csv": users, "c.csv": COURSES + f"{rows},C,C,published\n", "e.csv": enrolled}))
        with statements() as seen:
            hire().all()
        # SQLite is given its new rows one by one; PostgreSQL together.
        taken.append(sum(not (statement.startswith("INSERT") and db.engine.dialect.name == "sqlite") for statement in seen))
    assert taken[0] == taken[1] < 60, taken


def test_a_refused_upload_leaves_nothing(admin: Api, fetch: Fetch) -> None:
    assert send(admin, zipped({"a.csv": USERS, "b.csv": zipped({"c.csv": USERS})})).status_code == 400
    assert [fetch(select(func.count(model.id))) for model in (SisImport, SisImportChunk, Job)] == [[(0,)]] * 3
