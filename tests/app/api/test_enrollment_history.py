"""The history of enrolments: every change, by whom, for whom, from what to what, and why."""

from collections.abc import Callable
from typing import Any

import pytest

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import EnrollmentFactory, SectionFactory, UserFactory, default_section


@pytest.fixture
def enroll(teacher: Api, course: Course) -> Callable[..., dict[str, Any]]:
    """Enrols a student as the teacher; the enrolment."""

    def enroll(api: Api = teacher, **fields: Any) -> dict[str, Any]:
        wanted = {"type": "StudentEnrollment", "enrollment_state": "active", **fields}
        made: dict[str, Any] = api.ok("POST", f"/courses/{course.id}/enrollments", json={"enrollment": wanted})
        return made

    return enroll


def story(api: Api, course: Course, enrollment_id: int) -> list[tuple[Any, ...]]:
    """What happened to it, oldest first."""
    found = api.ok("GET", f"/courses/{course.id}/enrollments/{enrollment_id}/history?per_page=50")
    return [(one["event"], one["state_before"], one["state_after"], one["reason"]) for one in reversed(found)]


def test_an_enrolment_tells_its_life(teacher: Api, course: Course, sign_in: Any, enroll: Callable[..., dict[str, Any]]) -> None:
    person = sign_in(UserFactory())
    made = enroll(user_id=person.id, enrollment_state="invited", reason="applied in March")
    one = f"/courses/{course.id}/enrollments/{made['id']}"
    person.ok("POST", f"{one}/accept")
    person.ok("POST", f"{one}/accept")
    teacher.ok("DELETE", f"{one}?task=deactivate", data={"reason": "on leave"})
    teacher.ok("DELETE", f"{one}?task=inactivate", data={"reason": "again"})
    teacher.ok("PUT", f"{one}/reactivate", json={"enrollment": {"reason": "back"}})
    teacher.ok("DELETE", one, json={"task": "conclude"})
    enroll(user_id=person.id)
    enroll(user_id=person.id, enrollment_state="invited")  # changes nothing, and is none
    teacher.ok("DELETE", f"{one}?task=delete&reason=dropped")
    enroll(user_id=person.id, enrollment_state="invited")
    person.ok("POST", f"{one}/reject", json={"reason": "no time"})
    assert story(teacher, course, made["id"]) == [
        ("invited", None, "invited", "applied in March"),
        ("accepted", "invited", "active", None),
        ("deactivated", "active", "inactive", "on leave"),
        ("reactivated", "inactive", "active", "back"),
        ("concluded", "active", "completed", None),
        ("reactivated", "completed", "active", None),
        ("deleted", "active", "deleted", "dropped"),
        ("invited", "deleted", "invited", None),
        ("rejected", "invited", "rejected", "no time"),
    ]
    actors = [change["actor"]["id"] for change in teacher.ok("GET", f"{one}/history")]
    assert actors[0] == actors[-2] == person.id and set(actors) == {person.id, teacher.id}


def test_dates_and_limits_are_told_from_what_to_what(teacher: Api, course: Course, enroll: Callable[..., dict[str, Any]]) -> None:
    user = UserFactory().id
    made = enroll(user_id=user, end_at="2026-06-01T09:00:00+09:00")
    enroll(user_id=user, end_at="2026-07-01T00:00:00Z", limit_privileges_to_course_section=True)
    changed, first = teacher.ok("GET", f"/courses/{course.id}/enrollments/{made['id']}/history")
    assert first["changes"]["end_at"] == {"before": None, "after": "2026-06-01T00:00:00Z"}
    assert first["changes"]["course_section_id"] == {"before": None, "after": default_section(course.id)}
    assert (changed["event"], changed["state_before"], changed["state_after"]) == ("updated", "active", "active")
    assert changed["changes"] == {
        "end_at": {"before": "2026-06-01T00:00:00Z", "after": "2026-07-01T00:00:00Z"},
        "limit_privileges_to_course_section": {"before": False, "after": True},
    }


def test_who_acts_for_another_is_told_too(admin: Api, teacher: Api, course: Course) -> None:
    user = UserFactory()
    wanted = {"user_id": user.id, "type": "StudentEnrollment", "enrollment_state": "active"}
    answered = admin.post(f"/courses/{course.id}/enrollments?as_user_id={teacher.id}", json={"enrollment": wanted, "reason": "late"})
    (change,) = teacher.ok("GET", f"/courses/{course.id}/enrollment_history?user_id={user.id}")
    assert (change["actor"]["id"], change["real_user"]["id"], change["user"]) == (teacher.id, admin.id, {"id": user.id, "name": user.name})
    assert (change["request_id"], change["reason"]) == (answered.headers["X-Request-Id"], "late")


