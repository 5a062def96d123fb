"""What comes before and after a thing in the modules."""

from typing import Any

import pytest

from app.models.courses import Course
from tests.app.api import quizzes
from tests.conftest import Api
from tests.factories import ModuleFactory, ModuleItemFactory, PageFactory


@pytest.fixture
def url(course: Course) -> str:
    return f"/courses/{course.id}/module_item_sequence"


def places(api: Api, url: str, kind: str, asset_id: object) -> list[tuple[int | None, ...]]:
    found = api.ok("GET", f"{url}?asset_type={kind}&asset_id={asset_id}")
    assert {one["current"]["module_id"] for one in found["items"]} <= {module["id"] for module in found["modules"]}
    return [tuple(one[name] and one[name]["id"] for name in ("prev", "current", "next")) for one in found["items"]]


def test_the_way_leads_through_modules_in_their_order_past_headings_and_drafts(
    student: Api, teacher: Api, observer: Api, url: str, course: Course
) -> None:
    second, first, draft = (
        ModuleFactory(course=course, position=position, workflow_state=state)
        for position, state in ((3, "active"), (1, "active"), (2, "unpublished"))
    )
    page = PageFactory(course=course)
    a = ModuleItemFactory(module=first, position=1, type="Page", content_id=page.id).id
    ModuleItemFactory(module=first, position=2, type="SubHeader")
    hidden = ModuleItemFactory(module=first, position=3, workflow_state="unpublished").id
    b = ModuleItemFactory(module=draft, position=1).id
    c = ModuleItemFactory(module=second, position=1).id
    d = ModuleItemFactory(module=second, position=2, type="Page", content_id=page.id).id
    for who in (student, observer):
        assert places(who, url, "ModuleItem", c) == [(a, c, d)]
        assert places(who, url, "Page", page.url) == [(None, a, c), (c, d, None)]
        assert places(who, url, "ModuleItem", hidden) == places(who, url, "ModuleItem", b) == []
    assert places(teacher, url, "Page", page.id) == [(None, a, hidden), (c, d, None)]
    assert places(teacher, url, "ModuleItem", b) == [(hidden, b, c)]
    seen = student.ok("GET", f"{url}?asset_type=ModuleItem&asset_id={c}")
    assert [(module["id"], module["state"]) for module in seen["modules"]] == [(first.id, "completed"), (second.id, "completed")]


def test_a_quiz_is_found_by_its_assignment(teacher: Api, student: Api, url: str, course: Course) -> None:
    quiz = teacher.ok("GET", quizzes.maker(teacher, course)())
    item = ModuleItemFactory(module=ModuleFactory(course=course), type="Quiz", content_id=quiz["id"]).id
    assert places(student, url, "Assignment", quiz["assignment_id"]) == places(student, url, "Quiz", quiz["id"]) == [(None, item, None)]


@pytest.mark.parametrize(
    ("kind", "asset_id"), [("Page", "nothing"), ("Page", "99"), ("Quiz", "x"), ("File", "9" * 30), ("Discussion", "0")]
)
def test_what_is_in_no_module_has_no_place(student: Api, url: str, kind: str, asset_id: str) -> None:
    assert student.ok("GET", f"{url}?asset_type={kind}&asset_id={asset_id}") == {"items": [], "modules": []}


@pytest.mark.parametrize("query", [{}, {"asset_type": "Page"}, {"asset_type": "Video", "asset_id": 1}, {"asset_id": 1}])
def test_nonsense_is_refused(student: Api, url: str, query: dict[str, Any]) -> None:
    assert student.get(url, query_string=query).status_code == 400
