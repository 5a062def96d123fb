"""Items of a module."""

from typing import Any

import pytest

from app.models.courses import Course
from app.services.module_content import KINDS, PLAIN
from tests.conftest import Api
from tests.factories import (
    AssignmentFactory,
    AssignmentGroupFactory,
    CourseFactory,
    FileFactory,
    FolderFactory,
    ModuleFactory,
    ModuleItemFactory,
    PageFactory,
    QuizFactory,
    SubmissionFactory,
    TopicFactory,
)

LINK = {"type": "ExternalUrl", "external_url": "https://example.com/", "title": "Link"}


@pytest.fixture
def module_id(course: Course) -> int:
    found: int = ModuleFactory(course=course).id
    return found


@pytest.fixture
def url(course: Course, module_id: int) -> str:
    return f"/courses/{course.id}/modules/{module_id}/items"


def make(api: Api, url: str, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = api.ok("POST", url, json={"module_item": fields})
    return made


def change(api: Api, url: str, item_id: int, **fields: Any) -> dict[str, Any]:
    changed: dict[str, Any] = api.ok("PUT", f"{url}/{item_id}", json={"module_item": fields})
    return changed


def titles(api: Api, url: str) -> list[tuple[str, int]]:
    return [(item["title"], item["position"]) for item in api.ok("GET", url)]


def test_every_kind_of_item_is_made(teacher: Api, url: str, course: Course) -> None:
    page = PageFactory(course=course)
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    by_url, by_id = make(teacher, url, type="Page", page_url=page.url), make(teacher, url, type="Page", content_id=page.id, title="Ignored")
    for made in (by_url, by_id):
        assert (made["title"], made["page_url"], made["published"]) == (page.title, page.url, True)
        assert made["url"].endswith(f"/api/v1/courses/{course.id}/pages/{page.url}")
    made = make(teacher, url, type="Assignment", content_id=work.id, indent=2)
    assert (made["title"], made["content_id"], made["indent"], made["position"]) == (work.name, work.id, 2, 3)
    head = make(teacher, url, type="SubHeader", title="Read")
    assert (head["title"], head["published"]) == ("Read", True) and not {"html_url", "url", "external_url"} & head.keys()
    link = make(teacher, url, **LINK, new_tab=True)
    assert (link["external_url"], link["new_tab"], link["title"]) == ("https://example.com/", True, "Link")
    tool = make(teacher, url, type="ExternalTool", content_id=0, external_url="https://tool.example/")
    assert (tool["external_url"], tool["title"], tool["position"]) == ("https://tool.example/", "https://tool.example/", 6)
    assert teacher.ok("GET", f"{url}/{tool['id']}") == tool


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"type": "Video"},
        {"type": "Page"},
        {"type": "Page", "page_url": "nothing"},
        {"type": "Page", "page_url": "x\u0000"},
        {"type": "Page", "content_id": 999_999_999},
        {"type": "Assignment"},
        {"type": "Assignment", "content_id": 0},
        {"type": "Assignment", "content_id": "x"},
        {"type": "SubHeader"},
        {"type": "SubHeader", "title": " "},
        {"type": "ExternalUrl", "title": "x"},
        {"type": "ExternalUrl", "title": "x", "external_url": "javascript:alert(1)"},
        {**LINK, "position": 0},
        {**LINK, "indent": -1},
        {**LINK, "completion_requirement": {"type": "must_submit"}},
        {**LINK, "completion_requirement": {"type": "must_smile"}},
        {**LINK, "completion_requirement": "must_view"},
        {"type": "SubHeader", "title": "x", "completion_requirement": {"type": "must_view"}},
        *({"type": kind, "content_id": 999_999_999} for kind in KINDS),
    ],
)
def test_nonsense_is_refused(teacher: Api, url: str, fields: dict[str, Any]) -> None:
    assert teacher.post(url, json={"module_item": fields}).status_code == 400
    assert teacher.ok("GET", url) == []


def test_a_url_that_looks_like_another_pages_number_is_a_url(teacher: Api, url: str, course: Course) -> None:
    page = PageFactory(course=course)
    named = PageFactory(course=course, url=str(page.id))
    assert make(teacher, url, type="Page", page_url=str(page.id))["content_id"] == named.id


