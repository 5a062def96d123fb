"""SIS imports over HTTP: what may be sent, how much of it, and what is shown."""

import datetime as dt
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
import time_machine

from app.models.types import utc_now
from app.services.sis_uploads import MOST_SENT
from tests.app.jobs.importing import URL, USERS, form, send, sent, zipped
from tests.conftest import Api

ROWS = USERS + "A,a@x.kr,Ada,active\n"
MEGABYTE = 1024 * 1024
RAW = {"Content-Type": "text/csv"}


def test_a_form_with_nothing_but_a_file_is_enough(admin: Api) -> None:
    made = sent(admin, ROWS)
    assert made == admin.ok("GET", f"{URL}/{made['id']}") == admin.ok("GET", URL)["sis_imports"][0]
    empty = {"errors_attachment", "started_at", "ended_at", "batch_mode_term_id", "diffing_data_set_identifier", "change_threshold"}
    assert {key for key, value in made.items() if value is None} == {*empty, "diffed_against_import_id"}
    assert (made["processing_warnings"], made["processing_errors"], made["csv_attachments"]) == ([], [], [])
    assert made["user"]["id"] == admin.id


@pytest.mark.parametrize(
    ("query", "headers", "body"),
    [
        ("?extension=csv", RAW, ROWS.encode()),
        ("?import_type=instructure_csv", RAW, ROWS.encode()),
        ("?extension=zip&override_sis_stickiness=true", {"Content-Type": "application/zip"}, zipped({"a.csv": ROWS})),
        ("?batch_mode=false", {"Content-Type": "application/octet-stream"}, zipped({"a.csv": ROWS})),
    ],
)
def test_the_file_may_be_the_body_itself(admin: Api, query: str, headers: dict[str, str], body: bytes) -> None:
    assert admin.ok("POST", URL + query, headers=headers, data=body)["workflow_state"] == "created"


@pytest.mark.parametrize(
    ("fields", "parameter"),
    [
        ({"import_type": "ims"}, "import_type"),
        ({"extension": "xml"}, "extension"),
        ({"extension": "zip"}, "extension"),
        ({"batch_mode": "true"}, "batch_mode"),
        ({"skip_deletes": "1"}, "skip_deletes"),
        ({"diffing_data_set_identifier": "all"}, "diffing_data_set_identifier"),
    ],
)
def test_what_is_not_supported_is_refused_not_ignored(admin: Api, fields: dict[str, str], parameter: str) -> None:
    answer = send(admin, ROWS, **fields)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (400, [parameter])
    assert admin.ok("GET", URL) == {"sis_imports": []}


@pytest.mark.parametrize(
    "request_", [{}, {"json": {"attachment": "text"}}, {"headers": RAW, "data": b""}, {"data": {"attachment": "text"}}]
)
def test_a_request_without_a_file_is_refused(admin: Api, request_: dict[str, Any]) -> None:
    answer = admin.post(URL, **request_)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (400, ["attachment"])


def test_an_admin_may_send_more_than_a_megabyte_and_nobody_else(admin: Api, teacher: Api) -> None:
    large = ROWS + "#" * 2 * MEGABYTE
    assert send(admin, large).status_code == 200
    assert admin.post(URL, headers=RAW, data=large.encode()).status_code == 200
    assert send(teacher, large).status_code == 413
    assert send(teacher, ROWS).status_code == 403
    assert admin.post("/accounts/1/users", **form({"pseudonym[unique_id]": "a"}, large.encode(), "x")).status_code == 413


def test_nobody_may_send_more_than_the_most(admin: Api) -> None:
    large = b"#" * (MOST_SENT + 1)
    assert send(admin, large).status_code == 413
    assert admin.post(URL, headers=RAW, data=large).status_code == 413
    assert admin.post(URL, headers=RAW, input_stream=io.BytesIO(large), environ_base={"wsgi.input_terminated": True}).status_code == 413


def test_imports_are_listed_by_state_and_time_the_latest_first(admin: Api) -> None:
    with time_machine.travel(utc_now() - dt.timedelta(days=1)):
        first = sent(admin, ROWS)["id"]
    second = sent(admin, ROWS)["id"]
    admin.ok("PUT", f"{URL}/{first}/abort")

    def listed(query: str) -> list[int]:
        return [row["id"] for row in admin.ok("GET", f"{URL}?{query}")["sis_imports"]]

    assert listed("") == [second, first]
    assert listed("per_page=1&page=2") == [first]
    assert listed(f"created_since={(utc_now() - dt.timedelta(hours=1)).isoformat()}".replace("+", "%2B")) == [second]
    assert listed("created_before=2000-01-01") == []
    assert listed("workflow_state[]=aborted&workflow_state[]=imported") == [first]
    assert admin.get(f"{URL}?workflow_state[]=done").status_code == 400
    for path in ("/accounts/2/sis_imports", f"{URL}/0", f"{URL}/0/errors"):
        assert admin.get(path).status_code == 404
    assert admin.put(f"{URL}/0/abort").status_code == 404


def test_a_longer_list_takes_no_more_statements(admin: Api, statements: Callable[[], AbstractContextManager[list[str]]]) -> None:
    taken = []
    for _ in range(2):
        sent(admin, ROWS)
        sent(admin, ROWS)
        with statements() as seen:
            admin.ok("GET", URL)
        taken.append(len(seen))
    assert taken[0] == taken[1] <= 6
