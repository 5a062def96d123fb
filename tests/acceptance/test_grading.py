"""Grading: every way to write a grade, taking it away, handing in again after it."""

import pytest
from canvasapi.assignment import Assignment
from canvasapi.course import Course
from canvasapi.exceptions import BadRequest, ResourceDoesNotExist

from tests.acceptance.live import Classroom, Lms, Person, enroll, unique

TEXT = {"submission_type": "online_text_entry", "body": "My work."}
NONSENSE = (
    "2/3",
    "ten",
    "8,5",
    "8.5.1",
    "%",
    "B++",
    "--1",
    "1e999",
    "nan",
    "inf",
    "-Infinity",
    "1_000",
    "٣",
    "9" * 400,
    "x" * 5000,
    "0x10",
    "<b>1</b>",
)


def graded(assignment: Assignment, student: Person, posted: object) -> tuple[float | None, str | None]:
    """Score and grade, as they are read back after `posted` was given."""
    assignment.get_submission(student.id).edit(submission={"posted_grade": posted})
    found = assignment.get_submission(student.id)
    return found.score, found.grade


@pytest.mark.parametrize(
    ("posted", "score", "grade"),
    [
        ("8.5", 8.5, "8.5"),
        (7, 7.0, "7"),
        ("0", 0.0, "0"),
        (" 9 ", 9.0, "9"),
        ("12.25", 12.25, "12.25"),
        ("-1", -1.0, "-1"),
        ("85%", 8.5, "8.5"),
        ("120%", 12.0, "12"),
        ("A", 10.0, "10"),
        ("B+", 8.9, "8.9"),
        ("b+", 8.9, "8.9"),
        ("F", 6.0, "6"),
        ("pass", 10.0, "10"),
        ("complete", 10.0, "10"),
        ("fail", 0.0, "0"),
        ("Incomplete", 0.0, "0"),
    ],
)
def test_a_teacher_grades_in_every_notation(table: Classroom, posted: object, score: float, grade: str) -> None:
    assert graded(table.essay, table.student, posted) == (score, grade)


@pytest.mark.parametrize(
    ("grading_type", "posted", "score", "grade"),
    [
        ("percent", "85.5%", 17.1, "85.5%"),
        ("percent", "17", 17.0, "85%"),
        ("letter_grade", "B+", 17.8, "B+"),
        ("letter_grade", "95%", 19.0, "A"),
        ("letter_grade", "12.2", 12.2, "D-"),
        ("letter_grade", "0", 0.0, "F"),
        ("pass_fail", "complete", 20.0, "complete"),
        ("pass_fail", "fail", 0.0, "incomplete"),
        ("pass_fail", "20", 20.0, "complete"),
    ],
)
def test_a_grade_is_shown_as_the_assignment_says(table: Classroom, grading_type: str, posted: str, score: float, grade: str) -> None:
    work = table.course.create_assignment({"name": "Work", "points_possible": 20, "grading_type": grading_type, "published": True})
    assert graded(work, table.student, posted) == (score, grade)


@pytest.mark.parametrize("posted", ["10", "1", "50%", "B+"])
def test_pass_or_fail_takes_nothing_between(table: Classroom, posted: str) -> None:
    work = table.course.create_assignment({"name": "Work", "points_possible": 20, "grading_type": "pass_fail", "published": True})
    with pytest.raises(BadRequest):
        graded(work, table.student, posted)
    assert work.get_submission(table.student.id).score is None


def test_a_grade_says_who_gave_it_and_is_told_to_the_student(essay: Assignment, student: Person, teacher: Person) -> None:
    student.through(essay).submit(TEXT)
    made = essay.get_submission(student.id).edit(submission={"posted_grade": "9"}, comment={"text_comment": "Well done."})
    assert (made.workflow_state, made.grader_id, made.entered_score, made.entered_grade) == ("graded", teacher.id, 9.0, "9")
    assert made.graded_at and made.posted_at and made.grade_matches_current_submission is True
    seen = student.through(essay).get_submission("self", include=["submission_comments"])
    assert (seen.score, seen.grade, seen.submission_comments[0]["comment"]) == (9.0, "9", "Well done.")


