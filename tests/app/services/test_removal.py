"""Somebody adds while somebody else removes what it is added to; several reorder at once."""

from collections.abc import Callable
from typing import Any

from app.models.courses import Course
from tests.app.services.conftest import Together
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, SectionFactory, UserFactory

Fetch = Callable[[Any], list[Any]]
ROUNDS = 6


def test_no_assignment_lives_in_a_deleted_group(together: Together, teacher: Api, course: Course, fetch: Fetch) -> None:
    for number in range(ROUNDS):
        group = AssignmentGroupFactory(course=course)
        fields = {"name": f"Work {number}", "assignment_group_id": group.id}
        together.do(
            together.request(teacher, "POST", f"/courses/{course.id}/assignments", json={"assignment": fields}),
            together.request(teacher, "DELETE", f"/courses/{course.id}/assignment_groups/{group.id}"),
        )
    lost = """SELECT count(*) FROM assignments a JOIN assignment_groups g ON g.id = a.assignment_group_id
        WHERE a.workflow_state <> 'deleted' AND g.workflow_state = 'deleted'"""
    assert fetch(lost)[0][0] == 0


def test_nobody_is_enrolled_in_a_deleted_section(together: Together, teacher: Api, course: Course, fetch: Fetch) -> None:
    for _ in range(ROUNDS):
        section = SectionFactory(course=course)
        enrollment = {"user_id": UserFactory().id, "type": "StudentEnrollment", "enrollment_state": "active"}
        together.do(
            together.request(teacher, "POST", f"/sections/{section.id}/enrollments", json={"enrollment": enrollment}),
            together.request(teacher, "DELETE", f"/sections/{section.id}"),
        )
    lost = """SELECT count(*) FROM enrollments e JOIN course_sections s ON s.id = e.course_section_id
        WHERE e.workflow_state <> 'deleted' AND s.workflow_state = 'deleted'"""
    assert fetch(lost)[0][0] == 0


def test_no_deleted_user_stays_enrolled(together: Together, admin: Api, course: Course, fetch: Fetch) -> None:
    for _ in range(ROUNDS):
        user = UserFactory()
        enrollment = {"user_id": user.id, "type": "StudentEnrollment", "enrollment_state": "active"}
        together.do(
            together.request(admin, "POST", f"/courses/{course.id}/enrollments", json={"enrollment": enrollment}),
            together.request(admin, "DELETE", f"/accounts/1/users/{user.id}"),
        )
    lost = """SELECT count(*) FROM enrollments e JOIN users u ON u.id = e.user_id
        WHERE e.workflow_state <> 'deleted' AND u.workflow_state = 'deleted'"""
    assert fetch(lost)[0][0] == 0


def test_several_who_reorder_do_not_wait_for_each_other_for_ever(together: Together, teacher: Api, course: Course) -> None:
    group = AssignmentGroupFactory(course=course)
    works = [AssignmentFactory(group=group) for _ in range(4)]
    url = f"/courses/{course.id}/assignments"
    for position in range(1, ROUNDS):
        fields = {"assignment": {"position": position, "points_possible": position}}
        answers = together.do(*(together.request(teacher, "PUT", f"{url}/{work.id}", json=fields) for work in works))
        assert [answer.status_code for answer in answers] == [200] * len(works)
