"""What an answer to a quiz question is worth. Questions and answers are plain values, as app/grading/quiz_answers.py reads them."""

import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Question = Mapping[str, Any]
JUDGED = frozenset(("essay_question", "file_upload_question"))
"""Kinds that somebody must read."""
UNSCORED = "text_only_question"
RIGHT = 100
"""The weight of a right answer; anything else is wrong."""
DIGITS = 6
"""Of a total, after the point: thirds of points add up to whole ones again."""


@dataclass(frozen=True, slots=True)
class Result:
    """What an answer earned."""

    score: float
    correct: bool | None
    """None: nobody has judged it yet."""


def total(scores: Iterable[float]) -> float:
    """Their sum."""
    return round(math.fsum(scores), DIGITS)


def kept(scores: Sequence[float], policy: str) -> float | None:
    """The score that counts of those of all finished attempts, oldest first; None of none."""
    if not scores:
        return None
    return scores[-1] if policy == "keep_latest" else max(scores)


def score(question: Question, answer: Any, *, survey: bool = False) -> Result:
    """What `answer` earns; None stands for none. In a survey everything is right."""
    kind, points = question["question_type"], question["points_possible"]
    if survey or kind == UNSCORED:
        return Result(0.0 if kind == UNSCORED else points, True)
    if kind in JUDGED:
        return Result(0.0, None)
    earned, out_of = (0, 1) if answer is None else PARTS[kind](question["answers"], answer)
    if out_of <= 0 or earned <= 0:
        return Result(0.0, False)
    return Result(points, True) if earned == out_of else Result(points * earned / out_of, False)


def _right(answers: Sequence[Question]) -> list[Question]:
    return [answer for answer in answers if answer["weight"] == RIGHT]


def _choice(answers: Sequence[Question], picked: int) -> tuple[int, int]:
    return int(any(answer["id"] == picked for answer in _right(answers))), 1


def _choices(answers: Sequence[Question], picked: list[int]) -> tuple[int, int]:
    """A wrong pick takes away what a right one gives."""
    right = {answer["id"] for answer in _right(answers)}
    chosen = set(picked)
    return len(chosen & right) - len(chosen - right), len(right)


def _text(answers: Sequence[Question], written: str) -> tuple[int, int]:
    return int(folded(written) in {folded(answer["text"]) for answer in _right(answers)}), 1


def folded(text: str) -> str:
    """Without blanks around, in one case, and with letters such as Hangul composed in one way."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).strip().casefold())


def _number(answers: Sequence[Question], given: str) -> tuple[int, int]:
    value = Decimal(given)
    return int(any(fits(answer, value) for answer in _right(answers))), 1


def fits(answer: Question, value: Decimal) -> bool:
    """Whether a number is as the author wants it: near one, between two, or the same in so many digits."""
    kind = answer["numerical_answer_type"]
    if kind == "range_answer":
        low, high = sorted((exactly(answer["start"]), exactly(answer["end"])))
        return low <= value <= high
    if kind == "precision_answer":
        digits = int(answer["precision"])
        return in_digits(value, digits) == in_digits(exactly(answer["approximate"]), digits)
    return abs(value - exactly(answer["exact"])) <= abs(exactly(answer["margin"]))


def exactly(number: float) -> Decimal:
    """The number as people wrote it: 0.1 is a tenth."""
    return Decimal(str(number))


def in_digits(value: Decimal, digits: int) -> Decimal:
    """Rounded to so many significant digits."""
    return Decimal(f"{value:.{max(digits - 1, 0)}e}")


def _by_blank(answers: Sequence[Question], right: Callable[[str, list[Question]], bool]) -> tuple[int, int]:
    blanks: dict[str, list[Question]] = {}
    for answer in answers:
        blanks.setdefault(answer["blank_id"], []).append(answer)
    return sum(right(blank, _right(theirs)) for blank, theirs in blanks.items()), len(blanks)


def _blanks(answers: Sequence[Question], given: Mapping[str, str]) -> tuple[int, int]:
    return _by_blank(answers, lambda blank, right: folded(given.get(blank, "")) in {folded(answer["text"]) for answer in right})


def _dropdowns(answers: Sequence[Question], given: Mapping[str, int]) -> tuple[int, int]:
    return _by_blank(answers, lambda blank, right: given.get(blank) in {answer["id"] for answer in right})


def _matching(answers: Sequence[Question], given: Sequence[Mapping[str, int]]) -> tuple[int, int]:
    chosen = {pair["answer_id"]: pair["match_id"] for pair in given}
    return sum(chosen.get(answer["id"]) == answer["match_id"] for answer in answers), len(answers)


PARTS: dict[str, Callable[[Sequence[Question], Any], tuple[int, int]]] = {
    "multiple_choice_question": _choice,
    "true_false_question": _choice,
    "multiple_answers_question": _choices,
    "short_answer_question": _text,
    "numerical_question": _number,
    "calculated_question": _number,
    "fill_in_multiple_blanks_question": _blanks,
    "multiple_dropdowns_question": _dropdowns,
    "matching_question": _matching,
}
"""Kind of question -> how many parts of how many an answer has right."""
KINDS = (*PARTS, *sorted(JUDGED), UNSCORED)