def test_things_of_another_course_are_no_items(teacher: Api, url: str) -> None:
    page, work = PageFactory(), AssignmentFactory()
    for fields in (
        {"type": "Page", "content_id": page.id},
        {"type": "Page", "page_url": page.url},
        {"type": "Assignment", "content_id": work.id},
    ):
        assert teacher.post(url, json={"module_item": fields}).status_code == 400


def test_positions_are_dense_however_items_come_move_and_go(teacher: Api, url: str, course: Course) -> None:
    ids = {name: make(teacher, url, type="SubHeader", title=name)["id"] for name in "ABC"}
    make(teacher, url, type="SubHeader", title="D", position=1)
    assert titles(teacher, url) == [("D", 1), ("A", 2), ("B", 3), ("C", 4)]
    assert change(teacher, url, ids["C"], position=2)["position"] == 2
    assert titles(teacher, url) == [("D", 1), ("C", 2), ("A", 3), ("B", 4)]
    other = ModuleFactory(course=course)
    there = f"/courses/{course.id}/modules/{other.id}/items"
    make(teacher, there, type="SubHeader", title="X")
    assert change(teacher, url, ids["C"], module_id=other.id, position=1)["module_id"] == other.id
    change(teacher, url, ids["A"], module_id=other.id)
    assert titles(teacher, url) == [("D", 1), ("B", 2)]
    assert titles(teacher, there) == [("C", 1), ("X", 2), ("A", 3)]
    assert teacher.get(f"{url}/{ids['C']}").status_code == 404
    teacher.ok("DELETE", f"{there}/{ids['C']}")
    assert titles(teacher, there) == [("X", 1), ("A", 2)]
    for module_id in (ModuleFactory().id, 999_999_999, None):
        answer = teacher.put(f"{url}/{ids['B']}", json={"module_item": {"module_id": module_id}})
        assert answer.status_code == 400


def test_an_item_is_changed_and_what_is_not_said_stays(teacher: Api, url: str) -> None:
    made = make(teacher, url, **LINK, completion_requirement={"type": "must_view"})
    changed = change(teacher, url, made["id"], title="New", indent=1)
    assert (changed["title"], changed["external_url"], changed["completion_requirement"]) == (
        "New",
        LINK["external_url"],
        {"type": "must_view"},
    )
    changed = change(teacher, url, made["id"], external_url="http://other.example/", new_tab=True, published=False)
    assert (changed["title"], changed["external_url"], changed["published"]) == ("New", "http://other.example/", False)
    cleared = teacher.ok("PUT", f"{url}/{made['id']}", data={"module_item[completion_requirement]": ""})
    assert "completion_requirement" not in cleared


def test_an_item_is_published_with_what_it_stands_for(teacher: Api, student: Api, url: str, course: Course) -> None:
    page = PageFactory(course=course, workflow_state="unpublished")
    made = make(teacher, url, type="Page", content_id=page.id)
    assert made["published"] is False
    assert student.get(f"{url}/{made['id']}").status_code == 403
    assert student.ok("GET", url) == []
    assert change(teacher, url, made["id"], published=True)["published"] is True
    assert teacher.ok("GET", f"/courses/{course.id}/pages/{page.url}")["published"] is True
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    SubmissionFactory(assignment=work, user=student.user)
    answer = teacher.post(url, json={"module_item": {"type": "Assignment", "content_id": work.id, "published": False}})
    assert answer.status_code == 400
    assert len(teacher.ok("GET", url)) == 1


def test_an_item_shows_the_present_title_and_goes_with_what_it_stands_for(teacher: Api, url: str, course: Course) -> None:
    group = AssignmentGroupFactory(course=course)
    page, work, third = (
        PageFactory(course=course),
        AssignmentFactory(group=group),
        AssignmentFactory(group=AssignmentGroupFactory(course=course)),
    )
    for kind, thing in (("Page", page), ("Assignment", work), ("Page", page), ("Assignment", third)):
        make(teacher, url, type=kind, content_id=thing.id)
    make(teacher, url, type="SubHeader", title="Last")
    teacher.ok("PUT", f"/courses/{course.id}/pages/{page.url}", json={"wiki_page": {"title": "Renamed"}})
    assert [title for title, _ in titles(teacher, url)] == ["Renamed", work.name, "Renamed", third.name, "Last"]
    teacher.ok("DELETE", f"/courses/{course.id}/pages/renamed")
    assert titles(teacher, url) == [(work.name, 1), (third.name, 2), ("Last", 3)]
    teacher.ok("DELETE", f"/courses/{course.id}/assignments/{third.id}")
    assert titles(teacher, url) == [(work.name, 1), ("Last", 2)]
    teacher.ok("DELETE", f"/courses/{course.id}/assignment_groups/{group.id}")
    assert titles(teacher, url) == [("Last", 1)]


