"""preflight: before anything changes, what the task definition names is there and fits. What may not be asked is skipped, and said."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from commands.aws import Cloud
from commands.names import Names, container_of, read_definition, variables
from commands.report import Failure, say
from commands.trust import Unknown, trusts
from commands.verbs import Found, Options, option, takes
from pipeline import prepare, registry
from pipeline.guard import KINDS

GIB = {512: range(1, 5), 1024: range(2, 9), 2048: range(4, 17), 4096: range(8, 31), 8192: range(16, 61, 4), 16384: range(32, 121, 8)}
"""The GiB that Fargate has for so many CPU units; 256 have half of one, too."""
POOL = 10
"""Database connections of one server process at most: a thread each, and two more."""
ENDPOINTS = {"ecr.api", "ecr.dkr", "logs", "secretsmanager", "s3"}
"""What a task starts by, where it has no way out."""
UNASKED = re.compile(
    r"AccessDenied|Unauthorized|NotAuthorized|ExpiredToken|InvalidClientToken|UnrecognizedClient|AuthFailure|Signature"
    r"|UnknownOperation|InvalidAction|NotImplemented|Unsupported|Throttl"
)
"""Codes of AWS that say nothing of what was asked about."""

FIX = "\n       -> "


class Wrong(Failure):
    """With a fix of its own."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


class Finding(NamedTuple):
    """A line of the tree; `state` is OK, NG or SKIP."""

    state: str
    check: str
    said: str
    fix: str = ""


@dataclass
class Subject:
    """What is looked at: a rendered task definition, in the cloud that it is for."""

    client: Callable[[str], Any]
    names: Names
    definition: Mapping[str, Any]
    connections: str
    """How many the database takes; empty if nobody said it."""
    service: dict[str, Any] = field(default_factory=dict)
    """As the first check found it."""
    kind: str = "push"
    """Of deploy: push, release or rollback."""


def state(on: Subject) -> str:
    """Active, with a circuit breaker that goes back."""
    on.service = prepare.describe_service(on.client("ecs"), on.names)
    breaker = on.service.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker", {})
    if not (breaker.get("enable") and breaker.get("rollback")):
        raise Failure("active, but its circuit breaker does not go back")
    if not on.service["desiredCount"] and prepare.running(on.client("ecs"), on.service).commit:  # idle before its first deploy is in order
        start = f"aws ecs update-service --cluster {on.names.ecs_cluster} --service {on.names.ecs_service} --desired-count"
        raise Wrong("active, but somebody scaled it to 0 tasks: a deploy would start none", f"{start} {prepare.FIRST_TASKS}")
    return f"active, {on.service['desiredCount']} tasks wanted"


def size(on: Subject) -> str:
    """A pair that Fargate has."""
    cpu, memory = int(on.definition["cpu"]), int(on.definition["memory"])
    if memory not in ((512, 1024, 2048) if cpu == 256 else [1024 * gib for gib in GIB.get(cpu, ())]):
        raise Failure(f"Fargate has no {cpu} CPU units with {memory} MiB")
    return f"{cpu} CPU units, {memory} MiB"


def built(on: Subject) -> str:
    """The image is there, and made for the processor that the task asks for."""
    ecr, repository, tag = on.client("ecr"), on.names.ecr_repository, container_of(on.definition)["image"].rpartition(":")[2]
    stored = registry.require(ecr, repository, tag)
    try:
        made_for = registry.configuration(ecr, repository, stored)["architecture"]
    except (OSError, ValueError) as problem:
        raise Unknown(f"{tag} is there, but what it is made for cannot be read: {problem}") from problem
    wanted = on.definition.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64")
    if made_for != {"X86_64": "amd64", "ARM64": "arm64"}.get(wanted):
        raise Failure(f"{tag} is made for {made_for}, the task runs on {wanted}")
    return f"{tag}, {made_for}"


def tags(on: Subject) -> str:
    """Nobody can put another image under a tag that was pushed, but under `latest`, which nothing deploys."""
    found = on.client("ecr").describe_repositories(repositoryNames=[on.names.ecr_repository])["repositories"][0]
    moving = sorted(one["filter"] for one in found.get("imageTagMutabilityExclusionFilters", []))
    if found["imageTagMutability"] != "IMMUTABLE_WITH_EXCLUSION" or moving != ["latest"]:
        raise Failure(f"the tags of {on.names.ecr_repository} are {found['imageTagMutability']} but for {', '.join(moving) or 'none'}")
    return "immutable but for latest"


