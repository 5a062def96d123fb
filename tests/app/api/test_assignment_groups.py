"""Assignment groups of a course."""

import pytest

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, CourseFactory, SubmissionFactory


def names(teacher: Api, course: Course) -> list[str]:
    return [group["name"] for group in teacher.ok("GET", f"/courses/{course.id}/assignment_groups")]


def test_a_group_is_made_read_and_changed_by_plain_keys(teacher: Api, course: Course) -> None:
    url = f"/courses/{course.id}/assignment_groups"
    kept = [AssignmentFactory(group=AssignmentGroupFactory(course=course, position=1, workflow_state="deleted")).id for _ in range(2)]
    rules = {"rules[drop_lowest]": "1", "rules[never_drop][]": kept}
    made = teacher.ok("POST", url, data={"name": "Homework", "group_weight": "40", **rules})
    assert (made["name"], made["group_weight"], made["position"]) == ("Homework", 40.0, 1)
    assert made["rules"] == {"drop_lowest": 1, "never_drop": kept}
    changed = teacher.ok("PUT", f"{url}/{made['id']}", json={"group_weight": 30, "rules": {"drop_highest": 2}})
    assert (changed["group_weight"], changed["rules"]) == (30.0, {"drop_highest": 2})
    assert teacher.ok("GET", f"{url}/{made['id']}") == changed


def test_a_group_goes_where_its_position_says(teacher: Api, course: Course) -> None:
    url = f"/courses/{course.id}/assignment_groups"
    for name in ("A", "B"):
        teacher.ok("POST", url, json={"name": name})
    first = teacher.ok("POST", url, json={"name": "C", "position": 1})
    assert names(teacher, course) == ["C", "A", "B"]
    teacher.ok("PUT", f"{url}/{first['id']}", json={"position": 4})
    assert names(teacher, course) == ["A", "B", "C"]


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"group_weight": "heavy"}, {"rules": {"drop_lowest": -1}}, {"position": 2**40}, {"group_weight": "nan"}]
)
def test_a_bad_group_is_refused(teacher: Api, course: Course, fields: dict[str, object]) -> None:
    url = f"/courses/{course.id}/assignment_groups"
    assert teacher.post(url, json=fields).status_code == 400
    assert teacher.ok("POST", url)["name"] == "Assignments"


def test_assignments_and_own_submissions_can_be_shown_with_groups(teacher: Api, student: Api, course: Course) -> None:
    group = AssignmentGroupFactory(course=course)
    work = AssignmentFactory(group=group)
    AssignmentFactory(group=group, workflow_state="unpublished")
    SubmissionFactory(assignment=work, user=student.user)
    url = f"/courses/{course.id}/assignment_groups?include[]=assignments&include[]=submission"
    (seen,) = student.ok("GET", url)
    assert [(found["id"], found["submission"]["attempt"]) for found in seen["assignments"]] == [(work.id, 1)]
    assert len(teacher.ok("GET", url)[0]["assignments"]) == 2
    assert "assignments" not in teacher.ok("GET", f"/courses/{course.id}/assignment_groups")[0]


def test_a_deleted_group_takes_its_assignments_along(teacher: Api, course: Course) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    url = f"/courses/{course.id}/assignment_groups/{work.assignment_group_id}"
    assert teacher.ok("DELETE", url)["id"] == work.assignment_group_id
    assert teacher.get(url).status_code == 404
    assert teacher.get(f"/courses/{course.id}/assignments/{work.id}").status_code == 404


def test_or_they_move_to_another_group_of_the_course(teacher: Api, course: Course) -> None:
    group, other = AssignmentGroupFactory(course=course), AssignmentGroupFactory(course=course)
    work = AssignmentFactory(group=group)
    url = f"/courses/{course.id}/assignment_groups/{group.id}"
    foreign = AssignmentGroupFactory(course=CourseFactory())
    for bad in (foreign.id, group.id, 999999):
        assert teacher.delete(url, data={"move_assignments_to": bad}).status_code == 400
    teacher.ok("DELETE", url, data={"move_assignments_to": other.id})
    assert teacher.ok("GET", f"/courses/{course.id}/assignments/{work.id}")["assignment_group_id"] == other.id
