"""A whole cloud as preflight asks it, in which everything is in order, and changes to it."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.preflight import Subject
from tests.pipeline.conftest import Script, in_registry, refusal

ROLE = "arn:aws:iam::471112588210:role/"
GROUP = "arn:aws:elasticloadbalancing:ap-northeast-2:471112588210:targetgroup/lms-ecs/0011223344556677"
TRUST: dict[str, Any] = {"Statement": {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}}
"""Of one statement, which needs no list."""
SERVICE: dict[str, Any] = {
    "status": "ACTIVE",
    "desiredCount": 2,
    "loadBalancers": [{"targetGroupArn": GROUP, "containerName": "lms-ecs", "containerPort": 8000}],
    "networkConfiguration": {
        "awsvpcConfiguration": {"subnets": ["subnet-a", "subnet-b"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}
    },
    "deploymentConfiguration": {"maximumPercent": 200, "deploymentCircuitBreaker": {"enable": True, "rollback": True}},
}
ALARMS = {"alarms": {"alarmNames": ["5xx", "slow"], "enable": True, "rollback": True}}


def config_at(folder: Path, content: bytes) -> str:
    """A registry's address of an image's configuration."""
    (folder / "config.json").write_bytes(content)
    return (folder / "config.json").as_uri()


def role(name: str, trust: dict[str, Any], path: str = "/") -> dict[str, Any]:
    """What IAM says of a role; boto3 hands its trust on as a tree though the model says text."""
    made = datetime(2026, 1, 1, tzinfo=UTC)
    return {"Role": {"Path": path, "RoleName": name, "RoleId": "A" * 16, "Arn": f"{ROLE}{name}", "CreateDate": made} | trust}


class Iam:
    """IAM with these roles."""

    def __init__(self, *roles: dict[str, Any]) -> None:
        self.roles = {one["Role"]["RoleName"]: one for one in roles}

    def get_role(self, *, RoleName: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """The role, or AWS's refusal."""
        if RoleName not in self.roles:
            raise refusal("NoSuchEntity", f"The role with name {RoleName} cannot be found.")
        return self.roles[RoleName]


def table(*routes: dict[str, str], **link: Any) -> dict[str, Any]:
    """A route table."""
    return {"Associations": [link], "Routes": [{"DestinationCidrBlock": "172.31.0.0/16", "GatewayId": "local"}, *routes]}


def default(**by: str) -> dict[str, str]:
    """The route to everywhere."""
    return {"DestinationCidrBlock": "0.0.0.0/0", **by}


INTERNET, NAT = default(GatewayId="igw-1"), default(NatGatewayId="nat-1")


def tags(mode: str, *exclusions: str) -> dict[str, Any]:
    """How the registry describes a repository whose tags are `mode` but for those."""
    filters = [{"filterType": "WILDCARD", "filter": pattern} for pattern in exclusions]
    return {"imageTagMutability": mode} | ({"imageTagMutabilityExclusionFilters": filters} if filters else {})


def clients(folder: Path) -> dict[str, Any]:
    """The clients, by service: a cloud in which everything is in order."""
    return {
        "ecs": Script("ecs", describe_services=[{"services": [deepcopy(SERVICE)]}]),
        "ecr": Script(
            "ecr",
            batch_get_image=[in_registry("sha256:d", "sha256:" + "c" * 64)],
            describe_repositories=[{"repositories": [tags("IMMUTABLE_WITH_EXCLUSION", "latest")]}],
            get_download_url_for_layer=[{"downloadUrl": config_at(folder, b'{"architecture": "amd64", "os": "linux"}')}],
        ),
        "iam": Iam(*(role(name, {"AssumeRolePolicyDocument": TRUST}) for name in ("ecsTaskExecutionRole", "ecsTaskRole"))),
        "secretsmanager": Script("secretsmanager", describe_secret=[{}]),
        "logs": Script("logs", describe_log_groups=[{"logGroups": [{"logGroupName": "/ecs/lms-ecs"}]}]),
        "elbv2": Script("elbv2", describe_target_groups=[{"TargetGroups": [{"TargetType": "ip", "LoadBalancerArns": ["arn"]}]}]),
        "ec2": Script(
            "ec2",
            describe_subnets=[{"Subnets": [{"VpcId": "vpc-1"}, {"VpcId": "vpc-1"}]}],
            describe_security_groups=[{"SecurityGroups": [{"VpcId": "vpc-1", "IpPermissionsEgress": [{"IpProtocol": "-1"}]}]}],
            describe_route_tables=[{"RouteTables": [table(INTERNET, Main=True)]}],
            describe_vpc_endpoints=[{"VpcEndpoints": []}],
        ),
        "cloudwatch": Script("cloudwatch", describe_alarms=[{"MetricAlarms": []}]),
    }


Change = Callable[[Subject], Any]


def answer(service: str, call: str, found: Any) -> Change:
    """The cloud says something else."""
    return lambda on: on.client(service).answers.__setitem__(call, [found])


def tagged(mode: str, *exclusions: str) -> Change:
    """The repository's tags are otherwise."""
    return answer("ecr", "describe_repositories", {"repositories": [tags(mode, *exclusions)]})


def group(**members: Any) -> Change:
    """The target group is another one."""
    return answer("elbv2", "describe_target_groups", {"TargetGroups": [{"TargetType": "ip", "LoadBalancerArns": ["arn"], **members}]})


def alarmed(*states: str, **composite: Any) -> Change:
    """The service has two alarms, and CloudWatch knows those in these states."""
    found = [{"AlarmName": name, "StateValue": value} for name, value in zip(("5xx", "slow"), states, strict=False)]

    def change(on: Subject) -> None:
        on.service["deploymentConfiguration"] |= ALARMS
        answer("cloudwatch", "describe_alarms", {"MetricAlarms": found[:1], "CompositeAlarms": found[1:]})(on)

    return change


def network(config: dict[str, Any], *tables: dict[str, Any], endpoints: str = "") -> Change:
    """The service's network is another one."""

    def change(on: Subject) -> None:
        on.service["networkConfiguration"]["awsvpcConfiguration"] |= config
        if tables:
            answer("ec2", "describe_route_tables", {"RouteTables": list(tables)})(on)
        there = [{"ServiceName": f"com.amazonaws.ap-northeast-2.{name}"} for name in endpoints.split()]
        answer("ec2", "describe_vpc_endpoints", {"VpcEndpoints": there})(on)

    return change


def trusting(**statement: Any) -> Change:
    """The task role's trust is another one."""
    policy = {"Statement": [TRUST["Statement"] | statement]}
    return lambda on: on.client("iam").roles.update(ecsTaskRole=role("ecsTaskRole", {"AssumeRolePolicyDocument": policy}))


def put(path: str, value: Any) -> Change:
    """The task definition says something else there."""

    def change(on: Subject) -> None:
        *folders, last = path.split(".")
        place: Any = on.definition
        for folder in folders:
            place = place[int(folder) if folder.isdigit() else folder]
        place[last] = value

    return change


def served(**members: Any) -> Change:
    """The service says something else."""
    return lambda on: on.service.update(members)


def nothing(on: Subject) -> None:
    """All is as it must be."""