def role(on: Subject, key: str) -> str:
    """There, under that very ARN, and trusting ECS."""
    arn: str = on.definition[key]
    found = on.client("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]
    if found["Arn"] != arn or not trusts(found["AssumeRolePolicyDocument"], "Service", "ecs-tasks.amazonaws.com", "sts:AssumeRole"):
        raise Failure(f"{found['Arn']} does not trust ecs-tasks.amazonaws.com" if found["Arn"] == arn else f"{arn} is {found['Arn']}")
    return arn.rpartition("/")[2]


def secret(on: Subject) -> str:
    """There, and not about to be deleted; its value is never asked for."""
    arns = sorted({":".join(entry["valueFrom"].split(":")[:7]) for entry in container_of(on.definition).get("secrets", [])})
    if deleted := [arn for arn in arns if on.client("secretsmanager").describe_secret(SecretId=arn).get("DeletedDate")]:
        raise Failure(f"{deleted[0]} is marked for deletion")
    return ", ".join(arn.rpartition(":")[2] for arn in arns) or "none"


def log_group(on: Subject) -> str:
    """There: no task starts without it."""
    group: str = container_of(on.definition)["logConfiguration"]["options"]["awslogs-group"]
    if group not in [one["logGroupName"] for one in on.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]]:
        raise Failure(f"there is no log group {group}")
    return group


def target_group(on: Subject) -> str:
    """Takes addresses, has a load balancer, and asks the port that the container listens on."""
    ports = [f"{container_of(on.definition)['name']}:{it['containerPort']}" for it in container_of(on.definition)["portMappings"]]
    for balancer in on.service["loadBalancers"]:
        target = f"{balancer['containerName']}:{balancer['containerPort']}"
        if target not in ports:
            raise Failure(f"the service sends to {target}, the task has {', '.join(ports)}")
        group = on.client("elbv2").describe_target_groups(TargetGroupArns=[balancer["targetGroupArn"]])["TargetGroups"][0]
        if group["TargetType"] != "ip" or not group["LoadBalancerArns"]:
            raise Failure(f"its type is {group['TargetType']}, and {len(group['LoadBalancerArns'])} load balancers use it")
        if group.get("HealthCheckPort", "traffic-port") not in ("traffic-port", str(balancer["containerPort"])):
            raise Failure(f"it checks port {group['HealthCheckPort']}, the container is {target}")
    return f"sends to {ports[0]}" if on.service["loadBalancers"] else "none"


def network(on: Subject) -> str:
    """Subnets and security groups of one VPC, from where a task can fetch its image and its secret, and write its log."""
    ec2, config = on.client("ec2"), on.service["networkConfiguration"]["awsvpcConfiguration"]
    subnets = ec2.describe_subnets(SubnetIds=config["subnets"])["Subnets"]
    groups = ec2.describe_security_groups(GroupIds=config["securityGroups"])["SecurityGroups"]
    vpcs = sorted({one["VpcId"] for one in [*subnets, *groups]})
    if len(vpcs) > 1:
        raise Failure(f"subnets and security groups are of several VPCs: {', '.join(vpcs)}")
    if not any(lets_out(rule) for group in groups for rule in group["IpPermissionsEgress"]):
        raise Failure("no security group lets HTTPS out")
    here = [{"Name": "vpc-id", "Values": vpcs}]
    tables, public = ec2.describe_route_tables(Filters=here)["RouteTables"], config.get("assignPublicIp") == "ENABLED"
    shut = [subnet for subnet in config["subnets"] if not reaches(subnet, tables, public=public)]
    served = {each["ServiceName"].split(".", 3)[3] for each in ec2.describe_vpc_endpoints(Filters=here)["VpcEndpoints"]} if shut else set()
    if shut and ENDPOINTS - served:
        address = "a" if public else "no"
        raise Failure(f"{shut[0]} has no way out with {address} public address, and no endpoint of {', '.join(sorted(ENDPOINTS - served))}")
    return f"{len(subnets)} subnets of {vpcs[0]} with {'endpoints' if shut else 'a way out'}"


def lets_out(rule: Mapping[str, Any]) -> bool:
    """Whether that rule of a security group covers HTTPS."""
    return rule["IpProtocol"] == "-1" or (rule["IpProtocol"] == "tcp" and 443 in range(rule["FromPort"], rule["ToPort"] + 1))


def reaches(subnet: str, tables: list[dict[str, Any]], *, public: bool) -> bool:
    """Whether a task in that subnet gets out: by an internet gateway only with a public address, by a NAT or the like always."""
    own = [table for table in tables if any(link.get("SubnetId") == subnet for link in table["Associations"])]
    main = [table for table in tables if any(link.get("Main") for link in table["Associations"])]
    ways = [way for table in own or main for way in table["Routes"] if way.get("DestinationCidrBlock") == "0.0.0.0/0"]
    return any(way.get("State") != "blackhole" and (public or not way.get("GatewayId", "").startswith("igw-")) for way in ways)


