"""Modules of a course."""

import datetime as dt
from typing import Any

import pytest

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, CourseFactory, ModuleFactory, ModuleItemFactory, PageFactory

DAY = dt.timedelta(days=1)


@pytest.fixture
def url(course: Course) -> str:
    return f"/courses/{course.id}/modules"


def make(api: Api, url: str, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = api.ok("POST", url, json={"module": fields})
    return made


def order(api: Api, url: str) -> list[tuple[str, int]]:
    return [(module["name"], module["position"]) for module in api.ok("GET", url)]


def test_what_is_not_said_has_canvas_defaults(teacher: Api, url: str) -> None:
    made = make(teacher, url, name="Week 1")
    assert (made["position"], made["published"], made["workflow_state"], made["items_count"]) == (1, False, "unpublished", 0)
    assert (made["unlock_at"], made["require_sequential_progress"], made["prerequisite_module_ids"]) == (None, False, [])
    assert made["items_url"].endswith(f"/api/v1{url}/{made['id']}/items")
    assert "state" not in made


def test_a_module_is_made_in_a_form_and_changed_in_json(teacher: Api, url: str) -> None:
    first = make(teacher, url, name="First")
    form = {"module[name]": "Second", "module[unlock_at]": "2030-01-01T09:00:00+09:00", "module[prerequisite_module_ids][]": first["id"]}
    made = teacher.ok("POST", url, data={**form, "module[require_sequential_progress]": "1", "module[published]": "true"})
    assert (made["unlock_at"], made["prerequisite_module_ids"], made["published"]) == ("2030-01-01T00:00:00Z", [first["id"]], True)
    fields: dict[str, Any] = {"unlock_at": None, "prerequisite_module_ids": [], "name": "2nd", "publish_final_grade": True}
    changed = teacher.ok("PUT", f"{url}/{made['id']}", json={"module": fields})
    assert (changed["unlock_at"], changed["prerequisite_module_ids"], changed["name"]) == (None, [], "2nd")
    assert (changed["require_sequential_progress"], changed["publish_final_grade"], changed["published"]) == (True, True, True)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"name": " "},
        {"name": "x" * 256},
        {"name": "x", "position": 0},
        {"name": "x", "unlock_at": "soon"},
        {"name": "x", "prerequisite_module_ids": [1]},
        {"name": "x", "prerequisite_module_ids": ["x"]},
        {"name": "x", "prerequisite_module_ids": list(range(1, 1200))},
    ],
)
def test_nonsense_is_refused(teacher: Api, url: str, fields: dict[str, Any]) -> None:
    ModuleFactory(course=CourseFactory())
    assert teacher.post(url, json={"module": fields}).status_code == 400
    assert teacher.ok("GET", url) == []


def test_positions_are_dense_however_modules_come_and_go(teacher: Api, url: str) -> None:
    ids = {name: make(teacher, url, name=name)["id"] for name in "ABC"}
    make(teacher, url, name="D", position=2)
    make(teacher, url, name="E", position=99)
    assert order(teacher, url) == [("A", 1), ("D", 2), ("B", 3), ("C", 4), ("E", 5)]
    assert teacher.ok("PUT", f"{url}/{ids['A']}", json={"module": {"position": 4}})["position"] == 4
    assert order(teacher, url) == [("D", 1), ("B", 2), ("C", 3), ("A", 4), ("E", 5)]
    teacher.ok("PUT", f"{url}/{ids['C']}", json={"module": {"position": 1}})
    teacher.ok("PUT", f"{url}/{ids['B']}", json={"module": {"position": 500}})
    assert order(teacher, url) == [("C", 1), ("D", 2), ("A", 3), ("E", 4), ("B", 5)]
    assert teacher.ok("DELETE", f"{url}/{ids['A']}")["workflow_state"] == "deleted"
    assert order(teacher, url) == [("C", 1), ("D", 2), ("E", 3), ("B", 4)]
    assert teacher.get(f"{url}/{ids['A']}").status_code == 404


def test_prerequisites_come_before_and_stop_counting_when_they_no_longer_do(teacher: Api, url: str) -> None:
    first, second = make(teacher, url, name="First"), make(teacher, url, name="Second")
    for module, wanted in ((first, second), (first, first)):
        fields = {"prerequisite_module_ids": [wanted["id"]]}
        assert teacher.put(f"{url}/{module['id']}", json={"module": fields}).status_code == 400
    target = f"{url}/{second['id']}"
    teacher.ok("PUT", target, json={"module": {"prerequisite_module_ids": [first["id"], first["id"]]}})
    assert teacher.ok("GET", target)["prerequisite_module_ids"] == [first["id"]]
    teacher.ok("PUT", target, json={"module": {"position": 1}})
    assert teacher.ok("GET", target)["prerequisite_module_ids"] == []
    teacher.ok("PUT", target, json={"module": {"position": 2}})
    assert teacher.ok("GET", target)["prerequisite_module_ids"] == [first["id"]]
    teacher.ok("DELETE", f"{url}/{first['id']}")
    assert teacher.ok("GET", target)["prerequisite_module_ids"] == []


