"""Grades: given in every notation, taken away, excused, recorded."""

from collections.abc import Callable
from typing import Any

import pytest

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory


@pytest.fixture
def grade(teacher: Api, student: Api, course: Course) -> Callable[..., Any]:
    """Grades the student's work on an assignment made with the given fields; the response."""
    made: dict[str, Any] = {}

    def grade(submission: dict[str, Any], **fields: Any) -> Any:
        if "work" not in made:
            made["work"] = AssignmentFactory(group=AssignmentGroupFactory(course=course), **fields)
        target = f"/courses/{course.id}/assignments/{made['work'].id}/submissions/{student.id}"
        return teacher.put(target, json={"submission": submission})

    return grade


@pytest.mark.parametrize(
    ("kind", "posted", "score", "shown"),
    [
        ("points", "8.5", 8.5, "8.5"),
        ("points", 12, 12.0, "12"),
        ("points", "-1", -1.0, "-1"),
        ("points", "85%", 8.5, "8.5"),
        ("points", "B+", 8.9, "8.9"),
        ("percent", "85%", 8.5, "85%"),
        ("letter_grade", "B+", 8.9, "B+"),
        ("gpa_scale", "a-", 9.3, "A-"),
        ("pass_fail", "complete", 10.0, "complete"),
        ("pass_fail", "fail", 0.0, "incomplete"),
        ("pass_fail", "10", 10.0, "complete"),
    ],
)
def test_a_grade_is_taken_in_every_notation(
    grade: Callable[..., Any], teacher: Api, kind: str, posted: object, score: float, shown: str
) -> None:
    seen = grade({"posted_grade": posted}, grading_type=kind).get_json()
    assert (seen["score"], seen["grade"], seen["workflow_state"], seen["grader_id"]) == (score, shown, "graded", teacher.id)
    assert seen["graded_at"] == seen["posted_at"]


@pytest.mark.parametrize("posted", ["great", "8,5", "1e999", "nan", "8.5.1", "%", "१२"])
def test_nonsense_is_refused_and_changes_nothing(grade: Callable[..., Any], posted: str) -> None:
    grade({"posted_grade": "7"})
    refused = grade({"posted_grade": posted})
    assert refused.status_code == 400 and "error" in refused.get_json()
    assert grade({}).get_json()["score"] == 7.0


def test_pass_fail_takes_nothing_in_between(grade: Callable[..., Any]) -> None:
    assert grade({"posted_grade": "5"}, grading_type="pass_fail").status_code == 400


def test_pass_fail_without_points_still_tells_them_apart(grade: Callable[..., Any]) -> None:
    assert grade({"posted_grade": "complete"}, grading_type="pass_fail", points_possible=None).get_json()["grade"] == "complete"
    assert grade({"posted_grade": "incomplete"}).get_json()["grade"] == "incomplete"


def test_ungraded_work_takes_no_grade(grade: Callable[..., Any]) -> None:
    assert grade({"posted_grade": "5"}, grading_type="not_graded").status_code == 400


@pytest.mark.parametrize("blank", ["", None, "  "])
def test_a_blank_takes_the_grade_away(grade: Callable[..., Any], blank: str | None) -> None:
    grade({"posted_grade": "7"})
    seen = grade({"posted_grade": blank}).get_json()
    assert (seen["score"], seen["grade"], seen["graded_at"], seen["workflow_state"]) == (None, None, None, "unsubmitted")


@pytest.mark.parametrize("excuse", [{"excuse": True}, {"posted_grade": "EX"}])
def test_excusing_clears_the_score_and_a_grade_clears_the_excuse(grade: Callable[..., Any], excuse: dict[str, Any]) -> None:
    grade({"posted_grade": "7"})
    seen = grade(excuse).get_json()
    assert (seen["excused"], seen["score"], seen["workflow_state"]) == (True, None, "graded")
    again = grade({"posted_grade": "6"}).get_json()
    assert (again["excused"], again["score"]) == (False, 6.0)


def test_an_excuse_can_be_lifted(grade: Callable[..., Any]) -> None:
    grade({"excuse": "1"})
    seen = grade({"excuse": "0"}).get_json()
    assert (seen["excused"], seen["workflow_state"]) == (False, "unsubmitted")


def test_work_handed_in_again_keeps_its_score_and_waits_for_a_grade(teacher: Api, student: Api, course: Course) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    url = f"/courses/{course.id}/assignments/{work.id}/submissions"
    text = {"submission": {"submission_type": "online_text_entry", "body": "one"}}
    student.ok("POST", url, json=text)
    teacher.ok("PUT", f"{url}/{student.id}", json={"submission": {"posted_grade": "7"}})
    again = student.ok("POST", f"{url}?include[]=submission_history", json=text)
    assert (again["score"], again["workflow_state"], again["grade_matches_current_submission"]) == (7.0, "submitted", False)
    assert [(past["score"], past["workflow_state"]) for past in again["submission_history"]] == [(7.0, "graded"), (7.0, "submitted")]
    graded = teacher.ok("PUT", f"{url}/{student.id}", json={"submission": {"posted_grade": "9"}})
    assert (graded["score"], graded["grade_matches_current_submission"]) == (9.0, True)


def test_every_change_is_recorded_with_who_and_what(
    grade: Callable[..., Any], teacher: Api, admin: Api, student: Api, course: Course, fetch: Callable[[str], list[Any]]
) -> None:
    work = grade({"posted_grade": "7"}).get_json()["assignment_id"]
    grade({"posted_grade": "7"})
    target = f"/courses/{course.id}/assignments/{work}/submissions/{student.id}"
    admin.ok("PUT", f"{target}?as_user_id={teacher.id}", json={"submission": {"excuse": True}})
    rows = fetch("SELECT grader_id, real_user_id, score_before, score_after, grade_after, excused_after FROM grade_changes ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (teacher.id, teacher.id, None, 7.0, "7", False),
        (teacher.id, admin.id, 7.0, None, None, True),
    ]


def test_the_worked_example_of_totals(teacher: Api, enrolled: Callable[..., Api], course: Course) -> None:
    teacher.ok("PUT", f"/courses/{course.id}", json={"course": {"apply_assignment_group_weights": True}})
    homework = AssignmentGroupFactory(course=course, group_weight=40)
    exams = AssignmentGroupFactory(course=course, group_weight=60)
    works = [AssignmentFactory(group=group, points_possible=points) for group, points in ((homework, 10), (homework, 20), (exams, 100))]
    students = [enrolled(), enrolled()]
    for student, scores in zip(students, (("8", "", "90"), ("10", "", "")), strict=True):
        for work, score in zip(works, scores, strict=True):
            url = f"/courses/{course.id}/assignments/{work.id}/submissions/{student.id}"
            teacher.ok("PUT", url, json={"submission": {"posted_grade": score}})
    rows = {row["user_id"]: row["grades"] for row in teacher.ok("GET", f"/courses/{course.id}/enrollments?type[]=StudentEnrollment")}
    totals = [(rows[student.id]["current_score"], rows[student.id]["final_score"]) for student in students]
    assert totals == [(86.0, 64.67), (100.0, 13.33)]
