"""Enrolments: made, listed, answered, ended."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, SectionFactory, SubmissionFactory, UserFactory, default_section

TYPES = ("StudentEnrollment", "TeacherEnrollment", "TaEnrollment", "DesignerEnrollment", "ObserverEnrollment")


def enroll(api: Api, course: Course, user_id: int | str, kind: str = "StudentEnrollment", **fields: Any) -> Any:
    return api.call("POST", f"/courses/{course.id}/enrollments", json={"enrollment": {"user_id": user_id, "type": kind, **fields}})


@pytest.mark.parametrize("kind", TYPES)
def test_a_teacher_enrols_people_of_every_type(teacher: Api, course: Course, kind: str) -> None:
    user = UserFactory()
    made = enroll(teacher, course, user.id, kind, enrollment_state="active").get_json()
    assert (made["type"], made["role"], made["enrollment_state"], made["user"]["id"]) == (kind, kind, "active", user.id)
    assert ("grades" in made) == (kind == "StudentEnrollment")
    assert made["course_section_id"] == default_section(course.id)


@pytest.mark.parametrize("kind", TYPES)
def test_a_ta_enrols_students_and_observers_only(ta: Api, course: Course, kind: str) -> None:
    allowed = kind in ("StudentEnrollment", "ObserverEnrollment")
    assert enroll(ta, course, UserFactory().id, kind).status_code == (200 if allowed else 403)


def test_the_same_enrolment_twice_is_one_row_with_the_new_state(teacher: Api, course: Course) -> None:
    user = UserFactory()
    first = enroll(teacher, course, user.id, enrollment_state="active").get_json()
    again = enroll(teacher, course, user.id, enrollment_state="inactive", limit_privileges_to_course_section=True).get_json()
    assert (again["id"], again["enrollment_state"], again["limit_privileges_to_course_section"]) == (first["id"], "inactive", True)


def test_an_invitation_does_not_undo_an_acceptance(teacher: Api, student: Api, course: Course) -> None:
    assert enroll(teacher, course, student.id).get_json()["enrollment_state"] == "active"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"type": "Wizard"}, 400),
        ({"user_id": 999999}, 404),
        ({"user_id": "sis_user_id:none"}, 404),
        ({"user_id": "abc"}, 400),
        ({"course_section_id": 999999}, 400),
        ({"enrollment_state": "asleep"}, 400),
        ({"associated_user_id": 999999}, 404),
        ({"user_id": None}, 400),
    ],
)
def test_a_bad_enrolment_is_refused(teacher: Api, course: Course, fields: dict[str, Any], status: int) -> None:
    wanted = {"user_id": UserFactory().id, "type": "StudentEnrollment"} | fields
    assert teacher.post(f"/courses/{course.id}/enrollments", json={"enrollment": wanted}).status_code == status


def test_only_an_observer_is_associated_with_a_student(teacher: Api, student: Api, course: Course) -> None:
    assert enroll(teacher, course, UserFactory().id, associated_user_id=student.id).status_code == 400
    one = UserFactory()
    made = enroll(teacher, course, one.id, "ObserverEnrollment", associated_user_id=student.id).get_json()
    assert made["associated_user_id"] == student.id


def test_people_are_enrolled_by_sis_id_and_in_a_section(teacher: Api, course: Course) -> None:
    UserFactory(sis_user_id="S9")
    section = SectionFactory(course=course, sis_section_id="EVE")
    made = teacher.ok(
        "POST", "/sections/sis_section_id:EVE/enrollments", json={"enrollment": {"user_id": "sis_user_id:S9", "type": "StudentEnrollment"}}
    )
    assert (made["course_section_id"], made["sis_section_id"], made["sis_user_id"]) == (section.id, "EVE", "S9")
    assert [row["id"] for row in teacher.ok("GET", f"/sections/{section.id}/enrollments")] == [made["id"]]


def test_enrolments_are_listed_by_type_state_and_user(teacher: Api, student: Api, enrolled: Callable[..., Api], course: Course) -> None:
    away = enrolled(workflow_state="inactive")
    url = f"/courses/{course.id}/enrollments"

    def users(query: str) -> list[int]:
        return [row["user_id"] for row in teacher.ok("GET", f"{url}?{query}")]

    assert users("") == [teacher.id, student.id]
    assert users("type[]=StudentEnrollment") == users("role[]=StudentEnrollment") == [student.id]
    assert users("state[]=inactive") == [away.id]
    assert users("state[]=current_and_invited&state[]=inactive") == [teacher.id, student.id, away.id]
    assert users(f"user_id={student.id}") == [student.id]
    assert users("sis_user_id[]=none") == []
    assert teacher.get(f"{url}?state[]=x").status_code == 400


def test_grades_are_shown_to_staff_and_to_each_student_their_own(
    teacher: Api, student: Api, enrolled: Callable[..., Api], course: Course
) -> None:
    peer = enrolled()
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    SubmissionFactory(assignment=work, user=student.user, score=9.0, grade="9", workflow_state="graded")
    url = f"/courses/{course.id}/enrollments?type[]=StudentEnrollment"
    by_user = {row["user_id"]: row for row in teacher.ok("GET", url)}
    assert by_user[student.id]["grades"]["current_score"] == by_user[student.id]["grades"]["final_score"] == 90.0
    assert (by_user[peer.id]["grades"]["current_score"], by_user[peer.id]["grades"]["final_score"]) == (None, 0.0)
    seen = {row["user_id"]: row for row in student.ok("GET", url)}
    assert seen[student.id]["grades"]["current_score"] == 90.0
    assert "grades" not in seen[peer.id]
    assert "login_id" not in seen[peer.id]["user"]


@pytest.mark.parametrize(
    ("task", "state"), [("conclude", "completed"), ("delete", "deleted"), ("inactivate", "inactive"), ("deactivate", "inactive")]
)
def test_an_enrolment_ends_as_asked(teacher: Api, student: Api, course: Course, task: str, state: str) -> None:
    (row,) = teacher.ok("GET", f"/courses/{course.id}/enrollments?user_id={student.id}")
    ended = teacher.ok("DELETE", f"/courses/{course.id}/enrollments/{row['id']}", data={"task": task})
    assert ended["enrollment_state"] == state
    assert student.get(f"/courses/{course.id}").status_code == 403


def test_an_inactive_enrolment_comes_back_and_a_deleted_one_does_not(teacher: Api, student: Api, course: Course) -> None:
    (row,) = teacher.ok("GET", f"/courses/{course.id}/enrollments?user_id={student.id}")
    url = f"/courses/{course.id}/enrollments/{row['id']}"
    teacher.ok("DELETE", url, json={"task": "inactivate"})
    assert teacher.ok("PUT", f"{url}/reactivate")["enrollment_state"] == "active"
    teacher.ok("DELETE", url, json={"task": "delete"})
    assert teacher.put(f"{url}/reactivate").status_code == 404
    assert teacher.delete(url, json={"task": "inactivate"}).status_code == 404


def test_a_ta_does_not_end_a_teachers_enrolment(ta: Api, teacher: Api, course: Course) -> None:
    (row,) = ta.ok("GET", f"/courses/{course.id}/enrollments?user_id={teacher.id}")
    assert ta.delete(f"/courses/{course.id}/enrollments/{row['id']}", json={"task": "delete"}).status_code == 403


@pytest.mark.parametrize(("answer", "state"), [("accept", "active"), ("reject", "rejected")])
def test_an_invitation_is_answered_by_who_got_it(
    teacher: Api, enrolled: Callable[..., Api], course: Course, answer: str, state: str
) -> None:
    guest = enrolled(workflow_state="invited")
    (row,) = teacher.ok("GET", f"/courses/{course.id}/enrollments?user_id={guest.id}")
    url = f"/courses/{course.id}/enrollments/{row['id']}"
    assert teacher.post(f"{url}/{answer}").status_code == 403
    assert guest.ok("POST", f"{url}/{answer}") == guest.ok("POST", f"{url}/{answer}") == {"success": True}
    assert teacher.ok("GET", f"/courses/{course.id}/enrollments?user_id={guest.id}&state[]={state}")[0]["id"] == row["id"]
    other = "reject" if answer == "accept" else "accept"
    assert guest.post(f"{url}/{other}").status_code == 409


def test_an_enrolment_is_read_by_its_id_by_admins(admin: Api, teacher: Api, student: Api, course: Course) -> None:
    (row,) = teacher.ok("GET", f"/courses/{course.id}/enrollments?user_id={student.id}")
    assert admin.ok("GET", f"/accounts/1/enrollments/{row['id']}")["id"] == row["id"]
    assert teacher.get(f"/accounts/1/enrollments/{row['id']}").status_code == 403


def test_a_users_enrolments_are_for_them_and_for_admins(admin: Api, teacher: Api, student: Api) -> None:
    (mine,) = student.ok("GET", "/users/self/enrollments")
    assert "grades" in mine
    assert admin.ok("GET", f"/users/{student.id}/enrollments")[0]["id"] == mine["id"]
    assert teacher.get(f"/users/{student.id}/enrollments").status_code == 403
    assert admin.get("/users/999999/enrollments").status_code == 404


def test_rights_last_from_the_start_to_the_end_of_an_enrolment(enrolled: Callable[..., Api], course: Course) -> None:
    now = dt.datetime.now(dt.UTC)
    day = dt.timedelta(days=1)
    assert enrolled(start_at=now + day).get(f"/courses/{course.id}").status_code == 403
    assert enrolled(end_at=now - day).get(f"/courses/{course.id}").status_code == 403
    assert enrolled(start_at=now - day, end_at=now + day).get(f"/courses/{course.id}").status_code == 200