def test_what_ends_a_user_or_a_course_is_in_the_history_of_their_enrolments(
    admin: Api, teacher: Api, course: Course, enroll: Callable[..., dict[str, Any]]
) -> None:
    user = UserFactory().id
    made = enroll(user_id=user)["id"]
    teacher.ok("PUT", f"/courses/{course.id}", json={"course": {"name": "New", "event": "offer"}})
    for _ in range(2):
        teacher.ok("DELETE", f"/courses/{course.id}", json={"event": "conclude"})
    admin.ok("PUT", f"/courses/{course.id}", json={"course": {"event": "offer"}})
    admin.ok("DELETE", f"/accounts/1/users/{user}")
    admin.ok("DELETE", f"/courses/{course.id}", json={"event": "delete"})
    assert [step[:3] for step in story(admin, course, made)] == [
        ("created", None, "active"),
        ("course_concluded", "active", "active"),
        ("course_reopened", "active", "active"),
        ("user_deleted", "active", "deleted"),
    ]
    (mine,) = admin.ok("GET", f"/courses/{course.id}/enrollment_history?user_id={teacher.id}&per_page=1")
    assert (mine["event"], mine["state_after"], mine["actor"]["id"]) == ("course_deleted", "active", admin.id)
    assert teacher.get(f"/courses/{course.id}/enrollment_history").status_code == 404


def test_whoever_makes_a_course_and_joins_it_is_told_of(admin: Api) -> None:
    made = admin.ok("POST", "/accounts/1/courses", json={"course": {"name": "New"}, "enroll_me": True})["id"]
    (change,) = admin.ok("GET", f"/courses/{made}/enrollment_history")
    assert (change["event"], change["type"], change["actor"]["id"]) == ("created", "TeacherEnrollment", admin.id)


def test_each_sees_the_history_of_those_they_manage(
    enrolled: Callable[..., Api], teacher: Api, ta: Api, course: Course, enroll: Callable[..., dict[str, Any]]
) -> None:
    section = SectionFactory(course=course).id
    limited = enrolled("TaEnrollment", course_section_id=section, limit_privileges_to_course_section=True)
    staff = enroll(user_id=UserFactory().id, type="TaEnrollment")
    outside = enroll(user_id=UserFactory().id)
    inside = enroll(user_id=UserFactory().id, course_section_id=section)

    def seen(api: Api) -> list[int]:
        return [change["enrollment_id"] for change in api.ok("GET", f"/courses/{course.id}/enrollment_history")]

    assert seen(teacher) == [inside["id"], outside["id"], staff["id"]]
    assert (seen(ta), seen(limited)) == ([inside["id"], outside["id"]], [inside["id"]])
    one = f"/courses/{course.id}/enrollments"
    assert ta.get(f"{one}/{staff['id']}/history").status_code == limited.get(f"{one}/{outside['id']}/history").status_code == 403
    elsewhere = EnrollmentFactory().id
    assert teacher.get(f"{one}/{elsewhere}/history").status_code == teacher.get(f"{one}/999999/history").status_code == 404


def test_the_history_of_a_course_comes_in_pages_and_between_dates(
    teacher: Api, course: Course, enroll: Callable[..., dict[str, Any]]
) -> None:
    made = [enroll(user_id=UserFactory().id)["id"] for _ in range(3)]
    url = f"/courses/{course.id}/enrollment_history"
    page = teacher.get(f"{url}?per_page=2")
    assert [change["enrollment_id"] for change in page.get_json()] == made[:0:-1] and 'rel="next"' in page.headers["Link"]
    assert teacher.ok("GET", f"{url}?end_time=2001-01-01") == teacher.ok("GET", f"{url}?start_time=2999-01-01") == []
    assert [teacher.get(f"{url}?user_id={who}").status_code for who in ("x", "999999", "sis_user_id:none")] == [400, 404, 404]


def test_a_reason_that_is_too_long_is_refused(teacher: Api, course: Course, enroll: Callable[..., dict[str, Any]]) -> None:
    one = f"/courses/{course.id}/enrollments/{enroll(user_id=UserFactory().id)['id']}"
    assert teacher.delete(one, json={"task": "conclude", "reason": "x" * 256}).status_code == 400
    assert teacher.ok("GET", f"{one}/history")[0]["event"] == "created"
