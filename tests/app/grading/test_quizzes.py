"""What answers are worth: by example, and against slow arithmetic that is plainly right."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.grading.quiz_answers import BadAnswer, read
from app.grading.quizzes import KINDS, PARTS, Result, kept, score, total

POINTS = st.floats(0.001, 1e6)
FLAGS = st.lists(st.booleans(), min_size=1, max_size=12)


def question(kind: str, *answers: dict[str, Any], points: float = 6.0, matches: Any = ()) -> dict[str, Any]:
    shaped = [{"id": at, "weight": 100, "text": "", **answer} for at, answer in enumerate(answers, 1)]
    return {"question_type": f"{kind}_question", "points_possible": points, "answers": shaped, "matches": list(matches)}


def earned(asked: dict[str, Any], raw: Any) -> float:
    return score(asked, read(asked, raw)).score


WRONG = {"weight": 0}
NUMBERS = (
    {"numerical_answer_type": "exact_answer", "exact": 0.3, "margin": 0.1},
    {"numerical_answer_type": "range_answer", "start": 20.0, "end": 10.0},
    {"numerical_answer_type": "precision_answer", "approximate": 1234.0, "precision": 2},
)
BLANKS = ({"blank_id": "a", "text": "Rot"}, {"blank_id": "a", "text": "Red"}, {"blank_id": "b", "text": "Blue"})
DROPDOWNS = ({"blank_id": "a"}, {"blank_id": "a", **WRONG}, {"blank_id": "b"})
PAIRS = ({"match_id": 11}, {"match_id": 12}, {"match_id": 11})
MATCHES = ({"match_id": 11}, {"match_id": 12}, {"match_id": 13})


@pytest.mark.parametrize(
    ("asked", "raw", "expected"),
    [
        (question("multiple_choice", {}, WRONG), 1, 6),
        (question("multiple_choice", {}, WRONG), "2", 0),
        (question("true_false", WRONG, {}), 2, 6),
        (question("multiple_choice", {"weight": 50}), 1, 0),
        (question("multiple_answers", {}, {}, {}, WRONG), [1, 2, 3], 6),
        (question("multiple_answers", {}, {}, {}, WRONG), {"0": "1", "1": "2", "2": "4"}, 2),
        (question("multiple_answers", {}, WRONG, WRONG), [1, 2, 3], 0),
        (question("multiple_answers", {}, {}), [1, 1], 3),
        (question("multiple_answers", WRONG), [1], 0),
        (question("short_answer", {"text": "Seoul"}), "  sEOUL ", 6),
        (question("short_answer", {"text": "\uc11c\uc6b8"}), "\u1109\u1165\u110b\u116e\u11af", 6),
        (question("short_answer", {"text": "Seoul"}), "Busan", 0),
        (question("numerical", *NUMBERS), "0.4", 6),
        (question("numerical", *NUMBERS), 0.2, 6),
        (question("numerical", *NUMBERS), "0.41", 0),
        (question("numerical", *NUMBERS), "10", 6),
        (question("numerical", *NUMBERS), 20.0001, 0),
        (question("numerical", *NUMBERS), "1.2e3", 6),
        (question("numerical", *NUMBERS), "1251", 0),
        (question("calculated", NUMBERS[0]), "0.3", 6),
        (question("fill_in_multiple_blanks", *BLANKS), {"a": "red", "b": " BLUE"}, 6),
        (question("fill_in_multiple_blanks", *BLANKS), {"a": "rot"}, 3),
        (question("fill_in_multiple_blanks", *BLANKS), {"b": ""}, 0),
        (question("multiple_dropdowns", *DROPDOWNS), {"a": "1", "b": 3}, 6),
        (question("multiple_dropdowns", *DROPDOWNS), {"a": 2, "b": 3}, 3),
        (question("matching", *PAIRS, matches=MATCHES), [{"answer_id": i, "match_id": m} for i, m in ((1, 11), (2, 12), (3, 11))], 6),
        (question("matching", *PAIRS, matches=MATCHES), [{"answer_id": 1, "match_id": 11}, {"answer_id": 2, "match_id": 13}], 2),
        (question("matching", *PAIRS, matches=MATCHES), {"answer_id": "1", "match_id": "11"}, 2),
        (question("matching", *PAIRS, matches=MATCHES), [{"answer_id": 1, "match_id": ""}], 0),
        (question("essay"), "Words.", 0),
        (question("file_upload"), [5, "4"], 0),
    ],
)
def test_an_answer_earns_what_is_right_of_it(asked: dict[str, Any], raw: Any, expected: float) -> None:
    assert earned(asked, raw) == expected


@pytest.mark.parametrize(
    ("asked", "raw"),
    [
        (question("multiple_choice", {}), 2),
        (question("multiple_choice", {}), True),
        (question("multiple_choice", {}), "one"),
        (question("multiple_choice", {}), 1.0),
        (question("multiple_choice", {}), "9" * 400),
        (question("multiple_choice", {}), [1]),
        (question("multiple_answers", {}, {}), [1, 2, 1]),
        (question("multiple_answers", {}, {}), [[1]]),
        (question("short_answer", {}), "x" * 1001),
        (question("short_answer", {}), True),
        (question("essay"), "x" * 16_385),
        (question("essay"), {"a": "b"}),
        (question("numerical", *NUMBERS), "many"),
        (question("numerical", *NUMBERS), "NaN"),
        (question("numerical", *NUMBERS), "1e999999999"),
        (question("numerical", *NUMBERS), "1e-999999999"),
        (question("numerical", *NUMBERS), "1" * 41),
        (question("fill_in_multiple_blanks", *BLANKS), "red"),
        (question("fill_in_multiple_blanks", *BLANKS), {"z": "red"}),
        (question("fill_in_multiple_blanks", *BLANKS), {"a": ["red"]}),
        (question("multiple_dropdowns", *DROPDOWNS), {"a": 3}),
        (question("matching", *PAIRS, matches=MATCHES), [1]),
        (question("matching", *PAIRS, matches=MATCHES), [{"answer_id": 9, "match_id": 11}]),
        (question("matching", *PAIRS, matches=MATCHES), [{"answer_id": 1, "match_id": 9}]),
        (question("file_upload"), list(range(1, 30))),
        (question("file_upload"), ["a"]),
        (question("text_only"), "x"),
    ],
)
def test_what_a_question_does_not_take_is_refused(asked: dict[str, Any], raw: Any) -> None:
    with pytest.raises(BadAnswer):
        read(asked, raw)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_no_answer_is_none(kind: str, nothing: Any) -> None:
    asked = question(kind.removesuffix("_question"), {})
    assert read(asked, nothing) is None
    judged = kind in ("essay_question", "file_upload_question")
    assert score(asked, None) == Result(0.0, None if judged else kind == "text_only_question")
    assert score(asked, None, survey=True) == Result(0.0 if kind == "text_only_question" else 6.0, True)


@given(POINTS, st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=12))
def test_each_wrong_pick_takes_what_a_right_one_gives(points: float, answers: list[tuple[bool, bool]]) -> None:
    asked = question("multiple_answers", *({"weight": 100 * right} for right, _ in answers), points=points)
    picks = [at for at, (_, picked) in enumerate(answers, 1) if picked]
    right = sum(right for right, _ in answers)
    share = Fraction(points) / right if right else Fraction(0)
    expected = max(sum(share if right else -share for right, picked in answers if picked), Fraction(0))
    result = score(asked, picks)
    assert result.score == pytest.approx(float(expected), rel=1e-12)
    assert 0 <= result.score <= points and (result.score == points) == bool(result.correct)


@given(POINTS, FLAGS)
def test_each_blank_and_each_pair_gives_its_share(points: float, known: list[bool]) -> None:
    blanks = question("fill_in_multiple_blanks", *({"blank_id": str(at), "text": "x"} for at in range(len(known))), points=points)
    pairs = question("matching", *({"match_id": at} for at in range(len(known))), points=points)
    expected = float(Fraction(points) * sum(known) / len(known))
    filled = {str(at): "x" if right else "y" for at, right in enumerate(known)}
    chosen = [{"answer_id": at + 1, "match_id": at if right else -1} for at, right in enumerate(known)]
    for asked, value in ((blanks, filled), (pairs, chosen)):
        assert score(asked, value).score == pytest.approx(expected, rel=1e-12)
        assert score(asked, value).correct == all(known)


@given(st.decimals(-1000, 1000, places=3), st.decimals(0, 10, places=3), st.decimals(-1000, 1000, places=3))
def test_numbers_are_compared_as_they_are_written(exact: Decimal, margin: Decimal, value: Decimal) -> None:
    asked = question("numerical", {"numerical_answer_type": "exact_answer", "exact": float(exact), "margin": float(margin)})
    assert bool(score(asked, str(value)).correct) == (abs(Fraction(value) - Fraction(exact)) <= Fraction(margin))
    assert score(asked, str(exact + margin)).correct and score(asked, str(exact - margin)).correct


@given(st.lists(st.decimals(-100, 100, places=3), max_size=50))
def test_a_total_is_exact_to_the_sixth_digit(scores: list[Decimal]) -> None:
    assert Decimal(str(total(map(float, scores)))) == sum(scores, Decimal(0))
    assert total([1 / 3] * 3) == 1


@given(st.lists(st.floats(0, 100), min_size=1), st.sampled_from(["keep_highest", "keep_latest"]))
def test_what_counts_is_one_of_the_scores(scores: list[float], policy: str) -> None:
    assert kept(scores, policy) == (sorted(scores)[-1] if policy == "keep_highest" else scores[-1])
    assert kept([], policy) is None


def test_every_kind_is_scored_judged_or_only_text() -> None:
    assert set(KINDS) - set(PARTS) == {"essay_question", "file_upload_question", "text_only_question"}