def alarms(on: Subject) -> str:
    """There and quiet: ECS ignores one that fires already, and goes back for none."""
    wanted = on.service["deploymentConfiguration"].get("alarms", {})
    if not wanted.get("enable") or not wanted["alarmNames"]:
        return "none"
    found = on.client("cloudwatch").describe_alarms(AlarmNames=wanted["alarmNames"], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    states = {alarm["AlarmName"]: alarm["StateValue"] for kind in ("MetricAlarms", "CompositeAlarms") for alarm in found.get(kind, [])}
    if bad := [f"{name} is {states.get(name, 'missing')}" for name in wanted["alarmNames"] if states.get(name, "ALARM") == "ALARM"]:
        if on.kind == "rollback" and all(name in states for name in wanted["alarmNames"]):
            raise Unknown(f"{', '.join(bad)}: no reason not to go back")
        raise Failure(", ".join(bad))
    return ", ".join(states)


def connections(on: Subject) -> str:
    """What all tasks of a roll may open together is less than the database takes."""
    if not on.connections.isdigit():
        raise Unknown("the repository variable DATABASE_CONNECTIONS does not say how many the database takes")
    settings = {entry["name"]: entry["value"] for entry in container_of(on.definition).get("environment", [])}
    tasks = (on.service["desiredCount"] or prepare.FIRST_TASKS) * on.service["deploymentConfiguration"].get("maximumPercent", 200) // 100
    wanted = tasks * int(settings.get("WEB_CONCURRENCY", "1")) * POOL
    if wanted >= int(on.connections):
        raise Failure(f"{tasks} tasks in a roll may open {wanted} connections, the database takes {on.connections}")
    return f"at most {wanted} of {on.connections}"


CHECKS: list[tuple[str, Callable[[Subject], str], str]] = [
    ("service/state", state, "create the service, with a deployment circuit breaker that rolls back"),
    ("task/size", size, "choose a pair of Fargate's for cpu and memory in task-definition.json"),
    ("task/image", built, "build and push it for the runtimePlatform of task-definition.json"),
    ("task/tags", tags, "set them to IMMUTABLE_WITH_EXCLUSION with the one filter latest"),
    ("task/execution role", lambda on: role(on, "executionRoleArn"), "create it, trusting ecs-tasks.amazonaws.com, or set EXECUTION_ROLE"),
    ("task/task role", lambda on: role(on, "taskRoleArn"), "create it, trusting ecs-tasks.amazonaws.com, or set TASK_ROLE"),
    ("task/secret", secret, "create or restore it, or set SECRET_NAME"),
    ("task/log group", log_group, "create it, or set LOG_GROUP"),
    ("network/target group", target_group, "let its type be ip, its health check ask the traffic port, and a listener use it"),
    ("network/way out", network, "assign public addresses, or give the subnets a NAT or these endpoints"),
    ("safety/alarms", alarms, "create it, or mend what it reports and wait until it is quiet"),
    ("safety/connections", connections, "fewer tasks or WEB_CONCURRENCY, or a larger database"),
]


def judge(on: Any, name: str, check: Callable[[Any], str], fix: str) -> Finding:
    """What one check found; to be refused an answer is no fault of what was asked about."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return Finding("OK", name, check(on))
    except Unknown as reason:
        return Finding("SKIP", name, str(reason))
    except (KeyError, IndexError) as missing:  # there is no service, or the AWS is an embedded one
        return Finding("SKIP", name, f"nothing says {missing}")
    except (Failure, ValueError, ClientError, BotoCoreError) as problem:
        cause = problem.__cause__ if isinstance(problem, Failure) else problem
        answer: dict[str, Any] = cause.response if isinstance(cause, ClientError) else {}
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 200)
        unasked = (
            isinstance(cause, BotoCoreError) or status == 403 or status >= 500 or UNASKED.search(answer.get("Error", {}).get("Code", ""))
        )
        return Finding("SKIP", name, str(problem)) if unasked else Finding("NG", name, str(problem), getattr(problem, "fix", fix))


def run(on: Subject) -> list[Finding]:
    """Everything, the service first: others look at it."""
    return [judge(on, *check) for check in CHECKS]


def tree(findings: list[Finding]) -> str:
    """The findings by group, the fix below each NG."""
    lines = []
    for group, members in groupby(findings, lambda finding: finding.check.partition("/")[0]):
        lines += [group, *(f"  {one.state:<4} {one.check.partition('/')[2]}: {one.said}{one.fix and f'{FIX}{one.fix}'}" for one in members)]
    return "\n".join(lines)


def settle(findings: list[Finding]) -> None:
    """Raises Failure if anything is NG, naming the first and its fix."""
    if bad := [finding for finding in findings if finding.state == "NG"]:
        more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
        raise Failure(f"preflight: {bad[0].check}: {bad[0].said}; {bad[0].fix}{more}")


@takes(option("--task-definition", help="the rendered file"), option("--kind", default="push", choices=KINDS))
def main(options: Options, found: Found) -> None:
    """Look whether all that a rendered task definition names is there and fits, before anything changes."""
    cloud, rendered = Cloud(), read_definition(Path(options.task_definition))
    findings = run(Subject(cloud, cloud.names, rendered, variables().get("DATABASE_CONNECTIONS", ""), kind=options.kind))
    found["tree"] = tree(findings)
    say(found["tree"])
    settle(findings)
