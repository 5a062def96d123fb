"""The service scheduler: looks at every service, asks :func:`plan`, and does what it says."""

import logging
import threading
import time
from typing import Any

from tests.rehearsal.ecs import wording
from tests.rehearsal.ecs.names import new_task_id
from tests.rehearsal.ecs.plan import (
    Action,
    Alarm,
    Bake,
    Breaker,
    Cause,
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
)
from tests.rehearsal.ecs.ports import Alarms, AlarmState, LoadBalancer
from tests.rehearsal.ecs.rollout import alarm, complete, fail, unwatch
from tests.rehearsal.ecs.state import STOPPING, Service, ServiceDeployment, State, Task

logger = logging.getLogger(__name__)
ROUND = 0.2
"""Seconds between two looks if nothing happens."""
MINUTE = 1.0
"""Seconds that a minute of bake time lasts here: nobody rehearses while nothing happens. All else takes its own time."""


class Scheduler:
    """One thread for all services."""

    def __init__(self, state: State, balancer: LoadBalancer, alarms: Alarms) -> None:
        self._state, self._balancer, self._alarms = state, balancer, alarms
        self._begin: Any = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="ecs-scheduler")

    def start(self, begin: Any) -> None:
        """Begin to look; `begin` brings a task to life."""
        self._begin = begin
        self._thread.start()

    def close(self) -> None:
        """Start and stop nothing any more."""
        self._closing = True
        self._state.changed.set()
        self._thread.join(10)

    def failed(self, task: Task) -> None:
        """Count a task that ended by its own fault. Called under the lock."""
        service = self._state.services.get(task.service_arn or "")
        if service is None:
            return
        service.failures_in_a_row += 1
        service.next_start = time.time() + start_delay(service.failures_in_a_row)
        if service.failures_in_a_row == 3:
            service.say("is unable to consistently start tasks successfully.")
        primary = service.primary
        if task.deployment == primary.id and primary.rollout == "IN_PROGRESS":
            primary.failed_tasks += 1
            current = service.current
            if current and current.breaker == "MONITORING":
                current.failures = primary.failed_tasks
        self._state.changed.set()

    def _run(self) -> None:
        while not self._closing:
            self._state.changed.wait(ROUND)
            self._state.changed.clear()
            for service in [service for service in self._state.services.values() if service.status != "INACTIVE"]:
                try:
                    self.round(service)
                except Exception:  # the other services, and the next round, must not suffer
                    logger.exception("The scheduler failed at %s", service.arn)

    def round(self, service: Service) -> None:
        """Look at one service once."""
        with self._state.lock:
            running = [task for task in self._state.tasks_of(service) if task.last_status == "RUNNING"]
            current = service.current
            watched = current.alarm_names if current and current.alarms == "MONITORING" else ()
        health = {task.arn: self._balancer_health(task) for task in running}  # outside the lock: somebody else's code
        alarms = self._alarms.look(watched) if watched else []
        with self._state.lock:
            if self._closing or service.current is not current:
                return
            view = self._view(service, health, alarms)
            for action in plan(view, time.time()):
                self._carry_out(action, service)
            self._tidy(service)

    def _balancer_health(self, task: Task) -> str | None:
        states = {self._balancer.health(group, task.address, port) for group, port in task.targets}
        if len(states) > 1:
            return next(state for state in ("unhealthy", "draining", "unused", "initial", *states) if state in states)
        return next(iter(states), None)

    def _view(self, service: Service, health: dict[str, str | None], alarms: list[AlarmState]) -> ServiceView:
        tasks = tuple(_task_view(task, service, health.get(task.arn)) for task in self._state.tasks_of(service))
        self._note_health(service, tasks)
        configuration, current = service.configuration, service.current
        breaker = configuration["deploymentCircuitBreaker"]
        on_the_way_back = bool(current and current.status == "ROLLBACK_IN_PROGRESS")
        back = service.last_completed
        return ServiceView(
            desired=service.desired,
            minimum_percent=configuration["minimumHealthyPercent"],
            maximum_percent=configuration["maximumPercent"],
            grace=service.settings.get("healthCheckGracePeriodSeconds", 0),
            primary=service.primary.id,
            rollout=service.primary.rollout,
            failed_tasks=service.primary.failed_tasks,
            breaker=Breaker(service.threshold, breaker["rollback"]) if breaker["enable"] else None,
            can_roll_back=back is not None and back is not service.primary and not on_the_way_back,
            rollback_requested=_requested(current),
            watch=_watch(service, alarms),
            bake=0.0 if on_the_way_back else _bake(service, alarms),
            baking_since=current.baking_since if current else None,
            next_start=service.next_start,
            steady=service.steady,
            tasks=tasks,
        )

    def _note_health(self, service: Service, tasks: tuple[TaskView, ...]) -> None:
        """The first time that a task is healthy, failures before it are forgiven (unless the breaker is told otherwise)."""
        for view in tasks:
            task = self._state.tasks[view.arn]
            if not view.healthy or task.was_healthy:
                continue
            task.was_healthy = True
            if task.deployment != service.primary.id:
                continue
            service.failures_in_a_row, service.next_start = 0, 0.0
            if service.configuration["deploymentCircuitBreaker"].get("resetOnHealthyTask", True):
                service.primary.failed_tasks = 0

    def _carry_out(self, action: Action, service: Service) -> None:
        match action:
            case Start(count):
                self._start(service, count)
            case Stop(arns, cause):
                self._stop(service, [self._state.tasks[arn] for arn in arns], cause)
            case Fail():
                fail(service, action)
            case Alarm(names) if service.current:
                alarm(service.current, names)
            case Unwatch(names) if service.current:
                unwatch(service, service.current, names)
            case Bake() if service.current:
                service.current.baking_since = time.time()
            case Complete():
                complete(service)
            case Steady(steady):
                service.steady = steady
                if steady:
                    service.say("has reached a steady state.")
        self._state.changed.set()

    def _start(self, service: Service, count: int) -> None:
        tasks = [new_service_task(self._state, service) for _ in range(count)]
        current = service.current
        if current and current.status == "PENDING":
            current.move("IN_PROGRESS", startedAt=time.time())
        service.say(f"has started {count} tasks: {wording.tasks([task.id for task in tasks])}.")
        for task in tasks:
            self._state.add_task(task)
            self._begin(task)

    def _stop(self, service: Service, tasks: list[Task], cause: str) -> None:
        for task in tasks:
            reason = wording.scaling(service.primary.id)
            if cause == "container":
                reason = wording.CONTAINER_UNHEALTHY
                service.say(f"(task {task.id}) failed container health checks.")
            if cause == "balancer":
                group, port = task.targets[0]
                reason = wording.balancer_unhealthy(group)
                service.say(f"(task {task.id}) (port {port}) is unhealthy in (target-group {group}) due to (reason Health checks failed).")
            task.ask_to_stop("ServiceSchedulerInitiated", reason)
            if cause != "scaling":
                self.failed(task)
        service.say(f"has stopped {len(tasks)} running tasks: {wording.tasks([task.id for task in tasks])}.")

    def _tidy(self, service: Service) -> None:
        """Old deployments leave once their tasks have; a failed one stays until the way back is through."""
        tasks = self._state.tasks_of(service)
        at_work = {task.deployment for task in tasks}
        current = service.current
        rolling = current is not None and current.rollback is not None
        baking = service.last_completed if current and current.baking_since else None  # ECS lets go of it after the bake only
        kept = [old for old in service.older if old.id in at_work or (old.rollout == "FAILED" and rolling) or old is baking]
        service.older = kept
        if service.status == "DRAINING" and not tasks:
            service.status = "INACTIVE"


