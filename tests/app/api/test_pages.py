"""Pages of a course."""

from collections.abc import Callable
from typing import Any

import pytest

from app.models.courses import Course
from app.models.pages import slug
from tests.conftest import Api
from tests.factories import CourseFactory, PageFactory


@pytest.fixture
def url(course: Course) -> str:
    return f"/courses/{course.id}/pages"


def make(api: Api, url: str, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = api.ok("POST", url, json={"wiki_page": fields})
    return made


def test_what_is_not_said_has_canvas_defaults(teacher: Api, url: str) -> None:
    made = make(teacher, url, title="Week One: Start!")
    assert (made["url"], made["published"], made["front_page"], made["editing_roles"]) == ("week-one-start", False, False, "teachers")
    assert (made["body"], made["last_edited_by"]["id"], made["locked_for_user"]) == (None, teacher.id, False)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Week One", "week-one"),
        ("  A -- B  ", "a-b"),
        ("안녕하세요 세계", "안녕하세요-세계"),
        ("Über Straße", "über-straße"),
        ("हिन्दी", "हिन्दी"),
        ("Cafe\u0301", "café"),
        ("under_score", "under_score"),
        ("!!!", "page"),
        ("🎓", "page"),
        ("x" * 255, "x" * 200),
    ],
)
def test_a_url_keeps_the_letters_of_any_script(title: str, expected: str) -> None:
    assert slug(title) == expected


def test_urls_that_are_taken_get_a_number(teacher: Api, url: str) -> None:
    assert [make(teacher, url, title=title)["url"] for title in ("Hello", "hello", "HELLO!", "Hello 2")] == [
        "hello",
        "hello-2",
        "hello-3",
        "hello-2-2",
    ]
    teacher.ok("DELETE", f"{url}/hello-2")
    assert make(teacher, url, title="Hello")["url"] == "hello-2"


def test_a_page_is_found_by_its_url_and_its_number(teacher: Api, url: str) -> None:
    made = make(teacher, url, title="2026", body="<p onclick=x>Hi</p>")
    other = make(teacher, url, title=str(made["page_id"]))
    for name in ("2026", f"page_id:{made['page_id']}"):
        seen = teacher.ok("GET", f"{url}/{name}")
        assert (seen["page_id"], seen["body"]) == (made["page_id"], "<p>Hi</p>")
    # A url comes before a number that looks like it.
    assert teacher.ok("GET", f"{url}/{made['page_id']}")["page_id"] == other["page_id"]
    assert teacher.ok("GET", f"{url}/{other['page_id']}")["page_id"] == other["page_id"]
    for name in ("nothing", "page_id:x", "page_id:0", "99999999999999999999", "page_id:99999999999999999999", "%00", "%FF", "x" * 900):
        assert teacher.get(f"{url}/{name}").status_code == 404


def test_a_page_with_a_foreign_title_is_found(teacher: Api, url: str) -> None:
    made = make(teacher, url, title="강의 계획")
    assert teacher.ok("GET", f"{url}/강의-계획")["page_id"] == made["page_id"]


def test_a_new_title_brings_a_new_url_unless_one_is_given(teacher: Api, url: str) -> None:
    make(teacher, url, title="Old")
    changed = teacher.ok("PUT", f"{url}/old", json={"wiki_page": {"title": "New", "body": "x"}})
    assert (changed["url"], changed["title"], changed["body"]) == ("new", "New", "x")
    assert teacher.get(f"{url}/old").status_code == 404
    assert teacher.ok("PUT", f"{url}/new", json={"wiki_page": {"title": "Newer", "url": "new"}})["url"] == "new"
    assert teacher.ok("PUT", f"{url}/new", json={"wiki_page": {"title": "Newer", "published": True}})["url"] == "new"
    assert teacher.ok("PUT", f"{url}/new", json={"wiki_page": {"body": None}})["body"] is None


@pytest.mark.parametrize(
    "fields",
    [
        {"title": " "},
        {"title": "x" * 256},
        {"title": None},
        {"title": "x", "editing_roles": "everybody"},
        {"title": "x", "editing_roles": ","},
        {"title": "x", "published": "maybe"},
        {"title": "x", "body": ["x"]},
        {"title": "x", "front_page": True},
        {},
    ],
)
def test_nonsense_is_refused(teacher: Api, url: str, fields: dict[str, Any]) -> None:
    assert teacher.post(url, json={"wiki_page": fields}).status_code == 400
    assert teacher.ok("GET", url) == []


def test_there_is_one_front_page_and_it_is_published(teacher: Api, student: Api, url: str, course: Course) -> None:
    front = f"/courses/{course.id}/front_page"
    assert teacher.get(front).status_code == 404
    first = make(teacher, url, title="First", published=True, front_page=True)
    assert student.ok("GET", front)["page_id"] == first["page_id"]
    second = make(teacher, url, title="Second")
    assert teacher.put(f"{url}/second", json={"wiki_page": {"front_page": True}}).status_code == 400
    teacher.ok("PUT", f"{url}/second", json={"wiki_page": {"front_page": True, "published": True}})
    assert teacher.ok("GET", front)["page_id"] == second["page_id"]
    assert [page["front_page"] for page in teacher.ok("GET", url)] == [False, True]
    assert teacher.put(f"{url}/second", json={"wiki_page": {"published": False}}).status_code == 400
    assert teacher.delete(f"{url}/second").status_code == 400
    teacher.ok("PUT", f"{url}/second", json={"wiki_page": {"front_page": False}})
    assert teacher.get(front).status_code == 404
    teacher.ok("DELETE", f"{url}/second")


