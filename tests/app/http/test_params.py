"""Parameters as clients write them, and what is said of bad ones."""

import datetime as dt
from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from app.errors import Invalid
from app.http.params import MOST_ID, Flag, Html, Id, Instant, Number, Params, Position, Short, Text, Title, WebUrl, _invalid
from app.models.courses import Course
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory


class Answer(Params):
    """An item of a list of hashes."""

    text: Text = ""
    weight: Number | None = None


class Everything(Params):
    """One parameter of each kind."""

    name: Title | None = None
    short: Short | None = None
    text: Text | None = None
    html: Html | None = None
    url: WebUrl | None = None
    at: Instant | None = None
    flag: Flag = False
    maybe: Flag | None = None
    whole: Position | None = None
    number: Annotated[Number, Field(ge=0)] | None = None
    id: Id | None = None
    tags: list[Text] = []
    states: list[Text] | None = None
    answers: list[Answer] = []


def taken(**tree: Any) -> dict[str, Any]:
    """What the model takes from the tree, of the parameters that were sent."""
    return Everything.model_validate(tree).given()


def refused(**tree: Any) -> Invalid:
    """What is said of a tree that must be refused."""
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate(tree)
    return _invalid(caught.value)


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize("name", ["name", "short", "text", "html", "url", "at", "maybe", "whole", "number", "id", "states"])
@pytest.mark.parametrize("value", ["", None])
def test_blank_and_null_clear_what_may_be_null(name: str, value: object) -> None:
    assert taken(**{name: value}) == {name: None}


def test_what_is_absent_is_not_given_and_unknown_parameters_are_ignored() -> None:
    assert taken(text="x", unknown="y", submission={"deep": ["z"]}) == {"text": "x"}


@pytest.mark.parametrize("value", [True, 1, "true", "1", "on", "True", "yes"])
def test_true_has_these_spellings(value: object) -> None:
    assert taken(flag=value, maybe=value) == {"flag": True, "maybe": True}


@pytest.mark.parametrize("value", [False, 0, "false", "0", "off", "False", "no"])
def test_false_has_these_spellings(value: object) -> None:
    assert taken(flag=value, maybe=value) == {"flag": False, "maybe": False}


@pytest.mark.parametrize("value", [None, ""])
def test_a_blank_flag_that_takes_no_null_is_false(value: object) -> None:
    assert taken(flag=value) == {"flag": False}


@pytest.mark.parametrize("value", ["maybe", 2, [], {}])
def test_anything_else_is_no_flag(value: object) -> None:
    assert set(refused(flag=value).fields) == {"flag"}


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01T09:00:00Z", utc(2026, 3, 1, 9)),
        ("2026-03-01T09:00:00", utc(2026, 3, 1, 9)),
        ("2026-03-01 09:00:00", utc(2026, 3, 1, 9)),
        ("2026-03-01T09:00", utc(2026, 3, 1, 9)),
        ("2026-03-01T09Z", utc(2026, 3, 1, 9)),
        ("2026-03-01", utc(2026, 3, 1)),
        ("20260301T090000Z", utc(2026, 3, 1, 9)),
        ("2026-W09-7", utc(2026, 3, 1)),
        (" 2026-03-01T09:00:00Z ", utc(2026, 3, 1, 9)),
        ("2026-03-01T09:00:00.5Z", utc(2026, 3, 1, 9, 0, 0, 500_000)),
        ("2026-03-01T09:00:00.123456789Z", utc(2026, 3, 1, 9, 0, 0, 123_456)),
        ("2026-03-01T09:00:00,5Z", utc(2026, 3, 1, 9, 0, 0, 500_000)),
        ("2026-03-01T09:00:00+00:00", utc(2026, 3, 1, 9)),
        ("2026-03-01T09:00:00+05:30", utc(2026, 3, 1, 3, 30)),
        ("2026-03-01T09:00:00+0530", utc(2026, 3, 1, 3, 30)),
        ("2026-03-01T09:00:00-05", utc(2026, 3, 1, 14)),
        ("2026-03-01T09:00:00 05:30", utc(2026, 3, 1, 3, 30)),  # a form turned the + into a space
        ("2026-02-28T23:59:59-00:01", utc(2026, 3, 1, 0, 0, 59)),
        ("2026-03-01t09:00:00z", utc(2026, 3, 1, 9)),
    ],
)
def test_a_date_may_have_any_iso_form_and_is_utc_without_a_zone(text: str, instant: dt.datetime) -> None:
    found = taken(at=text)["at"]
    assert (found, found.tzinfo) == (instant, dt.UTC)


