"""Course totals, against the worked example and against slow arithmetic that is obviously right."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import combinations, permutations
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.grading.totals import Group, Totals, Work, kept, totals

HALF_A_CENT = Fraction(5, 1000) + Fraction(1, 10**6)


def work(*scores: str) -> list[Work]:
    """In group 1: `1: 8/10` is 8 of 10 points, `1: -/10` is ungraded; assignment ids count from 1."""
    made = []
    for number, text in enumerate(scores, 1):
        group, _, rest = text.partition(": ")
        score, _, points = rest.partition("/")
        made.append(Work(number, int(group), float(points), None if score == "-" else float(score)))
    return made


def percent(items: Iterable[Work]) -> Fraction:
    """Exactly; the items have points."""
    items = list(items)
    return sum((Fraction(item.score or 0) for item in items), Fraction()) / sum(Fraction(item.points_possible) for item in items) * 100


def expected(groups: dict[int, Group], items: Sequence[Work], weighted: bool) -> Fraction | None:
    """The total of `items`, as the text of the specification reads; no drop rules."""
    if not weighted:
        return percent(items) if any(item.points_possible for item in items) else None
    parts = []
    for number, group in groups.items():
        mine = [item for item in items if item.group_id == number]
        if any(item.points_possible for item in mine):
            parts.append((Fraction(group.weight), percent(mine)))
    weights = sum((weight for weight, _ in parts), Fraction())
    if weights == 0:
        return None
    total = sum((weight * part / 100 for weight, part in parts), Fraction())
    return total * 100 / weights if weights < 100 else total


def agree(found: float | None, exact: Fraction | None) -> bool:
    """Whether `found` is `exact`, rounded to two decimals."""
    if found is None or exact is None:
        return found is None and exact is None
    return round(found, 2) == found and abs(Fraction(found) - exact) <= HALF_A_CENT


@pytest.mark.parametrize(("scores", "current", "final"), [(("8", "-", "90"), 86.0, 64.67), (("10", "-", "-"), 100.0, 13.33)])
def test_the_worked_example(scores: tuple[str, str, str], current: float, final: float) -> None:
    groups = {1: Group(weight=40), 2: Group(weight=60)}
    first, second, exam = scores
    assert totals(groups, work(f"1: {first}/10", f"1: {second}/20", f"2: {exam}/100"), weighted=True) == Totals(current, final)


@pytest.mark.parametrize(
    ("groups", "items", "weighted", "wanted"),
    [
        ({}, (), False, Totals(None, None)),
        ({}, (), True, Totals(None, None)),
        ({1: Group()}, ("1: -/10", "1: -/20"), False, Totals(None, 0)),
        ({1: Group(50)}, ("1: -/10",), True, Totals(None, 0)),
        ({1: Group()}, ("1: 5/10", "1: -/30"), False, Totals(50, 12.5)),
        ({1: Group()}, ("1: 15/10",), False, Totals(150, 150)),
        ({1: Group()}, ("1: -5/10",), False, Totals(-50, -50)),
        ({1: Group()}, ("1: 1/3", "1: 0/3"), False, Totals(16.67, 16.67)),
        ({1: Group()}, ("1: 0/0",), False, Totals(None, None)),
        ({1: Group()}, ("1: 5/0", "1: 5/10"), False, Totals(100, 100)),
        ({1: Group(60), 2: Group(40)}, ("1: 5/0", "2: 5/10"), True, Totals(50, 50)),
        ({1: Group(30), 2: Group(20)}, ("1: 10/10", "2: 5/10"), True, Totals(80, 80)),
        ({1: Group(100), 2: Group(50)}, ("1: 10/10", "2: 10/10"), True, Totals(150, 150)),
        ({1: Group(0), 2: Group(0)}, ("1: 10/10", "2: 5/10"), True, Totals(None, None)),
        ({1: Group(0), 2: Group(50)}, ("1: 0/10", "2: 5/10"), True, Totals(50, 50)),
        ({1: Group(40), 2: Group(60)}, ("1: 10/10", "2: -/100"), True, Totals(100, 40)),
        ({1: Group(drop_lowest=1)}, ("1: 10/10", "1: -/10"), False, Totals(100, 100)),
        ({1: Group(drop_lowest=9)}, ("1: 2/10", "1: 8/10"), False, Totals(80, 80)),
        ({1: Group(drop_highest=1)}, ("1: 2/10", "1: 8/10"), False, Totals(20, 20)),
        ({1: Group(drop_highest=9)}, ("1: 2/10", "1: 8/10"), False, Totals(50, 50)),
        ({1: Group(drop_lowest=1, drop_highest=1)}, ("1: 2/10", "1: 5/10", "1: 8/10"), False, Totals(50, 50)),
        ({1: Group(drop_lowest=1, never_drop=frozenset([1]))}, ("1: 2/10", "1: 4/10", "1: 8/10"), False, Totals(50, 50)),
        ({1: Group(drop_lowest=1, never_drop=frozenset([1, 2]))}, ("1: 2/10", "1: 8/10"), False, Totals(50, 50)),
        ({1: Group(drop_lowest=1)}, ("1: 0/0", "1: 3/0", "1: -/0"), False, Totals(None, None)),
        # Dropping 2 of 10 leaves more than dropping the worse 20 of 100 would.
        ({1: Group(drop_lowest=1)}, ("1: 20/100", "1: 1/10", "1: 90/100"), False, Totals(82.73, 82.73)),
    ],
)
def test_totals_by_table(groups: dict[int, Group], items: tuple[str, ...], weighted: bool, wanted: Totals) -> None:
    assert totals(groups, work(*items), weighted=weighted) == wanted


@st.composite
def courses(draw: st.DrawFn) -> tuple[dict[int, Group], list[Work]]:
    """Up to four groups without drop rules, and up to twelve assignments, some graded, some worth nothing."""
    groups = {number: Group(weight=draw(st.sampled_from([0.0, 10.0, 33.3, 50.0, 100.0]))) for number in range(1, draw(st.integers(2, 5)))}
    items = st.tuples(
        st.sampled_from(sorted(groups)),
        st.sampled_from([0.0, 1.0, 7.5, 10.0, 100.0]),
        st.none() | st.integers(-20, 240).map(lambda n: n / 2),
    )
    return groups, [Work(number, *item) for number, item in enumerate(draw(st.lists(items, max_size=12)), 1)]


@given(courses(), st.booleans())
@settings(deadline=None)
def test_totals_agree_with_the_specification(course: tuple[dict[int, Group], list[Work]], weighted: bool) -> None:
    groups, items = course
    found = totals(groups, items, weighted=weighted)
    assert agree(found.current, expected(groups, [item for item in items if item.score is not None], weighted))
    assert agree(found.final, expected(groups, items, weighted))


def test_a_total_on_the_edge_of_a_hundredth_does_not_depend_on_the_order_of_groups() -> None:
    groups = {1: Group(33.3), 2: Group(33.3), 3: Group(50.0)}
    graded = [Work(9, 1, 10.0, 39.5), Work(10, 2, 1.0, 0.5), Work(11, 3, 1.0, 79.0)]
    assert {totals(groups, list(order), weighted=True).final for order in permutations(graded)} == {4098.19}


@given(courses(), st.booleans(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_work_does_not_matter(course: tuple[dict[int, Group], list[Work]], weighted: bool, chance: Random) -> None:
    groups, items = course
    rules = {number: Group(group.weight, 1, 1, frozenset([1])) for number, group in groups.items()}
    shuffled = chance.sample(items, len(items))
    assert totals(rules, items, weighted=weighted) == totals(rules, shuffled, weighted=weighted)


@st.composite
def droppable(draw: st.DrawFn, *, points: Sequence[float]) -> tuple[list[Work], frozenset[int]]:
    """One group's work, and which of it may never be dropped."""
    pairs = draw(st.lists(st.tuples(st.sampled_from(points), st.none() | st.integers(-5, 120)), min_size=1, max_size=7))
    items = [Work(number, 1, worth, None if score is None else float(score)) for number, (worth, score) in enumerate(pairs, 1)]
    return items, draw(st.frozensets(st.sampled_from([item.assignment_id for item in items])))