def test_the_front_page_is_made_when_it_is_changed(teacher: Api, student: Api, course: Course) -> None:
    front = f"/courses/{course.id}/front_page"
    assert student.put(front, json={"wiki_page": {"body": "x"}}).status_code == 403
    made = teacher.ok("PUT", front, json={"wiki_page": {"body": "Welcome"}})
    assert (made["title"], made["published"], made["front_page"]) == ("Front Page", True, True)
    changed = teacher.ok("PUT", front, json={"wiki_page": {"title": "Home"}})
    assert (changed["page_id"], changed["url"], changed["body"]) == (made["page_id"], "home", "Welcome")


def test_pages_are_listed_without_bodies_in_the_order_asked_for(teacher: Api, student: Api, url: str) -> None:
    for title in ("b 100%", "A", "c"):
        make(teacher, url, title=title, published=title != "c", body=f"<p>{title}</p>")

    def found(query: str, api: Api = teacher) -> list[str]:
        return [page["title"] for page in api.ok("GET", f"{url}?{query}")]

    assert found("") == ["A", "b 100%", "c"]
    assert found("order=desc") == ["c", "b 100%", "A"]
    assert found("sort=created_at") == ["b 100%", "A", "c"]
    assert found("sort=updated_at&order=desc") == ["c", "A", "b 100%"]
    assert found("search_term=100%25") == ["b 100%"]
    assert found("published=false") == ["c"]
    assert found("published=true") == found("", student) == ["A", "b 100%"]
    assert found("published=false", student) == []
    assert "body" not in teacher.ok("GET", url)[0]
    assert teacher.ok("GET", f"{url}?include[]=body")[0]["body"] == "<p>A</p>"
    assert teacher.get(f"{url}?sort=size").status_code == 400


def test_students_read_published_pages_only(student: Api, observer: Api, url: str, course: Course) -> None:
    draft, page = PageFactory(course=course, workflow_state="unpublished"), PageFactory(course=course)
    for api in (student, observer):
        assert api.get(f"{url}/{draft.url}").status_code == 403
        assert api.ok("GET", f"{url}/{page.url}")["body"] == "<p>Read this.</p>"


def test_a_page_of_another_course_is_not_there(teacher: Api, url: str) -> None:
    elsewhere = PageFactory(course=CourseFactory())
    for name in (elsewhere.url, elsewhere.id, f"page_id:{elsewhere.id}"):
        assert teacher.get(f"{url}/{name}").status_code == 404
        assert teacher.put(f"{url}/{name}", json={"wiki_page": {"body": "x"}}).status_code == 404
        assert teacher.delete(f"{url}/{name}").status_code == 404


@pytest.mark.parametrize(("roles", "who"), [("teachers", set()), ("students", {"student"}), ("teachers,members", {"student", "observer"})])
def test_editing_roles_say_who_may_edit(student: Api, observer: Api, url: str, course: Course, roles: str, who: set[str]) -> None:
    page = PageFactory(course=course, editing_roles=roles)
    for name, api in (("student", student), ("observer", observer)):
        answer = api.put(f"{url}/{page.url}", json={"wiki_page": {"body": f"By {name}", "title": page.title}})
        assert answer.status_code == (200 if name in who else 403)
        if name in who:
            assert (answer.get_json()["body"], answer.get_json()["last_edited_by"]["id"]) == (f"By {name}", api.id)


def test_who_may_edit_a_page_may_not_rename_publish_or_delete_it(student: Api, url: str, course: Course) -> None:
    page = PageFactory(course=course, editing_roles="students")
    for fields in ({"title": "Mine"}, {"published": False}, {"front_page": True}, {"editing_roles": "members"}, {"url": "mine"}):
        assert student.put(f"{url}/{page.url}", json={"wiki_page": {"body": "x", **fields}}).status_code == 403
    assert student.delete(f"{url}/{page.url}").status_code == 403
    draft = PageFactory(course=course, editing_roles="students", workflow_state="unpublished")
    assert student.put(f"{url}/{draft.url}", json={"wiki_page": {"body": "x"}}).status_code == 403


def test_a_finished_course_is_read_only_for_students(enrolled: Callable[..., Api]) -> None:
    course = CourseFactory(workflow_state="completed")
    page = PageFactory(course=course, editing_roles="students")
    student = enrolled(course=course)
    assert student.ok("GET", f"/courses/{course.id}/pages/{page.url}")["body"]
    assert student.put(f"/courses/{course.id}/pages/{page.url}", json={"wiki_page": {"body": "x"}}).status_code == 403


def test_visitors_of_a_public_course_read_its_pages_and_edit_none(stranger: Api) -> None:
    course = CourseFactory(is_public=True)
    page = PageFactory(course=course, editing_roles="members")
    assert stranger.ok("GET", f"/courses/{course.id}/pages/{page.url}")["title"] == page.title
    assert stranger.put(f"/courses/{course.id}/pages/{page.url}", json={"wiki_page": {"body": "x"}}).status_code == 403
