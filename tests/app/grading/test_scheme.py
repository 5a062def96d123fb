"""Letters: which one a percentage earns, and which percentage one stands for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.grading.scheme import DEFAULT_SCHEME, Scheme, letter_for, percent_for

HALVES: Scheme = (("Pass", 50), ("Fail", 0))
NARROW: Scheme = (("Gold", 99.95), ("Silver", 99.5), ("Bronze", 99), ("None", 0))


@st.composite
def schemes(draw: st.DrawFn) -> Scheme:
    """Bounds with at most two decimals, best first, the last at 0."""
    hundredths = draw(st.sets(st.integers(1, 10_000), max_size=12))
    bounds = [*sorted(hundredths, reverse=True), 0]
    return [(f"L{place}", bound / 100) for place, bound in enumerate(bounds)]


@pytest.mark.parametrize(
    ("percent", "letter"),
    [
        (250, "A"),
        (100, "A"),
        (94, "A"),
        (93.996, "A"),
        (93.99, "A-"),
        (90, "A-"),
        (89.99, "B+"),
        (87, "B+"),
        (84, "B"),
        (80, "B-"),
        (77, "C+"),
        (74, "C"),
        (70, "C-"),
        (67, "D+"),
        (64, "D"),
        (61, "D-"),
        (60.99, "F"),
        (0, "F"),
        (-20, "F"),
    ],
)
def test_a_percentage_earns_the_best_letter_whose_bound_it_reaches(percent: float, letter: str) -> None:
    assert letter_for(percent) == letter


@pytest.mark.parametrize(
    ("letter", "percent"),
    [
        ("A", 100),
        ("A-", 93),
        ("B+", 89),
        ("B", 86),
        ("B-", 83),
        ("C+", 79),
        ("C", 76),
        ("C-", 73),
        ("D+", 69),
        ("D", 66),
        ("D-", 63),
        ("F", 60),
        ("b+", 89),
        (" B+ ", 89),
    ],
)
def test_a_letter_stands_for_the_top_of_its_range(letter: str, percent: float) -> None:
    assert percent_for(letter) == percent


@pytest.mark.parametrize("word", ["", "E", "A+", "AB", "94", "Pass"])
def test_what_is_no_letter_stands_for_nothing(word: str) -> None:
    assert percent_for(word) is None


def test_another_scheme_has_its_own_letters() -> None:
    assert (percent_for("pass", HALVES), percent_for("Fail", HALVES), percent_for("A", HALVES)) == (100, 49, None)
    assert (letter_for(50, HALVES), letter_for(49.99, HALVES)) == ("Pass", "Fail")


def test_narrow_ranges_are_left_by_a_smaller_step() -> None:
    tops = [percent_for(letter, NARROW) for letter, _ in NARROW]
    assert tops == pytest.approx([100, 99.85, 99.4, 98])


@given(schemes())
def test_a_letter_earns_itself_back(scheme: Scheme) -> None:
    for letter, _ in scheme:
        percent = percent_for(letter, scheme)
        assert percent is not None
        assert letter_for(percent, scheme) == letter


@given(st.floats(), schemes())
def test_every_number_earns_some_letter(percent: float, scheme: Scheme) -> None:
    assert letter_for(percent, scheme) in dict(scheme)


@given(st.floats(-1000, 1000), st.floats(0, 1000))
def test_more_never_earns_less(percent: float, more: float) -> None:
    order = [letter for letter, _ in DEFAULT_SCHEME]
    assert order.index(letter_for(percent + more)) <= order.index(letter_for(percent))
