"""From a task definition to the container that Docker is asked for: plain values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.rehearsal.ecs.registration import task_size

LABEL = "nations-lab-lms.rehearsal"
TASK_LABEL = "nations-lab-lms.rehearsal.task"
SECOND = 10**9


@dataclass(frozen=True)
class Check:
    """A container health check; times in seconds. An empty command switches the image's own off, as ECS does."""

    command: tuple[str, ...] = ("NONE",)
    interval: int = 30
    timeout: int = 5
    retries: int = 3
    start_period: int = 0


@dataclass(frozen=True)
class Mount:
    """An empty volume at a path: Docker fills it from the image, so that the path's owner and mode survive."""

    path: str
    read_only: bool


@dataclass(frozen=True)
class ContainerSpec:
    """All that Docker must know to run one task's container."""

    name: str
    image: str
    environment: Mapping[str, str]
    labels: Mapping[str, str]
    nano_cpus: int
    memory: int
    """Bytes; there is no swap beyond it."""
    command: tuple[str, ...] | None = None
    entry_point: tuple[str, ...] | None = None
    working_directory: str | None = None
    user: str | None = None
    read_only: bool = False
    init: bool = False
    check: Check = field(default_factory=Check)
    mounts: tuple[Mount, ...] = ()
    drop: tuple[str, ...] = ()
    ulimits: tuple[tuple[str, int, int], ...] = ()


def specify(
    task_id: str, definition: Mapping[str, Any], overrides: Mapping[str, Any], image: str, environment: Mapping[str, str]
) -> ContainerSpec:
    """The container of one task; `image` is what was pulled, `environment` what :func:`environment_of` says."""
    container = definition["containerDefinitions"][0]
    cpu, memory = task_size(dict(definition))
    override = override_for(container["name"], overrides)
    linux = container.get("linuxParameters") or {}
    return ContainerSpec(
        name=f"lms-ecs-{task_id}",
        image=image,
        environment=dict(environment),
        labels={**container.get("dockerLabels", {}), LABEL: "1", TASK_LABEL: task_id},
        nano_cpus=cpu * SECOND // 1024,
        memory=min(memory, container.get("memory") or memory) * 1024 * 1024,
        command=_words(override.get("command") or container.get("command")),
        entry_point=_words(container.get("entryPoint")),
        working_directory=container.get("workingDirectory"),
        user=container.get("user"),
        read_only=container.get("readonlyRootFilesystem", False),
        init=linux.get("initProcessEnabled", False),
        check=_check(container.get("healthCheck")),
        mounts=tuple(Mount(mount["containerPath"], mount.get("readOnly", False)) for mount in container["mountPoints"]),
        drop=tuple((linux.get("capabilities") or {}).get("drop", ())),
        ulimits=tuple((limit["name"], limit["softLimit"], limit["hardLimit"]) for limit in container.get("ulimits", ())),
    )


def environment_of(
    definition: Mapping[str, Any],
    overrides: Mapping[str, Any],
    *,
    common: Mapping[str, str],
    secrets: Mapping[str, str],
    credentials: Mapping[str, str],
) -> dict[str, str]:
    """The container's variables: what every task gets, the definition's own, secrets, overrides of this task, credentials."""
    container = definition["containerDefinitions"][0]
    override = override_for(container["name"], overrides)
    own = {pair["name"]: pair.get("value", "") for pair in container["environment"]}
    overridden = {pair["name"]: pair.get("value", "") for pair in override.get("environment", ())}
    return {**common, **own, **secrets, **overridden, **credentials}


def override_for(container: str, overrides: Mapping[str, Any]) -> Mapping[str, Any]:
    """What this task changes in the container; empty if nothing."""
    return next((item for item in overrides.get("containerOverrides", ()) if item.get("name") == container), {})


def split_image(image: str) -> tuple[str, str, str]:
    """Repository, tag and digest of an image's name; what is not there is empty."""
    name, _, digest = image.partition("@")
    folder, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return f"{folder}{slash}{last}", tag, digest


def stop_timeout(definition: Mapping[str, Any]) -> int:
    """Seconds between SIGTERM and SIGKILL."""
    return int(definition["containerDefinitions"][0].get("stopTimeout", 30))


def _words(words: list[str] | None) -> tuple[str, ...] | None:
    return tuple(words) if words else None


def _check(check: Mapping[str, Any] | None) -> Check:
    if check is None:
        return Check()
    return Check(tuple(check["command"]), check["interval"], check["timeout"], check["retries"], check.get("startPeriod", 0))