def _requested(current: ServiceDeployment | None) -> Cause | None:
    """Who wants the deployment under way to be rolled back."""
    if not current or current.status != "ROLLBACK_REQUESTED":
        return None
    return "alarm" if current.alarms == "TRIGGERED" else "user"


def _watch(service: Service, alarms: list[AlarmState]) -> Watch | None:
    """The alarms of the deployment under way, unless they are not heeded (any more)."""
    current = service.current
    if not current or current.alarms != "MONITORING" or current.status not in {"PENDING", "IN_PROGRESS"}:
        return None
    firing = tuple(each.name for each in alarms if each.firing)
    return Watch(firing, service.configuration["alarms"]["rollback"], current.status == "PENDING")


def _bake(service: Service, alarms: list[AlarmState]) -> float:
    """How long the deployment bakes: as configured, else as long as its slowest alarm needs to judge."""
    minutes = service.configuration.get("bakeTimeInMinutes")
    return MINUTE * (max((each.seconds for each in alarms), default=0.0) / 60 if minutes is None else minutes)


def _task_view(task: Task, service: Service, balancer: str | None) -> TaskView:
    leaving = task.last_status in STOPPING or task.desired_status == "STOPPED"
    phase: Phase = "stopping" if leaving else "running" if task.last_status == "RUNNING" else "starting"
    container = task.health if task.has_health_check else None
    expected = (balancer or "initial") if service.settings.get("loadBalancers") else None
    return TaskView(task.arn, str(task.deployment), phase, container, expected, task.times.get("startedAt", 0.0))


def new_service_task(state: State, service: Service) -> Task:
    """A task of the service's primary deployment, not yet alive."""
    deployment, task_id = service.primary, new_task_id()
    definition = state.definition(deployment.definition_arn)
    return Task(
        id=task_id,
        arn=state.names.within("task", service.cluster_arn, task_id),
        cluster_arn=service.cluster_arn,
        definition=definition,
        group=f"service:{service.name}",
        started_by=deployment.id,
        overrides={},
        network=deployment.settings.get("networkConfiguration", {}),
        targets=tuple((item["targetGroupArn"], item["containerPort"]) for item in deployment.settings.get("loadBalancers", ())),
        service_arn=service.arn,
        deployment=deployment.id,
        digest=deployment.digests.get(definition["containerDefinitions"][0]["name"]),
    )
