"""Sections of courses."""

from collections.abc import Callable

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import CourseFactory, SectionFactory, default_section


def test_a_section_is_made_read_changed_and_deleted(teacher: Api, course: Course) -> None:
    made = teacher.ok(
        "POST", f"/courses/{course.id}/sections", data={"course_section[name]": "Evening", "course_section[start_at]": "2026-03-01"}
    )
    assert (made["name"], made["course_id"], made["start_at"]) == ("Evening", course.id, "2026-03-01T00:00:00Z")
    url = f"/sections/{made['id']}"
    assert teacher.ok("GET", url) == teacher.ok("GET", f"/courses/{course.id}{url}") == made
    changed = teacher.ok("PUT", url, json={"course_section": {"name": "Night", "start_at": None}})
    assert (changed["name"], changed["start_at"]) == ("Night", None)
    assert teacher.ok("DELETE", url)["id"] == made["id"]
    assert teacher.get(url).status_code == 404


def test_a_section_counts_its_students_if_asked(teacher: Api, student: Api, course: Course) -> None:
    (only,) = teacher.ok("GET", f"/courses/{course.id}/sections?include[]=total_students")
    assert only["total_students"] == 1
    assert "total_students" not in teacher.ok("GET", f"/sections/{only['id']}")


def test_neither_the_default_section_nor_one_with_people_can_be_deleted(teacher: Api, enrolled: Callable[..., Api], course: Course) -> None:
    second = SectionFactory(course=course)
    enrolled(course_section_id=second.id)
    for section_id in (default_section(course.id), second.id):
        assert teacher.delete(f"/sections/{section_id}").status_code == 400


def test_only_an_admin_sets_a_sis_id_and_it_must_be_free(teacher: Api, admin: Api, course: Course) -> None:
    SectionFactory(course=course, sis_section_id="TAKEN")
    url = f"/courses/{course.id}/sections"
    assert teacher.post(url, json={"course_section": {"sis_section_id": "X"}}).status_code == 403
    assert admin.post(url, json={"course_section": {"sis_section_id": "TAKEN"}}).status_code == 400
    made = admin.ok("POST", url, json={"course_section": {"sis_section_id": "X"}})
    assert admin.ok("GET", "/sections/sis_section_id:X")["id"] == made["id"]
    assert admin.put("/sections/sis_section_id:X", json={"course_section": {"sis_section_id": "TAKEN"}}).status_code == 400


def test_a_section_of_another_course_is_not_there(teacher: Api, course: Course) -> None:
    elsewhere = default_section(CourseFactory().id)
    assert teacher.get(f"/courses/{course.id}/sections/{elsewhere}").status_code == 404
    assert teacher.get(f"/sections/{elsewhere}").status_code == 403


def test_who_is_limited_to_a_section_sees_only_that(enrolled: Callable[..., Api], student: Api, course: Course) -> None:
    second = SectionFactory(course=course)
    limited = enrolled("TaEnrollment", course_section_id=second.id, limit_privileges_to_course_section=True)
    peer = enrolled(course_section_id=second.id)
    assert [section["id"] for section in limited.ok("GET", f"/courses/{course.id}/sections")] == [second.id]
    assert limited.get(f"/sections/{default_section(course.id)}").status_code == 403
    assert [user["id"] for user in limited.ok("GET", f"/courses/{course.id}/users?enrollment_type[]=student")] == [peer.id]
    assert {row["course_section_id"] for row in limited.ok("GET", f"/courses/{course.id}/enrollments")} == {second.id}
