"""What ECS says of one deployment: read by watch while it goes on, by verdict when it has failed. Nothing here changes anything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from commands.aws import named
from commands.names import Names
from commands.report import Failure

ENDED = ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")
REVISIONS = 20
"""DescribeServiceRevisions takes no more at once."""
CLASSIC = {"COMPLETED": "SUCCESSFUL", "FAILED": "STOPPED"}
"""What DescribeServices calls the states of ListServiceDeployments, for services or roles that do not have those."""

EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Target:
    """What was deployed where. Each deploy registers a task definition of its own, so its ARN names the deployment; empty is any.

    Only deployments begun after `since` count: one that goes back deploys a task definition a second time.
    """

    cluster: str
    service: str
    definition: str
    container: str
    since: datetime = EVER

    @classmethod
    def of(cls, names: Names, definition: str) -> "Target":
        """That task definition in the service of these names."""
        return cls(names.ecs_cluster, names.ecs_service, definition, names.ecs_container)


@dataclass(frozen=True)
class Deployment:
    """One attempt to bring the service to our task definition. `alarms` are those that fired, `good` is what to go back to."""

    arn: str
    status: str
    began: datetime
    reason: str = ""
    failed: int = 0
    alarms: tuple[str, ...] = ()
    superseded: bool = False
    good: str = ""

    def __str__(self) -> str:
        return f"deployment {self.arn.rpartition('/')[2]}: {self.status}{self.reason and ': '}{self.reason}"


@dataclass(frozen=True)
class Stopped:
    """A task that has ended; `container` is the container's own reason."""

    id: str
    code: str
    reason: str
    container: str = ""
    exit_code: int | None = None

    def __str__(self) -> str:
        code = "" if self.exit_code is None else f"exit code {self.exit_code}"
        return f"task {self.id[:8]} stopped: {'; '.join(part for part in (self.code, self.reason, self.container, code) if part)}"

    @property
    def at_fault(self) -> bool:
        """It failed, unlike those that the scheduler or a person takes away."""
        return self.code in ("EssentialContainerExited", "TaskFailedToStart") or "health checks" in self.reason


def every(call: Callable[..., Any], key: str, **request: Any) -> list[Any]:
    """What all pages of a list hold."""
    page = call(**request)
    found: list[Any] = page[key]
    return found + (every(call, key, **request | {"nextToken": page["nextToken"]}) if page.get("nextToken") else [])


def find(ecs: Any, target: Target) -> Deployment | None:
    """The newest deployment of our task definition, or None while there is none."""
    try:
        with named("find the deployment"):
            listed = every(ecs.list_service_deployments, "serviceDeployments", cluster=target.cluster, service=target.service)
            newest = sorted(listed, key=lambda one: one["createdAt"], reverse=True)[:REVISIONS]
            arns = sorted({one["targetServiceRevisionArn"] for one in newest})
            known = ecs.describe_service_revisions(serviceRevisionArns=arns)["serviceRevisions"] if arns else []
            runs = {one["serviceRevisionArn"]: one["taskDefinition"] for one in known}
            tried = [(runs.get(one["targetServiceRevisionArn"], ""), one["status"], one["serviceDeploymentArn"]) for one in newest]
            at = next((number for number, one in enumerate(tried) if target.definition in ("", one[0])), None)
            if at is None or newest[at]["createdAt"] <= target.since:
                return None
            answer = ecs.describe_service_deployments(serviceDeploymentArns=[tried[at][2]])["serviceDeployments"][0]
    except Failure as problem:
        if not any(code in str(problem) for code in ("UnsupportedFeatureException", "AccessDeniedException")):
            raise
        return _classic(ecs, target)
    good = (one[0] for one in tried[at:] if one[1] == "SUCCESSFUL")
    alarms, breaker = answer.get("alarms", {}), answer.get("deploymentCircuitBreaker", {})
    return Deployment(
        arn=tried[at][2],
        status=answer["status"],
        began=answer["createdAt"],
        reason=answer.get("statusReason", ""),
        failed=breaker.get("failureCount", 0),
        alarms=tuple(alarms.get("triggeredAlarmNames") or ["unnamed"]) if alarms.get("status") == "TRIGGERED" else (),
        superseded=at > 0 and answer["status"] == "STOPPED" and "TRIGGERED" not in (alarms.get("status"), breaker.get("status")),
        good=next((one for one in good if one not in ("", target.definition) and "-bootstrap:" not in one), ""),
    )


def _service(ecs: Any, target: Target) -> dict[str, Any]:
    with named(f"describe the service {target.service}"):
        found: list[dict[str, Any]] = ecs.describe_services(cluster=target.cluster, services=[target.service])["services"]
    return found[0] if found else {}


def _classic(ecs: Any, target: Target) -> Deployment | None:
    for one in _service(ecs, target).get("deployments", []):
        if target.definition in ("", one["taskDefinition"]) and one["createdAt"] > target.since:
            state = CLASSIC.get(one.get("rolloutState", ""), "IN_PROGRESS")
            return Deployment(one["id"], state, one["createdAt"], one.get("rolloutStateReason", ""), one.get("failedTasks", 0))
    return None


def events(ecs: Any, target: Target, since: datetime) -> list[str]:
    """What ECS said of the service since then, oldest first."""
    return [event["message"] for event in _service(ecs, target).get("events", []) if event["createdAt"] >= since][::-1]


def tasks(ecs: Any, target: Target, status: str, **which: str) -> list[dict[str, Any]]:
    """The tasks of the service (or of a `family`) that are wanted RUNNING or STOPPED."""
    with named("describe the tasks"):
        arns = every(ecs.list_tasks, "taskArns", cluster=target.cluster, desiredStatus=status, **(which or {"serviceName": target.service}))
        parts = [arns[start : start + 100] for start in range(0, len(arns), 100)]
        return [task for part in parts for task in ecs.describe_tasks(cluster=target.cluster, tasks=part)["tasks"]]


def container(task: Mapping[str, Any], target: Target) -> Mapping[str, Any]:
    """Our container of a task: AWS may add containers of its own."""
    return next((one for one in task["containers"] if one["name"] == target.container), {})


def ended(task: Mapping[str, Any], target: Target) -> Stopped:
    """How that task ended."""
    own = container(task, target)
    said = task["taskArn"].rpartition("/")[2], task.get("stopCode", ""), task.get("stoppedReason", "")
    return Stopped(*said, own.get("reason", ""), own.get("exitCode"))


def stopped(found: list[dict[str, Any]], target: Target) -> list[Stopped]:
    """Those of these tasks that have ended, oldest first."""
    over = [task for task in found if task["lastStatus"] == "STOPPED"]
    return [ended(task, target) for task in sorted(over, key=lambda task: task["stoppedAt"])]


def ours(ecs: Any, target: Target, found: Deployment) -> list[Stopped]:
    """The tasks of this deployment alone that have ended, oldest first."""
    over = tasks(ecs, target, "STOPPED")
    return stopped([one for one in over if one["taskDefinitionArn"] == target.definition and one["createdAt"] >= found.began], target)