def every_choice(items: Sequence[Work], never_drop: frozenset[int], dropped: int) -> list[list[Work]]:
    """What can be left after dropping that many."""
    fixed = [item for item in items if item.assignment_id in never_drop]
    loose = [item for item in items if item.assignment_id not in never_drop]
    return [[*fixed, *chosen] for chosen in combinations(loose, len(loose) - dropped)]


def with_points(choices: list[list[Work]]) -> list[list[Work]]:
    """Those that a percentage can be taken of; there are some."""
    found = [choice for choice in choices if any(item.points_possible for item in choice)]
    assume(found)
    return found


@given(droppable(points=[0.0, 1.0, 3.0, 10.0, 100.0]), st.integers(1, 8))
@settings(deadline=None)
def test_dropping_the_lowest_leaves_the_best_percentage(group: tuple[list[Work], frozenset[int]], count: int) -> None:
    items, never_drop = group
    loose = len(items) - len(never_drop)
    choices = with_points(every_choice(items, never_drop, min(count, max(loose - 1, 0))))
    found = kept(items, Group(drop_lowest=count, never_drop=never_drop))
    assert len(found) == len(choices[0])
    assert never_drop <= {item.assignment_id for item in found}
    assert float(percent(found)) == pytest.approx(float(max(map(percent, choices))))


