"""What a teacher writes, as points; and points, as the grade that is shown."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.grading.notation import MOST, NotAGrade, grade_of, score_of, shown
from app.grading.scheme import DEFAULT_SCHEME

GRADING_TYPES = ("points", "percent", "letter_grade", "gpa_scale", "pass_fail", "not_graded")
LIKE_A_NUMBER = st.from_regex(r"\s*[-+]?[0-9_.,eE\u0663]{0,8}\s*%?\s*", fullmatch=True)
SOMETHING = st.one_of(st.text(), LIKE_A_NUMBER, st.sampled_from(["pass", "FAIL", "Complete", "ex", "B+", "nan", "-inf", "Infinity%"]))
POINTS = st.one_of(st.none(), st.just(0.0), st.floats(0.01, MOST))


@pytest.mark.parametrize(
    ("text", "points", "score"),
    [
        ("8.5", 10, 8.5),
        ("12", 10, 12),
        ("-3", 10, -3),
        ("+4", 10, 4),
        (" 7 ", 10, 7),
        ("1e1", 10, 10),
        (".5", 10, 0.5),
        ("0", 10, 0),
        ("85%", 10, 8.5),
        ("85 %", 10, 8.5),
        ("150%", 10, 15),
        ("-10%", 10, -1),
        ("33.3333%", 3, 1),
        ("85%", None, 0),
        ("85%", 0, 0),
        ("A", 200, 200),
        ("B+", 100, 89),
        ("b+", 10, 8.9),
        ("F", 10, 6),
        ("pass", 10, 10),
        ("Complete", 10, 10),
        ("FAIL", 10, 0),
        ("incomplete", 10, 0),
        ("complete", None, 0),
    ],
)
def test_points_percentages_letters_and_words_are_scores(text: str, points: float | None, score: float) -> None:
    for grading_type in ("points", "percent", "letter_grade", "gpa_scale"):
        assert score_of(text, grading_type, points) == pytest.approx(score, abs=1e-4)


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u3000"])
@pytest.mark.parametrize("grading_type", GRADING_TYPES)
def test_blank_takes_the_grade_away(text: str, grading_type: str) -> None:
    assert score_of(text, grading_type, 10) is None


@pytest.mark.parametrize(
    "text",
    [
        "banana",
        "A+",
        "8,5",
        "1_000",
        "\uff18",
        "\u0663",
        "nan",
        "inf",
        "-Infinity",
        "NaN%",
        "%",
        "%%",
        "5%%",
        "8 5",
        "1e400",
        "1e10",
        "0x10",
        "ex",
    ],
)
def test_nonsense_is_no_grade_and_the_message_says_what_is(text: str) -> None:
    with pytest.raises(NotAGrade, match="points, a percentage, a letter, or complete/incomplete"):
        score_of(text, "points", 10)


def test_a_long_text_is_not_repeated_whole() -> None:
    with pytest.raises(NotAGrade) as refusal:
        score_of("x" * 10_000, "points", 10)
    assert len(str(refusal.value)) < 200


def test_a_percentage_that_makes_too_many_points_is_no_grade_either() -> None:
    with pytest.raises(NotAGrade):
        score_of("1000000000%", "points", 1000)


def test_no_grade_is_taken_where_nothing_is_graded() -> None:
    with pytest.raises(NotAGrade, match="not graded"):
        score_of("10", "not_graded", 10)


@pytest.mark.parametrize(
    ("text", "score"), [("complete", 10), ("PASS", 10), ("fail", 0), ("incomplete", 0), ("10", 10), ("0", 0), ("100%", 10)]
)
def test_pass_fail_takes_all_or_nothing(text: str, score: float) -> None:
    assert score_of(text, "pass_fail", 10) == score


@pytest.mark.parametrize("text", ["5", "11", "-10", "50%", "B", "0.001"])
def test_pass_fail_takes_nothing_between(text: str) -> None:
    with pytest.raises(NotAGrade, match="pass/fail"):
        score_of(text, "pass_fail", 10)


@pytest.mark.parametrize(
    ("score", "grading_type", "points", "grade"),
    [
        (85.5, "points", 100, "85.5"),
        (10, "points", 10, "10"),
        (100, "points", None, "100"),
        (66.66666, "points", 100, "66.67"),
        (-3, "points", 10, "-3"),
        (0, "points", 10, "0"),
        (8.55, "percent", 10, "85.5%"),
        (15, "percent", 10, "150%"),
        (2, "percent", 3, "66.67%"),
        (4, "percent", 0, "4"),
        (4, "percent", None, "4"),
        (8.9, "letter_grade", 10, "B+"),
        (9.4, "gpa_scale", 10, "A"),
        (-1, "letter_grade", 10, "F"),
        (7, "letter_grade", 0, "7"),
        (10, "pass_fail", 10, "complete"),
        (0, "pass_fail", 10, "incomplete"),
        (10, "not_graded", 10, None),
        (None, "points", 10, None),
        (None, "pass_fail", 10, None),
    ],
)
def test_the_grade_that_is_shown(score: float | None, grading_type: str, points: float | None, grade: str | None) -> None:
    assert grade_of(score, grading_type, points) == grade


@pytest.mark.parametrize(
    ("number", "text"),
    [(10.0, "10"), (100.0, "100"), (0.0, "0"), (0.1, "0.1"), (66.666, "66.67"), (-2.5, "-2.5"), (-0.0, "0"), (-0.001, "0")],
)
def test_numbers_are_shown_without_needless_decimals_or_sign(number: float, text: str) -> None:
    assert shown(number) == text


@given(SOMETHING, st.sampled_from(GRADING_TYPES), POINTS)
def test_any_text_is_a_finite_score_or_blank_or_no_grade(text: str, grading_type: str, points: float | None) -> None:
    try:
        score = score_of(text, grading_type, points)
    except NotAGrade:
        return
    assert score is None or math.isfinite(score)


@given(st.one_of(st.none(), st.floats()), st.sampled_from(GRADING_TYPES), st.one_of(st.none(), st.floats()))
def test_every_score_can_be_shown(score: float | None, grading_type: str, points: float | None) -> None:
    grade = grade_of(score, grading_type, points)
    assert (grade is None) == (score is None or grading_type == "not_graded")


@given(st.floats(-MOST, MOST), POINTS)
def test_what_is_shown_of_a_score_fits_its_column(score: float, points: float | None) -> None:
    for grading_type in GRADING_TYPES:
        assert len(grade_of(score, grading_type, points) or "") <= 40


@given(st.sampled_from([letter for letter, _ in DEFAULT_SCHEME]), st.integers(1, 100_000))
def test_a_letter_that_was_given_is_the_letter_that_is_shown(letter: str, points: int) -> None:
    assert grade_of(score_of(letter, "letter_grade", points), "letter_grade", points) == letter


@given(st.integers(-100_000, 100_000).map(lambda hundredths: hundredths / 100), st.integers(1, 1000))
def test_points_that_were_given_are_the_points_that_are_shown(score: float, points: int) -> None:
    assert score_of(str(grade_of(score, "points", points)), "points", points) == score
