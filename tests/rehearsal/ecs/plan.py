"""What the service scheduler does next: a pure function of what it sees.

It is asked every fifth of a second or when something happens, so it need not plan far: one round may stop the ailing, the next start
their replacements.
"""

import math
from dataclasses import dataclass
from typing import Literal

Phase = Literal["starting", "running", "stopping"]
Rollout = Literal["IN_PROGRESS", "COMPLETED", "FAILED"]
Cause = Literal["tasks", "alarm", "user"]
"""Why a deployment fails: its tasks do, an alarm went off, somebody asked for its end."""


@dataclass(frozen=True)
class TaskView:
    """One task of the service that has not stopped yet."""

    arn: str
    deployment: str
    phase: Phase
    container_health: Literal["HEALTHY", "UNHEALTHY", "UNKNOWN"] | None
    """None if the task definition has no health check."""
    balancer_health: str | None
    """None if the service has no load balancer."""
    started_at: float
    """When it began to run; seconds since 1970, 0 before."""

    @property
    def healthy(self) -> bool:
        """It counts: it runs, and every check that exists passes."""
        return self.phase == "running" and self.container_health in {"HEALTHY", None} and self.balancer_health in {"healthy", None}


@dataclass(frozen=True)
class Breaker:
    """The deployment circuit breaker, if it is on."""

    threshold: int
    rollback: bool


@dataclass(frozen=True)
class Watch:
    """The deployment alarms, while they are heeded."""

    firing: tuple[str, ...]
    rollback: bool
    first: bool
    """The deployment has not started anything yet: what fires now fired before it, and tells nothing of it."""


@dataclass(frozen=True)
class ServiceView:
    """A service and its tasks, as the scheduler sees them."""

    desired: int
    minimum_percent: int
    maximum_percent: int
    grace: float
    """Seconds after its start in which a task's failing checks are overlooked."""
    primary: str
    rollout: Rollout
    failed_tasks: int
    breaker: Breaker | None
    can_roll_back: bool
    """There is a completed deployment to go back to, and this is not already the way back."""
    rollback_requested: Cause | None
    watch: Watch | None
    bake: float
    """Seconds that a deployment stays in progress after its last old task has gone."""
    baking_since: float | None
    next_start: float
    """No task is started before: repeated failures slow the scheduler down."""
    steady: bool
    """The service was steady when it was last looked at."""
    tasks: tuple[TaskView, ...]


@dataclass(frozen=True)
class Start:
    """Start so many tasks of the primary deployment."""

    count: int


@dataclass(frozen=True)
class Stop:
    """Stop tasks: one surplus, or one that fails its health checks."""

    tasks: tuple[str, ...]
    cause: Literal["scaling", "container", "balancer"]


@dataclass(frozen=True)
class Fail:
    """The primary deployment has failed; go back to the last completed one, or leave it at that."""

    roll_back: bool
    cause: Cause = "tasks"


@dataclass(frozen=True)
class Alarm:
    """These alarms went off because of the deployment: it will be rolled back."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Unwatch:
    """These alarms fired before the deployment began: none is heeded while it lasts."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Bake:
    """All new tasks are healthy, no old one is left: from now on only the alarms are waited for."""


@dataclass(frozen=True)
class Complete:
    """The primary deployment is all there is, and all of it is healthy."""


@dataclass(frozen=True)
class Steady:
    """Say that the service has come to rest (or, if not `steady`, remember that it has not)."""

    steady: bool


Action = Start | Stop | Fail | Alarm | Unwatch | Bake | Complete | Steady


def plan(service: ServiceView, now: float) -> list[Action]:
    """The next actions of the scheduler, in order; none if there is nothing to do but wait."""
    ailing = _stop_ailing(service, now)
    if ailing:
        return ailing
    if service.rollback_requested:
        return [Fail(roll_back=True, cause=service.rollback_requested)]
    if service.watch and service.watch.firing and service.rollout == "IN_PROGRESS":
        return [_heed(service.watch, can_roll_back=service.can_roll_back)]
    if service.breaker and service.rollout == "IN_PROGRESS" and service.failed_tasks >= service.breaker.threshold:
        return [Fail(roll_back=service.breaker.rollback and service.can_roll_back)]
    scaling: list[Action] = [*_starts(service, now), *_stops(service)]
    return scaling or _rest(service, now)


