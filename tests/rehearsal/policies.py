"""The roles as infra's templates make them: whom they trust, and the least they need. A rehearsal runs under these very policies."""

from typing import Any

from commands.names import Names
from infra.stacks import named
from tests.infra.templates import Template, read

Policy = dict[str, Any]
Role = tuple[str, str]
"""A role's template, and its name in there."""
GITHUB = "token.actions.githubusercontent.com"
OWNER_ID, REPOSITORY_ID = 4711, 1147
"""GitHub's numbers of the rehearsal's owner and repository."""

BUILD, DEPLOY, RELEASE, READ = (("foundation", name) for name in ("Build", "Deploy", "Release", "Read"))
INFRA, BOUNDARY = ("boundary", "Infra"), ("boundary", "Boundary")
EXECUTION, TASK = ("service", "Execution"), ("service", "Task")
ROLES: list[Role] = [BUILD, DEPLOY, RELEASE, READ, EXECUTION, TASK]


def _properties(role: Role, names: Names, **given: str) -> Policy:
    template = Template(read()[role[0]], {**named(names), **given}, names.aws_account_id, names.aws_region)
    properties: Policy = template.resources[role[1]]["Properties"]
    return properties


def filled(role: Role, names: Names) -> Policy:
    """What that role may, with this account's names in it; the infra role whatever its boundary lets it."""
    (policy,) = [_properties(BOUNDARY, names)] if role == INFRA else _properties(role, names)["Policies"]
    document: Policy = policy["PolicyDocument"]
    return document


def name_of(role: Role, names: Names) -> str:
    """What that role is called in this account."""
    name: str = _properties(role, names)["RoleName"]
    return name


def roles(names: Names, provider: str, repository: str) -> dict[str, tuple[Policy, Policy]]:
    """Each role by its name: whom it trusts, and what it may. `provider` is the ARN of GitHub's."""
    owner, _, name = repository.partition("/")
    given = {"Owner": owner, "Repository": name, "OwnerId": str(OWNER_ID), "RepositoryId": str(REPOSITORY_ID)}
    given |= {"OidcProvider": provider, "Provider": provider}
    found = [(_properties(role, names, **given), filled(role, names)) for role in [*ROLES, INFRA]]
    for statement in (one for _, policy in found for one in policy["Statement"] if one["Action"] == ["logs:GetLogEvents"]):
        group = statement["Resource"]
        statement["Resource"] = [group, group.removesuffix(":*")]  # the embedded AWS asks for the group, where AWS asks for the stream
    return {properties["RoleName"]: (properties["AssumeRolePolicyDocument"], policy) for properties, policy in found}


def mended(names: Names) -> dict[str, Policy]:
    """The policies that the embedded AWS reads otherwise than AWS does, in its words, by role."""
    found = {name: policy for name, (_, policy) in roles(names, "", "/").items()}
    return {name: policy for name, policy in found.items() if any(one["Action"] == ["logs:GetLogEvents"] for one in policy["Statement"])}


def federated(provider: str, repository: str, subject: str, *refs: str) -> Policy:
    """Trust in jobs of that GitHub repository with that subject, in both its forms, on those refs: for roles that no template makes."""
    owner, _, name = repository.partition("/")
    subjects = [f"repo:{repository}:{subject}", f"repo:{owner}@{OWNER_ID}/{name}@{REPOSITORY_ID}:{subject}"]
    exact = {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": subjects}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": provider}}
    statement["Condition"] = {"StringEquals": exact, "StringLike": {f"{GITHUB}:ref": list(refs)}}
    return {"Version": "2012-10-17", "Statement": [statement]}
