"""What students send as answers, by kind of question: checked against the question as they were shown it."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from app.grading.quizzes import Question

MOST_TEXT = 16_384
MOST_SHORT = 1_000
MOST_DIGITS = 40
MOST_FILES = 20
MOST_ID = 2**63 - 1
LARGEST_EXPONENT = 30


class BadAnswer(ValueError):
    """An answer that the question does not take; the message says why."""


def read(question: Question, given: Any) -> Any:
    """The answer as it is stored and scored; None takes it back. Raises BadAnswer."""
    if given is None or given in ("", [], {}):
        return None
    reader = READERS.get(question["question_type"])
    if reader is None:
        raise BadAnswer("this question takes no answer")
    return reader(question, given)


def _id(given: Any) -> int:
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < len(str(MOST_ID)):
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool) or not 0 < given <= MOST_ID:
        raise BadAnswer("must be an id")
    return given


def _known(given: Any, known: set[int]) -> int:
    found = _id(given)
    if found not in known:
        raise BadAnswer(f"{found} is not an answer of this question")
    return found


def _list(given: Any, most: int) -> list[Any]:
    if isinstance(given, Mapping) and all(str(key).isdigit() for key in given):
        given = list(given.values())
    values = given if isinstance(given, list) else [given]
    if len(values) > most:
        raise BadAnswer(f"must not have more than {most} values")
    return values


def _string(given: Any, most: int) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise BadAnswer("must be a text")
    if len(str(given)) > most:
        raise BadAnswer(f"must not have more than {most} characters")
    return str(given)


def _pick(question: Question, given: Any) -> int:
    return _known(given, {answer["id"] for answer in question["answers"]})


def _picks(question: Question, given: Any) -> list[int]:
    known = {answer["id"] for answer in question["answers"]}
    return sorted({_known(value, known) for value in _list(given, len(known))})


def _short(_: Question, given: Any) -> str:
    return _string(given, MOST_SHORT)


def _essay(_: Question, given: Any) -> str:
    return _string(given, MOST_TEXT)


def _number(_: Question, given: Any) -> str:
    text = _string(given, MOST_DIGITS).strip()
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not text.isascii() or not value.is_finite() or abs(value.adjusted()) > LARGEST_EXPONENT:
        raise BadAnswer("must be a number")
    return text


def _blanks(question: Question, given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise BadAnswer("must name an answer for each blank")
    theirs: dict[str, set[int]] = {}
    for answer in question["answers"]:
        theirs.setdefault(answer["blank_id"], set()).add(answer["id"])
    if unknown := sorted(str(key) for key in given if key not in theirs):
        raise BadAnswer(f"{unknown[0][:60]} is not a blank of this question")
    dropdowns = question["question_type"] == "multiple_dropdowns_question"
    filled = {blank: value for blank, value in given.items() if value not in (None, "")}
    return {blank: _known(value, theirs[blank]) if dropdowns else _string(value, MOST_SHORT) for blank, value in filled.items()}


def _pairs(question: Question, given: Any) -> list[dict[str, int]]:
    lefts, rights = {answer["id"] for answer in question["answers"]}, {match["match_id"] for match in question["matches"]}
    chosen: dict[int, int] = {}
    for pair in _list([given] if isinstance(given, Mapping) and "answer_id" in given else given, len(lefts)):
        if not isinstance(pair, Mapping):
            raise BadAnswer("must be a list of answer_id and match_id")
        left = _known(pair.get("answer_id"), lefts)
        if pair.get("match_id") not in (None, ""):
            chosen[left] = _known(pair.get("match_id"), rights)
    return [{"answer_id": left, "match_id": right} for left, right in chosen.items()]


def _files(_: Question, given: Any) -> list[int]:
    return sorted({_id(value) for value in _list(given, MOST_FILES)})


READERS: dict[str, Callable[[Question, Any], Any]] = {
    "multiple_choice_question": _pick,
    "true_false_question": _pick,
    "multiple_answers_question": _picks,
    "short_answer_question": _short,
    "numerical_question": _number,
    "calculated_question": _number,
    "fill_in_multiple_blanks_question": _blanks,
    "multiple_dropdowns_question": _blanks,
    "matching_question": _pairs,
    "essay_question": _essay,
    "file_upload_question": _files,
}
"""Kind of question -> what makes its answer of what was sent."""
