"""Locked modules: what opens them, and what is withheld meanwhile."""

import datetime as dt
from typing import Any

import pytest

from app.models.courses import Course
from app.models.modules import Module
from tests.conftest import Api
from tests.factories import (
    AssignmentFactory,
    AssignmentGroupFactory,
    ModuleFactory,
    ModuleItemFactory,
    PageFactory,
)

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
ESSAY = {"submission": {"submission_type": "online_text_entry", "body": "x"}}


@pytest.fixture
def url(course: Course) -> str:
    return f"/courses/{course.id}/modules"


@pytest.fixture
def module(course: Course) -> Module:
    found: Module = ModuleFactory(course=course, position=1)
    return found


def state(api: Api, url: str, module: Module, query: str = "") -> str:
    found: str = api.ok("GET", f"{url}/{module.id}{query}")["state"]
    return found


def work_in(course: Course, **fields: Any) -> Any:
    return AssignmentFactory(group=AssignmentGroupFactory(course=course), **fields)


def item_of(module: Module, kind: str, thing: Any, requirement: str | None = None, score: float | None = None, position: int = 1) -> Any:
    return ModuleItemFactory(
        module=module, type=kind, content_id=thing.id, requirement=requirement, requirement_score=score, position=position
    )


def test_a_module_waits_for_its_prerequisites(student: Api, teacher: Api, url: str, module: Module, course: Course) -> None:
    item = ModuleItemFactory(module=module, requirement="must_mark_done")
    second = ModuleFactory(course=course, position=2, prerequisite_module_ids=[module.id])
    third = ModuleFactory(course=course, position=3, prerequisite_module_ids=[second.id])
    asked = ModuleItemFactory(module=third, requirement="must_mark_done")
    target = f"{url}/{third.id}/items/{asked.id}"
    assert [seen["state"] for seen in student.ok("GET", url)] == ["unlocked", "locked", "locked"]
    assert student.put(f"{target}/done").status_code == 403
    assert student.post(f"{target}/mark_read").status_code == 403
    assert student.ok("GET", target)["external_url"] is None
    assert teacher.ok("GET", target)["external_url"] == asked.external_url
    student.ok("PUT", f"{url}/{module.id}/items/{item.id}/done")
    assert [seen["state"] for seen in student.ok("GET", url)] == ["completed", "completed", "unlocked"]
    assert student.ok("GET", target)["external_url"] == asked.external_url


def test_a_draft_is_no_prerequisite_and_asks_for_nothing(student: Api, url: str, module: Module, course: Course) -> None:
    draft = ModuleFactory(course=course, position=0, workflow_state="unpublished")
    ModuleItemFactory(module=draft, requirement="must_mark_done")
    ModuleItemFactory(module=module, requirement="must_mark_done", workflow_state="unpublished")
    item_of(module, "Page", PageFactory(course=course, workflow_state="unpublished"), "must_view", position=2)
    second = ModuleFactory(course=course, position=2, prerequisite_module_ids=[draft.id, module.id])
    seen = student.ok("GET", f"{url}/{second.id}")
    assert (seen["state"], seen["prerequisite_module_ids"]) == ("completed", [module.id])


def test_a_module_is_locked_until_its_date(student: Api, url: str, course: Course) -> None:
    ahead, past = (ModuleFactory(course=course, unlock_at=NOW + days * DAY) for days in (1, -1))
    assert (state(student, url, ahead), state(student, url, past)) == ("locked", "completed")


def test_items_come_one_after_the_other_where_that_is_required(student: Api, url: str, course: Course) -> None:
    module = ModuleFactory(course=course, require_sequential_progress=True)
    pages = [PageFactory(course=course) for _ in range(3)]
    for position, page in enumerate(pages, 1):
        item_of(module, "Page", page, "must_view" if position != 2 else None, position=position)

    def read() -> list[bool]:
        seen = [student.ok("GET", f"/courses/{course.id}/pages/{page.url}") for page in reversed(pages)]
        assert all((page["body"] is None) == page["locked_for_user"] for page in seen)
        return [page["locked_for_user"] for page in reversed(seen)]

    # From the last to the first: each that is locked when it is read does not count as viewed.
    assert read() == [False, True, True]
    assert state(student, url, module) == "started"
    assert read() == [False, False, False]
    assert state(student, url, module) == "completed"


