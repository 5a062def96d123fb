"""Two requests at once on pages and modules."""

from collections.abc import Callable
from typing import Any

import pytest

from app.http import auth
from app.models.courses import Course
from app.services import module_items, modules, pages
from tests.app.services.conftest import Together
from tests.conftest import Api
from tests.factories import ModuleFactory, ModuleItemFactory, PageFactory

Fetch = Callable[[Any], list[Any]]


def test_two_pages_of_one_title_have_two_urls(together: Together, teacher: Api, course: Course, fetch: Fetch) -> None:
    together.meet(pages, "_free", after=True)
    call = together.request(teacher, "POST", f"/courses/{course.id}/pages", json={"wiki_page": {"title": "Hello"}})
    answers = together.do(call, call)
    assert sorted(answer.get_json()["url"] for answer in answers) == ["hello", "hello-2"]
    assert fetch("SELECT url FROM pages ORDER BY url") == [("hello",), ("hello-2",)]


def test_two_front_pages_are_one(together: Together, teacher: Api, course: Course, fetch: Fetch) -> None:
    urls = [PageFactory(course=course).url for _ in range(2)]
    together.meet(pages, "_put_in_front")
    front = {"wiki_page": {"front_page": True}}
    answers = together.do(*(together.request(teacher, "PUT", f"/courses/{course.id}/pages/{url}", json=front) for url in urls))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert fetch("SELECT count(*) FROM pages WHERE front_page") == [(1,)]


@pytest.mark.parametrize("position", [None, 1])
def test_modules_made_at_once_have_positions_of_their_own(
    together: Together, teacher: Api, course: Course, fetch: Fetch, position: int | None
) -> None:
    together.meet(modules, "insert_at", after=True)
    calls = [
        together.request(teacher, "POST", f"/courses/{course.id}/modules", json={"module": {"name": f"M{n}", "position": position}})
        for n in range(4)
    ]
    assert [answer.status_code for answer in together.do(*calls)] == [200] * 4
    assert fetch("SELECT position FROM modules ORDER BY position") == [(1,), (2,), (3,), (4,)]


def test_items_added_moved_and_deleted_at_once_stay_dense(together: Together, teacher: Api, course: Course, fetch: Fetch) -> None:
    module = ModuleFactory(course=course)
    items = [ModuleItemFactory(module=module, position=n).id for n in (1, 2, 3)]
    url = f"/courses/{course.id}/modules/{module.id}/items"
    together.meet(module_items, "insert_at", after=True)
    answers = together.do(
        together.request(teacher, "POST", url, json={"module_item": {"type": "SubHeader", "title": "x", "position": 1}}),
        together.request(teacher, "PUT", f"{url}/{items[0]}", json={"module_item": {"position": 3}}),
        together.request(teacher, "DELETE", f"{url}/{items[1]}"),
    )
    assert [answer.status_code for answer in answers] == [200] * 3
    alive = "SELECT position FROM module_items WHERE workflow_state <> 'deleted' ORDER BY position"
    assert fetch(alive) == [(1,), (2,), (3,)]


def test_a_page_read_twice_at_once_is_viewed_once(together: Together, student: Api, course: Course, fetch: Fetch) -> None:
    page = PageFactory(course=course)
    ModuleItemFactory(module=ModuleFactory(course=course), type="Page", content_id=page.id, requirement="must_view")
    together.meet(module_items, "insert_unless_there")
    call = together.request(student, "GET", f"/courses/{course.id}/pages/{page.url}")
    assert [answer.status_code for answer in together.do(call, call)] == [200, 200]
    assert fetch("SELECT requirement FROM module_completions") == [("must_view",)]


def test_what_is_added_while_its_module_is_deleted_is_no_bug(together: Together, teacher: Api, course: Course) -> None:
    module = ModuleFactory(course=course)
    url = f"/courses/{course.id}/modules/{module.id}"
    together.meet(auth, "_rows", after=True)
    answers = together.do(
        together.request(teacher, "POST", f"{url}/items", json={"module_item": {"type": "SubHeader", "title": "x"}}),
        together.request(teacher, "DELETE", url),
    )
    assert answers[0].status_code in (200, 404)
    assert answers[1].status_code == 200
    assert teacher.get(url).status_code == 404
