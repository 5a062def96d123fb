"""What late and missing work costs, against slow arithmetic that is obviously right."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.grading.late_policy import DEDUCTIBLE, Policy, deduction, left, missing_score

HOUR, DAY = 3600, 86400
TEN_A_DAY = Policy(late_enabled=True, late_deduction=10.0)
TINY = 1e-9


def score(policy: Policy, entered: float, possible: float, seconds: int, grading_type: str = "points") -> float:
    """What is left of a score."""
    lost = deduction(policy, entered=entered, possible=possible, grading_type=grading_type, seconds_late=seconds)
    return left(entered, lost)


@pytest.mark.parametrize(
    ("policy", "entered", "possible", "seconds", "wanted"),
    [
        (TEN_A_DAY, 9, 10, 0, 9),
        (TEN_A_DAY, 9, 10, 1, 8),
        (TEN_A_DAY, 9, 10, DAY, 8),
        (TEN_A_DAY, 9, 10, DAY + 1, 7),
        (TEN_A_DAY, 9, 10, 365 * DAY, 0),
        (TEN_A_DAY, 12, 10, DAY, 11),
        (TEN_A_DAY, -1, 10, DAY, -1),
        (TEN_A_DAY, 0, 10, DAY, 0),
        (TEN_A_DAY, 9, 0, DAY, 9),
        (TEN_A_DAY, 0.3, 1, DAY, 0.2),
        (replace(TEN_A_DAY, interval="hour"), 10, 10, 3 * HOUR, 7),
        (replace(TEN_A_DAY, late_deduction=100.0), 10, 10, 1, 0),
        (replace(TEN_A_DAY, late_deduction=33.333), 10, 10, 1, 6.67),
        (replace(TEN_A_DAY, late_enabled=False), 9, 10, DAY, 9),
        (replace(TEN_A_DAY, minimum_enabled=True, minimum=75.0), 9, 10, 5 * DAY, 7.5),
        (replace(TEN_A_DAY, minimum_enabled=True, minimum=75.0), 6, 10, 5 * DAY, 6),
        (replace(TEN_A_DAY, minimum=75.0), 9, 10, 5 * DAY, 4),
    ],
)
def test_deductions_by_table(policy: Policy, entered: float, possible: float, seconds: int, wanted: float) -> None:
    assert score(policy, entered, possible, seconds) == wanted


@pytest.mark.parametrize("grading_type", [*sorted(DEDUCTIBLE), "pass_fail", "not_graded"])
def test_only_what_has_degrees_loses_points(grading_type: str) -> None:
    assert score(TEN_A_DAY, 9, 10, DAY, grading_type) == (8 if grading_type in DEDUCTIBLE else 9)


def test_nothing_to_take_a_percentage_of_loses_nothing() -> None:
    assert deduction(TEN_A_DAY, entered=9, possible=None, grading_type="points", seconds_late=DAY) == 0


@pytest.mark.parametrize(
    ("deducted", "possible", "grading_type", "wanted"),
    [
        (100, 10, "points", 0),
        (0, 10, "points", 10),
        (30, 10, "percent", 7),
        (33.3, 0.3, "points", 0.2001),
        (30, None, "points", 0),
        (30, 10, "pass_fail", 0),
    ],
)
def test_missing_work_gets_what_is_left(deducted: float, possible: float | None, grading_type: str, wanted: float) -> None:
    policy = Policy(missing_enabled=True, missing_deduction=deducted)
    assert missing_score(policy, possible=possible, grading_type=grading_type) == wanted


percents = st.integers(0, 1000).map(lambda n: n / 10)
policies = st.builds(
    Policy,
    late_enabled=st.just(True),
    late_deduction=percents,
    interval=st.sampled_from(["hour", "day"]),
    minimum_enabled=st.booleans(),
    minimum=percents,
)
entered_scores = st.integers(-500, 15000).map(lambda n: n / 100)
possibles = st.sampled_from([0.001, 0.5, 3.0, 7.5, 10.0, 100.0])
lateness = st.integers(0, 40 * DAY) | st.sampled_from([HOUR, HOUR + 1, DAY, DAY + 1, 10**9])


def slowly(policy: Policy, entered: Fraction, possible: Fraction, seconds: int) -> Fraction:
    """The deduction in points, as the text of the specification reads, interval after interval."""
    length = {"hour": HOUR, "day": DAY}[policy.interval]
    intervals = next(n for n in range(10**6) if n * length >= seconds)
    percent = Fraction(str(policy.late_deduction)) * intervals
    minimum = Fraction(str(policy.minimum)) if policy.minimum_enabled else Fraction()
    return possible * min(percent, max(entered * 100 / possible - minimum, Fraction())) / 100


@given(policies, entered_scores, possibles, lateness)
def test_deductions_agree_with_the_specification_to_half_a_hundredth(policy: Policy, entered: float, possible: float, seconds: int) -> None:
    lost = deduction(policy, entered=entered, possible=possible, grading_type="points", seconds_late=seconds)
    exact = slowly(policy, Fraction(str(entered)), Fraction(str(possible)), seconds)
    assert abs(Fraction(str(lost)) - exact) <= Fraction(5, 1000)
    assert lost == float(exact) or round(lost, 2) == lost


@given(policies, entered_scores, possibles, lateness, lateness)
def test_who_is_later_never_has_more(policy: Policy, entered: float, possible: float, first: int, second: int) -> None:
    sooner, later = sorted((first, second))
    assert score(policy, entered, possible, later) <= score(policy, entered, possible, sooner) <= entered


@given(policies, entered_scores, possibles, lateness)
def test_lateness_alone_never_takes_more_than_leaves_the_minimum(policy: Policy, entered: float, possible: float, seconds: int) -> None:
    least = possible * policy.minimum / 100 if policy.minimum_enabled else 0.0
    assert score(policy, entered, possible, seconds) >= min(entered, least) - TINY


@given(policies, entered_scores, possibles, lateness)
def test_what_was_taken_and_what_is_left_are_what_was_given(policy: Policy, entered: float, possible: float, seconds: int) -> None:
    lost = deduction(policy, entered=entered, possible=possible, grading_type="points", seconds_late=seconds)
    assert left(entered, lost) + lost == pytest.approx(entered, abs=TINY)
