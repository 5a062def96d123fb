"""The lines to paste that make one thing as the templates make it. Nothing here asks anybody."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Any

from commands.names import Names
from infra.stacks import named

Tree = dict[str, Any]
TEMPLATES = {
    **{job: ("foundation", job.title()) for job in ("build", "deploy", "release", "read")},
    "infra": ("boundary", "Infra"),
    "execution": ("service", "Execution"),
    "task": ("service", "Task"),
}
"""Where each role is made."""
NEW_KEYS = {
    "DATABASE_URL": """"postgresql://lms:%s@%s:5432/lms?sslmode=require" % (json.loads(sys.argv[1])["password"], sys.argv[2])""",
    "SECRET_KEY": "secrets.token_hex(32)",
}
"""By key of the secret: where a new value comes from, in Python."""


def template(stack: str, names: Names) -> Tree:
    """What a template makes for these names: what is known from them alone is filled in, the rest is None."""
    import yaml  # slow, and only who lacks something needs it

    known = named(names) | {"AWS::Region": names.aws_region, "AWS::AccountId": names.aws_account_id}
    known["Boundary"] = f"arn:aws:iam::{names.aws_account_id}:policy/lms-ecs-boundary"

    class Loader(yaml.SafeLoader):
        """With !Ref and !Sub."""

    def short(loader: yaml.SafeLoader, kind: str, node: yaml.Node) -> str | None:
        if kind not in ("Ref", "Sub") or not isinstance(node, yaml.ScalarNode):
            return None
        text = str(loader.construct_scalar(node))
        return known.get(text) if kind == "Ref" else re.sub(r"\$\{([\w:]+)\}", lambda found: known.get(found[1], found[0]), text)

    Loader.add_multi_constructor("!", short)
    tree: Tree = Loader(Path(__file__).with_name(f"{stack}.yaml").read_text()).get_single_data()
    return tree


def properties(stack: str, resource: str, names: Names) -> Tree:
    """What one resource is."""
    found: Tree = template(stack, names)["Resources"][resource]["Properties"]
    return found


def text(value: Any) -> str:
    """A value as an argument."""
    return quote(value if isinstance(value, str) else json.dumps(value))


def aws(call: str, **options: Any) -> str:
    """A call of the AWS CLI; a list is one argument, `more` several."""
    return " ".join([f"aws {call}", *(f"--{name.replace('_', '-')} {text(value)}" for name, value in options.items())])


def role(job: str, names: Names, trust: Any = None) -> str:
    """Make a role with what it may; `trust` if the template's own hangs on the account."""
    made, name = properties(*TEMPLATES[job], names), getattr(names, f"{job}_role")
    limit = {"permissions_boundary": made["PermissionsBoundary"]} if "PermissionsBoundary" in made else {}
    lines = [aws("iam create-role", role_name=name, assume_role_policy_document=trust or made["AssumeRolePolicyDocument"], **limit)]
    lines += [aws("iam attach-role-policy", role_name=name, policy_arn=arn) for arn in made.get("ManagedPolicyArns", [])]
    return " && ".join([*lines, *rights(job, names)])


def rights(job: str, names: Names) -> list[str]:
    """Give a role what it may."""
    name: str = getattr(names, f"{job}_role")
    policies = properties(*TEMPLATES[job], names).get("Policies", [])
    return [aws("iam put-role-policy", role_name=name, policy_name=name, policy_document=one["PolicyDocument"]) for one in policies]


def trust(name: str, document: Any) -> str:
    """Let a role be taken by whom it should."""
    return aws("iam update-assume-role-policy", role_name=name, policy_document=document)


def registry(names: Names) -> str:
    """Make the registry's repository."""
    made, name = properties("foundation", "Images", names), names.ecr_repository
    filters = [{"filterType": "WILDCARD", "filter": "latest"}]
    mutable = {"image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION", "image_tag_mutability_exclusion_filters": filters}
    create = aws("ecr create-repository", repository_name=name, **mutable, image_scanning_configuration={"scanOnPush": True})
    policy = json.loads(made["LifecyclePolicy"]["LifecyclePolicyText"])
    return f"{create} && {aws('ecr put-lifecycle-policy', repository_name=name, lifecycle_policy_text=policy)}"


