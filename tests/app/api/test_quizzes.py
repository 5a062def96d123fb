"""Quizzes and what stands in their assignments."""

from typing import Any

import pytest

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import CourseFactory, QuizFactory, QuizQuestionFactory, QuizSubmissionFactory


@pytest.fixture
def url(course: Course) -> str:
    return f"/courses/{course.id}/quizzes"


def made(api: Api, url: str, **fields: Any) -> dict[str, Any]:
    """A quiz of that kind."""
    quiz: dict[str, Any] = api.ok("POST", url, json={"quiz": {"title": "Exam", **fields}})
    return quiz


def essay(api: Api, url: str, points: float) -> dict[str, Any]:
    question: dict[str, Any] = api.ok(
        "POST", f"{url}/questions", json={"question": {"question_type": "essay_question", "points_possible": points}}
    )
    return question


def test_what_is_not_said_has_canvas_defaults(teacher: Api, url: str) -> None:
    quiz = made(teacher, url)
    assert (quiz["quiz_type"], quiz["published"], quiz["allowed_attempts"], quiz["scoring_policy"]) == (
        *("assignment", False, 1),
        "keep_highest",
    )
    assert (quiz["show_correct_answers"], quiz["shuffle_answers"], quiz["question_count"], quiz["points_possible"]) == (True, False, 0, 0)
    assert quiz["access_code"] is None and quiz["has_access_code"] is False


def test_a_quiz_owns_an_assignment_that_is_kept_in_step(teacher: Api, url: str, course: Course) -> None:
    quiz = made(teacher, url, due_at="2026-03-01T12:00:00Z", published=True)
    essay(teacher, f"{url}/{quiz['id']}", 2.5)
    question = essay(teacher, f"{url}/{quiz['id']}", 4)
    target = f"/courses/{course.id}/assignments/{quiz['assignment_id']}"
    work = teacher.ok("GET", target)
    assert (work["name"], work["points_possible"], work["submission_types"]) == ("Exam", 6.5, ["online_quiz"])
    assert (work["due_at"], work["published"], work["quiz_id"]) == ("2026-03-01T12:00:00Z", True, quiz["id"])
    teacher.ok("PUT", f"{url}/{quiz['id']}", json={"quiz": {"title": "Final", "lock_at": "2026-04-01", "published": False, "due_at": None}})
    assert teacher.delete(f"{url}/{quiz['id']}/questions/{question['id']}").status_code == 204
    work = teacher.ok("GET", target)
    assert (work["name"], work["points_possible"], work["lock_at"], work["due_at"]) == ("Final", 2.5, "2026-04-01T00:00:00Z", None)
    assert work["published"] is False
    fields = {"name": "Renamed", "published": True, "points_possible": 99, "submission_types": ["none"], "description": "<p>D</p>"}
    work = teacher.ok("PUT", target, json={"assignment": fields})
    assert (work["points_possible"], work["submission_types"]) == (2.5, ["online_quiz"])
    seen = teacher.ok("GET", f"{url}/{quiz['id']}")
    assert (seen["title"], seen["published"], seen["description"]) == ("Renamed", True, "<p>D</p>")
    assert teacher.ok("GET", f"{url}?search_term=RENAM") == [seen]
    teacher.ok("DELETE", target)
    assert teacher.get(f"{url}/{quiz['id']}").status_code == 404