def _heed(watch: Watch, *, can_roll_back: bool) -> Action:
    """What an alarm that fires leads to."""
    if watch.first:
        return Unwatch(watch.firing)
    return Alarm(watch.firing) if watch.rollback and can_roll_back else Fail(roll_back=False, cause="alarm")


def _stop_ailing(service: ServiceView, now: float) -> list[Action]:
    """Running tasks whose checks fail although their grace is over."""
    judged = [task for task in service.tasks if task.phase == "running" and now - task.started_at >= service.grace]
    container = tuple(task.arn for task in judged if task.container_health == "UNHEALTHY")
    balancer = tuple(task.arn for task in judged if task.balancer_health == "unhealthy" and task.arn not in container)
    actions: list[Action] = []
    if container:
        actions.append(Stop(container, "container"))
    if balancer:
        actions.append(Stop(balancer, "balancer"))
    return actions


def _live(service: ServiceView) -> list[TaskView]:
    """Tasks that are there to stay: one that is stopping is already as good as gone."""
    return [task for task in service.tasks if task.phase != "stopping"]


def _starts(service: ServiceView, now: float) -> list[Action]:
    """As many new tasks as are missing and as `maximum_percent` leaves room for. A failed deployment starts none."""
    if service.rollout == "FAILED" or now < service.next_start:
        return []
    live = _live(service)
    missing = service.desired - sum(task.deployment == service.primary for task in live)
    room = service.desired * service.maximum_percent // 100 - len(live)
    count = min(missing, room)
    return [Start(count)] if count > 0 else []


def _stops(service: ServiceView) -> list[Action]:
    """Surplus tasks of the primary, then old ones: the unfit freely, the healthy only down to `minimum_percent`."""
    live = _live(service)
    ours = [task for task in live if task.deployment == service.primary]
    surplus = sorted(ours, key=lambda task: (task.healthy, task.started_at))[: max(0, len(ours) - service.desired)]
    old = [] if service.rollout == "FAILED" and service.desired else [task for task in live if task.deployment != service.primary]
    unfit = [task for task in old if not task.healthy]
    floor = math.ceil(service.desired * service.minimum_percent / 100)
    spare = sum(task.healthy for task in live) - sum(task.healthy for task in surplus) - floor
    fit = [task for task in old if task.healthy][: max(0, spare)]
    leaving = tuple(task.arn for task in [*surplus, *unfit, *fit])
    return [Stop(leaving, "scaling")] if leaving else []


def _rest(service: ServiceView, now: float) -> list[Action]:
    """What there is to say when nothing has to start or stop: the rollout bakes or is through, the service is at rest or no longer."""
    ours = [task for task in service.tasks if task.deployment == service.primary]
    through = len(ours) == service.desired and all(task.healthy for task in ours) and len(service.tasks) == len(ours)
    actions: list[Action] = []
    if through and service.rollout == "IN_PROGRESS":
        if service.bake and service.baking_since is None:
            actions.append(Bake())
        elif now >= (service.baking_since or 0.0) + service.bake:
            actions.append(Complete())
    if through != service.steady:
        actions.append(Steady(through))
    return actions


def threshold(kind: str, value: int, desired: int) -> int:
    """How many failed tasks trip the breaker.

    `value` is that number for ``COUNT``, else percent of the desired count; ``BOUNDED_PERCENT`` keeps it between 3 and 200.
    """
    if kind == "COUNT":
        return value
    share = math.ceil(desired * value / 100)
    return min(max(share, 3), 200) if kind == "BOUNDED_PERCENT" else max(share, 1)


def start_delay(failures: int) -> float:
    """Seconds to wait before the next start after so many failures in a row."""
    return 0.0 if failures < 3 else min(60.0, 5.0 * 2 ** (failures - 3))
