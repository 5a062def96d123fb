"""Ten deliberate breakages of the account, one after another: doctor names each, alone, and its pasted line mends it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from commands.names import Names
from commands.trust import JOBS
from tests.github import REPOSITORY
from tests.pipeline.hub import Hub
from tests.rehearsal import account, policies, recorded
from tests.rehearsal.aws.test_doctor import ARN, ROOT, SERVICE, endpoint, hub, looked, names, remove_role, trusting, world
from tests.rehearsal.ecs.world import World

__all__ = ["endpoint", "hub", "names", "world"]
pytestmark = pytest.mark.engine
BUCKET = "lms-ecs-471112588210"
Client = Callable[[str], Any]


def groups(client: Client) -> dict[str, str]:
    """The security groups by what they are of: front, tasks."""
    found = client("ec2").describe_security_groups()["SecurityGroups"]
    return {one["GroupName"].removeprefix("lms-ecs-"): one["GroupId"] for one in found}


def closed(who: str, way: str, port: int) -> Callable[[Client], object]:
    """That group has no rule for that port any more."""

    def breaks(client: Client) -> None:
        group = client("ec2").describe_security_groups(GroupIds=[groups(client)[who]])["SecurityGroups"][0]
        rules = group["IpPermissions" if way == "ingress" else "IpPermissionsEgress"]
        gone = [rule for rule in rules if rule.get("FromPort") == port]
        for pair in (pair for rule in gone for pair in rule.get("UserIdGroupPairs", [])):
            pair.pop("UserId", None)  # the embedded AWS knows rules by what they were made of
        getattr(client("ec2"), f"revoke_security_group_{way}")(GroupId=group["GroupId"], IpPermissions=gone)

    return breaks


def port_checked(client: Client) -> None:
    """The target group asks another port."""
    arn = client("elbv2").describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    client("elbv2").modify_target_group(TargetGroupArn=arn, HealthCheckPort="9000")


def fire(client: Client) -> None:
    """The tasks answer 5xx."""
    client("cloudwatch").set_alarm_state(AlarmName="lms-ecs-service-5xx", StateValue="ALARM", StateReason="12 of 40 were 5xx")


def quiet(client: Client) -> None:
    """They no longer do: who pasted the lines went back."""
    client("cloudwatch").set_alarm_state(AlarmName="lms-ecs-service-5xx", StateValue="OK", StateReason="well")


def no_service(client: Client) -> None:
    """It is deleted. Where it was a stack says, as that of the network does in an account that `make infra` made."""
    config = client("ecs").describe_services(cluster="lms-ecs", services=["lms-ecs-service"])["services"][0]["networkConfiguration"]
    subnets, tasks = config["awsvpcConfiguration"]["subnets"], config["awsvpcConfiguration"]["securityGroups"][0]
    outputs = {"TaskSubnets": {"Value": ",".join(subnets)}, "TaskGroup": {"Value": tasks}}
    body = {"Resources": {"Logs": {"Type": "AWS::Logs::LogGroup"}}, "Outputs": outputs}
    client("cloudformation").create_stack(StackName="lms-ecs-network", TemplateBody=json.dumps(body))
    client("ecs").delete_service(**SERVICE, force=True)


TLS: dict[str, Any] = {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{BUCKET}/*"]}
TLS |= {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
DENIES: dict[str, Any] = {"Sid": "Shut", "Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::471112588210:role/ecsTaskRole"}}
DENIES |= {"Action": ["s3:Put*", "s3:DeleteObject"], "Resource": f"arn:aws:s3:::{BUCKET}/*"}


def denies(*statements: dict[str, Any]) -> Callable[[Client], object]:
    """The bucket has that policy."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return lambda client: client("s3").put_bucket_policy(Bucket=BUCKET, Policy=policy)


class Breakage(NamedTuple):
    """What is broken, where doctor names it, in which words (of a security group its name), and how the line begins."""

    breaks: Callable[[Client], object]
    check: str
    said: str
    line: str


