"""The account as `make infra` makes it: the stacks of infra/ on the embedded AWS, and what that does not carry over by itself."""

import json
import os
import re
import string
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

from commands.names import Names
from commands.report import Failure
from infra import __main__ as command
from infra import account as edge
from infra import apply
from infra.stacks import named, stack_name, template
from tests.github import REPOSITORY
from tests.infra.templates import Template
from tests.rehearsal import policies
from tests.rehearsal.account import ISSUER, clients

UNKNOWN = {
    "foundation": ["IAM::OIDCProvider"],
    "service": ["ApplicationAutoScaling::ScalableTarget", "ApplicationAutoScaling::ScalingPolicy"],
}
"""What the embedded AWS has not; by stack."""


def known(stack: str, names: dict[str, str]) -> str:
    """A template without what the embedded AWS has not. It also knows ExcludePunctuation by another name only."""
    text = template(stack, names)
    for kind in UNKNOWN.get(stack, []):
        text = re.sub(rf"\n  \w+:[^\n]*\n    Type: AWS::{kind}\n(?:.*\n)*?(?=\n)", "", text)
    signs = "".join(sign.replace("'", "''") for sign in string.punctuation)
    text = text.replace("ExcludePunctuation: true", f"ExcludeCharacters: '{signs}'")
    return text.replace("!If [MakesProvider, !Ref Provider, !Ref OidcProvider]", "!Ref OidcProvider")


def owner(endpoint: str, names: Names) -> dict[str, str]:
    """The environment of the account's owner, in that repository."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": names.aws_account_id,
        "AWS_SECRET_ACCESS_KEY": "owner",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_REPOSITORY_ID": str(policies.REPOSITORY_ID),
        "GITHUB_REPOSITORY_OWNER_ID": str(policies.OWNER_ID),
    }


@contextmanager
def signed_in(endpoint: str, names: Names) -> Iterator[None]:
    """Commands of infra meet the embedded AWS, with the templates as it knows them, and need not wait for it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GITHUB_"))}
    with (
        mock.patch.dict(os.environ, kept | owner(endpoint, names), clear=True),
        mock.patch.object(edge, "EVERY", 0.02),
        mock.patch.object(apply, "template", known),
    ):
        yield


def make_infra(endpoint: str, names: Names, **variables: str) -> None:
    """`make infra ARGS=--yes` with these repository variables. Raises Failure if it is red."""
    with signed_in(endpoint, names), mock.patch.dict(os.environ, VARIABLES=json.dumps(variables)):
        if command.main(["apply", "--yes"]):
            raise Failure("make infra ended red")


def create(endpoint: str, names: Names, database_url: str, log: Path) -> None:
    """Make an empty account what the templates say, and give its service a database that is really there.

    What `make infra` says stands in `log`. Raises Failure if it is red.
    """
    client = clients(endpoint, names)
    client("iam").create_open_id_connect_provider(Url=ISSUER, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40])
    with log.open("w") as said, redirect_stdout(said), redirect_stderr(said):
        make_infra(endpoint, names)
    _registry(client, names)
    _service(client, names)
    _database(client("secretsmanager"), names, database_url)
    for role, policy in policies.mended(names).items():
        client("iam").put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=json.dumps(policy))


def _made(client: Any, names: Names, stack: str, *resources: str) -> list[dict[str, Any]]:
    """The properties of these resources, as CloudFormation hands them to a service's own API."""
    formation = client("cloudformation")
    listed = formation.describe_stack_resources(StackName=stack_name(stack))["StackResources"]
    values = edge.values(edge.stack_of(formation, stack)) | {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed}
    found = Template(known(stack, named(names)), values, names.aws_account_id, names.aws_region).resources
    return [lowered(found[name]["Properties"]) for name in resources]


def _registry(client: Any, names: Names) -> None:
    """What CloudFormation here forgets of a repository."""
    (images,) = _made(client, names, "foundation", "Images")
    kept = {name: images[name] for name in ("repositoryName", "imageTagMutability", "imageTagMutabilityExclusionFilters")}
    filters = [
        {"filterType": one["imageTagMutabilityExclusionFilterType"], "filter": one["imageTagMutabilityExclusionFilterValue"]}
        for one in kept["imageTagMutabilityExclusionFilters"]
    ]
    client("ecr").put_image_tag_mutability(**kept | {"imageTagMutabilityExclusionFilters": filters})


def _service(client: Any, names: Names) -> None:
    """Cluster, revision and service of the stack in the ECS that runs containers: CloudFormation here knows another one only."""
    cluster, bootstrap, service = _made(client, names, "service", "Cluster", "Bootstrap", "Service")
    ecs = client("ecs")
    ecs.create_cluster(clusterName=cluster["clusterName"])
    revision = ecs.register_task_definition(**bootstrap)["taskDefinition"]["taskDefinitionArn"]
    ecs.create_service(**service | {"cluster": cluster["clusterName"], "taskDefinition": revision})


def _database(manager: Any, names: Names, url: str) -> None:
    """The secret leads to a database that the embedded AWS only pretends to have: here it leads to a real one."""
    value = json.loads(manager.get_secret_value(SecretId=names.secret_name)["SecretString"]) | {"DATABASE_URL": url}
    manager.put_secret_value(SecretId=names.secret_name, SecretString=json.dumps(value))


def lowered(value: Any) -> Any:
    """What CloudFormation hands to a service's own API: the same with small first letters."""
    if isinstance(value, list):
        return [lowered(each) for each in value]
    return {key[0].lower() + key[1:]: lowered(each) for key, each in value.items()} if isinstance(value, dict) else value
