"""Assignment groups: weights, rules, and what becomes of their assignments."""

import pytest
from canvasapi.assignment import AssignmentGroup
from canvasapi.course import Course
from canvasapi.exceptions import BadRequest, Forbidden, ResourceDoesNotExist

from tests.acceptance.live import Classroom, Lms, Person


def inside(course: Course, group: AssignmentGroup) -> list[str]:
    return [row["name"] for row in course.get_assignment_group(group.id, include=["assignments"]).assignments]


def test_a_group_is_made_read_changed_and_deleted(taught: Course) -> None:
    group = taught.create_assignment_group(name="Homework", group_weight=40)
    assert (group.name, group.group_weight, group.rules) == ("Homework", 40, {})
    group.edit(name="Exercises", group_weight=33.3, sis_source_id="HW")
    read = taught.get_assignment_group(group.id)
    assert (read.name, read.group_weight, read.sis_source_id) == ("Exercises", 33.3, "HW")
    group.delete()
    assert list(taught.get_assignment_groups()) == []
    with pytest.raises(ResourceDoesNotExist):
        taught.get_assignment_group(group.id)


def test_groups_are_listed_by_position_with_their_assignments(taught: Course) -> None:
    exam = taught.create_assignment_group(name="Exam")
    homework = taught.create_assignment_group(name="Homework", position=1)
    for name, group in (("Final", exam), ("Sheet 1", homework), ("Sheet 2", homework)):
        taught.create_assignment({"name": name, "assignment_group_id": group.id})
    found = list(taught.get_assignment_groups(include=["assignments"]))
    assert [(group.name, [row["name"] for row in group.assignments]) for group in found] == [
        ("Homework", ["Sheet 1", "Sheet 2"]),
        ("Exam", ["Final"]),
    ]
    assert [assignment.name for assignment in taught.get_assignments()] == ["Sheet 1", "Sheet 2", "Final"]


def test_rules_are_kept_and_taken_back(taught: Course) -> None:
    group = taught.create_assignment_group(name="Homework")
    kept = taught.create_assignment({"name": "Kept", "assignment_group_id": group.id})
    group.edit(rules={"drop_lowest": 1, "drop_highest": 2, "never_drop": [kept.id]})
    assert taught.get_assignment_group(group.id).rules == {"drop_lowest": 1, "drop_highest": 2, "never_drop": [kept.id]}
    group.edit(rules={"drop_lowest": 0, "drop_highest": 0, "never_drop": [""]})
    assert taught.get_assignment_group(group.id).rules == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"name": " "},
        {"name": "x" * 256},
        {"group_weight": "heavy"},
        {"group_weight": "inf"},
        {"position": "first"},
        {"rules": {"drop_lowest": -1}},
        {"rules": {"drop_lowest": "x"}},
        {"rules": {"never_drop": ["x"]}},
        {"rules": "none"},
    ],
)
def test_a_group_with_nonsense_is_refused(table: Classroom, fields: dict[str, object]) -> None:
    (group,) = table.course.get_assignment_groups()
    with pytest.raises(BadRequest):
        group.edit(**fields)
    with pytest.raises(BadRequest):
        table.course.create_assignment_group(**{"name": "Other", **fields})
    assert [(each.name, each.rules) for each in table.course.get_assignment_groups()] == [("Assignments", {})]


def test_assignments_move_when_their_group_is_deleted(taught: Course) -> None:
    old, new = taught.create_assignment_group(name="Old"), taught.create_assignment_group(name="New")
    taught.create_assignment({"name": "Stays", "assignment_group_id": new.id})
    taught.create_assignment({"name": "Moves", "assignment_group_id": old.id})
    old.delete(move_assignments_to=new.id)
    assert sorted(inside(taught, new)) == ["Moves", "Stays"]
    assert [group.id for group in taught.get_assignment_groups()] == [new.id]


def test_assignments_go_with_their_group_unless_they_move(taught: Course) -> None:
    group = taught.create_assignment_group(name="Old")
    assignment = taught.create_assignment({"name": "Goes", "assignment_group_id": group.id})
    group.delete()
    with pytest.raises(ResourceDoesNotExist):
        taught.get_assignment(assignment.id)


def test_assignments_move_to_another_group_of_the_same_course_only(lms: Lms, taught: Course) -> None:
    group = taught.create_assignment_group(name="Old")
    taught.create_assignment({"name": "Stays", "assignment_group_id": group.id})
    elsewhere = lms.course().create_assignment_group(name="Elsewhere")
    for target in (group.id, elsewhere.id, 999_999_999, "x"):
        with pytest.raises(BadRequest):
            group.delete(move_assignments_to=target)
    assert inside(taught, group) == ["Stays"]


def test_an_assignment_is_moved_from_group_to_group(taught: Course) -> None:
    first, second = taught.create_assignment_group(name="First"), taught.create_assignment_group(name="Second")
    assignment = taught.create_assignment({"name": "Essay", "assignment_group_id": first.id})
    assignment.edit(assignment={"assignment_group_id": second.id})
    assert (inside(taught, first), inside(taught, second)) == ([], ["Essay"])


def test_a_group_of_another_course_takes_no_assignment(lms: Lms, taught: Course) -> None:
    elsewhere = lms.course().create_assignment_group(name="Elsewhere")
    with pytest.raises(BadRequest):
        taught.create_assignment({"name": "Essay", "assignment_group_id": elsewhere.id})


def test_students_read_groups_and_change_none(taught: Course, attended: Course, student: Person) -> None:
    group = taught.create_assignment_group(name="Homework")
    assert [each.name for each in attended.get_assignment_groups()] == ["Homework"]
    for act in (attended.create_assignment_group, student.through(group).edit, student.through(group).delete):
        with pytest.raises(Forbidden):
            act(name="Mine")
