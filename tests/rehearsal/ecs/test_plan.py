"""The scheduler's decisions, by tables."""

from dataclasses import replace

import pytest

from tests.rehearsal.ecs.plan import (
    Action,
    Alarm,
    Bake,
    Breaker,
    Complete,
    Fail,
    Phase,
    ServiceView,
    Start,
    Steady,
    Stop,
    TaskView,
    Unwatch,
    Watch,
    plan,
    start_delay,
    threshold,
)

NOW = 1000.0


def task(
    arn: str, deployment: str = "new", phase: Phase = "running", container: str | None = "HEALTHY", balancer: str = "healthy"
) -> TaskView:
    return TaskView(arn, deployment, phase, container, balancer, started_at=NOW - 30)  # type: ignore[arg-type]


def service(*tasks: TaskView) -> ServiceView:
    return ServiceView(
        desired=2,
        minimum_percent=100,
        maximum_percent=200,
        grace=10.0,
        primary="new",
        rollout="IN_PROGRESS",
        failed_tasks=0,
        breaker=Breaker(threshold=2, rollback=True),
        can_roll_back=True,
        rollback_requested=None,
        watch=None,
        bake=0.0,
        baking_since=None,
        next_start=0.0,
        steady=False,
        tasks=tasks,
    )


OLD = (task("o1", "old"), task("o2", "old"))
YOUNG = replace(task("n1", container="UNKNOWN", balancer="initial"), started_at=NOW - 1)


def test_a_new_service_starts_all_its_tasks_at_once() -> None:
    assert plan(service(), NOW) == [Start(2)]


def test_a_rollout_starts_its_tasks_beside_the_old_ones_as_far_as_the_maximum_allows() -> None:
    assert plan(service(*OLD), NOW) == [Start(2)]
    assert plan(replace(service(*OLD), maximum_percent=150), NOW) == [Start(1)]


@pytest.mark.parametrize(
    "waiting",
    [
        task("n1", phase="starting"),
        task("n1", container="UNKNOWN"),
        task("n1", balancer="initial"),
        replace(task("n1", container="UNHEALTHY"), started_at=NOW - 1),
        replace(task("n1", balancer="unhealthy"), started_at=NOW - 1),
    ],
    ids=["not running", "container not checked", "balancer not asked", "container failing in its grace", "balancer failing in its grace"],
)
def test_a_task_counts_only_when_it_is_healthy(waiting: TaskView) -> None:
    assert plan(service(*OLD, waiting, task("n2", phase="starting")), NOW) == []


def test_an_old_task_leaves_for_each_new_one_that_is_healthy() -> None:
    assert plan(service(*OLD, task("n1"), YOUNG), NOW) == [Stop(("o1",), "scaling")]
    assert plan(service(*OLD, task("n1"), task("n2")), NOW) == [Stop(("o1", "o2"), "scaling")]


def test_with_a_lower_minimum_an_old_task_makes_room_first() -> None:
    tight = replace(service(*OLD), minimum_percent=50, maximum_percent=100)
    assert plan(tight, NOW) == [Stop(("o1",), "scaling")]
    assert plan(replace(tight, tasks=(replace(OLD[0], phase="stopping"), OLD[1])), NOW) == [Start(1)]


def test_a_rollout_is_complete_only_when_the_last_old_task_is_gone() -> None:
    new = (task("n1"), task("n2"))
    assert plan(service(*new, replace(OLD[0], phase="stopping")), NOW) == []
    assert plan(service(*new), NOW) == [Complete(), Steady(True)]


def test_a_task_that_fails_its_checks_after_its_grace_is_stopped_with_the_cause() -> None:
    assert plan(service(task("n1", container="UNHEALTHY"), task("n2", balancer="unhealthy")), NOW) == [
        Stop(("n1",), "container"),
        Stop(("n2",), "balancer"),
    ]


def test_a_task_that_stops_is_replaced_while_it_drains() -> None:
    settled = replace(service(task("n1"), task("n2", phase="stopping")), rollout="COMPLETED", steady=True)
    assert plan(settled, NOW) == [Start(1)]
    assert plan(replace(settled, tasks=(*settled.tasks, YOUNG)), NOW) == [Steady(False)]


def test_the_breaker_trips_at_its_threshold_and_goes_back() -> None:
    assert plan(replace(service(*OLD, YOUNG, YOUNG), failed_tasks=1), NOW) == []
    assert plan(replace(service(*OLD, YOUNG), failed_tasks=2), NOW) == [Fail(roll_back=True)]