KEYLESS = json.dumps({"DATABASE_URL": "postgresql://nobody"})
TEN: dict[str, Breakage] = {
    "role missing": Breakage(
        lambda client: remove_role(client("iam"), "lms-ecs-deploy"),
        "roles/deploy", "there is no role lms-ecs-deploy", "aws iam create-role --role-name lms-ecs-deploy "),
    "role missing: the app's": Breakage(
        lambda client: remove_role(client("iam"), "ecsTaskRole"),
        "task/task role", "there is no role ecsTaskRole", "aws iam create-role --role-name ecsTaskRole "),
    "trust subject wrong": Breakage(
        trusting("lms-ecs-deploy", "environment:staging", "refs/heads/main", "refs/tags/v*"),
        "roles/deploy", "lms-ecs-deploy does not trust repo:nationslab@4711/lms@1147:environment:production on refs/heads/main and",
        "aws iam update-assume-role-policy --role-name lms-ecs-deploy "),
    "secret key missing": Breakage(
        lambda client: client("secretsmanager").put_secret_value(SecretId="lms-ecs/app", SecretString=KEYLESS),
        "task/secret keys", "lms-ecs/app lacks SECRET_KEY", "aws secretsmanager get-secret-value "),
    "log group gone": Breakage(
        lambda client: client("logs").delete_log_group(logGroupName="/ecs/lms-ecs"),
        "task/log group", "there is no log group /ecs/lms-ecs", "aws logs create-log-group --log-group-name /ecs/lms-ecs "),
    "security group closed: the tasks'": Breakage(
        closed("tasks", "ingress", 8000),
        "network/security groups", "{tasks} (the tasks) does not let {front} (the load balancer) in on port 8000",
        "aws ec2 authorize-security-group-ingress --group-id {tasks} "),
    "security group closed: the load balancer's": Breakage(
        closed("front", "ingress", 80),
        "network/security groups", "{front} (the load balancer) lets nobody in on port 80",
        "aws ec2 authorize-security-group-ingress --group-id {front} "),
    "security group closed: the load balancer's way to the tasks": Breakage(
        closed("front", "egress", 8000),
        "network/security groups", "{front} (the load balancer) does not let port 8000 out to {tasks}",
        "aws ec2 authorize-security-group-egress --group-id {front} "),
    "security group closed: the tasks' way out": Breakage(
        closed("tasks", "egress", 443),
        "network/way out", "{tasks} (the tasks) does not let port 443 out",
        "aws ec2 authorize-security-group-egress --group-id {tasks} "),
    "wrong port on the target group": Breakage(
        port_checked,
        "network/target group", "the target group lms-ecs checks port 9000, the container lms-ecs listens on 8000",
        "aws elbv2 modify-target-group --target-group-arn arn:aws:elasticloadbalancing:"),
    "repository missing": Breakage(
        lambda client: client("ecr").delete_repository(repositoryName="lms-ecs", force=True),
        "registry/tags", "the registry has no repository lms-ecs", "aws ecr create-repository --repository-name lms-ecs "),
    "alarm firing": Breakage(
        fire, "safety/alarms", "lms-ecs-service-5xx is ALARM (12 of 40 were 5xx)", "aws logs tail /ecs/lms-ecs "),
    "service gone": Breakage(
        no_service, "service/state", "there is no active service lms-ecs-service in lms-ecs", "aws ecs create-service --cluster lms-ecs "),
    "bucket policy denying": Breakage(
        denies(TLS, DENIES),
        "task/bucket rights", f"the policy of {BUCKET}: statement Shut denies ecsTaskRole s3:PutObject, s3:DeleteObject",
        f"aws s3api put-bucket-policy --bucket {BUCKET} "),
    "bucket policy denying: everything": Breakage(
        denies({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}),
        "task/bucket rights", "statement 1 denies ecsTaskRole s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject",
        f"aws s3api delete-bucket-policy --bucket {BUCKET}"),
}  # fmt: skip
"""By name: what each of the ten is."""


