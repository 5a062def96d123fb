"""Favourite courses, and a student's progress through courses."""

from collections.abc import Callable
from typing import Any

from app.extensions import db
from app.models.courses import Course
from app.models.modules import ModuleCompletion
from tests.conftest import Api
from tests.factories import CourseFactory, EnrollmentFactory, ModuleFactory, ModuleItemFactory

URL = "/users/self/favorites/courses"


def ids(rows: list[Any]) -> list[int]:
    return [row["id"] for row in rows]


def test_favourites_are_marked_listed_and_forgotten(student: Api, course: Course) -> None:
    other = EnrollmentFactory(course=CourseFactory(sis_course_id="C2"), user=student.user).course_id
    assert ids(student.ok("GET", URL)) == [course.id, other]
    for _ in range(2):
        assert student.ok("POST", f"{URL}/sis_course_id:C2") == {"context_id": other, "context_type": "Course"}
    assert ids(student.ok("GET", URL)) == [other]
    listed = student.ok("GET", "/courses?include[]=favorites")
    assert {row["id"]: row["is_favorite"] for row in listed} == {course.id: False, other: True}
    assert "is_favorite" not in student.ok("GET", f"/courses/{other}")
    for _ in range(2):
        assert student.ok("DELETE", f"{URL}/{other}") == {"context_id": other, "context_type": "Course"}
    assert ids(student.ok("GET", URL)) == [course.id, other]
    student.ok("POST", f"{URL}/{course.id}")
    assert student.ok("DELETE", URL) == {"message": "OK"}
    assert ids(student.ok("GET", URL)) == [course.id, other]


def test_favourites_are_ones_own(student: Api, teacher: Api, course: Course) -> None:
    student.ok("POST", f"{URL}/{course.id}")
    assert teacher.ok("GET", f"/courses/{course.id}?include[]=favorites")["is_favorite"] is False


def test_a_favourite_that_was_taken_from_view_is_not_listed(student: Api, teacher: Api, course: Course) -> None:
    other = EnrollmentFactory(course=CourseFactory(), user=student.user).course_id
    student.ok("POST", f"{URL}/{course.id}")
    teacher.ok("PUT", f"/courses/{course.id}", json={"course": {"event": "claim"}})
    assert ids(student.ok("GET", URL)) == [other]


def progress(api: Api, course: Course) -> Any:
    seen = api.ok("GET", f"/courses/{course.id}?include[]=course_progress")["course_progress"]
    (listed,) = [row for row in api.ok("GET", "/courses?include[]=course_progress") if row["id"] == course.id]
    assert listed["course_progress"] == seen
    return seen


def test_a_student_is_told_how_far_they_are(student: Api, course: Course) -> None:
    assert "no progress" in progress(student, course)["error"]["message"]
    second = ModuleFactory(course=course, position=2)
    first = ModuleFactory(course=course, position=1)
    draft = ModuleFactory(course=course, position=3, workflow_state="unpublished")
    later = ModuleItemFactory(module=second, position=1, requirement="must_view")
    done, sooner = [ModuleItemFactory(module=first, position=at, requirement="must_view") for at in (1, 2)]
    ModuleItemFactory(module=draft, requirement="must_view")
    ModuleItemFactory(module=first)
    db.session.add(ModuleCompletion(module_item_id=done.id, user_id=student.id, requirement="must_view"))
    db.session.commit()
    url = f"http://lms.test/courses/{course.id}/modules/items/"
    seen = progress(student, course)
    assert (seen["requirement_count"], seen["requirement_completed_count"]) == (3, 1)
    assert (seen["next_requirement_url"], seen["completed_at"]) == (f"{url}{sooner.id}", None)
    rest = [ModuleCompletion(module_item_id=item.id, user_id=student.id, requirement="must_view") for item in (sooner, later)]
    db.session.add_all(rest)
    db.session.commit()
    seen = progress(student, course)
    assert (seen["requirement_completed_count"], seen["next_requirement_url"]) == (3, None)
    assert seen["completed_at"] == rest[1].created_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_is_locked_comes_not_next(student: Api, course: Course) -> None:
    first = ModuleFactory(course=course, position=1)
    waiting = ModuleFactory(course=course, position=2, prerequisite_module_ids=[first.id])
    ModuleItemFactory(module=waiting, position=1, requirement="must_view")
    assert progress(student, course)["next_requirement_url"].startswith("http")  # nothing is asked for before it
    asked = ModuleItemFactory(module=first, requirement="must_view")
    assert progress(student, course)["next_requirement_url"].endswith(f"/{asked.id}")


def test_the_progress_in_one_course_is_not_that_in_another(student: Api, enrolled: Callable[..., Api], course: Course) -> None:
    other = CourseFactory()
    enrolled(course=other, user=student.user)
    for place, number in ((course, 1), (other, 2)):
        module = ModuleFactory(course=place)
        for _ in range(number):
            ModuleItemFactory(module=module, requirement="must_view")
    assert [progress(student, place)["requirement_count"] for place in (course, other)] == [1, 2]


def test_only_students_make_progress(teacher: Api, student: Api, course: Course) -> None:
    ModuleItemFactory(module=ModuleFactory(course=course), requirement="must_view")
    assert "error" in progress(teacher, course)
    assert progress(student, course)["requirement_count"] == 1