@pytest.mark.parametrize(
    "value",
    [
        "tomorrow",
        "2026-13-01",
        "2026-02-29",
        "2026-03-01T25:00:00Z",
        "2026-03-01T09:00:00+25:00",
        "01/03/2026",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-01:00",
        "2026-03-01T09:00:00Zulu",
        "T",
        "\u0662026-03-01",
        1_772_355_600,
        True,
        [],
        {},
    ],
)
def test_a_bad_date_is_refused(value: object) -> None:
    assert "ISO 8601" in refused(at=value).message


@pytest.mark.parametrize(("name", "most"), [("id", MOST_ID), ("whole", 1_000_000)])
def test_numbers_fit_their_columns(name: str, most: int) -> None:
    assert taken(**{name: str(most)}) == {name: most}
    for value in (most + 1, str(most + 1), "9" * 30, "9" * 5000, 1e30, -(2**64), "x", "1.5", [1], {"a": 1}):
        assert set(refused(**{name: value}).fields) == {name}


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999", "1e10", -1, "x", float("nan"), float("inf")])
def test_a_number_is_finite_and_within_its_bounds(value: object) -> None:
    assert set(refused(number=value).fields) == {"number"}


@pytest.mark.parametrize(("value", "number"), [("8.5", 8.5), (8, 8.0), ("1e3", 1000.0), (" 7 ", 7.0)])
def test_a_number_may_be_text(value: object, number: float) -> None:
    assert taken(number=value) == {"number": number}


@pytest.mark.parametrize(("value", "text"), [(85, "85"), (8.5, "8.5"), ("x", "x")])
def test_text_may_be_a_number(value: object, text: str) -> None:
    assert taken(text=value, name=value, short=value, html=value) == dict.fromkeys(("text", "name", "short", "html"), text)


@pytest.mark.parametrize("value", [True, ["x"], {"a": "x"}])
def test_text_is_neither_a_flag_nor_a_list_nor_a_hash(value: object) -> None:
    assert set(refused(text=value, name=value).fields) == {"text", "name"}


def test_a_title_is_stripped_and_neither_blank_nor_too_long() -> None:
    assert taken(name="  x ") == {"name": "x"}
    assert refused(name="   ").fields == {"name": ["can't be blank"]}
    assert taken(name="x" * 255, short="x" * 255)
    assert set(refused(name="x" * 256, short="x" * 256).fields) == {"name", "short"}


@pytest.mark.parametrize(
    "value",
    [["a", "b"], {"0": "a", "1": "b"}, {"5": "a", "7": "b"}, ["a", "", "b"]],
)
def test_a_list_may_be_a_hash_with_indexes(value: object) -> None:
    assert taken(tags=value, states=value) == {"tags": ["a", "b"], "states": ["a", "b"]}


@pytest.mark.parametrize(("value", "found"), [("a", ["a"]), (5, ["5"]), ([""], []), ([], []), ({}, [])])
def test_a_single_value_becomes_a_list_and_a_blank_item_none(value: object, found: list[str]) -> None:
    assert taken(tags=value, states=value) == {"tags": found, "states": found}


