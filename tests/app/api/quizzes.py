"""What tests of taking quizzes do again and again."""

from collections.abc import Callable
from typing import Any

from app.models.courses import Course
from tests.conftest import Api


def maker(teacher: Api, course: Course) -> Callable[..., str]:
    """A maker of published quizzes with a question of one point and an essay of four, if wanted; their URL."""

    def quiz(*, essay: bool = False, **fields: Any) -> str:
        url = f"/courses/{course.id}/quizzes"
        url += f"/{teacher.ok('POST', url, json={'quiz': {'title': 'Exam', 'published': True, **fields}})['id']}"
        answers = [{"answer_text": "Yes", "answer_weight": 100}, {"answer_text": "No", "answer_weight": 0}]
        question = {"question_type": "multiple_choice_question", "points_possible": 1, "answers": answers}
        teacher.ok("POST", f"{url}/questions", json={"question": question})
        if essay:
            teacher.ok("POST", f"{url}/questions", json={"question": {"question_type": "essay_question", "points_possible": 4}})
        return url

    return quiz


def begin(api: Api, url: str) -> dict[str, Any]:
    (taken,) = api.ok("POST", f"{url}/submissions")["quiz_submissions"]
    return dict(taken)


def key(taken: dict[str, Any]) -> dict[str, Any]:
    return {name: taken[name] for name in ("attempt", "validation_token")}


def questions(api: Api, taken: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.ok("GET", f"/quiz_submissions/{taken['id']}/questions")["quiz_submission_questions"]
    return found


def pick(api: Api, taken: dict[str, Any], text: str = "Yes") -> dict[str, Any]:
    """Parameters that answer the first question so."""
    first = questions(api, taken)[0]
    (chosen,) = [answer["id"] for answer in first["answers"] if answer["text"] == text]
    return {**key(taken), "quiz_questions": [{"id": first["id"], "answer": chosen}]}


def answer(api: Api, taken: dict[str, Any], text: str = "Yes") -> None:
    api.ok("POST", f"/quiz_submissions/{taken['id']}/questions", json=pick(api, taken, text))


def complete(api: Api, url: str, taken: dict[str, Any]) -> dict[str, Any]:
    (done,) = api.ok("POST", f"{url}/submissions/{taken['id']}/complete", json=key(taken))["quiz_submissions"]
    return dict(done)


def own(api: Api, url: str) -> dict[str, Any]:
    (found,) = api.ok("GET", f"{url}/submission")["quiz_submissions"]
    return dict(found)


def work(api: Api, url: str, student: Api, include: str = "") -> dict[str, Any]:
    course, assignment = url.partition("/quizzes")[0], api.ok("GET", url)["assignment_id"]
    found: dict[str, Any] = api.ok("GET", f"{course}/assignments/{assignment}/submissions/{student.id}?{include}")
    return found
