"""JSON as Canvas clients read it."""

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.http.json import STRING_IDS, OrjsonProvider, with_string_ids
from tests.app.http.conftest import UNHURRIED
from tests.conftest import Api
from tests.factories import CourseFactory

provider = OrjsonProvider(Flask("json"))
INDIA = dt.timezone(dt.timedelta(hours=5, minutes=30))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text('a"\\é\n', max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC), "2026-03-01T09:00:00Z"),
        (dt.datetime(2026, 3, 1, 9, 0, 0, 999_999, tzinfo=dt.UTC), "2026-03-01T09:00:00Z"),
        (dt.datetime(2026, 3, 1, 9), "2026-03-01T09:00:00Z"),  # noqa: DTZ001 - SQLite may give such
        (dt.datetime(1, 1, 1, tzinfo=dt.UTC), "0001-01-01T00:00:00Z"),
    ],
)
def test_dates_are_utc_without_a_fraction(instant: dt.datetime, text: str) -> None:
    assert provider.dumps({"at": instant}) == f'{{"at":"{text}"}}'


@UNHURRIED
@given(PLAIN)
def test_what_is_written_reads_back(value: Any) -> None:
    assert provider.loads(provider.dumps(value)) == value


def test_numbers_may_be_keys() -> None:
    assert provider.dumps({1: "a"}) == '{"1":"a"}'


def test_string_ids_are_those_of_id_keys_only() -> None:
    tree = {
        "id": 1,
        "user_id": 2,
        "sis_user_id": "S1",
        "observed_id": None,
        "group_ids": [3, 4],
        "position": 5,
        "valid": 6,
        "hidden_id": True,
        "score_id": 7.5,
        "nested": [{"id": 8, "items": [9]}],
    }
    assert with_string_ids(tree) == {
        **tree,
        "id": "1",
        "user_id": "2",
        "group_ids": ["3", "4"],
        "nested": [{"id": "8", "items": [9]}],
    }
    assert tree["id"] == 1


def test_ids_are_numbers_unless_a_client_asks(admin: Api) -> None:
    course = CourseFactory()
    for accept in ("*/*", "application/json"):
        found = admin.ok("GET", f"/courses/{course.id}", headers={"Accept": accept})
        assert (found["id"], found["account_id"]) == (course.id, 1)


@pytest.mark.parametrize("accept", [STRING_IDS, f"{STRING_IDS}, application/json;q=0.9"])
def test_ids_are_strings_for_a_client_that_asks(admin: Api, accept: str) -> None:
    course = CourseFactory()
    one = admin.get(f"/courses/{course.id}", headers={"Accept": accept})
    assert (one.get_json()["id"], one.get_json()["account_id"]) == (str(course.id), "1")
    assert one.mimetype == "application/json"
    many = admin.ok("GET", "/accounts/self/courses", headers={"Accept": accept})
    assert [row["id"] for row in many] == [str(course.id)]


def test_dates_in_an_answer_have_no_fraction(admin: Api) -> None:
    course = CourseFactory(start_at=dt.datetime(2026, 3, 1, 9, 30, 15, 123_456, tzinfo=INDIA))
    assert admin.ok("GET", f"/courses/{course.id}")["start_at"] == "2026-03-01T04:00:15Z"
