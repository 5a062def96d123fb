"""A quiz from its making to the grade book, with canvasapi only."""

import pytest
from canvasapi.course import Course
from canvasapi.exceptions import BadRequest, Conflict, Forbidden
from canvasapi.quiz import Quiz

from tests.acceptance.live import Person

CHOICE = {
    "question_name": "Capital",
    "question_text": "<p>Where?</p>",
    "question_type": "multiple_choice_question",
    "points_possible": 2,
    "answers": [{"answer_text": "Seoul", "answer_weight": 100}, {"answer_text": "Busan", "answer_weight": 0}],
}
ESSAY = {"question_type": "essay_question", "points_possible": 3, "question_text": "Why?"}
PAIRS = {
    "question_type": "matching_question",
    "points_possible": 2,
    "answers": [{"answer_match_left": "1", "answer_match_right": "I"}, {"answer_match_left": "5", "answer_match_right": "V"}],
}


@pytest.fixture
def quiz(taught: Course) -> Quiz:
    """A published quiz of 2 points."""
    made = taught.create_quiz({"title": "Exam", "published": True, "allowed_attempts": 2, "time_limit": 10})
    made.create_question(question=CHOICE)
    return made


def test_a_student_takes_a_quiz_and_the_result_is_their_grade(taught: Course, quiz: Quiz, student: Person) -> None:
    taken = student.through(quiz).create_submission()
    (question,) = taken.get_submission_questions()
    (right,) = [answer["id"] for answer in question.answers if answer["text"] == "Seoul"]
    assert all("weight" not in answer for answer in question.answers)
    taken.answer_submission_questions(quiz_questions=[{"id": question.id, "answer": right}])
    done = taken.complete()
    assert (done.workflow_state, done.score, done.kept_score, done.attempts_left) == ("complete", 2, 2, 1)
    graded = taught.get_assignment(taught.get_quiz(quiz.id).assignment_id).get_submission(student.id)
    assert (graded.score, graded.submission_type, graded.grader_id) == (2, "online_quiz", -quiz.id)


def test_matching_is_answered_in_a_form(quiz: Quiz, student: Person) -> None:
    made = quiz.create_question(question=PAIRS)
    taken = student.through(quiz).create_submission()
    pairs = [{"answer_id": answer["id"], "match_id": answer["match_id"]} for answer in made.answers]
    taken.answer_submission_questions(quiz_questions=[{"id": made.id, "answer": pairs}])
    assert taken.complete().score == 2


def test_one_attempt_is_open_at_a_time(quiz: Quiz, student: Person) -> None:
    seen = student.through(quiz)
    for _ in range(2):
        taken = seen.create_submission()
        with pytest.raises(Conflict):
            seen.create_submission()
        taken.complete()
    with pytest.raises(BadRequest):
        taken.complete()
    with pytest.raises(Conflict):
        seen.create_submission()


def test_staff_scores_an_essay(quiz: Quiz, student: Person) -> None:
    essay = quiz.create_question(question=ESSAY)
    taken = student.through(quiz).create_submission()
    assert taken.get_times()["time_left"] <= 600
    taken.answer_submission_questions(quiz_questions=[{"id": essay.id, "answer": "<p>Because.</p>"}])
    assert taken.complete().workflow_state == "pending_review"
    (found,) = quiz.get_submissions()
    judged = found.update_score_and_comments(
        quiz_submissions=[{"attempt": 1, "fudge_points": 1, "questions": {str(essay.id): {"score": 2.5}}}]
    )
    assert (judged.workflow_state, judged.score) == ("complete", 3.5)
    assert quiz.get_quiz_submission(found.id).score == 3.5
    assert next(iter(quiz.get_statistics())).submission_statistics["unique_count"] == 1


def test_an_extension_gives_one_more_attempt(quiz: Quiz, student: Person) -> None:
    (granted,) = quiz.set_extensions([{"user_id": student.id, "extra_attempts": 1, "extra_time": 5}])
    assert (granted.extra_attempts, granted.extra_time) == (1, 5)
    assert student.through(quiz).create_submission().attempts_left == 2


def test_authors_change_and_delete_questions_and_students_do_not_read_them(quiz: Quiz, student: Person, attended: Course) -> None:
    (question,) = quiz.get_questions()
    assert question.edit(question={"question_name": "New"}).question_name == "New"
    with pytest.raises(Forbidden):
        list(student.through(quiz).get_questions())
    assert question.delete() is True
    assert quiz.edit(quiz={"title": "Final"}).title == "Final"
    assert [seen.title for seen in attended.get_quizzes()] == ["Final"]
    quiz.delete()
    assert list(attended.get_quizzes()) == []
