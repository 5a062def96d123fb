"""The history of enrolments is a chain, whoever writes at once; thousands are recorded in one statement."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from app.extensions import db
from app.models.courses import Course
from app.services import enrollment_history, enrollments
from app.services.enrollment_history import Change
from tests.app.services.conftest import Together
from tests.conftest import Api
from tests.factories import EnrollmentFactory, UserFactory

Fetch = Callable[[Any], list[Any]]
ROUNDS = 6
CHAIN = "SELECT state_before, state_after FROM enrollment_changes ORDER BY id"


def test_two_who_change_an_enrolment_at_once_leave_a_chain(together: Together, teacher: Api, ta: Api, course: Course, fetch: Fetch) -> None:
    url = f"/courses/{course.id}/enrollments/{EnrollmentFactory(course=course).id}"
    together.meet(enrollments, "end")
    answers = together.do(
        together.request(teacher, "DELETE", f"{url}?task=deactivate"), together.request(ta, "DELETE", f"{url}?task=conclude")
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    (before, between), (after, last) = fetch(CHAIN)
    assert before == "active" and between == after and {between, last} == {"inactive", "completed"}
    assert fetch("SELECT workflow_state FROM enrollments WHERE type = 'StudentEnrollment'") == [(last,)]


def test_the_same_enrolment_twice_at_once_is_made_once(together: Together, teacher: Api, course: Course, fetch: Fetch) -> None:
    wanted = {"user_id": UserFactory().id, "type": "StudentEnrollment"}
    forms = ({"enrollment": {**wanted, "enrollment_state": state}} for state in ("active", "inactive"))
    together.meet(enrollments, "insert_unless_there")
    together.do(*(together.request(teacher, "POST", f"/courses/{course.id}/enrollments", json=form) for form in forms))
    (nothing, made), (before, last) = fetch(CHAIN)
    assert nothing is None and made == before and {made, last} == {"active", "inactive"}


def test_a_user_is_deleted_while_their_enrolment_ends(together: Together, admin: Api, teacher: Api, course: Course, fetch: Fetch) -> None:
    for _ in range(ROUNDS):
        made = EnrollmentFactory(course=course)
        together.do(
            together.request(admin, "DELETE", f"/accounts/1/users/{made.user_id}"),
            together.request(teacher, "DELETE", f"/courses/{course.id}/enrollments/{made.id}?task=conclude"),
        )
        found = fetch(f"SELECT state_before, state_after FROM enrollment_changes WHERE enrollment_id = {made.id} ORDER BY id")  # noqa: S608
        assert found in ([("active", "deleted")], [("active", "completed"), ("completed", "deleted")])


def test_a_course_is_concluded_once(together: Together, teacher: Api, course: Course, fetch: Fetch) -> None:
    together.do(*[together.request(teacher, "DELETE", f"/courses/{course.id}", json={"event": "conclude"})] * 2)
    assert fetch("SELECT event, state_before, state_after FROM enrollment_changes") == [("course_concluded", "active", "active")]


def test_many_changes_are_one_statement(course: Course, statements: Callable[[], AbstractContextManager[list[str]]], fetch: Fetch) -> None:
    made = [EnrollmentFactory(course=course) for _ in range(5)]
    changes = [Change.of_state(enrollment, "concluded", "completed") for enrollment in made]
    with statements() as seen:
        enrollment_history.record(changes, by=None, reason="the term is over")
        enrollment_history.record([], by=None)
    db.session.commit()
    assert [statement.split()[0] for statement in seen if not statement.startswith("BEGIN")] == ["INSERT"]
    kept = fetch("SELECT enrollment_id, state_before, state_after, reason, actor_id, request_id FROM enrollment_changes ORDER BY id")
    assert kept == [(enrollment.id, "active", "completed", "the term is over", None, None) for enrollment in made]


def test_what_the_system_changes_has_no_actor(course: Course, fetch: Fetch) -> None:
    made = enrollments.enroll(course.id, UserFactory().id, "StudentEnrollment", "invited")
    enrollments.enroll(course.id, made.user_id, "StudentEnrollment", "active", reason="paid")
    db.session.commit()
    assert fetch("SELECT event, actor_id, real_user_id, reason FROM enrollment_changes ORDER BY id") == [
        ("invited", None, None, None),
        ("activated", None, None, "paid"),
    ]
