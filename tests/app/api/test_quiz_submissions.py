"""Taking quizzes: begin, answer, complete, be judged."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from app.models.courses import Course
from tests.app.api.quizzes import answer, begin, complete, key, maker, own, pick, questions, work
from tests.conftest import Api
from tests.factories import EnrollmentFactory, QuizFactory, QuizQuestionFactory, QuizSubmissionFactory, SectionFactory, UserFactory

Fetch = Callable[[Any], list[Any]]
START = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


@pytest.fixture
def quiz(teacher: Api, course: Course) -> Callable[..., str]:
    """A maker of published quizzes; their URL."""
    return maker(teacher, course)


def test_a_right_answer_is_scored_and_posted(student: Api, teacher: Api, quiz: Callable[..., str], fetch: Fetch) -> None:
    url = quiz()
    taken = begin(student, url)
    assert (taken["workflow_state"], taken["attempts_left"], taken["score"], taken["end_at"]) == ("untaken", 0, None, None)
    assert len(taken["validation_token"]) == 64
    answer(student, taken)
    assert "validation_token" not in teacher.ok("GET", f"{url}/submissions/{taken['id']}")["quiz_submissions"][0]
    done = complete(student, url, taken)
    assert (done["workflow_state"], done["score"], done["kept_score"], done["quiz_points_possible"]) == ("complete", 1, 1, 1)
    assert "validation_token" not in done and done["finished_at"] is not None
    graded = work(teacher, url, student)
    assert (graded["id"], graded["score"], graded["grade"], graded["submission_type"]) == (done["submission_id"], 1, "1", "online_quiz")
    assert (graded["workflow_state"], graded["attempt"], graded["grader_id"]) == ("graded", 1, -done["quiz_id"])
    audit = fetch("SELECT grader_id, real_user_id, score_before, score_after FROM grade_changes")
    assert audit == [(-done["quiz_id"], student.id, None, 1)]


def test_students_are_not_told_what_is_right_before_they_may(student: Api, teacher: Api, quiz: Callable[..., str]) -> None:
    for shown in (True, False):
        url = quiz(show_correct_answers=shown, essay=True)
        taken = begin(student, url)
        choice, essay = questions(student, taken)
        assert [sorted(found) for found in choice["answers"]] == [["id", "text"]] * 2
        assert "correct" not in choice and "score" not in choice and essay["answers"] == []
        assert "weight" in questions(teacher, taken)[0]["answers"][0]
        complete(student, url, taken)
        choice = questions(student, taken)[0]
        assert ("weight" in choice["answers"][0]) is shown
        assert (choice["correct"], choice["score"], choice["answer"]) == (False, 0, None)


def test_the_texts_of_right_answers_are_not_shown(student: Api, course: Course) -> None:
    right = [{"id": 7, "text": "Seoul", "weight": 100, "comments": "", "blank_id": "a", "exact": 3.0}]
    quiz = QuizFactory(course=course)
    for kind in ("short_answer_question", "numerical_question", "fill_in_multiple_blanks_question"):
        QuizQuestionFactory(quiz=quiz, question_type=kind, answers=right)
    taken = begin(student, f"/courses/{course.id}/quizzes/{quiz.id}")
    assert [question["answers"] for question in questions(student, taken)] == [[], [], []]


def test_one_attempt_is_open_at_a_time_and_no_more_are_given(student: Api, quiz: Callable[..., str]) -> None:
    url = quiz(allowed_attempts=2)
    for left in (1, 0):
        taken = begin(student, url)
        assert taken["attempts_left"] == left
        assert student.post(f"{url}/submissions").status_code == 409
        complete(student, url, taken)
    assert student.post(f"{url}/submissions").status_code == 409
    assert own(student, url)["attempt"] == 2


def test_a_locked_quiz_a_draft_and_a_wrong_code_let_nobody_in(student: Api, teacher: Api, quiz: Callable[..., str]) -> None:
    for fields in ({"unlock_at": "2099-01-01"}, {"lock_at": "2020-01-01"}, {"published": False}):
        assert student.post(f"{quiz(**fields)}/submissions").status_code == 403
    url = quiz(access_code="열려라 sesame")
    for code in ({}, {"access_code": "open"}, {"access_code": "é"}):
        assert student.post(f"{url}/submissions", json=code).status_code == 403
    assert student.ok("POST", f"{url}/submissions", json={"access_code": "열려라 sesame"})


def test_only_the_owner_with_the_token_answers_and_completes(student: Api, quiz: Callable[..., str], enrolled: Callable[..., Api]) -> None:
    url = quiz()
    taken = begin(student, url)
    peer = enrolled()
    good = pick(student, taken)
    targets = {f"/quiz_submissions/{taken['id']}/questions": good, f"{url}/submissions/{taken['id']}/complete": key(taken)}
    for target, params in targets.items():
        assert peer.post(target, json=params).status_code == 403
        assert student.post(target, json={**params, "validation_token": "x"}).status_code == 403
        assert student.post(target, json={**params, "attempt": 2}).status_code == 400
        assert student.post(target, json={**params, "attempt": None}).status_code == 400
    complete(student, url, taken)
    for target, params in targets.items():
        assert student.post(target, json=params).status_code == 400
    assert peer.get(f"/quiz_submissions/{taken['id']}/questions").status_code == 403
    assert student.get("/quiz_submissions/0/questions").status_code == 404


def test_answers_can_be_changed_and_taken_back_and_unknown_ones_change_nothing(student: Api, quiz: Callable[..., str]) -> None:
    url = quiz(essay=True)
    taken = begin(student, url)
    target = f"/quiz_submissions/{taken['id']}/questions"
    answer(student, taken, "No")
    answer(student, taken)
    first, essay = questions(student, taken)
    assert first["answer"] == pick(student, taken)["quiz_questions"][0]["answer"]
    text = "<p>Hi</p><script>x</script>"
    for bad in ({"id": first["id"], "answer": 0}, {"id": 99, "answer": 1}, {"id": first["id"], "answer": {"a": []}}):
        both = [{"id": essay["id"], "answer": text}, bad]
        assert student.post(target, json={**key(taken), "quiz_questions": both}).status_code == 400
    assert questions(student, taken)[1]["answer"] is None
    both = [{"id": essay["id"], "answer": text}, {"id": first["id"], "answer": None}]
    seen = student.ok("POST", target, json={**key(taken), "quiz_questions": both})["quiz_submission_questions"]
    assert [question["answer"] for question in seen] == ["<p>Hi</p>", None]
    assert [question["answer"] for question in questions(student, taken)] == [None, "<p>Hi</p>"]


def test_an_attempt_keeps_the_questions_that_it_began_with(student: Api, teacher: Api, quiz: Callable[..., str]) -> None:
    url = quiz(shuffle_answers=True)
    taken = begin(student, url)
    before = questions(student, taken)
    (question,) = teacher.ok("GET", f"{url}/questions")
    changed = {"question_text": "Other", "points_possible": 9, "answers": [{"answer_text": "None"}]}
    teacher.ok("PUT", f"{url}/questions/{question['id']}", json={"question": changed})
    teacher.ok("POST", f"{url}/questions", json={"question": {"question_type": "essay_question"}})
    assert questions(student, taken) == before
    answer(student, taken)
    assert complete(student, url, taken)["score"] == 1


@pytest.mark.parametrize(("policy", "expected"), [("keep_highest", 1), ("keep_latest", 0)])
def test_the_score_that_counts_is_the_highest_or_the_latest(
    student: Api, teacher: Api, quiz: Callable[..., str], policy: str, expected: float
) -> None:
    url = quiz(allowed_attempts=-1, scoring_policy=policy)
    for text in ("Yes", "No"):
        taken = begin(student, url)
        answer(student, taken, text)
        done = complete(student, url, taken)
    assert (done["score"], done["kept_score"], done["attempts_left"]) == (0, expected, -1)
    graded = work(teacher, url, student, "include[]=submission_history")
    assert (graded["score"], graded["attempt"], len(graded["submission_history"])) == (expected, 2, 2)


def test_an_essay_waits_until_staff_scores_it(student: Api, teacher: Api, quiz: Callable[..., str], fetch: Fetch) -> None:
    url = quiz(essay=True)
    taken = begin(student, url)
    answer(student, taken)
    done = complete(student, url, taken)
    assert (done["workflow_state"], done["score"], work(teacher, url, student)["workflow_state"]) == ("pending_review", 1, "pending_review")
    essay = questions(student, taken)[1]
    assert essay["correct"] is None
    target = f"{url}/submissions/{taken['id']}"
    given = {"attempt": 1, "fudge_points": -0.5, "questions": {str(essay["id"]): {"score": 2.5, "comment": "Good."}}}
    (judged,) = teacher.ok("PUT", target, json={"quiz_submissions": [given]})["quiz_submissions"]
    assert (judged["workflow_state"], judged["score"], judged["fudge_points"]) == ("complete", 3, -0.5)
    graded = work(teacher, url, student)
    assert (graded["workflow_state"], graded["score"], graded["grader_id"], graded["attempt"]) == ("graded", 3, teacher.id, 1)
    assert (questions(student, taken)[1]["score"], questions(student, taken)[1]["comment"]) == (2.5, "Good.")
    assert fetch("SELECT grader_id, score_after FROM grade_changes ORDER BY id")[1:] == [(teacher.id, 3)]
    bad_ones: list[dict[str, Any]] = [
        {"attempt": 2},
        {"attempt": 10**18},
        {"questions": {"99": {"score": 1}}},
        {"questions": {"x": {}}},
        {"fudge_points": "a"},
    ]
    for bad in bad_ones:
        assert teacher.put(target, json={"quiz_submissions": [bad]}).status_code == 400


def test_an_open_attempt_is_not_judged(student: Api, teacher: Api, quiz: Callable[..., str]) -> None:
    url = quiz()
    taken = begin(student, url)
    assert teacher.put(f"{url}/submissions/{taken['id']}", json={"quiz_submissions": [{"fudge_points": 1}]}).status_code == 400


def test_surveys_give_all_points_and_wait_for_nobody(student: Api, teacher: Api, quiz: Callable[..., str]) -> None:
    url = quiz(quiz_type="graded_survey", essay=True)
    done = complete(student, url, begin(student, url))
    assert (done["workflow_state"], done["score"], work(teacher, url, student)["score"]) == ("complete", 5, 5)
    url = quiz(quiz_type="survey")
    assert complete(student, url, begin(student, url))["submission_id"] is None


def test_an_excuse_outlives_a_quiz(student: Api, teacher: Api, quiz: Callable[..., str], course: Course) -> None:
    url = quiz()
    target = f"/courses/{course.id}/assignments/{teacher.ok('GET', url)['assignment_id']}/submissions/{student.id}"
    teacher.ok("PUT", target, json={"submission": {"excuse": True}})
    complete(student, url, begin(student, url))
    assert (teacher.ok("GET", target)["excused"], teacher.ok("GET", target)["score"]) == (True, None)


def test_staff_see_all_attempts_students_and_observers_theirs(
    student: Api, teacher: Api, observer: Api, enrolled: Callable[..., Api], course: Course
) -> None:
    quiz = QuizFactory(course=course)
    peer = enrolled()
    ids = [QuizSubmissionFactory(quiz=quiz, user=api.user).id for api in (student, peer)]
    section = SectionFactory(course=course).id
    limited = enrolled("TaEnrollment", course_section_id=section, limit_privileges_to_course_section=True)
    url = f"/courses/{course.id}/quizzes/{quiz.id}/submissions"

    def seen(api: Api) -> list[int]:
        return [taken["id"] for taken in api.ok("GET", url)["quiz_submissions"]]

    assert (seen(teacher), seen(student), seen(observer), seen(peer), seen(limited)) == (ids, ids[:1], ids[:1], ids[1:], [])
    assert limited.get(f"{url}/{ids[0]}").status_code == limited.put(f"{url}/{ids[0]}", json={"quiz_submissions": []}).status_code == 403
    assert limited.get(f"/quiz_submissions/{ids[0]}/questions").status_code == 403


def test_a_longer_list_takes_no_more_statements(
    teacher: Api, course: Course, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    quiz = QuizFactory(course=course)
    counts = []
    for people in (1, 4):
        for _ in range(people):
            QuizSubmissionFactory(quiz=quiz, user_id=EnrollmentFactory(course=course).user_id, user=UserFactory())
        with statements() as seen:
            teacher.ok("GET", f"/courses/{course.id}/quizzes/{quiz.id}/submissions")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 5
