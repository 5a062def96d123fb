"""An ECS in which one deployment of ours goes through the states that a test names."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.rollout import Target
from tests.pipeline.conftest import Script

HEAD = "arn:aws:ecs:ap-northeast-2:471112588210"
OURS, OLD = f"{HEAD}:task-definition/lms-ecs-task:7", f"{HEAD}:task-definition/lms-ecs-task:6"
TARGET = Target("lms-ecs", "lms-ecs-service", OURS, "lms-ecs")
BEGAN = datetime(2026, 11, 1, 12, tzinfo=UTC)
DIGEST = "sha256:d"


def arn(kind: str, end: str) -> str:
    """Of a service deployment or revision."""
    return f"{HEAD}:service-{kind}/lms-ecs/lms-ecs-service/{end}"


def listed(end: str, status: str = "IN_PROGRESS", minutes: int = 0) -> dict[str, Any]:
    """A service deployment in the list; it has a revision of the same name."""
    return {
        "serviceDeploymentArn": arn("deployment", end),
        "targetServiceRevisionArn": arn("revision", end),
        "status": status,
        "createdAt": BEGAN + timedelta(minutes=minutes),
    }


def described(status: str, **more: Any) -> dict[str, Any]:
    """The answer for ours."""
    one: dict[str, Any] = {"serviceDeploymentArn": arn("deployment", "new"), "status": status, "createdAt": BEGAN}
    return {"serviceDeployments": [one | more]}


def task(end: str, status: str = "STOPPED", *, minutes: int = 1, definition: str = OURS, **more: Any) -> dict[str, Any]:
    """A task of the service, with one of AWS's own containers."""
    own: dict[str, Any] = {"name": "lms-ecs", **{name: more.pop(name) for name in ("exitCode", "reason", "imageDigest") if name in more}}
    times = {"createdAt": BEGAN + timedelta(minutes=minutes), "stoppedAt": BEGAN + timedelta(minutes=minutes + 1)}
    containers = [{"name": "aws-guardduty-agent", "exitCode": 0}, own]
    return {
        "taskArn": f"{HEAD}:task/lms-ecs/{end}",
        "taskDefinitionArn": definition,
        "lastStatus": status,
        "containers": containers,
        **times,
        **more,
    }


def event(message: str, minutes: int = 1) -> dict[str, Any]:
    """An event of the service."""
    return {"id": message, "createdAt": BEGAN + timedelta(minutes=minutes), "message": message}


RUN = task("run", "RUNNING", imageDigest=DIGEST)
REVISIONS = {
    "serviceRevisions": [{"serviceRevisionArn": arn("revision", end), "taskDefinition": of} for end, of in (("new", OURS), ("old", OLD))]
}


def cluster(*states: dict[str, Any], **answers: list[Any]) -> Script:
    """An ECS in which our deployment goes through these states; nothing has stopped, and two tasks run at the end."""
    usual: dict[str, list[Any]] = {
        "list_service_deployments": [{"serviceDeployments": [listed("old", "SUCCESSFUL", -60), listed("new")]}],
        "describe_service_revisions": [REVISIONS],
        "describe_service_deployments": list(states) or [described("SUCCESSFUL")],
        "describe_services": [{"services": [{"events": [event("new"), event("before", -1)]}]}],
        "list_tasks": [{"taskArns": ["t"]}],
        "describe_tasks": [{"tasks": [RUN, RUN]}],
        "stop_service_deployment": [{"serviceDeploymentArn": arn("deployment", "new")}],
    }
    return Script("ecs", **(usual | answers))


def classic(state: str, definition: str = OURS) -> dict[str, Any]:
    """The answer of DescribeServices for a service with one deployment."""
    one = {
        "id": "ecs-svc/1",
        "taskDefinition": definition,
        "createdAt": BEGAN,
        "failedTasks": 1,
        **({"rolloutState": state} if state else {}),
    }
    return {"services": [{"deployments": [one], "events": []}]}
