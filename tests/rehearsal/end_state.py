"""What a push leaves behind in the account, in words that two pushes can be compared by."""

import json
from pathlib import Path
from typing import Any

from commands.names import Names
from tests.rehearsal.account import clients
from tests.rehearsal.places import STATE

MOMENTARY = ("taskDefinitionArn", "revision", "registeredAt", "registeredBy")


def of(endpoint: str, names: Names, commit: str) -> dict[str, Any]:
    """Service, task definition, migration's task definition, image and sign-ins after the push of `commit`, whose name is taken out."""
    client = clients(endpoint, names)
    ecs, ecr = client("ecs"), client("ecr")
    service = ecs.describe_services(cluster=names.ecs_cluster, services=[names.ecs_service])["services"][0]
    migration = ecs.list_task_definitions(familyPrefix=f"{_family(service)}-migrate", sort="DESC")["taskDefinitionArns"][0]
    image = ecr.batch_get_image(repositoryName=names.ecr_repository, imageIds=[{"imageTag": f"sha-{commit}"}])["images"][0]
    latest = ecr.batch_get_image(repositoryName=names.ecr_repository, imageIds=[{"imageTag": "latest"}])["images"][0]
    config = Path(STATE / "docker-config" / "config.json")
    state = {
        "definition": _definition(ecs, service["taskDefinition"]),
        "migration": _definition(ecs, migration),
        "counts": {name: service[name] for name in ("desiredCount", "runningCount", "pendingCount")},
        "deployments": [(one["status"], one["rolloutState"]) for one in service["deployments"]],
        "manifest": json.loads(image["imageManifest"])["mediaType"],
        "latest is it": latest["imageId"]["imageDigest"] == image["imageId"]["imageDigest"],
        "still signed in": list(json.loads(config.read_text()).get("auths", {})) if config.exists() else [],
    }
    named: dict[str, Any] = json.loads(json.dumps(state).replace(commit, "COMMIT"))
    return named


def _family(service: dict[str, Any]) -> str:
    return str(service["taskDefinition"].rpartition("/")[2].partition(":")[0])


def _definition(ecs: Any, arn: str) -> dict[str, Any]:
    found = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return {name: value for name, value in found.items() if name not in MOMENTARY}
