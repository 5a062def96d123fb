"""Late policies as clients know them."""

import pytest
from canvasapi.assignment import Assignment
from canvasapi.course import Course
from canvasapi.exceptions import BadRequest, ResourceDoesNotExist

from tests.acceptance.live import Person

TEXT = {"submission_type": "online_text_entry", "body": "My work."}
LATE = {"late_submission_deduction_enabled": True, "late_submission_deduction": 10, "late_submission_interval": "day"}


def test_a_teacher_makes_and_changes_the_policy_of_a_course(course: Course) -> None:
    with pytest.raises(ResourceDoesNotExist):
        course.get_late_policy()
    made = course.create_late_policy(late_policy=LATE)
    assert (made.course_id, made.late_submission_deduction, made.missing_submission_deduction_enabled) == (course.id, 10, False)
    with pytest.raises(BadRequest):
        course.create_late_policy(late_policy=LATE)
    assert course.edit_late_policy(late_policy={"late_submission_interval": "hour"}) is True
    seen = course.get_late_policy()
    assert (seen.id, seen.late_submission_interval, seen.late_submission_deduction) == (made.id, "hour", 10)


def test_late_work_costs_points_until_staff_say_otherwise(taught: Course, attended: Course, essay: Assignment, student: Person) -> None:
    taught.create_late_policy(late_policy=LATE)
    essay.edit(assignment={"due_at": "2020-01-01T00:00:00Z"})
    attended.get_assignment(essay.id).submit(TEXT)
    work = essay.get_submission(student.id)
    assert (work.late, work.missing, work.points_deducted) == (True, False, None)
    work.edit(submission={"posted_grade": "9"})
    seen = essay.get_submission(student.id)
    assert (seen.entered_score, seen.points_deducted, seen.score, seen.grade, seen.entered_grade) == (9, 9, 0, "0", "9")
    seen.edit(submission={"late_policy_status": "late", "seconds_late_override": 3600})
    seen = essay.get_submission(student.id)
    assert (seen.score, seen.late_policy_status, seen.seconds_late) == (8, "late", 3600)
    seen.edit(submission={"late_policy_status": "none"})
    seen = essay.get_submission(student.id)
    assert (seen.score, seen.late, seen.seconds_late) == (9, False, 0)
