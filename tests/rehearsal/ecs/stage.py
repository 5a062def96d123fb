"""A stage for the tests with an engine: a client of ECS and everything that it touches."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.rehearsal.ecs import stand

ACCOUNT, REGION, LOG_GROUP, NETWORK = "471112588210", "ap-northeast-2", "/ecs/lms-ecs", "ecs-dev"
GROUP = "arn:aws:elasticloadbalancing:ap-northeast-2:471112588210:targetgroup/lms/0123456789abcdef"
SUBNETS = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/"
BREAKER = {"enable": True, "rollback": True, "resetOnHealthyTask": False, "thresholdConfiguration": {"type": "COUNT", "value": 2}}
CONFIGURATION = {"minimumHealthyPercent": 100, "maximumPercent": 200, "deploymentCircuitBreaker": BREAKER}


@dataclass
class Stage:
    """Everything that a test may touch."""

    docker: Any
    ecs: Any
    logs: Any
    image: str
    secret: str
    balancer: stand.Balancer
    services: list[str] = field(default_factory=list)

    def definition(self, environment: dict[str, str] | None = None, **container: Any) -> str:
        """Register the test image with faults chosen by variables, or anything else of the container."""
        options = {"awslogs-group": LOG_GROUP, "awslogs-stream-prefix": "ecs", "awslogs-region": REGION}
        whole = {
            "name": "lms-ecs",
            "image": self.image,
            "portMappings": [{"containerPort": stand.PORT}],
            "environment": [{"name": name, "value": value} for name, value in (environment or {}).items()],
            "logConfiguration": {"logDriver": "awslogs", "options": options},
            "healthCheck": {"command": ["CMD-SHELL", stand.CHECK], "interval": 5, "timeout": 4, "retries": 2},
            "stopTimeout": 3,
            **container,
        }
        registered = self.ecs.register_task_definition(
            family="lms-ecs-task",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=f"{ROLE}ecsTaskExecutionRole",
            taskRoleArn=f"{ROLE}{whole.pop('role', 'ecsTaskRole')}",
            volumes=[{"name": "scratch"}],
            containerDefinitions=[whole],
        )
        return str(registered["taskDefinition"]["taskDefinitionArn"])

    def serve(self, definition: str, name: str, *, balanced: bool = True, count: int = 2) -> None:
        """Create a service; it is deleted after the test."""
        balancers = [{"targetGroupArn": GROUP, "containerName": "lms-ecs", "containerPort": stand.PORT}]
        self.ecs.create_service(
            cluster="lms-ecs",
            serviceName=name,
            taskDefinition=definition,
            desiredCount=count,
            launchType="FARGATE",
            networkConfiguration=SUBNETS,
            loadBalancers=balancers if balanced else [],
            healthCheckGracePeriodSeconds=4,
            deploymentConfiguration=CONFIGURATION,
        )
        self.services.append(name)

    def service(self, name: str) -> dict[str, Any]:
        """The service now."""
        return dict(self.ecs.describe_services(cluster="lms-ecs", services=[name])["services"][0])

    def settled(self, name: str, seconds: float = 60) -> dict[str, Any]:
        """The service once it has come to rest."""

        def look() -> dict[str, Any] | None:
            service = self.service(name)
            rest = service["events"][0]["message"].endswith("steady state.") if service["events"] else False
            return service if rest and [item["rolloutState"] for item in service["deployments"]] == ["COMPLETED"] else None

        return dict(until(look, seconds))

    def deployment(self, name: str) -> dict[str, Any]:
        """Its newest service deployment."""
        return dict(self.ecs.list_service_deployments(cluster="lms-ecs", service=name)["serviceDeployments"][0])

    def tasks(self, name: str, status: str = "RUNNING") -> list[dict[str, Any]]:
        """Its tasks."""
        arns = self.ecs.list_tasks(cluster="lms-ecs", serviceName=name, desiredStatus=status)["taskArns"]
        return list(self.ecs.describe_tasks(cluster="lms-ecs", tasks=arns)["tasks"]) if arns else []

    def run(self, definition: str, **overrides: Any) -> dict[str, Any]:
        """A task of its own, once it has stopped."""
        changes = {"containerOverrides": [{"name": "lms-ecs", **overrides}]}
        task = self.ecs.run_task(cluster="lms-ecs", taskDefinition=definition, networkConfiguration=SUBNETS, overrides=changes)["tasks"][0]

        def look() -> dict[str, Any] | None:
            now = self.ecs.describe_tasks(cluster="lms-ecs", tasks=[task["taskArn"]])["tasks"][0]
            return now if now["lastStatus"] == "STOPPED" else None

        return dict(until(look, 40))

    def output(self, task: dict[str, Any]) -> list[str]:
        """What the task wrote to its log stream."""
        stream = f"ecs/lms-ecs/{task['taskArn'].rpartition('/')[2]}"
        return [event["message"] for event in self.logs.get_log_events(logGroupName=LOG_GROUP, logStreamName=stream)["events"]]

    def container(self, task: dict[str, Any]) -> Any:
        """The container of a task."""
        return self.docker.containers.get(f"lms-ecs-{task['taskArn'].rpartition('/')[2]}")


def until(look: Callable[[], Any], seconds: float) -> Any:
    """What `look` says as soon as it says something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"nothing after {seconds} seconds")


def address_of(task: dict[str, Any]) -> str:
    """Where a task answers."""
    return str(task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"])
