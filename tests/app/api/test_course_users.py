"""The people of a course."""

from collections.abc import Callable

import pytest

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import EnrollmentFactory, SectionFactory, UserFactory


@pytest.mark.parametrize("path", ["users", "search_users"])
def test_people_are_listed_once_by_type_state_and_id(
    teacher: Api, student: Api, enrolled: Callable[..., Api], course: Course, path: str
) -> None:
    EnrollmentFactory(course=course, user=student.user, course_section_id=SectionFactory(course=course).id)
    away = enrolled(workflow_state="inactive")

    def found(query: str) -> list[int]:
        return [user["id"] for user in teacher.ok("GET", f"/courses/{course.id}/{path}?{query}")]

    assert found("") == [teacher.id, student.id]
    assert (
        found("enrollment_type[]=student")
        == found("enrollment_type=student")
        == found("enrollment_role[]=StudentEnrollment")
        == [student.id]
    )
    assert found("enrollment_type[]=teacher&enrollment_type[]=ta") == [teacher.id]
    assert found("enrollment_state[]=inactive") == [away.id]
    assert found(f"user_ids[]={student.id}&user_ids[]={away.id}") == [student.id]


def test_people_are_found_by_name_and_by_staff_also_by_login(teacher: Api, student: Api, course: Course) -> None:
    url = f"/courses/{course.id}/users"
    login = student.user.login_id if student.user else ""
    assert [user["id"] for user in teacher.ok("GET", f"{url}?search_term={login}")] == [student.id]
    assert student.ok("GET", f"{url}?search_term={login}") == []
    assert teacher.get(f"{url}?search_term=x").status_code == 400


def test_what_identifies_people_elsewhere_is_for_staff(teacher: Api, student: Api, enrolled: Callable[..., Api], course: Course) -> None:
    peer = enrolled()
    url = f"/courses/{course.id}/users/{peer.id}?include[]=email&include[]=avatar_url&include[]=bio"
    seen = teacher.ok("GET", url)
    assert seen["email"] == seen["login_id"] and "avatar_url" in seen and seen["bio"] is None
    assert not {"email", "login_id", "sis_user_id"} & student.ok("GET", url).keys()


def test_enrolments_can_be_shown_with_people(teacher: Api, student: Api, enrolled: Callable[..., Api], course: Course) -> None:
    peer = enrolled()
    url = f"/courses/{course.id}/users?include[]=enrollments&enrollment_type[]=student"
    by_id = {user["id"]: user["enrollments"][0] for user in teacher.ok("GET", url)}
    assert "grades" in by_id[student.id]
    seen = {user["id"]: user["enrollments"][0] for user in student.ok("GET", url)}
    assert "grades" in seen[student.id] and "grades" not in seen[peer.id]


def test_somebody_who_is_not_in_the_course_is_not_there(teacher: Api, student: Api, enrolled: Callable[..., Api], course: Course) -> None:
    away = enrolled(workflow_state="inactive")
    assert teacher.get(f"/courses/{course.id}/users/{UserFactory().id}").status_code == 404
    assert teacher.ok("GET", f"/courses/{course.id}/users/{away.id}")["id"] == away.id
    assert student.get(f"/courses/{course.id}/users/{away.id}").status_code == 404
    assert student.ok("GET", f"/courses/{course.id}/users/self")["id"] == student.id