def test_nonsense_is_no_grade_and_changes_none(essay: Assignment, student: Person) -> None:
    assert graded(essay, student, "7") == (7.0, "7")
    submission = essay.get_submission(student.id)
    for posted in NONSENSE:
        with pytest.raises(BadRequest):
            submission.edit(submission={"posted_grade": posted})
    again = essay.get_submission(student.id)
    assert (again.score, again.grade) == (7.0, "7")


def test_a_blank_takes_the_grade_away(essay: Assignment, student: Person) -> None:
    student.through(essay).submit(TEXT)
    assert graded(essay, student, "7") == (7.0, "7")
    assert graded(essay, student, "") == (None, None)
    back = essay.get_submission(student.id)
    assert (back.workflow_state, back.graded_at, back.grader_id) == ("submitted", None, None)


def test_work_that_was_not_handed_in_is_graded_too_and_back(essay: Assignment, student: Person) -> None:
    assert graded(essay, student, "3") == (3.0, "3")
    assert essay.get_submission(student.id).workflow_state == "graded"
    assert graded(essay, student, "") == (None, None)
    assert essay.get_submission(student.id).workflow_state == "unsubmitted"


@pytest.mark.parametrize("excuse", [{"excuse": True}, {"posted_grade": "Ex"}])
def test_an_excuse_clears_the_score_and_a_grade_clears_the_excuse(essay: Assignment, student: Person, excuse: dict[str, object]) -> None:
    assert graded(essay, student, "4") == (4.0, "4")
    excused = essay.get_submission(student.id).edit(submission=excuse)
    assert (excused.excused, excused.score, excused.grade, excused.missing) == (True, None, None, False)
    assert graded(essay, student, "5") == (5.0, "5")
    assert essay.get_submission(student.id).excused is False
    assert essay.get_submission(student.id).edit(submission=excuse).excused is True
    assert essay.get_submission(student.id).edit(submission={"excuse": False}).excused is False


def test_handing_in_again_keeps_the_score_and_waits_for_a_grade(taught: Course, essay: Assignment, student: Person) -> None:
    mine = student.through(essay)
    mine.submit(TEXT)
    assert graded(essay, student, "6") == (6.0, "6")
    again = mine.submit({**TEXT, "body": "Better."})
    assert (again.workflow_state, again.attempt, again.score, again.grade) == ("submitted", 2, 6.0, "6")
    assert again.grade_matches_current_submission is False
    assert taught.get_assignment(essay.id).needs_grading_count == 1
    rows = essay.get_submission(student.id, include=["submission_history"]).submission_history
    assert [(row["attempt"], row["body"], row["workflow_state"]) for row in rows] == [
        (1, "My work.", "graded"),
        (2, "Better.", "submitted"),
    ]
    assert graded(essay, student, "6") == (6.0, "6")
    settled = essay.get_submission(student.id)
    assert (settled.grade_matches_current_submission, settled.workflow_state) == (True, "graded")
    assert taught.get_assignment(essay.id).needs_grading_count == 0


def test_excused_work_that_is_handed_in_stays_excused(essay: Assignment, student: Person) -> None:
    essay.get_submission(student.id).edit(submission={"excuse": True})
    made = student.through(essay).submit(TEXT)
    assert (made.excused, made.attempt) == (True, 1)


def test_grades_are_shown_anew_when_the_assignment_is_worth_more(essay: Assignment, student: Person) -> None:
    assert graded(essay, student, "5") == (5.0, "5")
    essay.edit(assignment={"grading_type": "percent", "points_possible": 20})
    found = essay.get_submission(student.id)
    assert (found.score, found.grade) == (5.0, "25%")


def test_a_student_is_graded_by_a_sis_id_too(lms: Lms, course: Course, essay: Assignment) -> None:
    sis_id = unique("sis")
    person = lms.person(sis_user_id=sis_id)
    enroll(course, person)
    path = f"courses/{course.id}/assignments/{essay.id}/submissions/sis_user_id:{sis_id}"
    assert lms.call("PUT", path, json={"submission": {"posted_grade": 8.5}}).json()["score"] == 8.5
    assert essay.get_submission(person.id).score == 8.5


def test_nobody_outside_the_course_is_graded(essay: Assignment, student: Person, outsider: Person) -> None:
    submission = essay.get_submission(student.id)
    for user_id in (outsider.id, 999_999_999):
        submission.user_id = user_id
        with pytest.raises(ResourceDoesNotExist):
            submission.edit(submission={"posted_grade": "1"})