@given(droppable(points=[0.0, 1.0, 3.0, 10.0, 100.0]), st.integers(1, 8))
@settings(deadline=None)
def test_dropping_the_highest_leaves_the_worst_percentage(group: tuple[list[Work], frozenset[int]], count: int) -> None:
    items, never_drop = group
    loose = len(items) - len(never_drop)
    choices = with_points(every_choice(items, never_drop, count if count < loose else 0))
    found = kept(items, Group(drop_highest=count, never_drop=never_drop))
    assert len(found) == len(choices[0])
    assert float(percent(found)) == pytest.approx(float(min(map(percent, choices))))


@given(droppable(points=[1.0, 3.0, 10.0]), st.integers(1, 3), st.integers(1, 3))
@settings(deadline=None)
def test_the_highest_are_dropped_from_what_dropping_the_lowest_left(
    group: tuple[list[Work], frozenset[int]], lowest: int, highest: int
) -> None:
    items, never_drop = group
    loose = len(items) - len(never_drop)
    lowest_dropped = min(lowest, max(loose - 1, 0))
    highest_dropped = highest if lowest_dropped + highest < loose else 0
    after = kept(items, Group(drop_lowest=lowest, never_drop=never_drop))
    choices = every_choice(after, never_drop, highest_dropped)
    found = kept(items, Group(drop_lowest=lowest, drop_highest=highest, never_drop=never_drop))
    assert len(found) == len(items) - lowest_dropped - highest_dropped
    assert float(percent(found)) == pytest.approx(float(min(map(percent, choices))))


@given(droppable(points=[0.0]), st.integers(1, 3))
def test_where_nothing_has_points_the_best_scores_are_left(group: tuple[list[Work], frozenset[int]], count: int) -> None:
    items, never_drop = group
    loose = sorted((item.score or 0.0 for item in items if item.assignment_id not in never_drop), reverse=True)
    found = kept(items, Group(drop_lowest=count, never_drop=never_drop))
    left = sorted((item.score or 0.0 for item in found if item.assignment_id not in never_drop), reverse=True)
    assert left == loose[: max(len(loose) - count, min(len(loose), 1))]
