"""Assignment overrides: made, changed, deleted, and by whom."""

from collections.abc import Callable
from typing import Any

import pytest

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import (
    AssignmentFactory,
    AssignmentGroupFactory,
    CourseFactory,
    EnrollmentFactory,
    OverrideFactory,
    SectionFactory,
    default_section,
)

DUE = "2026-03-01T14:59:00Z"
"""A minute before midnight by the clock of the account."""
Fetch = Callable[[Any], list[Any]]


@pytest.fixture
def url(course: Course) -> str:
    """The overrides of an assignment of the course."""
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    return f"/courses/{course.id}/assignments/{work.id}/overrides"


def made(api: Api, url: str, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = api.ok("POST", url, json={"assignment_override": fields})
    return found


def refused(api: Api, url: str, method: str = "POST", **fields: Any) -> int:
    return api.call(method, url, json={"assignment_override": fields}).status_code


def test_an_override_for_students_shows_only_the_dates_that_it_sets(teacher: Api, student: Api, url: str) -> None:
    override = made(teacher, url, student_ids=[student.id], title="Ill", due_at=DUE, lock_at=None)
    assert override == {
        "id": override["id"],
        "assignment_id": int(url.split("/")[4]),
        "title": "Ill",
        "student_ids": [student.id],
        "due_at": DUE,
        "all_day": True,
        "all_day_date": "2026-03-01",
        "lock_at": None,
    }
    assert teacher.ok("GET", f"{url}/{override['id']}") == override
    assert teacher.ok("GET", url) == [override]


def test_an_override_for_a_section_has_its_name(teacher: Api, course: Course, url: str) -> None:
    section = SectionFactory(course=course, name="Evening")
    form = {"assignment_override[course_section_id]": section.id, "assignment_override[title]": "x"}
    override = teacher.ok("POST", url, data={**form, "assignment_override[unlock_at]": "2026-03-01T10:00:00+09:00"})
    assert (override["title"], override["course_section_id"], override["unlock_at"]) == ("Evening", section.id, "2026-03-01T01:00:00Z")
    assert not {"student_ids", "due_at", "all_day", "lock_at"} & override.keys()


def test_a_change_sets_all_dates_anew_and_keeps_title_and_students(
    teacher: Api, student: Api, enrolled: Callable[..., Api], url: str
) -> None:
    override = made(teacher, url, student_ids=[student.id], due_at=DUE, unlock_at=DUE)
    assert override["title"] == "1 student"
    target = f"{url}/{override['id']}"
    changed = teacher.ok("PUT", target, json={"assignment_override": {"lock_at": None}})
    assert {"due_at", "all_day", "unlock_at"}.isdisjoint(changed)
    assert (changed["lock_at"], changed["title"], changed["student_ids"]) == (None, "1 student", [student.id])
    others = sorted([enrolled().id, enrolled().id])
    changed = teacher.ok("PUT", target, json={"assignment_override": {"student_ids": others, "title": "Two"}})
    assert (changed["student_ids"], changed["title"]) == (others, "Two")
    assert made(teacher, url, student_ids=[student.id])["student_ids"] == [student.id]


def test_a_deleted_override_is_gone_and_its_students_are_free(teacher: Api, student: Api, url: str, course: Course) -> None:
    first = made(teacher, url, student_ids=[student.id], due_at=DUE)
    assert teacher.ok("DELETE", f"{url}/{first['id']}") == first
    assert teacher.get(f"{url}/{first['id']}").status_code == teacher.delete(f"{url}/{first['id']}").status_code == 404
    assert teacher.ok("GET", url) == []
    again = made(teacher, url, student_ids=[student.id])
    assert again["id"] != first["id"]
    section = {"course_section_id": default_section(course.id)}
    teacher.ok("DELETE", f"{url}/{made(teacher, url, **section)['id']}")
    assert made(teacher, url, **section)["title"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"due_at": DUE},
        {"student_ids": []},
        {"student_ids": [999999]},
        {"student_ids": "many"},
        {"course_section_id": 999999},
        {"course_section_id": "x"},
        {"group_id": 1, "due_at": DUE},
        {"due_at": "soon"},
    ],
)
def test_a_bad_override_is_refused(teacher: Api, url: str, fields: dict[str, Any]) -> None:
    assert refused(teacher, url, **fields) == 400


def test_a_day_that_no_calendar_has_is_refused(teacher: Api, student: Api, url: str) -> None:
    teacher.ok("PUT", "/users/self", json={"user": {"time_zone": "Asia/Tokyo"}})
    assert refused(teacher, url, student_ids=[student.id], due_at="9999-12-31T23:59:59Z") == 400


