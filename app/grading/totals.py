"""Course totals: what a student has of what counts, by weighted groups or by points.

Sums are `fsum`, which rounds once: a total may not depend on the order in which a database gives the work.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum


@dataclass(frozen=True, slots=True)
class Group:
    """An assignment group's part in the total."""

    weight: float = 0.0
    """Percent of the total; used only where the course weighs its groups."""
    drop_lowest: int = 0
    drop_highest: int = 0
    never_drop: frozenset[int] = frozenset()
    """Assignment ids that the drop rules may not touch."""


@dataclass(frozen=True, slots=True)
class Work:
    """One assignment that counts for one student."""

    assignment_id: int
    group_id: int
    points_possible: float
    score: float | None
    """Points earned; None where it is not graded yet."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Percentages, rounded to 2 decimals; None where there is nothing to take a percentage of."""

    current: float | None
    """Graded work only."""
    final: float | None
    """Ungraded work counts as 0."""
    current_grade: str | None = None
    """The letters of these, where the course has any."""
    final_grade: str | None = None


def totals(groups: Mapping[int, Group], work: Sequence[Work], *, weighted: bool) -> Totals:
    """A student's totals over `work`: published, not omitted, not excused assignments of one course."""
    graded = [item for item in work if item.score is not None]
    return Totals(_total(groups, graded, weighted), _total(groups, work, weighted))


def _any_points(work: Iterable[Work]) -> bool:
    return any(item.points_possible > 0 for item in work)


def _total(groups: Mapping[int, Group], work: Iterable[Work], weighted: bool) -> float | None:
    by_group: dict[int, list[Work]] = defaultdict(list)
    for item in work:
        by_group[item.group_id].append(item)
    sums = [(groups[group_id].weight, *_sums(kept(items, groups[group_id]))) for group_id, items in by_group.items()]
    if weighted:
        return _weighted([(weight, score, points) for weight, score, points in sums if points > 0])
    points = fsum(points for _, _, points in sums)
    return round(fsum(score for _, score, _ in sums) / points * 100, 2) if points > 0 else None


def _weighted(sums: Sequence[tuple[float, float, float]]) -> float | None:
    weights = fsum(weight for weight, _, _ in sums)
    if weights <= 0:
        return None
    percent = fsum(score / points * weight for weight, score, points in sums)
    return round(percent * 100 / weights if weights < 100 else percent, 2)


def _sums(items: Iterable[Work]) -> tuple[float, float]:
    both = [(item.score or 0.0, item.points_possible) for item in items]
    return fsum(score for score, _ in both), fsum(points for _, points in both)


def kept(items: Sequence[Work], group: Group) -> list[Work]:
    """What is left of a group's work after its drop rules: always at least one item, and what may never be dropped."""
    if not (group.drop_lowest or group.drop_highest):
        return list(items)
    fixed = [item for item in items if item.assignment_id in group.never_drop]
    loose = sorted((item for item in items if item.assignment_id not in group.never_drop), key=lambda item: item.assignment_id)
    lowest = min(group.drop_lowest, max(len(loose) - 1, 0))
    highest = group.drop_highest if lowest + group.drop_highest < len(loose) else 0
    loose = _best(loose, fixed, len(loose) - lowest, sign=1.0)
    return fixed + _best(loose, fixed, len(loose) - highest, sign=-1.0)


def _best(loose: list[Work], fixed: Sequence[Work], count: int, *, sign: float) -> list[Work]:
    """The `count` items that, with `fixed`, make the highest percentage (`sign` 1) or the lowest (-1).

    Dinkelbach's method: with the percentage so far as the rate, the best choice is the items with the most points above
    that rate; its percentage is the next rate, until it does not change. Of a group that has points, items with points must
    be among those that are left. Where nothing has points, scores alone decide.
    """
    if count >= len(loose):
        return loose
    if not _any_points([*loose, *fixed]):
        return sorted(loose, key=lambda item: -sign * (item.score or 0.0))[:count]
    score, points = _sums([*loose, *fixed])
    rate, chosen = score / points, loose[:count]
    for _ in range(100):  # converges in a handful of rounds; the bound is against rounding that never settles
        above = {item.assignment_id: sign * ((item.score or 0.0) - rate * item.points_possible) for item in loose}
        ranked = sorted(loose, key=lambda item: -above[item.assignment_id])
        chosen = ranked[:count]
        if not _any_points([*chosen, *fixed]):
            chosen[-1] = next(item for item in ranked if item.points_possible > 0)
        score, points = _sums([*chosen, *fixed])
        if abs(score / points - rate) < 1e-12:
            break
        rate = score / points
    return chosen
