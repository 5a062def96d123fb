"""How far students are in modules: requirements, and whose progress is shown to whom."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from app.models.courses import Course
from app.models.modules import Module
from tests.conftest import Api
from tests.factories import (
    AssignmentFactory,
    AssignmentGroupFactory,
    CourseFactory,
    EnrollmentFactory,
    ModuleFactory,
    ModuleItemFactory,
    PageFactory,
    SectionFactory,
    SubmissionFactory,
)

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


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


def test_a_module_that_asks_for_nothing_is_completed(student: Api, url: str, module: Module) -> None:
    seen = student.ok("GET", f"{url}/{module.id}")
    assert (seen["state"], seen["completed_at"]) == ("completed", None)


def test_reading_a_page_is_noted_once_and_completes_the_module(
    student: Api, teacher: Api, url: str, module: Module, course: Course, fetch: Callable[[str], list[Any]]
) -> None:
    first, second = PageFactory(course=course), PageFactory(course=course)
    items = [item_of(module, "Page", page, "must_view", position=n) for n, page in enumerate((first, second), 1)]
    teacher.ok("GET", f"/courses/{course.id}/pages/{first.url}")
    assert state(student, url, module) == "unlocked"
    for _ in range(2):
        student.ok("GET", f"/courses/{course.id}/pages/{first.url}")
    assert state(student, url, module) == "started"
    done = [item["completion_requirement"]["completed"] for item in student.ok("GET", f"{url}/{module.id}/items")]
    assert done == [True, False]
    student.ok("GET", f"/courses/{course.id}/pages/page_id:{second.id}")
    seen = student.ok("GET", f"{url}/{module.id}")
    assert seen["state"] == "completed" and seen["completed_at"] is not None
    assert sorted(fetch("SELECT module_item_id FROM module_completions")) == [(item.id,) for item in items]


def test_reading_costs_no_write_where_nothing_asks_for_it(
    student: Api, module: Module, course: Course, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    page = PageFactory(course=course)
    item_of(module, "Page", page)
    with statements() as seen:
        student.ok("GET", f"/courses/{course.id}/pages/{page.url}")
    assert len(seen) == 3 and not any("INSERT" in statement for statement in seen)


def test_the_front_page_and_an_assignment_are_viewed_too(student: Api, url: str, module: Module, course: Course) -> None:
    item_of(module, "Page", PageFactory(course=course, front_page=True), "must_view")
    work, exam = work_in(course), work_in(course, unlock_at=NOW + DAY)
    item_of(module, "Assignment", work, "must_view", position=2)
    item_of(module, "Assignment", exam, "must_view", position=3)
    student.ok("GET", f"/courses/{course.id}/front_page")
    for assignment in (work, exam):
        student.ok("GET", f"/courses/{course.id}/assignments/{assignment.id}")
    done = [item["completion_requirement"]["completed"] for item in student.ok("GET", f"{url}/{module.id}/items")]
    # What is not unlocked yet was not read.
    assert done == [True, True, False]


def test_an_observer_sees_the_students_progress_and_makes_none(
    student: Api, observer: Api, url: str, module: Module, course: Course
) -> None:
    page = PageFactory(course=course)
    item_of(module, "Page", page, "must_view")
    observer.ok("GET", f"/courses/{course.id}/pages/{page.url}")
    assert state(observer, url, module) == state(student, url, module) == "unlocked"
    student.ok("GET", f"/courses/{course.id}/pages/{page.url}")
    assert state(observer, url, module) == state(observer, url, module, f"?student_id={student.id}") == "completed"


def test_an_item_is_marked_done_and_undone(student: Api, url: str, module: Module) -> None:
    item = ModuleItemFactory(module=module, requirement="must_mark_done")
    target = f"{url}/{module.id}/items/{item.id}"
    for _ in range(2):
        assert student.ok("PUT", f"{target}/done")["completion_requirement"] == {"type": "must_mark_done", "completed": True}
    assert state(student, url, module) == "completed"
    student.ok("POST", f"{target}/mark_read")
    assert student.ok("DELETE", f"{target}/done")["completion_requirement"]["completed"] is False
    assert state(student, url, module) == "unlocked"


def test_a_link_is_marked_read(student: Api, url: str, module: Module) -> None:
    item = ModuleItemFactory(module=module, requirement="must_view")
    target = f"{url}/{module.id}/items/{item.id}"
    assert student.ok("PUT", f"{target}/done")["completion_requirement"]["completed"] is False
    assert student.ok("POST", f"{target}/mark_read")["completion_requirement"]["completed"] is True


def test_what_was_done_for_one_requirement_is_not_done_for_another(student: Api, teacher: Api, url: str, module: Module) -> None:
    item = ModuleItemFactory(module=module, requirement="must_view")
    target = f"{url}/{module.id}/items/{item.id}"
    student.ok("POST", f"{target}/mark_read")
    teacher.ok("PUT", target, json={"module_item": {"completion_requirement": {"type": "must_mark_done"}}})
    assert state(student, url, module) == "unlocked"


def test_editing_a_page_is_a_contribution(student: Api, url: str, module: Module, course: Course) -> None:
    page = PageFactory(course=course, editing_roles="students")
    item_of(module, "Page", page, "must_contribute")
    student.ok("GET", f"/courses/{course.id}/pages/{page.url}")
    assert state(student, url, module) == "unlocked"
    student.ok("PUT", f"/courses/{course.id}/pages/{page.url}", json={"wiki_page": {"body": "x"}})
    assert state(student, url, module) == "completed"


@pytest.mark.parametrize(
    ("requirement", "least", "fields", "met"),
    [
        ("must_submit", None, {}, True),
        ("must_submit", None, {"attempt": None, "submitted_at": None, "workflow_state": "unsubmitted"}, False),
        ("must_submit", None, {"attempt": None, "submitted_at": None, "score": 5.0, "workflow_state": "graded"}, True),
        ("must_submit", None, {"attempt": None, "submitted_at": None, "excused": True, "workflow_state": "graded"}, True),
        ("min_score", 7.0, {}, False),
        ("min_score", 7.0, {"score": 6.99, "workflow_state": "graded"}, False),
        ("min_score", 7.0, {"score": 7.0, "workflow_state": "graded"}, True),
        ("min_score", 7.0, {"excused": True, "workflow_state": "graded"}, True),
        ("min_percentage", 70.0, {"score": 7.0, "workflow_state": "graded"}, True),
        ("min_percentage", 70.5, {"score": 7.0, "workflow_state": "graded"}, False),
        ("min_percentage", 0.0, {}, False),
    ],
)
def test_work_that_was_handed_in_before_counts(
    student: Api, url: str, module: Module, course: Course, requirement: str, least: float | None, fields: dict[str, Any], met: bool
) -> None:
    work = work_in(course)
    SubmissionFactory(assignment=work, user=student.user, **fields)
    item = item_of(module, "Assignment", work, requirement, least)
    seen = student.ok("GET", f"{url}/{module.id}/items/{item.id}")["completion_requirement"]
    assert seen["completed"] is met
    assert state(student, url, module) == ("completed" if met else "unlocked")


@pytest.mark.parametrize(("score", "points", "least", "met"), [(0.29, 1.0, 29.0, True), (0.28, 1.0, 29.0, False), (0.7, 1.0, 70.0, True)])
def test_a_percentage_is_compared_as_people_would(
    student: Api, url: str, module: Module, course: Course, score: float, points: float, least: float, met: bool
) -> None:
    work = work_in(course, points_possible=points)
    SubmissionFactory(assignment=work, user=student.user, score=score, workflow_state="graded")
    item_of(module, "Assignment", work, "min_percentage", least)
    assert (state(student, url, module) == "completed") is met


def test_a_percentage_of_no_points_is_never_reached(student: Api, url: str, module: Module, course: Course) -> None:
    work = work_in(course, points_possible=0.0)
    SubmissionFactory(assignment=work, user=student.user, score=5.0, workflow_state="graded")
    item_of(module, "Assignment", work, "min_percentage", 50.0)
    assert state(student, url, module) == "unlocked"


def test_a_module_is_completed_when_its_last_requirement_was_met(
    student: Api, teacher: Api, url: str, module: Module, course: Course
) -> None:
    work, graded = work_in(course), work_in(course)
    SubmissionFactory(assignment=work, user=student.user)
    SubmissionFactory(assignment=graded, user=student.user, score=9.0, graded_at=dt.datetime(2026, 3, 5, tzinfo=dt.UTC))
    item_of(module, "Assignment", work, "must_submit")
    item_of(module, "Assignment", graded, "min_score", 5.0, position=2)
    (seen,) = teacher.ok("GET", f"{url}?student_id={student.id}")
    assert (seen["state"], seen["completed_at"]) == ("completed", "2026-03-05T00:00:00Z")


def test_staff_name_the_student_whose_progress_they_want(
    teacher: Api, ta: Api, designer: Api, student: Api, enrolled: Callable[..., Api], url: str, module: Module, course: Course
) -> None:
    other = enrolled()
    item = ModuleItemFactory(module=module, requirement="must_mark_done")
    student.ok("PUT", f"{url}/{module.id}/items/{item.id}/done")
    for api in (teacher, ta):
        assert state(api, url, module, f"?student_id={student.id}") == "completed"
        assert state(api, url, module, f"?student_id={other.id}") == "unlocked"
        (seen,) = api.ok("GET", f"{url}/{module.id}/items?student_id={student.id}")
        assert seen["completion_requirement"]["completed"] is True
        assert api.get(f"{url}?student_id={teacher.id}").status_code == 404
        assert "completed" not in api.ok("GET", f"{url}/{module.id}/items/{item.id}")["completion_requirement"]
    assert designer.get(f"{url}?student_id={student.id}").status_code == 403
    assert student.get(f"{url}?student_id={other.id}").status_code == 403
    assert state(student, url, module, f"?student_id={student.id}") == "completed"
    limited = enrolled("TaEnrollment", course_section_id=SectionFactory(course=course).id, limit_privileges_to_course_section=True)
    assert limited.get(f"{url}?student_id={student.id}").status_code == 403


def test_a_finished_course_shows_progress_and_takes_none(enrolled: Callable[..., Api]) -> None:
    course = CourseFactory(workflow_state="completed")
    student, module, page = enrolled(course=course), ModuleFactory(course=course), PageFactory(course=course)
    item = item_of(module, "Page", page, "must_view")
    url = f"/courses/{course.id}/modules"
    student.ok("GET", f"/courses/{course.id}/pages/{page.url}")
    assert state(student, url, module) == "unlocked"
    for method, act in (("PUT", "done"), ("DELETE", "done"), ("POST", "mark_read")):
        assert student.call(method, f"{url}/{module.id}/items/{item.id}/{act}").status_code == 403


def test_who_teaches_does_not_walk_through_the_course(
    teacher: Api, enrolled: Callable[..., Api], url: str, module: Module, course: Course
) -> None:
    item = ModuleItemFactory(module=module, requirement="must_mark_done")
    assert teacher.put(f"{url}/{module.id}/items/{item.id}/done").status_code == 403
    both = enrolled("TeacherEnrollment")
    EnrollmentFactory(course=course, user=both.user)
    assert both.ok("PUT", f"{url}/{module.id}/items/{item.id}/done")["id"] == item.id
    assert state(both, url, module, f"?student_id={both.id}") == "completed"


def test_visitors_of_a_public_course_see_modules_without_making_progress(stranger: Api) -> None:
    course = CourseFactory(is_public=True)
    module = ModuleFactory(course=course)
    item = ModuleItemFactory(module=module, requirement="must_view")
    assert state(stranger, f"/courses/{course.id}/modules", module) == "unlocked"
    assert stranger.post(f"/courses/{course.id}/modules/{module.id}/items/{item.id}/mark_read").status_code == 403


def test_new_requirements_hold_at_once_and_relocking_answers_the_module(
    student: Api, teacher: Api, url: str, module: Module, course: Course
) -> None:
    second = ModuleFactory(course=course, position=2)
    assert state(student, url, second) == "completed"
    ModuleItemFactory(module=module, requirement="must_view")
    teacher.ok("PUT", f"{url}/{second.id}", json={"module": {"prerequisite_module_ids": [module.id]}})
    assert teacher.ok("PUT", f"{url}/{second.id}/relock")["id"] == second.id
    assert state(student, url, second) == "locked"
