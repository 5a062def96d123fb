"""What is refused at registration, and what is filled in."""

import copy
from typing import Any

import pytest

from tests.rehearsal.ecs import registration
from tests.rehearsal.ecs.errors import ApiError

GOOD: dict[str, Any] = {
    "family": "lms-ecs-task",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "executionRoleArn": "arn:aws:iam::471112588210:role/ecsTaskExecutionRole",
    "volumes": [{"name": "tmp"}],
    "containerDefinitions": [
        {
            "name": "lms-ecs",
            "image": "471112588210.dkr.ecr.ap-northeast-2.amazonaws.com/lms-ecs:v1.0.0",
            "portMappings": [{"containerPort": 8000}],
            "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/tmp"}],  # noqa: S108 -- a path in the container
            "secrets": [{"name": "KEY", "valueFrom": "arn:aws:secretsmanager:ap-northeast-2:471112588210:secret:lms-ecs/app-AbCdEf:KEY::"}],
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/lms-ecs"}},
            "healthCheck": {"command": ["CMD", "true"]},
        }
    ],
}


def refusal(*, without: str = "", container: dict[str, Any] | None = None, **changes: Any) -> str:
    """The first fault of the good definition with changes; empty if there is none."""
    definition = copy.deepcopy(GOOD) | changes
    definition.pop(without, None)
    definition["containerDefinitions"][0] |= container or {}
    return next(registration.faults(registration.complete(definition)), "")


def test_a_good_definition_passes() -> None:
    assert not refusal()


def test_the_first_fault_is_the_answer() -> None:
    with pytest.raises(ApiError, match="ClientException: Family contains"):
        registration.check(registration.complete({**GOOD, "family": "lms ecs"}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"memory": "4096"}, "No Fargate configuration exists for given values: 256 CPU, 4096 memory"),
        ({"cpu": "300"}, "No Fargate configuration exists"),
        ({"without": "cpu"}, "Fargate requires that 'cpu' be defined at the task level."),
        ({"networkMode": "bridge"}, "Fargate only supports network mode"),
        ({"without": "executionRoleArn"}, "you must also specify a value for 'executionRoleArn'"),
        ({"without": "executionRoleArn", "container": {"secrets": []}}, "execution role ARN to support ECR images"),
        (
            {"without": "executionRoleArn", "container": {"secrets": [], "image": "nginx"}},
            "execution role ARN to support log driver awslogs",
        ),
        ({"container": {"essential": False}}, "must be essential"),
        ({"container": {"image": ""}}, "Container.image should not be null or empty."),
        ({"volumes": []}, "Unknown volume 'tmp'."),
        (
            {"container": {"portMappings": [{"containerPort": 8000, "hostPort": 80}]}},
            "the host ports and container ports in port mappings must match",
        ),
        ({"container": {"healthCheck": {"command": ["curl", "localhost"]}}}, "HealthCheck.command must begin with"),
        ({"container": {"healthCheck": {"command": ["CMD", "true"], "interval": 1}}}, "HealthCheck.interval"),
        ({"container": {"linuxParameters": {"tmpfs": [{"containerPath": "/t", "size": 1}]}}}, "tmpfs"),
        ({"container": {"stopTimeout": 121}}, "stopTimeout"),
        ({"container": {"privileged": True}}, "privileged"),
        ({"container": {"memory": 1024}}, "cannot be larger"),
        ({"container": {"secrets": [{"name": "A", "valueFrom": "/ssm/name"}]}}, "by full ARN only"),
        ({"family": "lms ecs"}, "Family contains invalid characters"),
    ],
)
def test_what_fargate_refuses_is_refused(change: dict[str, Any], words: str) -> None:
    assert words in refusal(**change)


@pytest.mark.parametrize(
    ("cpu", "memory", "fits"),
    [
        ("256", "2048", True),
        ("0.25 vCPU", "0.5 GB", True),
        (".25 vcpu", "1GB", False),
        ("512", "512", False),
        ("4096", "30720", True),
        ("4096", "30721", False),
    ],
)
def test_cpu_and_memory_must_be_a_pair(cpu: str, memory: str, fits: bool) -> None:
    assert (refusal(cpu=cpu, memory=memory) == "") == fits


def test_defaults_are_filled_in_and_the_original_is_left_alone() -> None:
    given = copy.deepcopy(GOOD)
    container = registration.complete(given)["containerDefinitions"][0]
    assert given == GOOD
    assert container["portMappings"] == [{"containerPort": 8000, "hostPort": 8000, "protocol": "tcp"}]
    assert container["healthCheck"] == {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3}
    assert container["essential"] is True


@pytest.mark.parametrize(
    ("image", "expected"),
    [("471112588210.dkr.ecr.ap-northeast-2.amazonaws.com/lms:1", True), ("127.0.0.1:5000/lms:1", True), ("nginx:1", False)],
)
def test_ecr_is_known_by_its_name_and_on_loopback(image: str, expected: bool) -> None:
    assert registration.is_ecr(image) == expected
