"""Which targets of a load balancer get requests: the counting of health checks and the choice, as pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

INITIAL, HEALTHY, UNHEALTHY, DRAINING, UNUSED = "initial", "healthy", "unhealthy", "draining", "unused"


@dataclass(frozen=True)
class HealthCheck:
    """The settings of a target group; times in seconds."""

    path: str = "/"
    interval: float = 5
    timeout: float = 4
    healthy: int = 2
    unhealthy: int = 5
    matcher: str = "200"
    deregistration_delay: float = 10


@dataclass(frozen=True)
class Standing:
    """How a target fares: its state, how many checks in a row spoke against that state, and why the last one failed."""

    state: str = INITIAL
    against: int = 0
    reason: str = "Elb.InitialHealthChecking"
    description: str = "Initial health checks in progress"


def accepted(status: int, matcher: str) -> bool:
    """Whether a status is among those of a matcher such as ``200``, ``200,202`` or ``200-299``."""
    ranges = (part.strip().partition("-") for part in matcher.split(","))
    return any(int(first) <= status <= int(last or first) for first, _, last in ranges)


def after(standing: Standing, check: HealthCheck, failure: tuple[str, str] | None) -> Standing:
    """The standing after one more check; `failure` is (reason code, description), None if it passed.

    As with AWS the very first pass makes a target healthy; the thresholds count for those that were judged before.
    """
    if standing.state == DRAINING:
        return standing
    if failure is None:
        against = standing.against + 1 if standing.state == UNHEALTHY else 0
        recovered = standing.state != UNHEALTHY or against >= check.healthy
        return Standing(HEALTHY, 0, "", "") if recovered else replace(standing, against=against)
    if standing.state == UNHEALTHY:
        return Standing(UNHEALTHY, 0, *failure)
    against = standing.against + 1
    if against >= check.unhealthy:
        return Standing(UNHEALTHY, 0, *failure)
    return replace(standing, against=against)


def choose(states: Sequence[str], turn: int) -> int | None:
    """The index of the target whose turn it is: round robin over the healthy ones, over all if none is (fail open).

    None if there is none but draining ones.
    """
    healthy = [index for index, state in enumerate(states) if state == HEALTHY]
    candidates = healthy or [index for index, state in enumerate(states) if state in {INITIAL, UNHEALTHY}]
    return candidates[turn % len(candidates)] if candidates else None