def test_what_is_only_in_a_locked_module_is_withheld_everywhere(
    student: Api, teacher: Api, observer: Api, module: Module, course: Course
) -> None:
    ModuleItemFactory(module=module, requirement="must_mark_done")
    second = ModuleFactory(course=course, position=2, name="Second", prerequisite_module_ids=[module.id])
    page, work = PageFactory(course=course, editing_roles="students"), work_in(course, description="<p>Secret</p>")
    free, other = PageFactory(course=course), work_in(course, description="<p>Open</p>")
    item_of(second, "Page", page, "must_view")
    item_of(second, "Assignment", work, "must_submit", position=2)
    item_of(second, "Page", free, position=3)
    item_of(module, "Page", free, position=9)
    here = f"/courses/{course.id}"

    for api in (student, observer):
        seen = api.ok("GET", f"{here}/pages/{page.url}")
        assert (seen["locked_for_user"], seen["body"]) == (True, None) and "Second" in seen["lock_explanation"]
        listed = {row["page_id"]: row for row in api.ok("GET", f"{here}/pages?include[]=body")}
        assert (listed[page.id]["body"], listed[free.id]["body"]) == (None, free.body)
        assert api.ok("GET", f"{here}/pages/{free.url}")["locked_for_user"] is False
        single = api.ok("GET", f"{here}/assignments/{work.id}")
        rows = {row["id"]: row for row in api.ok("GET", f"{here}/assignments")}
        groups = api.ok("GET", f"{here}/assignment_groups?include[]=assignments")
        grouped = {row["id"]: row for group in groups for row in group["assignments"]}
        for body in (single, rows[work.id], grouped[work.id]):
            assert (body["locked_for_user"], body["description"]) == (True, None) and "Second" in body["lock_explanation"]
        assert rows[other.id]["description"] == grouped[other.id]["description"] == "<p>Open</p>"
    own = student.ok("GET", f"{here}/assignments/{work.id}/submissions/self?include[]=assignment")
    assert own["assignment"]["description"] is None
    assert student.post(f"{here}/assignments/{work.id}/submissions", json=ESSAY).status_code == 403
    assert student.put(f"{here}/pages/{page.url}", json={"wiki_page": {"body": "x"}}).status_code == 403
    assert teacher.ok("GET", f"{here}/pages/{page.url}")["body"] == page.body
    assert teacher.ok("GET", f"{here}/assignments/{work.id}")["locked_for_user"] is False
    details = student.ok("GET", f"{here}/modules/{second.id}/items?include[]=content_details")[1]["content_details"]
    assert details["locked_for_user"] and details["lock_explanation"]


def test_what_is_in_a_module_that_is_not_published_is_not_available_yet(student: Api, course: Course) -> None:
    draft = ModuleFactory(course=course, workflow_state="unpublished", name="Secret plan")
    page = PageFactory(course=course)
    item_of(draft, "Page", page)
    seen = student.ok("GET", f"/courses/{course.id}/pages/{page.url}")
    assert seen["locked_for_user"] and "Secret" not in seen["lock_explanation"]


def test_calendar_and_todo_do_not_tell_what_a_module_keeps(student: Api, observer: Api, teacher: Api, course: Course) -> None:
    base = f"/courses/{course.id}"
    soon, gone = (NOW + DAY).isoformat(), (NOW - DAY).isoformat()
    ahead = ModuleFactory(course=course, unlock_at=NOW + DAY)
    work = {"description": "Secret", "published": True, "submission_types": ["online_url"]}
    for due in (soon, gone):
        made = teacher.ok("POST", f"{base}/assignments", json={"assignment": {"name": "Exam", "due_at": due, **work}})
        ModuleItemFactory(module=ahead, type="Assignment", content_id=made["id"])
    events = f"/calendar_events?type=assignment&all_events=true&context_codes[]=course_{course.id}"
    for who, path in (
        (student, events),
        (observer, events),
        (student, "/users/self/todo"),
        (student, "/users/self/missing_submissions"),
        (observer, f"/users/{student.id}/missing_submissions"),
        (student, f"/calendar_events/assignment_{made['id']}"),
    ):
        answer = who.get(path)
        assert (answer.status_code, "Exam" in answer.text, "Secret" in answer.text) == (200, True, False), path
    assert "Secret" in teacher.get(events).text
