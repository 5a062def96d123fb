"""Questions of quizzes: made, changed, deleted; what their authors write about right answers is brought into one shape."""

import secrets
from collections.abc import Callable, Iterable
from typing import Any

from app.errors import Invalid
from app.extensions import db
from app.grading.quizzes import JUDGED, RIGHT, UNSCORED
from app.models.quizzes import Quiz, QuizQuestion
from app.models.types import Rows
from app.services import quizzes
from app.services.permissions import Caller
from app.services.positions import insert_at, move, take_out

MOST_ANSWERS = 200
NULLABLE = ("correct_comments", "incorrect_comments", "neutral_comments")
WRITTEN = frozenset(("short_answer_question", "fill_in_multiple_blanks_question", "numerical_question", "calculated_question"))
"""Kinds whose answers students do not see: each is right unless it says otherwise."""
DEFAULT_KIND = "text_only_question"
Answer = dict[str, Any]


def create(quiz: Quiz, fields: dict[str, Any], caller: Caller) -> QuizQuestion:
    """A new question, last unless `position` says otherwise. Raises Invalid."""
    given = {key: value for key, value in fields.items() if value is not None}
    kind = given.setdefault("question_type", DEFAULT_KIND)
    given["answers"], given["matches"] = shaped(kind, given.get("answers", []), (), given.pop("distractors", None))
    given["position"] = insert_at(QuizQuestion, given.get("position"), *_of(quiz))
    question = QuizQuestion(quiz_id=quiz.id, **{"question_name": "Question", "question_text": "", "points_possible": 0.0, **given})
    if kind == UNSCORED:
        question.points_possible = 0.0
    db.session.add(question)
    quizzes.recount(quiz, caller)
    return question


def change(quiz: Quiz, question: QuizQuestion, fields: dict[str, Any], caller: Caller) -> None:
    """Set what `fields` gives; attempts that have begun keep the question as it was. Raises Invalid."""
    given = {key: value for key, value in fields.items() if value is not None or key in NULLABLE}
    kind, distractors = given.get("question_type", question.question_type), given.pop("distractors", None)
    if "answers" in given or kind != question.question_type:
        given["answers"], given["matches"] = shaped(kind, given.get("answers", []), question.answers, distractors)
    if "position" in given:
        move(QuizQuestion, question, given.pop("position"), *_of(quiz))
    for key, value in given.items():
        setattr(question, key, value)
    if kind == UNSCORED:
        question.points_possible = 0.0
    quizzes.recount(quiz, caller)


def remove(quiz: Quiz, question: QuizQuestion, caller: Caller) -> None:
    """Delete softly."""
    take_out(QuizQuestion, question.position, *_of(quiz), QuizQuestion.id != question.id)
    question.workflow_state = "deleted"
    quizzes.recount(quiz, caller)


def ordered(statement: Rows, quiz_id: int) -> Rows:
    """The quiz's questions of that statement, as they are asked."""
    there = statement.where(QuizQuestion.quiz_id == quiz_id, QuizQuestion.workflow_state != "deleted")
    return there.order_by(QuizQuestion.position, QuizQuestion.id)


def _of(quiz: Quiz) -> tuple[Any, ...]:
    return QuizQuestion.quiz_id == quiz.id, QuizQuestion.workflow_state != "deleted"


def shaped(kind: str, given: list[Answer], old: Iterable[Answer], distractors: str | None) -> tuple[list[Answer], list[Answer]]:
    """(answers, matches) as they are stored. Raises Invalid for what a question of that kind does not take.

    Ids are random: they do not tell which answer was written first, which is often the right one. Known ones stay.
    """
    if kind in JUDGED or kind == UNSCORED:
        return [], []
    if len(given) > MOST_ANSWERS:
        raise Invalid.field("answers", f"must not be more than {MOST_ANSWERS}")
    known, used = {answer["id"] for answer in old}, set[int]()
    answers = []
    for written in given:
        answer = {"id": _fresh(used, written.get("id") if written.get("id") in known else None), **_common(kind, written)}
        answers.append(answer | SHAPES.get(kind, _plain)(written))
    return (answers, _matches(answers, distractors or "")) if kind == "matching_question" else (answers, [])


def _fresh(used: set[int], wanted: int | None = None) -> int:
    while wanted is None or wanted in used:
        wanted = 1 + secrets.randbelow(999_999)
    used.add(wanted)
    return wanted


def _common(kind: str, written: Answer) -> Answer:
    weight = written.get("weight")
    weight = (RIGHT if kind in WRITTEN else 0) if weight is None else weight
    return {"weight": weight, "text": written.get("text") or "", "comments": written.get("comments") or ""}


def _needed(written: Answer, *names: str) -> Answer:
    """Those parts of an answer. Raises Invalid where one is missing."""
    for name in names:
        if written.get(name) in (None, ""):
            raise Invalid.field("answers", f"an answer lacks {NAMES.get(name, name)}")
    return {name: written[name] for name in names}


def _plain(written: Answer) -> Answer:
    if written.get("html"):
        return {"html": written["html"]}
    return _needed(written, "text")


def _blank(written: Answer) -> Answer:
    return _needed(written, "text", "blank_id")


def _number(written: Answer) -> Answer:
    kind = written.get("numerical_answer_type") or "exact_answer"
    if kind == "range_answer":
        return {"numerical_answer_type": kind, **_needed(written, "start", "end")}
    if kind == "precision_answer":
        return {"numerical_answer_type": kind, **_needed(written, "approximate", "precision")}
    return {"numerical_answer_type": kind, **_needed(written, "exact"), "margin": written.get("margin") or 0.0}


def _calculated(written: Answer) -> Answer:
    variables = [{"name": variable["name"], "value": variable["value"]} for variable in written.get("variables") or []]
    return {**_number({**written, "numerical_answer_type": "exact_answer"}), "variables": variables}


def _pair(written: Answer) -> Answer:
    return {**_needed(written, "left", "right"), "text": written["left"]}


SHAPES: dict[str, Callable[[Answer], Answer]] = {
    "numerical_question": _number,
    "calculated_question": _calculated,
    "fill_in_multiple_blanks_question": _blank,
    "multiple_dropdowns_question": _blank,
    "matching_question": _pair,
}
NAMES = {
    "text": "answer_text",
    "left": "answer_match_left",
    "right": "answer_match_right",
    "exact": "answer_exact",
    "start": "answer_range_start",
    "end": "answer_range_end",
    "approximate": "answer_approximate",
    "precision": "answer_precision",
}
"""How clients spell the parts of an answer."""


def _matches(answers: list[Answer], distractors: str) -> list[Answer]:
    """The right-hand sides, each once, and lines that match nothing; tells each answer which is its own."""
    used: set[int] = set()
    texts = dict.fromkeys([answer["right"] for answer in answers] + [line.strip() for line in distractors.splitlines() if line.strip()])
    if len(texts) > 2 * MOST_ANSWERS:
        raise Invalid.field("matching_answer_incorrect_matches", f"must not be more than {MOST_ANSWERS}")
    ids = {text: _fresh(used) for text in texts}
    for answer in answers:
        answer["match_id"] = ids[answer["right"]]
    return [{"match_id": match_id, "text": text} for text, match_id in ids.items()]