@pytest.mark.parametrize("kind", [*KINDS, *PLAIN])
def test_each_kind_takes_its_requirements_and_no_other(teacher: Api, url: str, course: Course, kind: str) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course), submission_types=["discussion_topic"])
    things = {
        "Page": PageFactory(course=course).id,
        "Assignment": work.id,
        "Quiz": QuizFactory(course=course).id,
        "Discussion": TopicFactory(course=course, assignment_id=work.id).id,
        "File": FileFactory(folder=FolderFactory(course=course)).id,
    }
    takes = {
        "Quiz": {"must_view", "must_submit", "min_score", "min_percentage"},
        "Discussion": {"must_view", "must_contribute", "must_submit", "min_score", "min_percentage"},
        "File": {"must_view"},
        "Page": {"must_view", "must_mark_done", "must_contribute"},
        "Assignment": {"must_view", "must_mark_done", "must_submit", "min_score", "min_percentage"},
        "SubHeader": set(),
    }.get(kind, {"must_view", "must_mark_done"})
    fields = {"type": kind, "content_id": things.get(kind, 1), "title": "x", "external_url": "https://example.com/"}
    made = make(teacher, url, **fields)
    for asked in ("must_view", "must_mark_done", "must_contribute", "must_submit", "min_score", "min_percentage"):
        requirement = {"type": asked, "min_score": 7, "min_percentage": 70}
        answer = teacher.put(f"{url}/{made['id']}", json={"module_item": {"completion_requirement": requirement}})
        assert answer.status_code == (200 if asked in takes else 400), asked
    if kind == "Assignment":
        for wrong in ({"type": "min_score"}, {"type": "min_percentage"}, {"type": "min_percentage", "min_percentage": 101}):
            assert teacher.put(f"{url}/{made['id']}", json={"module_item": {"completion_requirement": wrong}}).status_code == 400
        kept = teacher.ok("GET", f"{url}/{made['id']}")
        assert kept["completion_requirement"] == {"type": "min_percentage", "min_percentage": 70.0}


def test_items_are_searched_and_paged(student: Api, url: str, module_id: int, course: Course) -> None:
    for position in range(1, 13):
        ModuleItemFactory(module_id=module_id, module=None, course_id=course.id, title=f"Step {position}", position=position)
    first = student.get(url)
    assert len(first.get_json()) == 10 and 'rel="next"' in first.headers["Link"]
    assert [item["title"] for item in student.ok("GET", f"{url}?page=2")] == ["Step 11", "Step 12"]
    assert [item["title"] for item in student.ok("GET", f"{url}?search_term=12")] == ["Step 12"]


def test_a_module_takes_no_more_items_than_anybody_reads(
    teacher: Api, url: str, module_id: int, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.module_items.MOST_ITEMS", 2)
    make(teacher, url, **LINK)
    make(teacher, url, **LINK)
    for fields in (LINK, {**LINK, "position": 1}):
        assert teacher.post(url, json={"module_item": fields}).status_code == 400
    monkeypatch.setattr("app.services.modules.MOST_MODULES", 1)
    assert teacher.post(f"/courses/{course.id}/modules", json={"module": {"name": "x"}}).status_code == 400


def test_items_elsewhere_are_not_there(teacher: Api, student: Api, url: str) -> None:
    elsewhere = ModuleItemFactory(module=ModuleFactory(course=CourseFactory()))
    for call in (teacher.get, teacher.put, teacher.delete):
        assert call(f"{url}/{elsewhere.id}").status_code == 404
    assert student.put(f"{url}/{elsewhere.id}/done").status_code == 404