@pytest.mark.parametrize("change", [{"breaker": Breaker(2, rollback=False)}, {"can_roll_back": False}], ids=["not wanted", "nothing there"])
def test_a_failed_deployment_stays_when_there_is_no_way_back(change: dict[str, object]) -> None:
    tripped = replace(service(*OLD), failed_tasks=2)
    assert plan(replace(tripped, **change), NOW) == [Fail(roll_back=False)]  # type: ignore[arg-type]


def test_a_failed_deployment_starts_nothing_and_leaves_the_old_tasks_alone() -> None:
    assert plan(replace(service(*OLD), rollout="FAILED", failed_tasks=9), NOW) == []


def test_without_a_breaker_failures_only_slow_the_starts_down() -> None:
    failing = replace(service(*OLD), breaker=None, failed_tasks=9, next_start=NOW + 5)
    assert plan(failing, NOW) == []
    assert plan(failing, NOW + 5) == [Start(2)]
    assert [start_delay(failures) for failures in (0, 2, 3, 4, 10)] == [0, 0, 5, 10, 60]


def test_on_the_way_back_the_faulty_tasks_leave_at_once_and_the_good_ones_are_kept() -> None:
    back = replace(service(*OLD, YOUNG, task("n2", phase="starting")), primary="old", can_roll_back=False)
    assert plan(back, NOW) == [Stop(("n1", "n2"), "scaling")]
    assert plan(replace(back, tasks=OLD), NOW) == [Complete(), Steady(True)]


def test_a_requested_rollback_does_not_wait_for_failures() -> None:
    assert plan(replace(service(*OLD, YOUNG), rollback_requested="user"), NOW) == [Fail(roll_back=True, cause="user")]
    assert plan(replace(service(*OLD, YOUNG), rollback_requested="alarm"), NOW) == [Fail(roll_back=True, cause="alarm")]


BAKED = (task("n1"), task("n2"))


def test_a_rollout_bakes_after_its_last_old_task_and_is_complete_only_then() -> None:
    baking = replace(service(*BAKED), bake=5.0)
    assert plan(replace(baking, tasks=(*BAKED, replace(OLD[0], phase="stopping"))), NOW) == []
    assert plan(baking, NOW) == [Bake(), Steady(True)]
    waiting = replace(baking, baking_since=NOW, steady=True)
    assert plan(waiting, NOW + 4.9) == []
    assert plan(waiting, NOW + 5) == [Complete()]
    assert plan(replace(waiting, tasks=BAKED[:1]), NOW + 5) == [Start(1)], "it must be healthy at the end, too"


@pytest.mark.parametrize(
    ("watch", "can_roll_back", "expected"),
    [
        (Watch((), rollback=True, first=False), True, []),
        (Watch(("5xx",), rollback=True, first=True), True, [Unwatch(("5xx",))]),
        (Watch(("5xx",), rollback=True, first=False), True, [Alarm(("5xx",))]),
        (Watch(("5xx",), rollback=True, first=False), False, [Fail(roll_back=False, cause="alarm")]),
        (Watch(("5xx",), rollback=False, first=False), True, [Fail(roll_back=False, cause="alarm")]),
    ],
    ids=["quiet", "fired before", "fires", "nothing to go back to", "no rollback wanted"],
)
def test_an_alarm_that_fires_fails_the_deployment_unless_it_fired_before(watch: Watch, can_roll_back: bool, expected: list[Action]) -> None:
    baking = replace(service(*BAKED), bake=5.0, baking_since=NOW, steady=True, watch=watch, can_roll_back=can_roll_back)
    assert plan(baking, NOW) == expected
    assert plan(replace(baking, rollout="COMPLETED"), NOW) == [], "afterwards it is a matter of people"


def test_scaling_in_stops_the_unfit_first_and_a_deleted_service_stops_all() -> None:
    settled = replace(service(task("n2"), YOUNG, task("n3")), rollout="COMPLETED", steady=True)
    assert plan(settled, NOW) == [Stop((YOUNG.arn,), "scaling")]
    assert plan(replace(settled, desired=0, tasks=(task("n1"), task("n3"))), NOW) == [Stop(("n1", "n3"), "scaling")]


@pytest.mark.parametrize(
    ("kind", "value", "desired", "expected"),
    [
        ("COUNT", 2, 50, 2),
        ("BOUNDED_PERCENT", 50, 2, 3),
        ("BOUNDED_PERCENT", 50, 25, 13),
        ("BOUNDED_PERCENT", 50, 1000, 200),
        ("UNBOUNDED_PERCENT", 50, 2, 1),
    ],
)
def test_the_threshold_follows_its_type(kind: str, value: int, desired: int, expected: int) -> None:
    assert threshold(kind, value, desired) == expected
