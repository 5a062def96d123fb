"""What late and missing work costs. Arithmetic on the decimals that people write, so that 0.1 is a tenth."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

DEDUCTIBLE = frozenset(("points", "percent", "letter_grade", "gpa_scale"))
"""Grading types of which late work loses something."""
SECONDS = {"hour": 3600, "day": 86400}
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Policy:
    """A course's rules; percentages are of an assignment's points."""

    late_enabled: bool = False
    late_deduction: float = 0.0
    """For each interval that has begun."""
    interval: str = "day"
    minimum_enabled: bool = False
    minimum: float = 0.0
    """What lateness alone never goes below."""
    missing_enabled: bool = False
    missing_deduction: float = 0.0


def deduction(policy: Policy, *, entered: float, possible: float | None, grading_type: str, seconds_late: int) -> float:
    """The points that work of `entered` points loses: hundredths, but never more than leave the minimum, nor below nothing."""
    if not policy.late_enabled or seconds_late <= 0 or not possible or grading_type not in DEDUCTIBLE:
        return 0.0
    worth = _exactly(possible)
    least = worth * _exactly(policy.minimum) / 100 if policy.minimum_enabled else Decimal()
    most = max(_exactly(entered) - least, Decimal())
    intervals = -(-seconds_late // SECONDS[policy.interval])
    lost = (worth * intervals * _exactly(policy.late_deduction) / 100).quantize(CENT, ROUND_HALF_UP)
    return float(min(lost, most))


def left(entered: float, deducted: float) -> float:
    """The score after that deduction."""
    return float(_exactly(entered) - _exactly(deducted))


def missing_score(policy: Policy, *, possible: float | None, grading_type: str) -> float:
    """The points that missing work gets: none where it can only pass or fail."""
    if grading_type == "pass_fail":
        return 0.0
    return float(_exactly(possible or 0.0) * (100 - _exactly(policy.missing_deduction)) / 100)


def _exactly(number: float) -> Decimal:
    return Decimal(str(number))
