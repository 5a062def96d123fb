"""The counting of health checks and the choice of a target."""

from functools import reduce

import pytest

from tests.rehearsal.aws.health import DRAINING, HEALTHY, INITIAL, UNHEALTHY, HealthCheck, Standing, accepted, after, choose

CHECK = HealthCheck(healthy=2, unhealthy=3)
FAILURE = ("Target.Timeout", "Request timed out")


@pytest.mark.parametrize(
    ("checks", "state"),
    [
        ("+", HEALTHY),
        ("-", INITIAL),
        ("--", INITIAL),
        ("---", UNHEALTHY),
        ("--+", HEALTHY),
        ("+--", HEALTHY),
        ("+--+--", HEALTHY),
        ("+---", UNHEALTHY),
        ("---+", UNHEALTHY),
        ("---+-+", UNHEALTHY),
        ("---++", HEALTHY),
    ],
)
def test_a_target_changes_after_as_many_checks_in_a_row_as_its_group_says(checks: str, state: str) -> None:
    standing = reduce(lambda before, each: after(before, CHECK, None if each == "+" else FAILURE), checks, Standing())
    assert standing.state == state
    assert (standing.reason == FAILURE[0]) == (state == UNHEALTHY)


def test_a_draining_target_stays_so_whatever_its_check_says() -> None:
    assert after(Standing(DRAINING), CHECK, None).state == DRAINING


@pytest.mark.parametrize(
    ("status", "matcher", "passes"),
    [
        (200, "200", True),
        (204, "200", False),
        (204, "200,204", True),
        (250, "200-299", True),
        (300, "200-299", False),
        (401, "200-299, 401", True),
    ],
)
def test_a_status_passes_if_the_matcher_names_it(status: int, matcher: str, passes: bool) -> None:
    assert accepted(status, matcher) is passes


@pytest.mark.parametrize(
    ("states", "chosen"),
    [
        ([HEALTHY, HEALTHY], [0, 1, 0]),
        ([HEALTHY, UNHEALTHY, HEALTHY], [0, 2, 0]),
        ([INITIAL, HEALTHY], [1, 1, 1]),
        ([DRAINING, UNHEALTHY, INITIAL], [1, 2, 1]),
        ([DRAINING], [None, None, None]),
        ([], [None, None, None]),
    ],
)
def test_healthy_targets_take_turns_and_all_do_if_none_is_healthy(states: list[str], chosen: list[int | None]) -> None:
    assert [choose(states, turn) for turn in range(3)] == chosen