def test_publishing_a_module_publishes_its_items_unless_told_otherwise(teacher: Api, student: Api, url: str, course: Course) -> None:
    page = PageFactory(course=course, workflow_state="unpublished")
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course), workflow_state="unpublished")
    module = make(teacher, url, name="Week 1")
    target = f"{url}/{module['id']}"
    for item in (
        {"type": "Page", "content_id": page.id},
        {"type": "Assignment", "content_id": work.id},
        {"type": "SubHeader", "title": "x"},
    ):
        assert teacher.ok("POST", f"{target}/items", json={"module_item": item})["published"] is False
    assert student.get(target).status_code == 403
    assert student.ok("GET", url) == []
    teacher.ok("PUT", target, json={"module": {"published": True, "skip_content_tags": True}})
    assert [item["published"] for item in teacher.ok("GET", f"{target}/items")] == [False] * 3
    assert student.ok("GET", target)["items_count"] == 0
    teacher.ok("PUT", target, json={"module": {"published": True}})
    assert [item["published"] for item in student.ok("GET", f"{target}/items")] == [True] * 3
    assert student.ok("GET", f"/courses/{course.id}/pages/{page.url}")["published"]
    teacher.ok("PUT", target, json={"module": {"published": False}})
    assert student.get(f"{target}/items").status_code == 403
    assert teacher.ok("GET", target)["items_count"] == 3


def test_modules_are_listed_with_their_items_and_details(teacher: Api, student: Api, url: str, course: Course) -> None:
    due = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course), name="Essay", due_at=due)
    module, empty = ModuleFactory(course=course, name="Week", position=1), ModuleFactory(course=course, name="Weak", position=2)
    ModuleItemFactory(module=module, type="Assignment", content_id=work.id, title=None, position=1)
    ModuleItemFactory(module=module, position=2, workflow_state="unpublished")
    (seen, other) = student.ok("GET", f"{url}?include[]=items&include[]=content_details")
    assert (seen["id"], other["id"], other["items"], seen["items_count"]) == (module.id, empty.id, [], 1)
    (item,) = seen["items"]
    assert (item["title"], item["type"], item["content_id"]) == ("Essay", "Assignment", work.id)
    assert (item["content_details"]["points_possible"], item["content_details"]["due_at"]) == (10.0, "2030-01-01T00:00:00Z")
    assert item["url"].endswith(f"/api/v1/courses/{course.id}/assignments/{work.id}")
    assert len(teacher.ok("GET", f"{url}/{module.id}?include[]=items")["items"]) == 2
    assert "items" not in teacher.ok("GET", url)[0]


def test_a_module_with_very_many_items_is_listed_without_them(teacher: Api, url: str, course: Course) -> None:
    module = ModuleFactory(course=course)
    ModuleItemFactory.create_batch(101, module=module)
    (seen,) = teacher.ok("GET", f"{url}?include[]=items")
    assert "items" not in seen and seen["items_count"] == 101


def test_modules_are_found_by_name_and_with_items_by_what_is_in_them(teacher: Api, url: str, course: Course) -> None:
    week, other = ModuleFactory(course=course, name="Week 100%"), ModuleFactory(course=course, name="Other")
    ModuleItemFactory(module=other, type="Page", content_id=PageFactory(course=course, title="Welcome").id, title=None)

    def found(query: str) -> list[int]:
        return [module["id"] for module in teacher.ok("GET", f"{url}?{query}")]

    assert found("search_term=100%25") == [week.id]
    assert found("search_term=welc") == []
    assert found("search_term=welc&include[]=items") == [other.id]
    assert teacher.get(f"{url}?search_term=x").status_code == 400


def test_modules_of_another_course_are_not_there(teacher: Api, url: str) -> None:
    elsewhere = ModuleFactory(course=CourseFactory())
    assert teacher.get(f"{url}/{elsewhere.id}").status_code == 404
    assert teacher.get(f"{url}/{elsewhere.id}/items").status_code == 404
    assert teacher.put(f"{url}/{elsewhere.id}", json={"module": {"name": "x"}}).status_code == 404
    assert teacher.put(f"{url}/{elsewhere.id}/relock").status_code == 404
    assert teacher.delete(f"{url}/{elsewhere.id}").status_code == 404
