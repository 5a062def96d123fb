"""What a teacher writes as a grade, as a score; and a score as the grade that is shown."""

import math

from app.grading.scheme import DEFAULT_SCHEME, Scheme, letter_for, percent_for

PASS = ("pass", "complete")
FAIL = ("fail", "incomplete")
EXCUSE = "ex"
MOST = 1e9
"""Scores beyond this are typing errors."""


class NotAGrade(ValueError):
    """The text is no grade that this assignment takes; the message says why."""


def score_of(text: str, grading_type: str, points_possible: float | None, scheme: Scheme = DEFAULT_SCHEME) -> float | None:
    """The score in points that `text` stands for; None where it is blank, which takes the grade away.

    `text` is points ("8.5", also above `points_possible` or negative), a percentage of `points_possible` ("85%"),
    a letter of `scheme` ("B+") or pass/complete/fail/incomplete. Raises NotAGrade for anything else.
    """
    text = text.strip()
    if not text:
        return None
    if grading_type == "not_graded":
        raise NotAGrade("This assignment is not graded.")
    score = _points(text, points_possible or 0.0, scheme)
    if grading_type == "pass_fail" and text.casefold() not in PASS + FAIL and score not in (0.0, points_possible or 0.0):
        raise NotAGrade("A pass/fail assignment takes complete, incomplete, 0 or its full points.")
    return score


def _points(text: str, possible: float, scheme: Scheme) -> float:
    word = text.casefold()
    if word in PASS:
        return possible
    if word in FAIL:
        return 0.0
    percent = percent_for(text, scheme)
    if percent is None and text.endswith("%"):
        percent = _number(text[:-1])
    return _number(text) if percent is None else _in_reach(round(possible * percent / 100, 4), text)


def _number(text: str) -> float:
    try:
        number = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        number = math.nan
    return _in_reach(number, text)


def _in_reach(number: float, text: str) -> float:
    if not abs(number) <= MOST:  # nan is not
        raise NotAGrade(f"{text[:40]!r} is not a grade: write points, a percentage, a letter, or complete/incomplete.")
    return number + 0.0  # -0.0 becomes 0.0


def grade_of(score: float | None, grading_type: str, points_possible: float | None, scheme: Scheme = DEFAULT_SCHEME) -> str | None:
    """The grade that is shown for `score` points: "85.5", "85.5%", "complete" or "B+"; None where there is no score."""
    if score is None or grading_type == "not_graded":
        return None
    if grading_type == "pass_fail":
        return "complete" if score > 0 else "incomplete"
    if grading_type == "points" or not points_possible:
        return shown(score)
    percent = score / points_possible * 100
    return f"{shown(percent)}%" if grading_type == "percent" else letter_for(percent, scheme)


def shown(number: float) -> str:
    """A number without needless decimals: 10.0 -> "10", 66.6666 -> "66.67"."""
    return f"{round(number, 2) + 0.0:.2f}".rstrip("0").rstrip(".")