@pytest.mark.parametrize("items", [[{"text": "a"}, {"text": "b", "weight": ""}], {"0": {"text": "a"}, "1": {"text": "b", "weight": ""}}])
def test_a_list_of_hashes_may_be_a_hash_with_indexes(items: object) -> None:
    found = Everything.model_validate({"answers": items}).answers
    assert [item.given() for item in found] == [{"text": "a"}, {"text": "b", "weight": None}]


@pytest.mark.parametrize("value", [{"a": "x"}, {"0": "x", "a": "y"}])
def test_a_hash_with_names_is_no_list(value: object) -> None:
    assert set(refused(tags=value).fields) == {"tags"}


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<p>Hi <b>you</b></p>", "<p>Hi <b>you</b></p>"),
        ("<script>alert(1)</script>x", "x"),
        ('<img src="a.png" onerror="alert(1)">', '<img src="a.png">'),
        ('<a href="javascript:alert(1)">x</a>', '<a rel="noopener noreferrer">x</a>'),
        ("<iframe src='//evil.test'></iframe>x", "x"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("<b>open", "<b>open</b>"),
    ],
)
def test_html_is_sanitised(html: str, clean: str) -> None:
    assert taken(html=html) == {"html": clean}


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        ("HTTP://Example.com", "HTTP://Example.com"),
        (" example.com/a ", "http://example.com/a"),
        ("example.com:8080", "http://example.com:8080"),
    ],
)
def test_a_web_url_is_http_or_https_and_a_bare_host_gets_http(text: str, url: str) -> None:
    assert taken(url=text) == {"url": url}


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)//http://example.com",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "mailto:a@example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "http://",
        "https:///",
        "http://exa mple.com",
        "https://example.com/" + "x" * 2048,
        5,
        ["https://example.com"],
    ],
)
def test_any_other_url_is_refused(value: object) -> None:
    assert set(refused(url=value).fields) == {"url"}


def test_a_web_url_fits_its_column_with_the_http_it_is_given() -> None:
    assert set(refused(url="example.com/" + "x" * 2035).fields) == {"url"}


def test_every_wrong_parameter_is_named_in_the_answer(teacher: Api, course: Course) -> None:
    answer = teacher.post(f"/courses/{course.id}/assignments", json={"assignment": {"due_at": "soon", "points_possible": "many"}})
    assert answer.status_code == 400
    errors = answer.get_json()["errors"]
    assert set(errors) == {"due_at", "points_possible"}
    said = "must be an ISO 8601 date and time, such as 2026-03-01T09:00:00Z"
    assert errors["due_at"] == [{"attribute": "due_at", "type": "invalid", "message": said}]


def test_a_form_and_json_say_the_same(teacher: Api, course: Course) -> None:
    url = f"/courses/{course.id}/assignments"
    form = {"assignment[name]": "A", "assignment[due_at]": "2026-03-01T09:00:00+01:00", "assignment[submission_types][]": "online_url"}
    tree = {"assignment": {"name": "A", "due_at": "2026-03-01T09:00:00+01:00", "submission_types": "online_url", "published": None}}
    for made in (teacher.ok("POST", url, data=form), teacher.ok("POST", url, json=tree)):
        assert (made["due_at"], made["submission_types"]) == ("2026-03-01T08:00:00Z", ["online_url"])


def test_a_blank_date_clears_it_and_leaves_the_rest(teacher: Api, course: Course) -> None:
    due = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course), due_at=due, lock_at=due)
    changed = teacher.ok("PUT", f"/courses/{course.id}/assignments/{work.id}", data={"assignment[due_at]": ""})
    assert (changed["due_at"], changed["lock_at"], changed["name"]) == (None, "2026-03-01T00:00:00Z", work.name)


def test_a_scalar_where_a_hash_is_wanted_is_refused(teacher: Api, course: Course) -> None:
    assert teacher.post(f"/courses/{course.id}/assignments", data={"assignment": "x"}).status_code == 400