@pytest.fixture
def paste(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Runs a line in a shell, where `aws` is as much of it as needed (cli.py)."""
    (tmp_path / "aws").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.rehearsal.aws.cli "$@"\n')
    (tmp_path / "aws").chmod(0o755)
    values = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "AWS_DEFAULT_REGION": "ap-northeast-2", "PYTHONPATH": str(ROOT)}
    for name, value in values.items():
        monkeypatch.setenv(name, value)

    def run(line: str) -> None:
        assert line
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", line], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    return run


@pytest.mark.parametrize("name", TEN)
def test_each_of_ten_breakages_is_named_alone_and_its_line_mends_it(
    name: str, endpoint: str, world: World, hub: Hub, names: Names, paste: Callable[[str], None]
) -> None:
    client, (breaks, check, said, line) = account.clients(endpoint, names), TEN[name]
    of = groups(client)
    breaks(client)
    found = looked()
    assert [one.check for one in found.values() if one.state == "NG"] == [check]
    assert said.format(**of) in found[check].said
    assert found[check].fix.startswith(line.format(**of))
    if name == "alarm firing":
        quiet(client)
    else:
        world.turn()  # what was deleted is drained by then
        paste(found[check].fix)
    assert [one for one in looked().values() if one.state == "NG"] == []


def test_all_of_them_at_once_hide_none(endpoint: str, hub: Hub, names: Names) -> None:
    client = account.clients(endpoint, names)
    once = [name for name in TEN if not name.startswith(("role missing: ", "bucket policy denying: ", "trust"))]
    for name in once:
        TEN[name].breaks(client)
    found = looked()
    assert {one.check for one in found.values() if one.state == "NG"} >= {TEN[name].check for name in once}


def test_what_doctor_asks_for_is_what_the_documents_say(endpoint: str, world: World, hub: Hub, names: Names) -> None:
    client, written = account.clients(endpoint, names), (ROOT / "docs" / "deploying.md").read_text()
    with recorded.heard() as called:
        looked()
        fire(client)
        no_service(client)
        denies(TLS)(client)
        before = {name: list(calls) for name, calls in called["infra"].items()}
        called["infra"].clear()
        looked()
    broken = {"SetAlarmState", "CreateStack", "DeleteService", "PutBucketPolicy"}
    asked = {name for name in [*before, *called["infra"]] if name.partition(":")[2] not in broken}
    asked = {name.replace("HeadBucket", "ListBucket") for name in asked}
    listed = written.partition("It asks AWS for")[2].partition("\n\n")[0]
    rarely = {"ec2:DescribeVpcEndpoints", "ecr:BatchGetRepositoryScanningConfiguration"}  # without a way out; without scanOnPush
    assert set(re.findall(r"`([\w]+:\w+)`", listed)) == asked | rarely


def test_a_missing_alarm_is_made_again_by_its_line(endpoint: str, hub: Hub, names: Names, paste: Callable[[str], None]) -> None:
    client = account.clients(endpoint, names)
    client("cloudwatch").delete_alarms(AlarmNames=["lms-ecs-service-5xx"])
    found = looked()["safety/alarms"]
    assert found.said == "lms-ecs-service-5xx is missing"
    paste(found.fix)
    assert looked()["safety/alarms"].said == "lms-ecs-service-5xx"
    made = client("cloudwatch").describe_alarms(AlarmNames=["lms-ecs-service-5xx"])["MetricAlarms"][0]
    assert made["Dimensions"][1]["Value"].startswith("app/lms-ecs/")


def test_every_role_is_made_again_with_what_it_may(endpoint: str, hub: Hub, names: Names, paste: Callable[[str], None]) -> None:
    client = account.clients(endpoint, names)
    client("iam").create_policy(PolicyName="lms-ecs-boundary", PolicyDocument=json.dumps(policies.filled(policies.INFRA, names)))
    roles = policies.roles(names, ARN, REPOSITORY)
    for name in roles:
        remove_role(client("iam"), name)
    wrong = {check: one for check, one in looked().items() if one.state == "NG"}
    assert set(wrong) == {*(f"roles/{job}" for job in JOBS), "task/execution role", "task/task role"}
    for one in wrong.values():
        paste(one.fix)
    assert [one for one in looked().values() if one.state == "NG"] == []
    for name, (_, may) in roles.items():
        if name != "lms-ecs-infra":  # by the boundary, a policy of its own
            found = client("iam").get_role_policy(RoleName=name, PolicyName=name)["PolicyDocument"]
            assert actions(found) == actions(may)


def actions(policy: dict[str, Any]) -> list[Any]:
    """What a policy says, but the resources, of which the embedded AWS needs one more."""
    return [{name: part for name, part in one.items() if name != "Resource"} for one in policy["Statement"]]


def test_a_lost_secret_is_made_again_with_both_keys(endpoint: str, hub: Hub, names: Names, paste: Callable[[str], None]) -> None:
    client = account.clients(endpoint, names)
    database = {"DBInstanceIdentifier": "lms-ecs", "Engine": "postgres", "DBInstanceClass": "db.t4g.small", "AllocatedStorage": 20}
    client("rds").create_db_instance(**database, MasterUsername="lms", MasterUserPassword="hush-hush-hush")
    client("secretsmanager").delete_secret(SecretId="lms-ecs/app", ForceDeleteWithoutRecovery=True)
    found = looked()["task/secret"]  # the embedded AWS would take the next one for it
    assert found.said == "there is no secret lms-ecs/app (ResourceNotFoundException)"
    client("secretsmanager").create_secret(Name="lms-ecs/app-database", SecretString='{"username": "lms", "password": "hush"}')
    paste(found.fix)
    assert [one for one in looked().values() if one.state == "NG"] == []
    value = json.loads(client("secretsmanager").get_secret_value(SecretId="lms-ecs/app")["SecretString"])
    assert value["DATABASE_URL"].startswith("postgresql://lms:hush@")
    assert value["DATABASE_URL"].endswith(":5432/lms?sslmode=require")
    assert len(value["SECRET_KEY"]) == 64


def test_a_lost_bucket_is_made_again(endpoint: str, hub: Hub, names: Names, paste: Callable[[str], None]) -> None:
    account.clients(endpoint, names)("s3").delete_bucket(Bucket=BUCKET)
    paste(looked()["task/bucket"].fix)
    assert [one for one in looked().values() if one.state == "NG"] == []
