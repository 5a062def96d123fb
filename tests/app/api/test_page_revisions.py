"""How pages read before."""

from collections.abc import Callable
from typing import Any

import pytest

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import ModuleFactory, ModuleItemFactory, PageFactory, UserFactory


@pytest.fixture
def pages(course: Course) -> str:
    return f"/courses/{course.id}/pages"


@pytest.fixture
def url(pages: str, teacher: Api) -> str:
    made = teacher.ok("POST", pages, json={"wiki_page": {"title": "Plan", "body": "one", "published": True}})
    return f"{pages}/{made['url']}"


def change(api: Api, url: str, **fields: Any) -> dict[str, Any]:
    changed: dict[str, Any] = api.ok("PUT", url, json={"wiki_page": fields})
    return changed


def test_each_change_of_the_text_is_kept_and_the_present_one_is_the_latest(teacher: Api, ta: Api, url: str, pages: str) -> None:
    assert [(one["revision_id"], one["latest"]) for one in teacher.ok("GET", f"{url}/revisions")] == [(1, True)]
    change(ta, url, body="two")
    change(ta, url, body="two", published=True, editing_roles="members")
    new = f"{pages}/{change(teacher, url, title='New plan')['url']}"
    listed = teacher.ok("GET", f"{new}/revisions")
    assert [(one["revision_id"], one["latest"], one["edited_by"]["id"]) for one in listed] == [
        (3, True, teacher.id),
        (2, False, ta.id),
        (1, False, teacher.id),
    ]
    assert all("body" not in one for one in listed)
    read = [teacher.ok("GET", f"{new}/revisions/{which}") for which in ("1", "2", "3", "latest")]
    assert [(one["title"], one["url"], one["body"]) for one in read] == [
        ("Plan", "plan", "one"),
        ("Plan", "plan", "two"),
        *[("New plan", "new-plan", "two")] * 2,
    ]
    assert "body" not in teacher.ok("GET", f"{new}/revisions/1?summary=true")


def test_a_page_is_put_back_and_what_it_read_is_kept(teacher: Api, url: str, pages: str) -> None:
    new = f"{pages}/{change(teacher, url, title='Other', body='two')['url']}"
    reverted = teacher.ok("POST", f"{new}/revisions/1")
    assert (reverted["revision_id"], reverted["latest"], reverted["body"], reverted["url"]) == (3, True, "one", "plan")
    page = teacher.ok("GET", url)
    assert (page["title"], page["body"]) == ("Plan", "one")
    assert teacher.ok("GET", f"{url}/revisions/2")["body"] == "two"
    assert teacher.get(new).status_code == 404


@pytest.mark.parametrize("revision", ["0", "9", "first", "-1", "9999999999999", "\uff11"])
def test_what_is_no_revision_is_not_there(teacher: Api, url: str, revision: str) -> None:
    assert teacher.get(f"{url}/revisions/{revision}").status_code == 404
    assert teacher.post(f"{url}/revisions/{revision}").status_code == 404


def test_only_the_newest_are_kept(teacher: Api, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.page_revisions.MOST", 2)
    for number in range(5):
        change(teacher, url, body=f"text {number}")
    assert [one["revision_id"] for one in teacher.ok("GET", f"{url}/revisions")] == [6, 5, 4]


def test_students_who_may_edit_read_and_restore_bodies(student: Api, teacher: Api, course: Course, url: str) -> None:
    change(teacher, url, body="two")
    assert student.get(f"{url}/revisions").status_code == 403
    change(teacher, url, editing_roles="students")
    assert student.ok("POST", f"{url}/revisions/1")["body"] == "one"
    change(teacher, url, title="Titled")
    titled = f"{url.rpartition('/')[0]}/titled"
    assert student.get(f"{titled}/revisions/1").status_code == 200
    assert student.post(f"{titled}/revisions/1").status_code == 403
    page = teacher.ok("GET", titled)
    ModuleItemFactory(module=ModuleFactory(course=course, workflow_state="unpublished"), type="Page", content_id=page["page_id"])
    assert student.get(f"{titled}/revisions/latest").status_code == 403


def test_a_page_from_before_there_were_revisions_has_its_present_one(
    teacher: Api, course: Course, pages: str, fetch: Callable[[Any], list[Any]]
) -> None:
    author = UserFactory()
    page = PageFactory(course=course, user=author, body="old")
    (only,) = teacher.ok("GET", f"{pages}/{page.id}/revisions")
    assert (only["revision_id"], only["edited_by"]["id"]) == (1, author.id)
    change(teacher, f"{pages}/{page.id}", body="new")
    assert fetch("SELECT revision_id, body FROM page_revisions") == [(1, "old")]