def secret(names: Names, keys: Sequence[str], there: str = "json") -> str:
    """Give the secret these keys; `there` is what it is: json, text, or nothing. No value is shown, what it has else it keeps."""
    read = "aws secretsmanager get-secret-value --query SecretString --output text --secret-id"
    before = f"{read} {names.secret_name}" if there == "json" else "echo '{}'"
    new = ", ".join(f'"{key}": {NEW_KEYS.get(key, chr(34) * 2)}' for key in keys)
    program = f"import json, secrets, sys; print(json.dumps(json.load(sys.stdin) | {{{new}}}))"
    host = "aws rds describe-db-instances --query DBInstances[0].Endpoint.Address --output text --db-instance-identifier lms-ecs"
    given = f' "$({read} {names.secret_name}-database)" "$({host})"' if "DATABASE_URL" in keys else ""
    put = "create-secret --name" if there == "nothing" else "put-secret-value --secret-id"
    return f"{before} | python3 -c {quote(program)}{given} | aws secretsmanager {put} {names.secret_name} --secret-string file:///dev/stdin"


def bucket(names: Names) -> str:
    """Make the bucket: private, as all are, and versioned."""
    name = named(names)["Bucket"]
    place = {} if names.aws_region == "us-east-1" else {"create_bucket_configuration": {"LocationConstraint": names.aws_region}}
    versions = aws("s3api put-bucket-versioning", bucket=name, versioning_configuration={"Status": "Enabled"})
    return f"{aws('s3api create-bucket', bucket=name, **place)} && {versions}"


def service(names: Names, place: Mapping[str, Any], family: str) -> str:
    """Make the service idle, where `place` says; its next deploy starts it."""
    made = properties("service", "Service", names)
    config = {key[0].lower() + key[1:]: value for key, value in made["DeploymentConfiguration"].items()}
    breaker = {"enable": True, "rollback": True, "thresholdConfiguration": {"type": "COUNT", "value": 2}, "resetOnHealthyTask": False}
    alarms = {"alarmNames": [f"{names.ecs_service}-5xx"], "enable": True, "rollback": True}
    return aws(
        "ecs create-service",
        cluster=names.ecs_cluster,
        service_name=names.ecs_service,
        launch_type="FARGATE",
        task_definition=family,
        desired_count="0",
        health_check_grace_period_seconds=str(made["HealthCheckGracePeriodSeconds"]),
        load_balancers=place["loadBalancers"],
        network_configuration=place["networkConfiguration"],
        deployment_configuration=config | {"deploymentCircuitBreaker": breaker, "alarms": alarms},
    )


def alarm(names: Names, group: str, balancer: str) -> str:
    """Make the alarm of the service's deployments, for that target group and its load balancer."""
    made = properties("service", "ErrorsAlarm", names)
    short = {"TargetGroup": group.rpartition(":")[2], "LoadBalancer": balancer.partition("loadbalancer/")[2]}
    plain = {name: value for name, value in made.items() if value is not None and name not in ("Dimensions", "AlarmActions")}
    dimensions = [{"Name": name, "Value": value} for name, value in short.items()]
    return aws("cloudwatch put-metric-alarm", cli_input_json=plain | {"Dimensions": dimensions})


def opened(group: str, way: str, port: int, peer: str) -> str:
    """Let a security group's members be reached at that port (way: ingress), or reach it (egress); `peer` is a group or addresses."""
    to = {"UserIdGroupPairs": [{"GroupId": peer}]} if peer.startswith("sg-") else {"IpRanges": [{"CidrIp": peer}]}
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port} | to
    return aws(f"ec2 authorize-security-group-{way}", group_id=group, ip_permissions=[rule])
