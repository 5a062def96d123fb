"""What ECS remembers. All of it is guarded by one lock; :mod:`answers` turns it into what the API says."""

import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.rehearsal.ecs.names import Names, last_part
from tests.rehearsal.ecs.plan import Rollout, threshold

StopCode = Literal["TaskFailedToStart", "EssentialContainerExited", "UserInitiated", "ServiceSchedulerInitiated"]
STOPPED_TASKS_KEPT = 200
PENDING = {"PROVISIONING", "PENDING", "ACTIVATING"}
STOPPING = {"DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"}


@dataclass
class Task:
    """One task and its one container. Times are seconds since 1970."""

    id: str
    arn: str
    cluster_arn: str
    definition: Mapping[str, Any]
    group: str
    started_by: str
    overrides: Mapping[str, Any]
    network: Mapping[str, Any]
    targets: tuple[tuple[str, int], ...] = ()
    """Target group and container port, once for each load balancer of the service."""
    service_arn: str | None = None
    deployment: str | None = None
    digest: str | None = None
    """Of the image; known beforehand if an earlier task of the deployment resolved the tag."""
    created_at: float = field(default_factory=time.time)
    times: dict[str, float] = field(default_factory=dict)
    """``startedAt``, ``stoppingAt`` … as DescribeTasks names them."""
    last_status: str = "PROVISIONING"
    desired_status: str = "RUNNING"
    stop_code: StopCode | None = None
    stopped_reason: str | None = None
    container_reason: str | None = None
    container_id: str | None = None
    address: str = ""
    exit_code: int | None = None
    health: Literal["HEALTHY", "UNHEALTHY", "UNKNOWN"] = "UNKNOWN"
    was_healthy: bool = False
    tags: list[dict[str, str]] = field(default_factory=list)
    wake: threading.Event = field(default_factory=threading.Event)
    """Set when its container or somebody's wish concerning it has changed."""

    @property
    def has_health_check(self) -> bool:
        """Whether the task definition says how to check its container."""
        check = self.definition["containerDefinitions"][0].get("healthCheck")
        return bool(check) and check["command"][0] != "NONE"

    def ask_to_stop(self, code: StopCode, reason: str) -> None:
        """Let the task stop in order; the first reason stays."""
        if self.desired_status == "RUNNING":
            self.desired_status, self.stop_code, self.stopped_reason = "STOPPED", code, reason
            self.times["stoppingAt"] = time.time()
        self.wake.set()


@dataclass
class Deployment:
    """A service revision and how far the service is with it."""

    number: str
    revision_arn: str
    definition_arn: str
    settings: Mapping[str, Any]
    """Network, load balancers and the like, as they were when it began."""
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    rollout: Rollout = "IN_PROGRESS"
    reason: str = ""
    failed_tasks: int = 0
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """As DescribeServices and `startedBy` have it."""
        return f"ecs-svc/{self.number}"


@dataclass
class ServiceDeployment:
    """One attempt to bring a service to a revision, kept for good."""

    arn: str
    target: Deployment
    sources: list[Deployment]
    status: str = "PENDING"
    reason: str | None = None
    times: dict[str, float] = field(default_factory=lambda: {"createdAt": time.time(), "updatedAt": time.time()})
    rollback: dict[str, Any] | None = None
    breaker: str = "DISABLED"
    failures: int = 0
    threshold: int = 0
    alarms: str = "DISABLED"
    alarm_names: Sequence[str] = ()
    triggered: Sequence[str] = ()
    baking_since: float | None = None

    def move(self, status: str, reason: str | None = None, **times: float) -> None:
        """Go on to another status."""
        self.status, self.reason = status, reason or self.reason
        self.times.update(times, updatedAt=time.time())

    @property
    def under_way(self) -> bool:
        """It has not come to an end."""
        return self.status in {"PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"}


@dataclass
class Service:
    """A service: what was asked for, its deployments, what happened."""

    arn: str
    name: str
    cluster_arn: str
    settings: dict[str, Any]
    """Members of CreateService that DescribeServices repeats."""
    desired: int
    primary: Deployment
    status: str = "ACTIVE"
    older: list[Deployment] = field(default_factory=list)
    """Deployments that still have tasks, or failed and are being rolled back; newest first."""
    revisions: list[Deployment] = field(default_factory=list)
    history: list[ServiceDeployment] = field(default_factory=list)
    last_completed: Deployment | None = None
    events: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=100))
    steady: bool = False
    failures_in_a_row: int = 0
    next_start: float = 0.0
    created_at: float = field(default_factory=time.time)

    def say(self, text: str) -> None:
        """Add an event, newest first."""
        message = f"(service {self.name}) {text}"
        self.events.appendleft({"id": str(uuid.uuid4()), "createdAt": time.time(), "message": message})

    @property
    def configuration(self) -> Mapping[str, Any]:
        """The deployment configuration with its defaults."""
        given = self.settings.get("deploymentConfiguration") or {}
        off = {"enable": False, "rollback": False}
        return {"deploymentCircuitBreaker": off, "maximumPercent": 200, "minimumHealthyPercent": 100, "strategy": "ROLLING", **given}

    @property
    def threshold(self) -> int:
        """How many failed tasks trip the circuit breaker."""
        limit = self.configuration["deploymentCircuitBreaker"].get("thresholdConfiguration") or {"type": "BOUNDED_PERCENT", "value": 50}
        return threshold(limit["type"], limit["value"], self.desired)

    @property
    def current(self) -> ServiceDeployment | None:
        """The service deployment that is under way."""
        return next((deployment for deployment in self.history if deployment.under_way), None)


@dataclass
class State:
    """Everything of one account in one region."""

    names: Names
    lock: threading.RLock = field(default_factory=threading.RLock)
    changed: threading.Event = field(default_factory=threading.Event)
    """Set when the scheduler should look again at once."""
    clusters: dict[str, dict[str, Any]] = field(default_factory=dict)
    definitions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Every revision of a family, in order."""
    services: dict[str, Service] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)

    def tasks_of(self, service: Service) -> list[Task]:
        """Its tasks that have not stopped."""
        return [task for task in self.tasks.values() if task.service_arn == service.arn and task.last_status != "STOPPED"]

    def definition(self, arn: str) -> dict[str, Any]:
        """The revision of a task definition that has this ARN."""
        family, _, revision = last_part(arn).rpartition(":")
        return self.definitions[family][int(revision) - 1]

    def note_digest(self, task: Task, container: str, digest: str) -> None:
        """The image of a task has been pulled: later tasks of the same deployment use the very same."""
        with self.lock:
            task.digest = digest
            service = self.services.get(task.service_arn or "")
            for deployment in service.revisions if service else ():
                if deployment.id == task.deployment:
                    deployment.digests.setdefault(container, digest)

    def add_task(self, task: Task) -> None:
        """Remember a task, and forget the oldest of those that stopped long ago."""
        self.tasks[task.arn] = task
        stopped = [old.arn for old in self.tasks.values() if old.last_status == "STOPPED"]
        for arn in stopped[:-STOPPED_TASKS_KEPT]:
            del self.tasks[arn]
