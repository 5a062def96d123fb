"""The life of a task, each in its own thread: prepare, run, drain, stop."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.rehearsal.ecs import launch, wording
from tests.rehearsal.ecs.aws import Aws, StartRefused
from tests.rehearsal.ecs.engine import ContainerState, Engine, EngineError, ImageNotFound
from tests.rehearsal.ecs.logs import Shipper
from tests.rehearsal.ecs.ports import LoadBalancer, RoleRefused, TaskRoles
from tests.rehearsal.ecs.state import State, StopCode, Task

LOOK = 0.5
"""Seconds between two looks at a container; Docker's events wake the task sooner."""
HEALTH = {"healthy": "HEALTHY", "unhealthy": "UNHEALTHY"}


class Cancelled(Exception):
    """The task was asked to stop before its container began."""


@dataclass(frozen=True)
class Neighbours:
    """Whom a task needs to live."""

    engine: Engine
    aws: Aws
    balancer: LoadBalancer
    roles: TaskRoles
    common: Mapping[str, str]
    """Variables that every container gets."""


class Runner:
    """Starts tasks and sees them through. `failed` hears, under the lock, of every task that ends by its own fault."""

    def __init__(self, state: State, neighbours: Neighbours, failed: Callable[[Task], None]) -> None:
        self._state, self._near, self._failed = state, neighbours, failed
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    def begin(self, task: Task) -> None:
        """Let the task live; returns at once."""
        thread = threading.Thread(target=self._live, args=(task,), daemon=True, name=f"task-{task.id[:8]}")
        self._threads = [*(other for other in self._threads if other.is_alive()), thread]
        thread.start()

    def close(self) -> None:
        """End every task quickly and wait for it."""
        self._closing.set()
        for task in list(self._state.tasks.values()):
            task.ask_to_stop("UserInitiated", wording.STOPPED_BY_USER)
        for thread in self._threads:
            thread.join(60)

    def _live(self, task: Task) -> None:
        shipper: Shipper | None = None
        try:
            self._prepare(task)
            shipper = self._start(task)
            self._watch(task)
            self._drain(task)
            self._stop(task)
        except StartRefused as refusal:
            self._note_end(task, "TaskFailedToStart", str(refusal))
        except Cancelled:
            pass
        finally:
            self._end(task, shipper)

    def _move(self, task: Task, status: str, **times: float) -> None:
        with self._state.lock:
            task.last_status = status
            task.times.update(times)
        self._state.changed.set()

    def _prepare(self, task: Task) -> None:
        """Secrets, image, log stream, credentials; then the container is there, not yet started."""
        self._move(task, "PENDING")
        container = task.definition["containerDefinitions"][0]
        secrets = self._near.aws.secrets(container.get("secrets", ()))
        image = self._pull(task, container)
        log = _log_options(task)
        if log:
            self._near.aws.open_stream(log.group, log.stream, create_group=log.create_group)
        environment = launch.environment_of(
            task.definition, task.overrides, common=self._near.common, secrets=secrets, credentials=self._credentials(task)
        )
        if task.desired_status == "STOPPED":
            raise Cancelled
        try:
            task.container_id = self._near.engine.create(launch.specify(task.id, task.definition, task.overrides, image, environment))
        except EngineError as error:
            raise self._cannot_start(task, str(error)) from error

    def _pull(self, task: Task, container: Mapping[str, Any]) -> str:
        image = str(container["image"])
        if task.digest:
            image = f"{launch.split_image(image)[0]}@{task.digest}"  # the tag may have moved since the deployment began
        self._move(task, "PENDING", pullStartedAt=time.time())
        try:
            digest = self._near.engine.pull(image, self._near.aws.registry_credentials(image))
        except ImageNotFound as error:
            raise self._reasoned(task, wording.image_not_found(image)) from error
        except EngineError as error:
            raise self._reasoned(task, wording.cannot_pull(image, str(error))) from error
        self._move(task, "PENDING", pullStoppedAt=time.time())
        if digest:
            self._state.note_digest(task, str(container["name"]), digest)
        return image

    def _credentials(self, task: Task) -> dict[str, str]:
        role = task.definition.get("taskRoleArn")
        if not role:
            return {}
        try:
            return self._near.roles.environment(task.arn, role)
        except RoleRefused as error:
            self._say(task, f"failed to launch a task with (error {wording.role_refused(role)}).")
            raise StartRefused(wording.role_refused(role)) from error

    def _reasoned(self, task: Task, reason: str) -> StartRefused:
        """A refusal that is also written at the container."""
        task.container_reason = reason
        return StartRefused(reason)

    def _cannot_start(self, task: Task, cause: str) -> StartRefused:
        task.container_reason = wording.cannot_start(cause)
        return StartRefused(wording.FAILED_TO_START)

    def _start(self, task: Task) -> Shipper | None:
        """Start the container, follow its output, make it known to the load balancers."""
        engine, container = self._near.engine, str(task.container_id)
        try:
            engine.start(container)
        except EngineError as error:
            raise self._cannot_start(task, str(error)) from error
        log = _log_options(task)
        aws = self._near.aws
        shipper = Shipper(engine.logs(container), lambda lines: aws.put_lines(log.group, log.stream, lines)) if log else None
        task.address = engine.state(container).address
        if task.targets and task.address:
            self._move(task, "ACTIVATING")
            for group, port in task.targets:
                self._near.balancer.register(group, task.address, port)
                self._say(task, f"registered 1 targets in (target-group {group})")
        self._move(task, "RUNNING", startedAt=time.time())
        return shipper

    def _say(self, task: Task, text: str) -> None:
        service = self._state.services.get(task.service_arn or "")
        if service:
            with self._state.lock:
                service.say(text)

    def _watch(self, task: Task) -> None:
        """Until the container ends by itself or the task is asked to stop."""
        while not self._look(task) and task.desired_status == "RUNNING":
            task.wake.wait(LOOK)
            task.wake.clear()

    def _look(self, task: Task) -> bool:
        """Note how the container fares; True if it has ended."""
        state = self._near.engine.state(str(task.container_id))
        if not state.running:
            self._exited(task, state)
            return True
        if task.has_health_check:
            health = HEALTH.get(state.health or "", "UNKNOWN")
            if health != task.health:
                task.health = health  # type: ignore[assignment]
                self._state.changed.set()
        return False

    def _exited(self, task: Task, state: ContainerState) -> None:
        with self._state.lock:
            if task.exit_code is not None:
                return
            task.exit_code = state.exit_code
            task.times["executionStoppedAt"] = time.time()
            if state.out_of_memory:
                task.container_reason = wording.OUT_OF_MEMORY
            if task.desired_status == "RUNNING":
                self._note_end(task, "EssentialContainerExited", wording.ESSENTIAL_EXITED)
        self._deregister(task)

    def _note_end(self, task: Task, code: StopCode, reason: str) -> None:
        """The task ends by its own fault, unless it was asked to stop before."""
        with self._state.lock:
            asked = task.desired_status == "STOPPED"
            task.ask_to_stop(code, reason)
            task.last_status = "DEPROVISIONING"
            if not asked:
                self._failed(task)
        self._state.changed.set()

    def _deregister(self, task: Task) -> None:
        groups, task.targets = task.targets, ()
        for group, port in groups:
            self._near.balancer.deregister(group, task.address, port)
            self._say(task, f"deregistered 1 targets in (target-group {group})")

    def _drain(self, task: Task) -> None:
        """No new requests; those under way may end, unless the container does first."""
        if task.exit_code is not None or not task.targets:
            return
        self._move(task, "DEACTIVATING")
        self._say(task, "has begun draining connections on 1 tasks.")
        until = time.monotonic() + max(self._near.balancer.deregistration_delay(group) for group, _ in task.targets)
        self._deregister(task)
        while not self._closing.is_set() and time.monotonic() < until and not self._look(task):
            task.wake.wait(min(LOOK, max(0.0, until - time.monotonic())))
            task.wake.clear()

    def _stop(self, task: Task) -> None:
        if task.exit_code is not None:
            return
        self._move(task, "STOPPING")
        self._near.engine.stop(str(task.container_id), 1 if self._closing.is_set() else launch.stop_timeout(task.definition))
        self._look(task)

    def _end(self, task: Task, shipper: Shipper | None) -> None:
        """Whatever happened: leave nothing behind and say so."""
        self._deregister(task)
        self._move(task, "DEPROVISIONING")
        if shipper:
            shipper.finish(5)
        if task.container_id:
            self._near.engine.remove(task.container_id)
        self._near.roles.forget(task.arn)
        with self._state.lock:
            task.ask_to_stop("TaskFailedToStart", wording.FAILED_TO_START)  # no other reason was found: a fault of ours
            task.health = "UNKNOWN" if task.health == "HEALTHY" else task.health
        self._move(task, "STOPPED", stoppedAt=time.time())


@dataclass(frozen=True)
class LogOptions:
    """Where the output of a container goes."""

    group: str
    stream: str
    create_group: bool


def _log_options(task: Task) -> LogOptions | None:
    container = task.definition["containerDefinitions"][0]
    options = (container.get("logConfiguration") or {}).get("options")
    if not options:
        return None
    stream = "/".join(part for part in (options.get("awslogs-stream-prefix"), container["name"], task.id) if part)
    return LogOptions(options["awslogs-group"], stream, options.get("awslogs-create-group") == "true")
