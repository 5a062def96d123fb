"""ECS without an engine: the test plays the tasks and turns the scheduler by hand."""

import time
from collections.abc import Sequence
from typing import Any

from tests.rehearsal.ecs.api import Api
from tests.rehearsal.ecs.names import Names
from tests.rehearsal.ecs.ports import AlarmState
from tests.rehearsal.ecs.scheduler import Scheduler
from tests.rehearsal.ecs.state import State, Task
from tests.rehearsal.ecs.test_registration import GOOD

ACCOUNT, REGION = "471112588210", "ap-northeast-2"
GROUP = "arn:aws:elasticloadbalancing:ap-northeast-2:471112588210:targetgroup/lms/0123456789abcdef"
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}}
BREAKER = {"enable": True, "rollback": True, "resetOnHealthyTask": False, "thresholdConfiguration": {"type": "COUNT", "value": 2}}


class Balancer:
    """Finds every target healthy."""

    def register(self, target_group_arn: str, address: str, port: int) -> None:
        """Nothing to do."""

    def deregister(self, target_group_arn: str, address: str, port: int) -> None:
        """Nothing to do."""

    def health(self, target_group_arn: str, address: str, port: int) -> str:
        """Always well."""
        return "healthy"

    def deregistration_delay(self, target_group_arn: str) -> float:
        """None."""
        return 0.0


class Alarms:
    """Those that the test lets fire, each over five minutes."""

    def __init__(self) -> None:
        self.firing: set[str] = set()

    def look(self, names: Sequence[str]) -> list[AlarmState]:
        """All of them are there."""
        return [AlarmState(name, name in self.firing, 300) for name in names]


class World:
    """ECS without an engine: the test plays the tasks and turns the scheduler by hand."""

    def __init__(self) -> None:
        self.state = State(Names(ACCOUNT, REGION))
        self.alarms = Alarms()
        self.scheduler = Scheduler(self.state, Balancer(), self.alarms)
        self.scheduler._begin = self.begin
        self.api = Api(self.state, self.begin)
        self.faulty = False

    def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """One call of the API."""
        return self.api.call(action, body)

    def begin(self, task: Task) -> None:
        """A task runs at once, and is healthy or falls."""
        task.last_status, task.health, task.address = "RUNNING", "HEALTHY", "10.0.0.1"
        task.times["startedAt"] = time.time()
        if self.faulty:
            task.ask_to_stop("EssentialContainerExited", "Essential container in task exited")
            task.last_status, task.exit_code = "STOPPED", 1
            self.scheduler.failed(task)

    def turn(self, rounds: int = 6) -> None:
        """Let the scheduler look, and stop what it asked to stop."""
        for _ in range(rounds):
            for service in list(self.state.services.values()):
                self.scheduler.round(service)
            for task in self.state.tasks.values():
                if task.desired_status == "STOPPED":
                    task.last_status = "STOPPED"
                    task.times.setdefault("stoppedAt", time.time())


class Door:
    """Leads to the world of the test that runs: a client costs too much to make one for each."""

    world: World

    def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """One call of the API."""
        return self.world.call(action, body)


def register(ecs: Any) -> str:
    """The next revision of the good definition."""
    return str(ecs.register_task_definition(**GOOD)["taskDefinition"]["taskDefinitionArn"])


def create(ecs: Any, **changes: Any) -> dict[str, Any]:
    """The service, as the stack makes it."""
    return dict(
        ecs.create_service(
            cluster="lms-ecs",
            serviceName="lms-ecs-service",
            taskDefinition=register(ecs),
            desiredCount=2,
            launchType="FARGATE",
            networkConfiguration=NETWORK,
            loadBalancers=[{"targetGroupArn": GROUP, "containerName": "lms-ecs", "containerPort": 8000}],
            **{"deploymentConfiguration": {"deploymentCircuitBreaker": BREAKER}, **changes},
        )["service"]
    )


def update(ecs: Any, **changes: Any) -> dict[str, Any]:
    """A change to the service."""
    return dict(ecs.update_service(cluster="lms-ecs", service="lms-ecs-service", **changes)["service"])


def described(ecs: Any) -> dict[str, Any]:
    """The service now."""
    return dict(ecs.describe_services(cluster="lms-ecs", services=["lms-ecs-service"])["services"][0])


def newest(ecs: Any) -> dict[str, Any]:
    """Its newest service deployment, whole."""
    arn = ecs.list_service_deployments(cluster="lms-ecs", service="lms-ecs-service")["serviceDeployments"][0]["serviceDeploymentArn"]
    return dict(ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0])
