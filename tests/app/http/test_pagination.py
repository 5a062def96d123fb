"""Pages and their Link header, by each rule that a client relies on."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask, g
from hypothesis import given
from hypothesis import strategies as st

from app.config import load
from app.http.pagination import asked, cut
from app.models.courses import Course
from tests.app.http.conftest import UNHURRIED
from tests.conftest import BASE_URL, Api
from tests.factories import SectionFactory, UserFactory

PART = re.compile(r'<([^<>]+)>; rel="(\w+)"')
QUERIES = st.lists(
    st.tuples(st.sampled_from(["include[]", "search_term", "as_user_id", "access_token"]), st.text("a,<>; &é\"'+%", max_size=6))
)
bare = Flask("pages")
bare.config["LMS"] = load({"BASE_URL": BASE_URL, "ALLOWED_HOSTS": "alias.test,alias.test:8443"})


def links(header: str) -> dict[str, str]:
    """The URL of each rel, split at commas as the least careful client does."""
    parts = [PART.fullmatch(part) for part in header.split(",")]
    return {found[2]: found[1] for found in parts if found}


def paged(total: int, query: str, path: str = "/api/v1/courses", base_url: str = BASE_URL) -> tuple[list[int], dict[str, str]]:
    """A page of the numbers below `total`, and the links around it."""
    with bare.test_request_context(path, base_url=base_url, query_string=query):
        number, size = asked()
        start = (number - 1) * size
        items = list(cut(range(total)[start : start + size + 1], number, size))
        return items, links(g.link)


@UNHURRIED
@given(total=st.integers(0, 60), number=st.integers(1, 9), size=st.integers(1, 20))
def test_following_next_from_the_first_page_visits_everything_once(total: int, number: int, size: int) -> None:
    seen: list[int] = []
    query = f"per_page={size}"
    for _ in range(total + 2):
        items, rels = paged(total, query)
        seen += items
        if "next" not in rels:
            break
        assert rels["next"] != rels["current"]
        query = urlsplit(rels["next"]).query
    assert seen == list(range(total))
    assert paged(total, f"page={number}&per_page={size}")[0] == list(range(total))[(number - 1) * size : number * size]


@UNHURRIED
@given(total=st.integers(0, 40), size=st.integers(1, 20), added=st.lists(st.integers(0, 25), max_size=12))
def test_rows_that_come_last_while_pages_are_read_are_visited_once_too(total: int, size: int, added: list[int]) -> None:
    seen: list[int] = []
    query: str | None = f"per_page={size}"
    more = iter(added)
    there = total
    while query is not None:
        items, rels = paged(there, query)
        seen += items
        query = urlsplit(rels["next"]).query if "next" in rels else None
        end, there = there, there + next(more, 0)
    assert seen == list(range(end)), "those there at the start, and those that came before the last page was read, once and in order"


@given(QUERIES)
def test_links_keep_the_query_but_never_the_token_and_no_bare_comma(pairs: list[tuple[str, str]]) -> None:
    _, rels = paged(30, urlencode([*pairs, ("page", "2")]))
    assert list(rels) == ["current", "next", "prev", "first"]
    kept = [pair for pair in pairs if pair[0] != "access_token"]
    for url, number in zip(rels.values(), (2, 3, 1, 1), strict=True):
        assert parse_qsl(urlsplit(url).query, keep_blank_values=True) == [*kept, ("page", str(number)), ("per_page", "10")]
        assert not re.search(r'[,<>" ]', url)


@pytest.mark.parametrize(
    ("total", "page", "rels"),
    [
        (0, 1, ["current", "first", "last"]),
        (10, 1, ["current", "first", "last"]),
        (11, 1, ["current", "next", "first"]),
        (30, 2, ["current", "next", "prev", "first"]),
        (30, 3, ["current", "prev", "first", "last"]),
    ],
)
def test_the_links_come_in_this_order_without_next_at_the_end_and_prev_at_the_start(total: int, page: int, rels: list[str]) -> None:
    assert list(paged(total, f"page={page}")[1]) == rels


@pytest.mark.parametrize("page", [4, 5, 10**9, 10**18, "9" * 40])
def test_past_the_end_is_an_empty_page_without_next(page: object) -> None:
    items, rels = paged(30, f"page={page}")
    assert items == [] and "next" not in rels and "first" in rels


@pytest.mark.parametrize(
    "query", ["", "per_page=", "per_page=0", "per_page=-5", "per_page=x", "per_page=1.5", "per_page[]=7", "per_page=²"]
)
def test_a_page_has_ten_rows_unless_told_otherwise(query: str) -> None:
    assert paged(300, query)[0] == list(range(10))


@pytest.mark.parametrize("size", ["100", "101", "5000", "9" * 18])
def test_a_page_has_at_most_a_hundred_rows(size: str) -> None:
    items, rels = paged(300, f"per_page={size}")
    assert len(items) == 100
    assert dict(parse_qsl(urlsplit(rels["next"]).query))["per_page"] == "100"


@pytest.mark.parametrize("page", ["", "0", "-1", "x", "first", "1.5", "bookmark:abc"])
def test_a_page_that_is_no_number_is_the_first(page: str) -> None:
    items, rels = paged(30, urlencode({"page": page}))
    assert items == list(range(10)) and rels["current"] == rels["first"]


def test_a_client_that_gives_per_page_twice_gets_the_last_and_one_in_the_links() -> None:
    items, rels = paged(300, "per_page=50&include[]=email&per_page=100")
    assert len(items) == 100
    assert [pair for pair in parse_qsl(urlsplit(rels["next"]).query) if pair[0] == "per_page"] == [("per_page", "100")]


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("http://lms.test", "http://lms.test"),
        ("http://LMS.test", "http://lms.test"),
        ("http://alias.test", "http://alias.test"),
        ("http://alias.test:8443", "http://alias.test:8443"),
    ],
)
def test_links_are_absolute_and_begin_where_the_client_called(host: str, base: str) -> None:
    for url in paged(30, "", base_url=host)[1].values():
        assert url.startswith(f"{base}/api/v1/courses?")


@pytest.mark.parametrize("path", ["/api/v1/courses/sis_course_id:A%2CB%20%C3%A9/users", "/api/v1/users/self/courses"])
def test_links_have_the_same_path_as_the_request(path: str) -> None:
    for url in paged(30, "", path=path)[1].values():
        assert urlsplit(url).path == path


def test_a_list_endpoint_sends_the_header_and_takes_pages(admin: Api) -> None:
    UserFactory.create_batch(12)
    first = admin.get("/accounts/self/users?include[]=email")
    assert len(first.get_json()) == 10
    rels = links(first.headers["Link"])
    second = admin.get(rels["next"].removeprefix(f"{BASE_URL}/api/v1"))
    assert len(second.get_json()) == 3 and "next" not in links(second.headers["Link"])
    assert admin.ok("GET", "/accounts/self/users?page=3") == []


def test_a_page_asked_for_in_the_body_counts_too(admin: Api) -> None:
    UserFactory.create_batch(3)
    for sent in ({"json": {"per_page": 2, "page": 2}}, {"data": {"per_page": "2", "page": "2"}}):
        answer = admin.get("/accounts/self/users", **sent)
        assert len(answer.get_json()) == 2
        assert links(answer.headers["Link"])["prev"] == f"{BASE_URL}/api/v1/accounts/self/users?page=1&per_page=2"


def test_a_token_in_the_query_is_not_repeated(nobody: Api, admin: Api) -> None:
    answer = nobody.get(f"/accounts/self/users?access_token={admin.token}&per_page=1")
    assert answer.status_code == 200 and admin.token not in answer.headers["Link"]


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "Forwarded", "X-Forwarded-Port", "X-Forwarded-Prefix"])
def test_what_a_client_says_of_its_proxy_is_not_believed(admin: Api, name: str) -> None:
    answer = admin.get("/accounts/self/users", headers={name: "host=evil.test" if name == "Forwarded" else "evil.test"})
    assert links(answer.headers["Link"])["current"].startswith(f"{BASE_URL}/api/v1/accounts/self/users?")


def test_masquerading_goes_on_through_the_pages(admin: Api, teacher: Api, course: Course) -> None:
    SectionFactory(course=course)
    url = f"/courses/{course.id}/sections?as_user_id={teacher.id}&per_page=1"
    assert f"as_user_id={teacher.id}" in links(admin.get(url).headers["Link"])["next"]


def test_raw_utf8_in_a_query_comes_back_escaped(admin: Api) -> None:
    UserFactory.create_batch(2, name="Zoë Long")
    raw = "per_page=1&search_term=Zoë".encode().decode("latin-1")
    answer = admin.get("/accounts/self/users", environ_overrides={"QUERY_STRING": raw})
    assert "search_term=Zo%C3%AB" in links(answer.headers["Link"])["next"]


def test_what_is_no_list_has_no_link(admin: Api, course: Course) -> None:
    assert "Link" not in admin.get(f"/courses/{course.id}").headers
