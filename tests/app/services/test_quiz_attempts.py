"""Two at once at the same quiz: one attempt is open, and each is scored once."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask

from app.extensions import db
from app.models.courses import Course
from app.models.types import utc_now
from app.services import quiz_attempts, quiz_grades
from tests.app.services.conftest import Together
from tests.conftest import Api
from tests.factories import QuizAttemptFactory, QuizFactory, QuizQuestionFactory, QuizSubmissionFactory

Fetch = Callable[[Any], list[Any]]
KEY = {"attempt": 1, "validation_token": "token"}


def graded(teacher: Api, course: Course) -> str:
    """The URL of a published quiz with an assignment."""
    url = f"/courses/{course.id}/quizzes"
    return f"{url}/{teacher.ok('POST', url, json={'quiz': {'title': 'Exam', 'published': True, 'allowed_attempts': -1}})['id']}"


def asked() -> list[dict[str, Any]]:
    names = ("id", "quiz_id", "position", "question_name", "question_text", "question_type", "points_possible", "answers", "matches")
    questions = [QuizQuestionFactory() for _ in range(2)]
    return [{name: getattr(question, name) for name in names} for question in questions]


def test_two_who_begin_at_once_begin_one_attempt(together: Together, student: Api, course: Course, fetch: Fetch) -> None:
    url = f"/courses/{course.id}/quizzes/{QuizFactory(course=course, allowed_attempts=-1).id}/submissions"
    together.meet(quiz_attempts, "locked_for")
    answers = together.do(*[together.request(student, "POST", url)] * 2)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert fetch("SELECT attempt FROM quiz_attempts") == [(1,)]


def test_two_who_complete_at_once_score_once(together: Together, student: Api, teacher: Api, course: Course, fetch: Fetch) -> None:
    url = graded(teacher, course)
    taken = student.ok("POST", f"{url}/submissions")["quiz_submissions"][0]
    key = {name: taken[name] for name in ("attempt", "validation_token")}
    together.meet(quiz_attempts, "locked")
    answers = together.do(*[together.request(student, "POST", f"{url}/submissions/{taken['id']}/complete", json=key)] * 2)
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert len(fetch("SELECT id FROM grade_changes")) == len(fetch("SELECT id FROM submissions")) == 1
    assert fetch("SELECT id FROM submission_versions") == []


def test_two_answers_at_once_are_both_kept(together: Together, student: Api, course: Course) -> None:
    questions = asked()
    taken = QuizSubmissionFactory(quiz=QuizFactory(course=course), user=student.user, taken__questions=questions)
    url = f"/quiz_submissions/{taken.id}/questions"
    together.meet(quiz_attempts, "locked")
    bodies = ({**KEY, "quiz_questions": [{"id": question["id"], "answer": 1}]} for question in questions)
    answers = together.do(*(together.request(student, "POST", url, json=body) for body in bodies))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [question["answer"] for question in student.ok("GET", url)["quiz_submission_questions"]] == [1, 1]


def test_an_answer_and_the_completion_at_once_leave_what_was_scored(together: Together, student: Api, course: Course, fetch: Fetch) -> None:
    questions = asked()
    quiz = QuizFactory(course=course)
    taken = QuizSubmissionFactory(quiz=quiz, user=student.user, taken__questions=questions)
    together.meet(quiz_attempts, "locked")
    body = {**KEY, "quiz_questions": [{"id": questions[0]["id"], "answer": 1}]}
    answered, completed = together.do(
        together.request(student, "POST", f"/quiz_submissions/{taken.id}/questions", json=body),
        together.request(student, "POST", f"/courses/{course.id}/quizzes/{quiz.id}/submissions/{taken.id}/complete", json=KEY),
    )
    assert (completed.status_code, answered.status_code in (200, 400)) == (200, True)
    score = 1 if answered.status_code == 200 else 0
    assert fetch("SELECT workflow_state, score FROM quiz_attempts") == [("complete", score)]


def test_two_judgements_at_once_are_both_kept(together: Together, student: Api, teacher: Api, ta: Api, course: Course) -> None:
    questions = [{**question, "question_type": "essay_question"} for question in asked()]
    quiz = QuizFactory(course=course)
    results = {str(question["id"]): {"score": 0.0, "correct": None, "comment": None} for question in questions}
    over = {"workflow_state": "pending_review", "finished_at": utc_now(), "questions": questions, "results": results}
    taken = QuizSubmissionFactory(quiz=quiz, user=student.user, taken=None)
    QuizAttemptFactory(submission=taken, **over)
    together.meet(quiz_attempts, "locked")
    url = f"/courses/{course.id}/quizzes/{quiz.id}/submissions/{taken.id}"
    given = [{"quiz_submissions": [{"questions": {str(question["id"]): {"score": 1}}}]} for question in questions]
    together.do(*(together.request(api, "PUT", url, json=body) for api, body in zip((teacher, ta), given, strict=True)))
    (seen,) = student.ok("GET", url)["quiz_submissions"]
    assert (seen["workflow_state"], seen["score"]) == ("complete", 2)


def test_two_clocks_end_each_attempt_once(
    together: Together, app: Flask, teacher: Api, course: Course, enrolled: Callable[..., Api], fetch: Fetch
) -> None:
    url = graded(teacher, course)
    students = [enrolled() for _ in range(3)]
    for api in students:
        api.ok("POST", f"{url}/submissions")
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE quiz_attempts SET end_at = started_at")
    together.meet(quiz_grades, "add_up")

    def end(_: int) -> int:
        with app.app_context():
            count = quiz_attempts.end_overdue(utc_now() + dt.timedelta(minutes=1), 10)
            db.session.commit()
            return count

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(end, range(2))) == [0, 3]
    assert len(fetch("SELECT id FROM grade_changes")) == 3
    assert fetch("SELECT DISTINCT workflow_state FROM quiz_attempts") == [("complete",)]
    assert quiz_attempts.end_overdue(utc_now(), 10) == 0