def test_a_practice_quiz_has_none_until_it_becomes_graded_and_loses_it_again(teacher: Api, url: str, course: Course) -> None:
    quiz = made(teacher, url, quiz_type="practice_quiz", description="<p>D</p>", unlock_at="2026-03-01")
    target = f"{url}/{quiz['id']}"
    assert quiz["assignment_id"] is None and teacher.ok("GET", f"/courses/{course.id}/assignments") == []
    assert teacher.ok("PUT", target, json={"quiz": {"published": True}})["published"] is True
    graded = teacher.ok("PUT", target, json={"quiz": {"quiz_type": "graded_survey"}})
    assert (graded["title"], graded["description"], graded["published"], graded["unlock_at"]) == (
        *("Exam", "<p>D</p>", True),
        "2026-03-01T00:00:00Z",
    )
    (work,) = teacher.ok("GET", f"/courses/{course.id}/assignments")
    assert (work["id"], graded["assignment_group_id"]) == (graded["assignment_id"], work["assignment_group_id"])
    survey = teacher.ok("PUT", target, json={"quiz": {"quiz_type": "survey"}})
    assert (survey["title"], survey["assignment_id"], survey["published"]) == ("Exam", None, True)
    assert teacher.ok("GET", f"/courses/{course.id}/assignments") == []


@pytest.mark.parametrize(
    "fields",
    [
        {"title": " "},
        {"quiz_type": "oral"},
        {"time_limit": 0},
        {"allowed_attempts": -2},
        {"scoring_policy": "keep_lowest"},
        {"due_at": "soon"},
        {"assignment_group_id": 999_999},
    ],
)
def test_a_bad_quiz_is_refused(teacher: Api, url: str, fields: dict[str, Any]) -> None:
    response = teacher.post(url, json={"quiz": {"title": "Exam", **fields}})
    assert (response.status_code, list(response.get_json()["errors"])) == (400, list(fields))
    assert teacher.ok("GET", url) == []


def test_a_quiz_needs_a_title(teacher: Api, url: str) -> None:
    assert teacher.post(url).status_code == 400


def test_drafts_and_access_codes_are_for_staff(teacher: Api, student: Api, url: str) -> None:
    draft = made(teacher, url)
    shown = made(teacher, url, published=True, access_code="sesame", unlock_at="2099-01-01", description="Read this.")
    assert [quiz["id"] for quiz in student.ok("GET", url)] == [shown["id"]]
    assert student.get(f"{url}/{draft['id']}").status_code == 403
    seen = student.ok("GET", f"{url}/{shown['id']}")
    assert (seen["has_access_code"], "access_code" in seen, seen["locked_for_user"], seen["description"]) == (True, False, True, None)
    assert seen["lock_explanation"].startswith("This quiz is locked until")
    assert (seen["permissions"]["submit"], seen["permissions"]["update"]) == (True, False)


def test_what_students_have_begun_stays_what_it_is(teacher: Api, student: Api, url: str, course: Course) -> None:
    quiz = QuizFactory(course=course)
    QuizSubmissionFactory(quiz=quiz, user=student.user)
    for change in ({"published": False}, {"quiz_type": "assignment"}):
        assert teacher.put(f"{url}/{quiz.id}", json={"quiz": change}).status_code == 400
    assert teacher.ok("PUT", f"{url}/{quiz.id}", json={"quiz": {"time_limit": 5}})["version_number"] == 2


def test_a_deleted_quiz_is_gone_with_its_assignment(teacher: Api, url: str, course: Course) -> None:
    for kind in ("assignment", "practice_quiz"):
        target = f"{url}/{made(teacher, url, quiz_type=kind)['id']}"
        teacher.ok("DELETE", target)
        assert [api.get(path).status_code for api in (teacher,) for path in (target, f"{target}/questions")] == [404, 404]
    assert teacher.ok("GET", f"/courses/{course.id}/assignments") == []


def test_a_quiz_of_another_course_is_not_there(teacher: Api, url: str) -> None:
    foreign = QuizQuestionFactory(quiz=QuizFactory(course=CourseFactory()))
    own = made(teacher, url)
    for method, path in (("GET", f"{foreign.quiz_id}"), ("PUT", f"{foreign.quiz_id}"), ("GET", f"{own['id']}/questions/{foreign.id}")):
        assert teacher.call(method, f"{url}/{path}").status_code == 404
    assert teacher.put(f"{url}/{own['id']}/questions/{foreign.id}").status_code == 404
