"""prepare: everything that the official render action puts into task-definition.json, looked up before anything changes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.aws import Cloud, named
from commands.names import PASSED_ON, TASK_DEFINITION, Names, container_of, read_definition, variables
from commands.report import Failure, output, say
from commands.verbs import Found, Options, option, takes
from pipeline import registry

COMMIT_LABEL = "commit"
"""The label of a task definition's container that says which commit it runs."""
FIRST_TASKS = 2
"""How many tasks the first deploy starts: a service is created idle, because its image does not exist yet."""


@dataclass(frozen=True)
class Running:
    """What the service runs before this deploy; empty strings if it never ran anything of ours."""

    image: str
    commit: str
    revision: str


def secrets(definition: Mapping[str, Any], arn: str) -> str:
    """The render action's `secrets`: each one's whole ARN, whose random suffix nobody can commit."""
    entries = container_of(definition)["secrets"]
    if bad := [entry["name"] for entry in entries if not re.fullmatch(r"(?:[^:]+:){7}[^:]+::", entry["valueFrom"])]:
        raise Failure(f"{TASK_DEFINITION}: the secret {bad[0]} must be arn:...:secret:NAME:KEY::", file=TASK_DEFINITION)
    return "\n".join(f"{entry['name']}={arn}:{entry['valueFrom'].split(':')[7]}::" for entry in entries)


def environment(names: Names, given: Mapping[str, str]) -> str:
    """The render action's `environment-variables`: addresses, and the settings that repository variables pass on."""
    settings = {"BASE_URL": names.base_url, "STORAGE_URL": names.storage_url}
    settings |= {name: given[name].strip() for name in PASSED_ON if given.get(name, "").strip()}
    if bad := [name for name, value in settings.items() if "\n" in value or "\r" in value]:
        raise Failure(f"the repository variable {bad[0]} must be one line")
    return "\n".join(f"{name}={value}" for name, value in settings.items())


def describe_service(ecs: Any, names: Names) -> dict[str, Any]:
    """The service. Raises Failure if it is not there or not active."""
    with named(f"describe the service {names.ecs_service}"):
        found = ecs.describe_services(cluster=names.ecs_cluster, services=[names.ecs_service])["services"]
    active = [service for service in found if service["status"] == "ACTIVE"]
    if not active:
        raise Failure(f"the cluster {names.ecs_cluster} has no active service {names.ecs_service}")
    service: dict[str, Any] = active[0]
    return service


def current(ecs: Any, service: Mapping[str, Any]) -> dict[str, Any]:
    """The task definition that the service is set to run."""
    with named("describe the running task definition"):
        return dict(ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"])


def running(ecs: Any, service: Mapping[str, Any]) -> Running:
    """What that service is set to run now."""
    container = current(ecs, service)["containerDefinitions"][0]
    revision = service["taskDefinition"].rpartition("/")[2]
    return Running(container["image"].rpartition("/")[2], container.get("dockerLabels", {}).get(COMMIT_LABEL, ""), revision)


def desired_count(service: Mapping[str, Any], before: Running) -> str:
    """The deploy action's `desired-count`: FIRST_TASKS for a service that is idle because nothing was ever deployed, else nothing."""
    return str(FIRST_TASKS) if not before.commit and not service["desiredCount"] else ""


def megabytes(ecr: Any, names: Names, image: str) -> float | None:
    """The size of an image that runs already; None if the registry does not say it any more."""
    try:
        stored = registry.find(ecr, names.ecr_repository, image.partition(":")[2])
    except Failure:
        return None  # it is told, and decides nothing
    return stored.megabytes if stored else None


def secret_arn(secrets_manager: Any, names: Names) -> str:
    """The whole ARN of the app's secret; its value is never asked for. Raises Failure if it is not there."""
    with named(f"describe the secret {names.secret_name}"):
        arn: str = secrets_manager.describe_secret(SecretId=names.secret_name)["ARN"]
    return arn


@takes(option("--tag"), option("--digest"), option("--commit"))
def main(options: Options, found: Found) -> None:
    """Look up everything that goes into the task definition, and prove the image's digest, before anything changes."""
    cloud, definition = Cloud(), read_definition(Path(TASK_DEFINITION))
    names, ecs = cloud.names, cloud("ecs")
    service = describe_service(ecs, names)
    before = running(ecs, service)
    found |= {"from_image": before.image if before.commit else "", "from_commit": before.commit, "digest": options.digest}
    found["megabytes"] = registry.exactly(cloud("ecr"), names.ecr_repository, options.tag, options.digest).megabytes
    found["megabytes_before"] = megabytes(cloud("ecr"), names, before.image) if before.commit else None
    output(
        {
            "secrets": secrets(definition, secret_arn(cloud("secretsmanager"), names)),
            "environment": environment(names, variables()),
            "log-options": f"awslogs-group={names.log_group}\nawslogs-region={names.aws_region}",
            "desired-count": desired_count(service, before),
            "running": before.revision if before.commit else "",
            "labels": f"{COMMIT_LABEL}={options.commit}",
        }
    )
    say(f"prepare: {found['from_image'] or 'nothing'} -> {names.ecr_repository}:{options.tag} ({options.digest})")
