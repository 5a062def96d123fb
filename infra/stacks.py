"""The stacks in the order in which they are made, and where each parameter's value comes from. Nothing here asks anybody."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from commands.names import Names
from commands.report import Failure

STACKS = ("foundation", "boundary", "network", "data", "service")
"""Each takes outputs of those before it."""
ADMINISTRATORS = ("foundation", "boundary")
"""What infra.yml does not apply: these say what it may do."""
POOL = 10
"""Database connections of one server process at most."""
Parameters = dict[str, str]


def stack_name(stack: str) -> str:
    """What it is called in the account."""
    return f"lms-ecs-{stack}"


def named(names: Names) -> Parameters:
    """The parameters that are names: EcsCluster for ecs_cluster, and the bucket that STORAGE_URL says."""
    bucket, _, prefix = names.storage_url.removeprefix("s3://").strip("/").partition("/")
    return camel(asdict(names)) | {"Bucket": bucket, "UploadsPrefix": f"{prefix}/uploads/".lstrip("/")}


def camel(values: Mapping[str, str]) -> Parameters:
    """The same under the names of parameters: MaxTasks for MAX_TASKS or max_tasks."""
    return {"".join(part.title() for part in name.split("_")): value for name, value in values.items()}


def literal(template: str, names: Parameters) -> str:
    """A template with the names written out: CloudFormation adopts what exists only where its name is no reference."""

    def written(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return found[0] if name not in names else names[name] if found[2] else f'"{names[name]}"'

    filled = re.sub(r"!Ref (\w+)\b|\$\{(\w+)\}", written, template)
    return re.sub(r"!Sub ((?:(?!\$\{)[^\n|])+)$", r"\1", filled, flags=re.MULTILINE)


def template(stack: str, names: Parameters) -> str:
    """That stack's template for these names."""
    return literal(Path(__file__).with_name(f"{stack}.yaml").read_text(), names)


def chosen(declared: list[dict[str, Any]], before: set[str], given: Parameters, found: Parameters) -> list[dict[str, Any]]:
    """A stack's parameters: what is given; else what was found when the stack is new, and what it had (`before`) when it is not.

    Raises Failure, naming it, if one has no value.
    """
    values: list[dict[str, Any]] = []
    for parameter in declared:
        name = parameter["ParameterKey"]
        if name in given:
            values.append({"ParameterKey": name, "ParameterValue": given[name]})
        elif name in before:
            values.append({"ParameterKey": name, "UsePreviousValue": True})
        elif found.get(name):
            values.append({"ParameterKey": name, "ParameterValue": found[name]})
        elif "DefaultValue" not in parameter:
            raise Failure(f"nothing says {name}: {parameter.get('Description', '')}")
    return values


def default(stack: str, parameter: str) -> str:
    """What a template says where nobody else does."""
    found = re.search(rf"^  {parameter}: .*\bDefault: \"?([^\",}}]*)", Path(__file__).with_name(f"{stack}.yaml").read_text(), re.MULTILINE)
    assert found  # noqa: S101 - a parameter of ours
    return found[1]


def check_connections(values: Mapping[str, str]) -> None:
    """Raises Failure unless the database takes what the tasks of a roll, twice as many as scaling allows, may open together."""
    tasks, limit, processes = (int(values[name] or 1) for name in ("MaxTasks", "DatabaseConnections", "WebConcurrency"))
    if (wanted := tasks * 2 * processes * POOL) >= limit:
        each = f" with WEB_CONCURRENCY={processes}" if processes > 1 else ""
        raise Failure(
            f"MAX_TASKS={tasks}{each} may open {wanted} connections in a roll, DATABASE_CONNECTIONS={limit}: "
            f"fewer {'of both' if each else 'tasks'}, or a larger class"
        )


def repository_of(remote: str) -> Parameters:
    """Owner and name of the GitHub repository at that address, as git has it; nothing if it is none."""
    found = re.search(r"github\.com[:/]([\w.-]+)/([\w.-]+?)(?:\.git)?/?$", remote.strip())
    return {"Owner": found[1], "Repository": found[2]} if found else {}


def taken(service: Mapping[str, Any], group: Mapping[str, Any], subnets: list[dict[str, Any]], cidr: str) -> Parameters:
    """A service that is there with its target group and its network. Raises Failure if there is no load balancer before it."""
    if not group.get("LoadBalancerArns"):
        raise Failure(
            f"the service {service['serviceName']} is there without a load balancer: give it one, or delete it and run this again"
        )
    return {
        "TargetGroup": group["TargetGroupArn"],
        "Balancer": group["LoadBalancerArns"][0].partition("loadbalancer/")[2],
        "Vpc": subnets[0]["VpcId"],
        "VpcCidr": cidr,
        "PublicSubnets": ",".join(subnet["SubnetId"] for subnet in subnets),
    }


def revision(service: Mapping[str, Any] | None, bootstrap: str) -> str:
    """What the service runs, which no stack may change; empty if nothing was ever shipped. Raises Failure while a deploy is under way."""
    if service is None:
        return ""
    if busy := [one for one in service["deployments"] if one.get("rolloutState") == "IN_PROGRESS"]:
        raise Failure(
            f"a deployment of {service['serviceName']} is under way since {busy[0].get('createdAt')}: wait for it, then run this again"
        )
    arn: str = service["taskDefinition"]
    return "" if arn.rpartition("/")[2].rpartition(":")[0] == bootstrap else arn
