"""The four encodings of parameters are equal; what no endpoint could use is refused."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse, encode_multipart

from app.http.brackets import DEEPEST
from app.http.request import MOST_PAIRS, LmsRequest, params
from app.models.courses import Course
from tests.app.http.conftest import METHODS, UNHURRIED
from tests.conftest import Api

PAIRS = [("q[a][][t]", "1"), ("q[a][][w]", "é+ &"), ("q[a][][t]", "2"), ("q[n]", "x"), ("l[]", "1"), ("l[]", ""), ("page", "3")]
TREE = {"q": {"a": [{"t": "1", "w": "é+ &"}, {"t": "2"}], "n": "x"}, "l": ["1", ""], "page": "3"}
Send = Callable[..., TestResponse]


def multipart(pairs: list[tuple[str, str]]) -> bytes:
    """As clients write it: one part a pair, in order."""
    parts = (f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in pairs)
    return ("".join(parts) + "--edge--\r\n").encode()


@pytest.fixture(params=METHODS)
def send(request: pytest.FixtureRequest, echo: Flask) -> Send:
    """Sends a request of each method to an endpoint that answers with the tree it read."""
    return partial(echo.test_client().open, "/", method=request.param)


def test_the_query_is_read(send: Send) -> None:
    assert send(query_string=urlencode(PAIRS)).get_json() == TREE


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=UTF-8"])
def test_an_urlencoded_body_is_read(send: Send, kind: str) -> None:
    assert send(data=urlencode(PAIRS), content_type=kind).get_json() == TREE


def test_a_multipart_body_is_read_in_its_order(send: Send) -> None:
    assert send(data=multipart(PAIRS), content_type="multipart/form-data; boundary=edge").get_json() == TREE


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/merge-patch+json"])
def test_a_json_body_is_read(send: Send, kind: str) -> None:
    assert send(data=json.dumps(TREE), content_type=kind).get_json() == TREE


@pytest.mark.parametrize("body", [b"", b"  \r\n"])
def test_a_json_header_with_an_empty_body_is_no_error(send: Send, body: bytes) -> None:
    assert send(data=body, content_type="application/json", query_string="a=1").get_json() == {"a": "1"}


@UNHURRIED
@given(st.lists(st.tuples(st.sampled_from(["a[][x]", "a[][y]", "b[]", "c"]), st.text(st.characters(codec="utf-8"), max_size=5))))
def test_query_and_form_spell_the_same(pairs: list[tuple[str, str]]) -> None:
    clean = [(key, value.replace("\0", "")) for key, value in pairs]
    app = Flask("pairs")
    app.request_class = LmsRequest
    with app.test_request_context(query_string=urlencode(clean)):
        asked = params()
    with app.test_request_context(method="POST", data=urlencode(clean), content_type="application/x-www-form-urlencoded"):
        assert params() == asked


def test_files_are_no_parameters(send: Send) -> None:
    boundary, body = encode_multipart({"name": "x"}, boundary="edge")
    file = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nbytes\r\n'
    assert send(data=file + body, content_type=f"multipart/form-data; boundary={boundary}").get_json() == {"name": "x"}


def test_where_query_and_body_give_a_key_the_body_counts(send: Send) -> None:
    answer = send(query_string="a=query&b=query", json={"a": "body"})
    assert answer.get_json() == {"a": "body", "b": "query"}


def test_a_body_of_another_kind_is_no_parameters(send: Send) -> None:
    assert send(data="a=1", content_type="text/plain").get_json() == {}


def test_raw_utf8_in_a_query_is_read_as_utf8(send: Send) -> None:
    raw = "name=Zoë".encode().decode("latin-1")  # as a WSGI server hands over bytes that a client did not escape
    assert send(environ_overrides={"QUERY_STRING": raw}).get_json() == {"name": "Zoë"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "not valid JSON"),
        (b'{"a":NaN}', "not valid JSON"),
        (b"\xff", "not valid JSON"),
        (b"[1]", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'{"a":"x\\u0000"}', "NUL"),
        (b'{"a":["x\\u0000"]}', "NUL"),
        (b'{"a\\u0000":1}', "NUL"),
        (b'{"a":' + b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1) + b"}", "nest too deep"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "not valid JSON"),
    ],
)
def test_json_that_no_endpoint_could_use_is_refused(send: Send, body: bytes, message: str) -> None:
    answer = send(data=body, content_type="application/json")
    assert (answer.status_code, message in answer.text) == (400, True), answer.text


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("a", "x\0")], "NUL"),
        ([("a\0", "x")], "NUL"),
        ([("a", "1"), ("a[b]", "1")], "as two kinds of thing"),
        ([("a" + "[b]" * DEEPEST, "1")], "nests too deep"),
    ],
)
@pytest.mark.parametrize("place", ["query", "form", "multipart"])
def test_pairs_that_no_endpoint_could_use_are_refused(send: Send, place: str, pairs: list[tuple[str, str]], message: str) -> None:
    spelled: dict[str, dict[str, Any]] = {
        "query": {"query_string": urlencode(pairs)},
        "form": {"data": urlencode(pairs), "content_type": "application/x-www-form-urlencoded"},
        "multipart": {"data": multipart(pairs), "content_type": "multipart/form-data; boundary=edge"},
    }
    answer = send(**spelled[place])
    assert (answer.status_code, message in answer.text) == (400, True), answer.text


@pytest.mark.parametrize("place", ["query_string", "data"])
def test_too_many_parameters_are_refused(send: Send, place: str) -> None:
    answer = send(**{place: "a=&" * (MOST_PAIRS + 1)}, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.text) == (400, "There are too many parameters.")


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=other"])
def test_a_multipart_body_without_its_boundary_is_no_server_error(send: Send, kind: str) -> None:
    assert send(data=multipart(PAIRS), content_type=kind).status_code in (200, 400)


ENCODINGS: list[dict[str, Any]] = [
    {"query_string": {"course[name]": "New"}},
    {"data": {"course[name]": "New"}},
    {"data": {"course[name]": "New"}, "content_type": "multipart/form-data"},
    {"json": {"course": {"name": "New"}}},
]


@pytest.mark.parametrize("sent", ENCODINGS)
def test_post_and_put_take_each_encoding(admin: Api, course: Course, sent: dict[str, Any]) -> None:
    assert admin.ok("POST", "/accounts/self/courses", **sent)["name"] == "New"
    assert admin.ok("PUT", f"/courses/{course.id}", **sent)["name"] == "New"


@pytest.mark.parametrize("how", ["query_string", "data", "json"])
def test_get_and_delete_take_each_encoding(admin: Api, course: Course, how: str) -> None:
    assert admin.ok("GET", "/accounts/self/courses", **{how: {"search_term": "nothing like it"}}) == []
    assert admin.ok("DELETE", f"/courses/{course.id}", **{how: {"event": "conclude"}}) == {"conclude": True}


def test_get_and_delete_may_carry_a_json_header_without_a_body(admin: Api, course: Course) -> None:
    assert admin.get(f"/courses/{course.id}", content_type="application/json").status_code == 200
    assert admin.delete(f"/courses/{course.id}?event=delete", content_type="application/json").status_code == 200


def test_a_multipart_body_may_have_as_many_fields_as_an_urlencoded_one(admin: Api) -> None:
    many = {f"answers[{at}]": "x" for at in range(1500)}
    assert admin.post("/accounts/self/courses", data=many).status_code == 200
    assert admin.post("/accounts/self/courses", data=many, content_type="multipart/form-data").status_code == 200
