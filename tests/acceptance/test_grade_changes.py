"""The history of grades and of enrolments, through canvasapi where it has the call."""

import pytest
from canvasapi.assignment import Assignment
from canvasapi.course import Course
from canvasapi.exceptions import Forbidden

from tests.acceptance.live import Lms, Person, enroll


@pytest.fixture
def graded(essay: Assignment, student: Person) -> Assignment:
    """An assignment on which the student was given 7 points, then 9."""
    for points in ("7", "9"):
        essay.get_submission(student.id).edit(submission={"posted_grade": points})
    return essay


def test_the_audit_log_tells_every_change(lms: Lms, taught: Course, graded: Assignment, teacher: Person, student: Person) -> None:
    events = list(taught.get_grade_change_events(per_page=1))
    assert [(event.grade_before, event.grade_after) for event in events] == [("7", "9"), (None, "7")]
    assert str(events[0]) == f"grade_change 7 - 9 ({events[0].id})"
    links = events[0].links
    assert (links["assignment"], links["course"], links["student"], links["grader"]) == (graded.id, taught.id, student.id, teacher.id)
    ids = [event.id for event in events]
    assert [event.id for event in graded.get_grade_change_events()] == ids
    assert [event.id for event in lms.admin.get_user(student.id).get_grade_change_events_for_student()] == ids
    assert [event.id for event in lms.admin.get_user(teacher.id).get_grade_change_events_for_grader()] == ids


def test_the_history_is_read_day_by_day(taught: Course, graded: Assignment, teacher: Person, student: Person) -> None:
    (day,) = taught.get_gradebook_history_dates()
    (grader,) = taught.get_gradebook_history_details(str(day))
    assert (str(grader), grader.name, grader.assignments[0]["id"]) == (str(teacher.id), teacher.name, graded.id)
    assert day.graders[0]["id"] == teacher.id
    (history,) = taught.get_submission_history(str(day), grader.id, graded.id)
    shown = [(one["new_grade"], one["previous_grade"], one["current_grade"]) for one in history.versions]
    assert (shown, str(history)) == ([("9", "7", "9"), ("7", None, "9")], str(history.submission_id))
    versions = list(taught.get_uncollated_submissions())
    assert [(one.grade, one.grader, one.user_name, one.assignment_name) for one in versions] == [
        (points, teacher.name, student.name, graded.name) for points in ("9", "7")
    ]


def test_a_student_reads_no_history(attended: Course, graded: Assignment, student: Person) -> None:
    for call in (attended.get_grade_change_events, attended.get_gradebook_history_dates, attended.get_uncollated_submissions):
        with pytest.raises(Forbidden):
            list(call())
    with pytest.raises(Forbidden):
        list(student.through(graded).get_grade_change_events())


def test_an_enrolment_keeps_what_happened_to_it(lms: Lms, course: Course, teacher: Person) -> None:
    person = lms.person()
    made = enroll(course, person, reason="applied")
    made.deactivate("deactivate", reason="on leave")
    made.reactivate()
    found = lms.call("GET", f"courses/{course.id}/enrollments/{made.id}/history", teacher.token).json()
    assert [(one["event"], one["state_after"], one["reason"]) for one in found] == [
        ("reactivated", "active", None),
        ("deactivated", "inactive", "on leave"),
        ("created", "active", "applied"),
    ]
    listed = lms.call("GET", f"courses/{course.id}/enrollment_history", teacher.token, params={"user_id": person.id}).json()
    assert listed == found
