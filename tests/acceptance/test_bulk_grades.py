"""Many grades at once, followed as a Progress."""

import time

from canvasapi.assignment import Assignment
from canvasapi.course import Course
from canvasapi.progress import Progress

from tests.acceptance.live import SECONDS, Lms, Person, enroll


def ended(progress: Progress) -> Progress:
    """The progress once it is over."""
    deadline = time.monotonic() + SECONDS
    while progress.workflow_state in ("queued", "running"):
        assert time.monotonic() < deadline, f"{progress} does not end"
        time.sleep(0.1)
        progress = progress.query()
    return progress


def test_a_class_is_graded_by_a_job(lms: Lms, course: Course, taught: Course, student: Person, essay: Assignment) -> None:
    other = lms.person()
    enroll(course, other)
    begun = essay.submissions_bulk_update(
        grade_data={student.id: {"posted_grade": "8"}, other.id: {"posted_grade": "50%", "text_comment": "See me"}}
    )
    assert begun.tag and begun.context_id == course.id
    over = ended(begun)
    assert (over.workflow_state, over.completion) == ("completed", 100)
    assert [essay.get_submission(who.id).score for who in (student, other)] == [8.0, 5.0]
    assert [comment["comment"] for comment in essay.get_submission(other.id, include=["submission_comments"]).submission_comments] == [
        "See me"
    ]


def test_grades_on_several_assignments_and_one_that_is_nonsense(taught: Course, student: Person, essay: Assignment) -> None:
    other = taught.create_assignment({"name": "Other", "points_possible": 10, "published": True})
    begun = taught.submissions_bulk_update(
        grade_data={essay.id: {student.id: {"posted_grade": "7"}}, other.id: {student.id: {"posted_grade": "very good"}}}
    )
    over = ended(begun)
    assert over.workflow_state == "failed" and "very good" in over.message
    assert [work.get_submission(student.id).score for work in (essay, other)] == [7.0, None]
