"""Extensions and statistics."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import QuizAttemptFactory, QuizFactory, QuizQuestionFactory, QuizSubmissionFactory, SectionFactory

START = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


def grant(api: Api, url: str, **fields: Any) -> dict[str, Any]:
    (granted,) = api.ok("POST", f"{url}/extensions", json={"quiz_extensions": [fields]})["quiz_extensions"]
    return dict(granted)


@pytest.fixture
def url(course: Course) -> str:
    quiz = QuizFactory(course=course, time_limit=10, lock_at=START)
    return f"/courses/{course.id}/quizzes/{quiz.id}"


def test_a_student_gets_time_attempts_and_entry(teacher: Api, student: Api, url: str) -> None:
    granted = grant(teacher, url, user_id=student.id, extra_time=5, extra_attempts=1, manually_unlocked=True)
    assert (granted["extra_time"], granted["extra_attempts"], granted["manually_unlocked"], granted["end_at"]) == (5, 1, True, None)
    assert student.ok("GET", f"{url}/submissions")["quiz_submissions"] == []
    with time_machine.travel(START, tick=False):
        (taken,) = student.ok("POST", f"{url}/submissions")["quiz_submissions"]
        assert (taken["end_at"], taken["attempts_left"], taken["attempt"]) == ("2026-03-02T09:15:00Z", 1, 1)
        assert grant(teacher, url, user_id=student.id, extend_from_end_at=5)["end_at"] == "2026-03-02T09:20:00Z"
        assert grant(teacher, url, user_id=student.id, extend_from_now=2)["end_at"] == "2026-03-02T09:02:00Z"


def test_no_attempt_goes_on_past_the_end_of_time(teacher: Api, student: Api, course: Course) -> None:
    quiz = QuizFactory(course=course, lock_at=dt.datetime(9999, 12, 31, 23, tzinfo=dt.UTC))
    url = f"/courses/{course.id}/quizzes/{quiz.id}"
    student.ok("POST", f"{url}/submissions")
    given = {"quiz_extensions": [{"user_id": student.id, "extend_from_end_at": 1440}]}
    assert teacher.post(f"{url}/extensions", json=given).status_code == 400


def test_only_students_whom_one_may_grade_are_granted_anything(
    teacher: Api, student: Api, stranger: Api, enrolled: Callable[..., Api], course: Course, url: str
) -> None:
    section = SectionFactory(course=course).id
    limited = enrolled("TaEnrollment", course_section_id=section, limit_privileges_to_course_section=True)
    for api, user_id in ((teacher, stranger.id), (teacher, teacher.id), (limited, student.id)):
        body = {"quiz_extensions": [{"user_id": user_id, "extra_time": 5}]}
        assert api.post(f"{url}/extensions", json=body).status_code == 400
    assert teacher.post(f"{url}/extensions", json={"quiz_extensions": [{"extra_time": 5}]}).status_code == 400


def test_statistics_tell_scores_times_and_right_answers(teacher: Api, enrolled: Callable[..., Api], course: Course) -> None:
    quiz = QuizFactory(course=course, points_possible=1.0)
    question = QuizQuestionFactory(quiz=quiz)
    url = f"/courses/{course.id}/quizzes/{quiz.id}/statistics"
    empty = teacher.ok("GET", url)["quiz_statistics"][0]
    assert (empty["submission_statistics"]["unique_count"], empty["submission_statistics"]["score_average"]) == (0, None)
    for score in (0.0, 1.0, 1.0):
        taken = QuizSubmissionFactory(quiz=quiz, user=enrolled().user, taken=None)
        results = {str(question.id): {"score": score, "correct": score == 1, "comment": None}, "99": {"score": 0.0, "correct": None}}
        over = {"workflow_state": "complete", "started_at": START, "finished_at": START + dt.timedelta(minutes=1)}
        QuizAttemptFactory(submission=taken, score=score, results=results, **over)
    QuizSubmissionFactory(quiz=quiz, user=enrolled().user, taken__end_at=START)
    found = teacher.ok("GET", url)["quiz_statistics"][0]
    scores = found["submission_statistics"]
    assert (scores["unique_count"], scores["score_average"], scores["score_high"], scores["score_low"]) == (4, 0.5, 1, 0)
    assert (scores["scores"], scores["score_stdev"]) == ({"0": 2, "100": 2}, 0.5)
    (asked,) = found["question_statistics"]
    assert (asked["id"], asked["responses"], asked["correct"], asked["incorrect"]) == (question.id, 3, 2, 1)
