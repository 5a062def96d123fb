"""Totals on enrolments: by weighted groups, by points, and what does not count."""

import pytest
from canvasapi.assignment import Assignment
from canvasapi.course import Course

from tests.acceptance.live import Lms, Person, enroll

Scores = tuple[float | None, float | None]


def work(course: Course, points: float, group: int | None = None, **fields: object) -> Assignment:
    where = {} if group is None else {"assignment_group_id": group}
    return course.create_assignment({"name": f"Worth {points}", "points_possible": points, "published": True, **where, **fields})


def grade(assignment: Assignment, student: Person, **given: object) -> None:
    assignment.get_submission(student.id).edit(submission=given)


def totals(course: Course, student: Person) -> Scores:
    """Current and final score, as the course tells of the student."""
    (row,) = course.get_enrollments(user_id=student.id, type=["StudentEnrollment"])
    return row.grades["current_score"], row.grades["final_score"]


@pytest.fixture
def weighted(lms: Lms, student: Person) -> tuple[Course, list[Assignment]]:
    """Homework of 10 and 20 points for 40 %, an exam of 100 points for 60 %, with `student` in it."""
    course = lms.course(apply_assignment_group_weights=True)
    enroll(course, student)
    homework = course.create_assignment_group(name="Homework", group_weight=40).id
    exam = course.create_assignment_group(name="Exam", group_weight=60).id
    return course, [work(course, 10, homework), work(course, 20, homework), work(course, 100, exam)]


def test_weighted_totals_are_those_of_the_worked_example(lms: Lms, weighted: tuple[Course, list[Assignment]], student: Person) -> None:
    course, (first, _, exam) = weighted
    other = lms.person()
    enroll(course, other)
    assert totals(course, student) == (None, 0.0)
    grade(first, student, posted_grade="8")
    grade(exam, student, posted_grade="90")
    grade(first, other, posted_grade="10")
    assert totals(course, student) == (86.0, 64.67)
    assert totals(course, other) == (100.0, 13.33)


def test_a_student_reads_their_own_totals_everywhere_and_nobody_elses(
    lms: Lms, weighted: tuple[Course, list[Assignment]], student: Person
) -> None:
    course, (first, _, exam) = weighted
    other = lms.person()
    enroll(course, other)
    grade(first, student, posted_grade="8")
    grade(exam, student, posted_grade="90")
    mine = {row.course_id: row.grades for row in student.canvas.get_current_user().get_enrollments()}[course.id]
    assert (mine["current_score"], mine["final_score"]) == (86.0, 64.67)
    seen = {found.id: found for found in student.canvas.get_courses(include=["total_scores"])}[course.id]
    assert [(row["computed_current_score"], row["computed_final_score"]) for row in seen.enrollments] == [(86.0, 64.67)]
    rows = {row.user_id: row for row in other.through(course).get_enrollments()}
    assert not hasattr(rows[student.id], "grades") and hasattr(rows[other.id], "grades")


def test_totals_without_weights_go_by_points(course: Course, student: Person) -> None:
    small, big = work(course, 10), work(course, 90)
    assert totals(course, student) == (None, 0.0)
    grade(small, student, posted_grade="10")
    assert totals(course, student) == (100.0, 10.0)
    grade(big, student, posted_grade="30")
    assert totals(course, student) == (40.0, 40.0)
    grade(small, student, posted_grade="")
    assert totals(course, student) == (33.33, 30.0)


def test_drafts_omitted_deleted_and_excused_work_do_not_count(course: Course, student: Person) -> None:
    counted, excused = work(course, 10), work(course, 10)
    draft, omitted, deleted = work(course, 10), work(course, 10, omit_from_final_grade=True), work(course, 10)
    grade(counted, student, posted_grade="9")
    for each in (draft, omitted, deleted):
        grade(each, student, posted_grade="0")
    grade(excused, student, excuse=True)
    draft.edit(assignment={"published": False})
    deleted.delete()
    assert totals(course, student) == (90.0, 90.0)


def test_extra_credit_lifts_a_total_above_a_hundred(course: Course, student: Person) -> None:
    full, extra = work(course, 10), work(course, 0)
    grade(full, student, posted_grade="10")
    grade(extra, student, posted_grade="2")
    assert totals(course, student) == (120.0, 120.0)


def test_the_lowest_score_is_dropped_but_never_the_last_one(course: Course, student: Person) -> None:
    group = course.create_assignment_group(name="Homework", rules={"drop_lowest": 1})
    first, second, third = (work(course, 10, group.id) for _ in range(3))
    grade(first, student, posted_grade="2")
    assert totals(course, student) == (20.0, 10.0)
    grade(second, student, posted_grade="8")
    assert totals(course, student) == (80.0, 50.0)
    grade(third, student, posted_grade="4")
    assert totals(course, student) == (60.0, 60.0)
    group.edit(rules={"drop_lowest": 1, "never_drop": [first.id]})
    assert totals(course, student) == (50.0, 50.0)


def test_weights_below_a_hundred_are_scaled_up_and_no_weights_give_no_total(lms: Lms, student: Person) -> None:
    course = lms.course(apply_assignment_group_weights=True)
    enroll(course, student)
    group = course.create_assignment_group(name="Homework", group_weight=20)
    grade(work(course, 10, group.id), student, posted_grade="7")
    assert totals(course, student) == (70.0, 70.0)
    group.edit(group_weight=0)
    assert totals(course, student) == (None, None)


def test_a_total_follows_when_the_course_stops_weighing(weighted: tuple[Course, list[Assignment]], student: Person) -> None:
    course, (first, _, exam) = weighted
    grade(first, student, posted_grade="8")
    grade(exam, student, posted_grade="90")
    course.update(course={"apply_assignment_group_weights": False})
    assert totals(course, student) == (89.09, 75.38)


def test_work_that_was_graded_and_handed_in_again_still_counts(course: Course, student: Person) -> None:
    essay = work(course, 10, submission_types=["online_text_entry"])
    mine = student.through(essay)
    mine.submit({"submission_type": "online_text_entry", "body": "One."})
    grade(essay, student, posted_grade="5")
    mine.submit({"submission_type": "online_text_entry", "body": "Two."})
    assert totals(course, student) == (50.0, 50.0)