def test_an_override_is_for_students_or_for_a_section_and_stays_so(teacher: Api, student: Api, url: str, course: Course) -> None:
    section = SectionFactory(course=course)
    assert refused(teacher, url, student_ids=[student.id], course_section_id=section.id) == 400
    override = made(teacher, url, course_section_id=section.id)
    other = SectionFactory(course=course)
    fields = {"course_section_id": other.id, "student_ids": [student.id], "title": "x"}
    changed = teacher.ok("PUT", f"{url}/{override['id']}", json={"assignment_override": fields})
    assert (changed["course_section_id"], changed["title"]) == (section.id, section.name)


def test_a_student_has_one_override_of_an_assignment_and_a_section_too(teacher: Api, student: Api, url: str, course: Course) -> None:
    section = SectionFactory(course=course)
    made(teacher, url, student_ids=[student.id])
    made(teacher, url, course_section_id=section.id)
    assert refused(teacher, url, student_ids=[student.id]) == refused(teacher, url, course_section_id=section.id) == 400
    other = made(teacher, url, student_ids=[EnrollmentFactory(course=course).user_id])
    assert refused(teacher, f"{url}/{other['id']}", "PUT", student_ids=[student.id]) == 400


def test_only_students_and_sections_of_the_course_are_taken(teacher: Api, ta: Api, url: str) -> None:
    foreign = EnrollmentFactory(course=CourseFactory())
    assert refused(teacher, url, student_ids=[foreign.user_id]) == refused(teacher, url, student_ids=[ta.id]) == 400
    assert refused(teacher, url, course_section_id=foreign.course_section_id) == 400


def test_an_override_of_another_assignment_or_course_is_not_found(teacher: Api, student: Api, url: str, course: Course) -> None:
    foreign = OverrideFactory()
    override = made(teacher, url, student_ids=[student.id])
    sibling = AssignmentFactory(group=AssignmentGroupFactory(course=course)).id
    elsewhere = f"/courses/{course.id}/assignments/{sibling}/overrides/{override['id']}"
    assert teacher.get(f"{url}/{foreign.id}").status_code == teacher.get(elsewhere).status_code == 404
    assert refused(teacher, elsewhere, "PUT") == teacher.delete(elsewhere).status_code == 404
    assert teacher.get(f"/courses/{course.id}/assignments/{foreign.assignment_id}/overrides").status_code == 404


def test_staff_of_a_section_see_and_change_what_reaches_that_section_only(
    enrolled: Callable[..., Api], teacher: Api, course: Course, url: str
) -> None:
    mine, other = SectionFactory(course=course), SectionFactory(course=course)
    limited = enrolled("TeacherEnrollment", course_section_id=mine.id, limit_privileges_to_course_section=True)
    own = EnrollmentFactory(course=course, course_section_id=mine.id).user_id
    foreign = EnrollmentFactory(course=course, course_section_id=other.id).user_id
    theirs = made(teacher, url, course_section_id=other.id)
    ours = made(teacher, url, course_section_id=mine.id)
    both = made(teacher, url, student_ids=[own, foreign])
    assert [(row["id"], row.get("student_ids")) for row in limited.ok("GET", url)] == [(ours["id"], None), (both["id"], [own])]
    assert limited.get(f"{url}/{theirs['id']}").status_code == refused(limited, f"{url}/{theirs['id']}", "PUT") == 404
    assert refused(limited, f"{url}/{both['id']}", "PUT", due_at=None) == limited.delete(f"{url}/{both['id']}").status_code == 403
    assert limited.ok("DELETE", f"{url}/{ours['id']}")["id"] == ours["id"]
    teacher.ok("DELETE", f"{url}/{both['id']}")
    teacher.ok("DELETE", f"{url}/{theirs['id']}")
    assert refused(limited, url, course_section_id=other.id) == 403
    assert refused(limited, url, student_ids=[own, foreign]) == 400
    assert made(limited, url, student_ids=[own])["student_ids"] == [own]
    shown = limited.ok("GET", f"{url.removesuffix('/overrides')}?include[]=overrides&include[]=all_dates")
    assert len(shown["overrides"]) == 1 and len(shown["all_dates"]) == 2


def test_a_deleted_section_takes_its_override_with_it(teacher: Api, course: Course, url: str) -> None:
    section = SectionFactory(course=course)
    override = made(teacher, url, course_section_id=section.id)
    teacher.ok("DELETE", f"/sections/{section.id}")
    assert teacher.ok("GET", url) == []
    assert teacher.get(f"{url}/{override['id']}").status_code == 404


