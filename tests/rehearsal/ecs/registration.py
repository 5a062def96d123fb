"""What Fargate refuses when a task definition is registered, and what it fills in."""

import re
from collections.abc import Iterator
from typing import Any

from tests.rehearsal.ecs.errors import client_error

MEMORY_BY_CPU: dict[int, range | tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}
"""Sizes of Fargate tasks: CPU units, MiB."""
ECR = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/")
LOOPBACK = re.compile(r"^(127\.0\.0\.1|localhost):\d+/")
"""Where the rehearsal's ECR answers."""
FAMILY = re.compile(r"^[A-Za-z0-9_-]{1,255}$")
SECRET = re.compile(r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:")
CONTAINER_DEFAULTS: dict[str, Any] = {
    "cpu": 0,
    "portMappings": [],
    "essential": True,
    "environment": [],
    "mountPoints": [],
    "volumesFrom": [],
    "systemControls": [],
}
HEALTH_DEFAULTS = {"interval": 30, "timeout": 5, "retries": 3}
HEALTH_LIMITS = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}


def is_ecr(image: str) -> bool:
    """Whether ECS needs the execution role to pull the image."""
    return bool(ECR.match(image) or LOOPBACK.match(image))


def complete(body: dict[str, Any]) -> dict[str, Any]:
    """The task definition with the defaults that AWS puts in; the original stays as it is."""
    containers = [{**CONTAINER_DEFAULTS, **container} for container in body["containerDefinitions"]]
    for container in containers:
        container["portMappings"] = [
            {**mapping, "hostPort": mapping.get("hostPort") or mapping["containerPort"], "protocol": mapping.get("protocol", "tcp")}
            for mapping in container["portMappings"]
        ]
        if "healthCheck" in container:
            container["healthCheck"] = {**HEALTH_DEFAULTS, **container["healthCheck"]}
    defaults: dict[str, Any] = {"volumes": [], "placementConstraints": []}
    return {**defaults, **body, "containerDefinitions": containers}


def check(definition: dict[str, Any]) -> None:
    """Refuse what Fargate refuses, and loudly what only this rehearsal cannot do.

    Raises ApiError: ``ClientException`` with the first fault.
    """
    for fault in faults(definition):
        raise client_error(fault)


def faults(definition: dict[str, Any]) -> Iterator[str]:
    """Every reason to refuse the definition, the plainest first."""
    if not FAMILY.match(definition["family"]):
        yield "Family contains invalid characters or is too long."
    yield from _task_faults(definition)
    containers = definition["containerDefinitions"]
    if not any(container["essential"] for container in containers):
        yield "At least one container in a task definition must be essential."
    for container in containers:
        yield from _container_faults(container, definition)
        yield from _limit_faults(container, definition)
        yield from _health_faults(container)
        yield from _role_faults(container, definition)
    if len(containers) > 1:
        yield "The rehearsal runs one container per task; this task definition has more."


def _task_faults(definition: dict[str, Any]) -> Iterator[str]:
    if "FARGATE" not in definition.get("requiresCompatibilities", []):
        yield "The rehearsal runs Fargate tasks only: requiresCompatibilities must name FARGATE."
    if definition.get("networkMode") != "awsvpc":
        yield "Fargate only supports network mode ‘awsvpc’."  # noqa: RUF001 -- AWS writes it with these quotes
    for size in ("cpu", "memory"):
        if size not in definition:
            yield f"Fargate requires that '{size}' be defined at the task level."
    if "cpu" in definition and "memory" in definition:
        cpu, memory = task_size(definition)
        if memory not in MEMORY_BY_CPU.get(cpu, ()):
            yield (
                f"No Fargate configuration exists for given values: {definition['cpu']} CPU, {definition['memory']} memory. "
                "See the Amazon ECS documentation for the valid values."
            )
    for volume in definition["volumes"]:
        if set(volume) - {"name", "host"} or volume.get("host"):
            yield f"The rehearsal has empty task volumes only: volume '{volume.get('name')}' asks for more."


def _container_faults(container: dict[str, Any], definition: dict[str, Any]) -> Iterator[str]:
    for field in ("name", "image"):
        if not container.get(field):
            yield f"Container.{field} should not be null or empty."
    volumes = {volume.get("name") for volume in definition["volumes"]}
    for mount in container["mountPoints"]:
        if mount.get("sourceVolume") not in volumes:
            yield f"Unknown volume '{mount.get('sourceVolume')}'."
    for mapping in container["portMappings"]:
        if mapping["hostPort"] != mapping["containerPort"]:
            yield "When networkMode=awsvpc, the host ports and container ports in port mappings must match."


def _limit_faults(container: dict[str, Any], definition: dict[str, Any]) -> Iterator[str]:
    name = container.get("name")
    if container.get("privileged"):
        yield "Tasks using the Fargate launch type do not support setting privileged on containers."
    if (container.get("linuxParameters") or {}).get("tmpfs"):
        yield "The 'tmpfs' parameter is not supported for Fargate launch type."
    if container.get("stopTimeout", 0) > 120:
        yield f"Invalid 'stopTimeout' setting for container '{name}'. The maximum value is 120 seconds."
    if container.get("memory", 0) > task_size(definition)[1] or container["cpu"] > task_size(definition)[0]:
        yield f"Invalid setting for container '{name}'. It cannot be larger than the task's cpu and memory."


def _health_faults(container: dict[str, Any]) -> Iterator[str]:
    check = container.get("healthCheck")
    if check is None:
        return
    if not check["command"] or check["command"][0] not in {"CMD", "CMD-SHELL", "NONE"}:
        yield "HealthCheck.command must begin with CMD, CMD-SHELL or NONE."
    for field, (low, high) in HEALTH_LIMITS.items():
        if not low <= check.get(field, low) <= high:
            yield f"Invalid HealthCheck.{field}: it must be between {low} and {high}."


def _role_faults(container: dict[str, Any], definition: dict[str, Any]) -> Iterator[str]:
    log = container.get("logConfiguration")
    if log and log.get("logDriver") != "awslogs":
        yield f"The rehearsal has the log driver awslogs only, not {log.get('logDriver')}."
    for secret in container.get("secrets", []):
        if not SECRET.match(secret["valueFrom"]):
            yield f"The rehearsal resolves secrets from Secrets Manager by full ARN only, not {secret['valueFrom']}."
    if "executionRoleArn" in definition:
        return
    if container.get("secrets"):
        yield "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
    if is_ecr(container.get("image", "")):
        yield "Fargate requires task definition to have execution role ARN to support ECR images."
    if log:
        yield "Fargate requires task definition to have execution role ARN to support log driver awslogs."


def task_size(definition: dict[str, Any]) -> tuple[int, int]:
    """CPU units and MiB of the task; ``"0.25 vCPU"`` and ``"0.5 GB"`` are understood, zeros stand for anything else."""
    return _units(definition.get("cpu"), "vcpu"), _units(definition.get("memory"), "gb")


def _units(text: str | None, unit: str) -> int:
    words = (text or "0").lower().split()
    try:
        return round(float(words[0]) * 1024) if words[1:] == [unit] else int(text or 0)
    except ValueError:
        return 0