def test_who_is_no_student_any_more_is_shown_in_no_override(teacher: Api, student: Api, course: Course, url: str, fetch: Fetch) -> None:
    other = EnrollmentFactory(course=course).user_id
    override = made(teacher, url, student_ids=[student.id, other], due_at=DUE)
    ((gone,),) = fetch(f"SELECT id FROM enrollments WHERE user_id = {other}")  # noqa: S608
    teacher.ok("DELETE", f"/courses/{course.id}/enrollments/{gone}?task=delete")
    assert teacher.ok("GET", f"{url}/{override['id']}")["student_ids"] == [student.id]
    ((last,),) = fetch(f"SELECT id FROM enrollments WHERE user_id = {student.id}")  # noqa: S608
    teacher.ok("DELETE", f"/courses/{course.id}/enrollments/{last}?task=delete")
    assert teacher.ok("GET", url) == []


def test_several_are_made_read_and_changed_at_once(teacher: Api, student: Api, course: Course, url: str) -> None:
    batch, group = f"/courses/{course.id}/assignments/overrides", AssignmentGroupFactory(course=course)
    works = [AssignmentFactory(group=group).id for _ in range(2)]
    fields = [{"assignment_id": work, "student_ids": [student.id], "due_at": DUE} for work in works]
    overrides = teacher.ok("POST", batch, json={"assignment_overrides": fields})
    assert [override["assignment_id"] for override in overrides] == works
    ids = [{"id": override["id"], "assignment_id": override["assignment_id"]} for override in overrides]
    wanted = [ids[1], {"id": ids[0]["id"], "assignment_id": works[1]}, ids[0]]
    query = {f"assignment_overrides[{n}][{key}]": value for n, one in enumerate(wanted) for key, value in one.items()}
    assert teacher.ok("GET", batch, query_string=query) == [overrides[1], None, overrides[0]]
    changed = teacher.ok("PUT", batch, json={"assignment_overrides": [{**one, "lock_at": DUE} for one in ids]})
    assert [("due_at" in one, one["lock_at"]) for one in changed] == [(False, DUE)] * 2


def test_of_several_all_are_kept_or_none(teacher: Api, student: Api, course: Course, url: str) -> None:
    batch, work = f"/courses/{course.id}/assignments/overrides", int(url.split("/")[4])
    one = {"assignment_id": work, "student_ids": [student.id]}
    for body, status in (([one, one], 400), ([one, {**one, "assignment_id": 999999}], 404), ([], 400), (None, 400)):
        assert teacher.post(batch, json={"assignment_overrides": body}).status_code == status
    assert teacher.ok("GET", url) == []
    override = made(teacher, url, student_ids=[student.id])
    known, unknown = {"assignment_id": work, "id": override["id"], "due_at": DUE}, {"assignment_id": work, "id": 999999}
    assert teacher.put(batch, json={"assignment_overrides": [known, unknown]}).status_code == 404
    assert teacher.ok("GET", url) == [override]


def test_staff_see_the_overrides_and_all_dates_of_assignments(teacher: Api, student: Api, course: Course, url: str) -> None:
    work, section = url.removesuffix("/overrides"), SectionFactory(course=course, name="Evening")
    teacher.ok("PUT", work, json={"assignment": {"lock_at": "2026-04-01T00:00:00Z"}})
    overrides = [made(teacher, url, student_ids=[student.id], due_at=DUE), made(teacher, url, course_section_id=section.id, lock_at=None)]
    listed = f"/courses/{course.id}/assignments?include[]=overrides&include[]=all_dates"
    (shown,) = teacher.ok("GET", listed)
    assert shown["overrides"] == overrides and (shown["due_at"], shown["only_visible_to_overrides"]) == (None, False)
    lock = "2026-04-01T00:00:00Z"
    assert [(date["title"], date.get("base"), date["due_at"], date["lock_at"]) for date in shown["all_dates"]] == [
        ("Everyone else", True, None, lock),
        ("1 student", None, DUE, lock),
        ("Evening", None, None, None),
    ]
    assert [(date["set_type"], date["set_id"]) for date in shown["all_dates"][1:]] == [("ADHOC", None), ("CourseSection", section.id)]
    teacher.ok("PUT", work, json={"assignment": {"only_visible_to_overrides": True}})
    assert [date["title"] for date in teacher.ok("GET", f"{work}?include[]=all_dates")["all_dates"]] == ["1 student", "Evening"]
    (seen,) = student.ok("GET", listed)
    assert "overrides" not in seen and [date["due_at"] for date in seen["all_dates"]] == [DUE]
