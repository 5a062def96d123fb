"""What is looked at before anything changes, one check at a time, and the tree that it makes."""

from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from app.config import THREADS
from app.extensions import engine_options
from commands.names import Names
from commands.report import Failure
from pipeline import preflight
from pipeline.preflight import Finding, Subject
from tests.pipeline.conftest import Script, refusal
from tests.pipeline.whole_cloud import (
    INTERNET,
    NAT,
    ROLE,
    SERVICE,
    Change,
    alarmed,
    answer,
    clients,
    default,
    group,
    network,
    nothing,
    put,
    served,
    table,
    tagged,
    trusting,
)


@pytest.fixture
def cloud(tmp_path: Path) -> dict[str, Any]:
    """The clients, by service."""
    return clients(tmp_path)


@pytest.fixture
def on(cloud: dict[str, Any], names: Names, definition: dict[str, Any]) -> Subject:
    """What is looked at; the service was found already."""
    return Subject(cloud.__getitem__, names, definition, "85", deepcopy(SERVICE))


PRIVATE = {"assignPublicIp": "DISABLED"}
ALL = "ecr.api ecr.dkr logs secretsmanager s3"
CONFIG = "containerDefinitions.0."
TABLE: list[tuple[str, Change, str, str]] = [
    ("service/state", nothing, "OK", "active, 2 tasks wanted"),
    ("service/state", answer("ecs", "describe_services", {"services": []}), "NG", "has no active service lms-ecs-service"),
    (
        "service/state",
        answer("ecs", "describe_services", {"services": [SERVICE | {"deploymentConfiguration": {}}]}),
        "NG",
        "active, but its circuit breaker does not go back",
    ),
    ("service/state", answer("ecs", "describe_services", refusal("ClusterNotFoundException")), "NG", "ClusterNotFoundException: no"),
    ("service/state", answer("ecs", "describe_services", refusal("AccessDeniedException")), "SKIP", "AccessDeniedException: no"),
    ("task/size", nothing, "OK", "256 CPU units, 512 MiB"),
    ("task/size", put("memory", "2048"), "OK", "256 CPU units, 2048 MiB"),
    ("task/size", put("memory", "3072"), "NG", "Fargate has no 256 CPU units with 3072 MiB"),
    ("task/size", put("cpu", "512"), "NG", "Fargate has no 512 CPU units with 512 MiB"),
    ("task/size", put("cpu", "300"), "NG", "Fargate has no 300 CPU units with 512 MiB"),
    ("task/size", put("cpu", ".25 vCPU"), "NG", "invalid literal"),
    ("task/image", nothing, "OK", "filled-in-by-the-pipeline, amd64"),
    ("task/image", put("runtimePlatform.cpuArchitecture", "ARM64"), "NG", "is made for amd64, the task runs on ARM64"),
    ("task/image", answer("ecr", "batch_get_image", {"images": []}), "NG", "lms-ecs holds no image filled-in-by-the-pipeline"),
    ("task/image", answer("ecr", "batch_get_image", refusal("RepositoryNotFoundException")), "NG", "RepositoryNotFoundException: no"),
    ("task/image", answer("ecr", "get_download_url_for_layer", refusal("AccessDeniedException")), "SKIP", "AccessDeniedException"),
    (
        "task/image",
        answer("ecr", "get_download_url_for_layer", {"downloadUrl": "file:///none"}),
        "SKIP",
        "is there, but what it is made for",
    ),
    ("task/tags", nothing, "OK", "immutable but for latest"),
    ("task/tags", tagged("MUTABLE"), "NG", "the tags of lms-ecs are MUTABLE but for none"),  # more in test_preflight_tags.py
    ("task/execution role", nothing, "OK", "ecsTaskExecutionRole"),
    ("task/execution role", put("executionRoleArn", f"{ROLE}gone"), "NG", "NoSuchEntity"),
    ("task/execution role", put("executionRoleArn", f"{ROLE}a/path/ecsTaskRole"), "NG", f"{ROLE}a/path/ecsTaskRole is {ROLE}ecsTaskRole"),
    ("task/task role", nothing, "OK", "ecsTaskRole"),
    (
        "task/task role",
        trusting(Principal={"Service": ["x", "ecs-tasks.amazonaws.com"]}, Action=["sts:TagSession", "sts:AssumeRole"]),
        "OK",
        "ecsTaskRole",
    ),
    ("task/task role", trusting(Principal={"Service": "ec2.amazonaws.com"}), "NG", "does not trust ecs-tasks.amazonaws.com"),
    ("task/task role", trusting(Principal={"AWS": "*"}), "NG", "does not trust ecs-tasks.amazonaws.com"),
    ("task/task role", trusting(Principal="*"), "NG", "does not trust ecs-tasks.amazonaws.com"),
    ("task/task role", trusting(Effect="Deny"), "NG", "does not trust ecs-tasks.amazonaws.com"),
    ("task/task role", trusting(Action="sts:AssumeRoleWithWebIdentity"), "NG", "does not trust ecs-tasks.amazonaws.com"),
    ("task/secret", nothing, "OK", "lms-ecs/app"),
    ("task/secret", put(f"{CONFIG}secrets", []), "OK", "none"),
    ("task/secret", answer("secretsmanager", "describe_secret", refusal("ResourceNotFoundException")), "NG", "ResourceNotFoundException"),
    (
        "task/secret",
        answer("secretsmanager", "describe_secret", {"DeletedDate": datetime(2026, 11, 1, tzinfo=UTC)}),
        "NG",
        "secret:lms-ecs/app is marked for deletion",
    ),
    ("task/log group", nothing, "OK", "/ecs/lms-ecs"),
    ("task/log group", answer("logs", "describe_log_groups", {"logGroups": []}), "NG", "there is no log group /ecs/lms-ecs"),
    (
        "task/log group",
        answer("logs", "describe_log_groups", {"logGroups": [{"logGroupName": "/ecs/lms-ecs-old"}]}),
        "NG",
        "there is no log group /ecs/lms-ecs",
    ),
    ("network/target group", nothing, "OK", "sends to lms-ecs:8000"),
    ("network/target group", served(loadBalancers=[]), "OK", "none"),
    ("network/target group", group(HealthCheckPort="traffic-port"), "OK", "sends to lms-ecs:8000"),
    ("network/target group", group(HealthCheckPort="8000"), "OK", "sends to lms-ecs:8000"),
    ("network/target group", group(HealthCheckPort="9000"), "NG", "it checks port 9000, the container is lms-ecs:8000"),
    ("network/target group", group(TargetType="instance"), "NG", "its type is instance, and 1 load balancers use it"),
    ("network/target group", group(LoadBalancerArns=[]), "NG", "its type is ip, and 0 load balancers use it"),
    ("network/target group", answer("elbv2", "describe_target_groups", refusal("TargetGroupNotFound")), "NG", "TargetGroupNotFound"),
    ("network/target group", answer("elbv2", "describe_target_groups", {"TargetGroups": []}), "SKIP", "nothing says"),
    ("network/target group", put(f"{CONFIG}name", "lms"), "NG", "the service sends to lms-ecs:8000, the task has lms:8000"),
    ("network/way out", nothing, "OK", "2 subnets of vpc-1 with a way out"),
    (
        "network/way out",
        network(PRIVATE),
        "NG",
        f"subnet-a has no way out with no public address, and no endpoint of {', '.join(sorted(ALL.split()))}",
    ),
    ("network/way out", network(PRIVATE, endpoints="ecr.api ecr.dkr s3 logs"), "NG", "and no endpoint of secretsmanager"),
    ("network/way out", network(PRIVATE, endpoints=ALL), "OK", "2 subnets of vpc-1 with endpoints"),
    ("network/way out", network(PRIVATE, table(NAT, Main=True)), "OK", "with a way out"),
    ("network/way out", network({}, table(Main=True)), "NG", "subnet-a has no way out with a public address"),
    ("network/way out", network({}, table(INTERNET, Main=True), table(SubnetId="subnet-b")), "NG", "subnet-b has no way out"),
    ("network/way out", answer("ec2", "describe_subnets", refusal("InvalidSubnetID.NotFound")), "NG", "InvalidSubnetID.NotFound"),
    ("network/way out", answer("ec2", "describe_subnets", refusal("UnauthorizedOperation")), "SKIP", "UnauthorizedOperation"),
    ("network/way out", answer("ec2", "describe_subnets", {"Subnets": [{"VpcId": "vpc-2"}]}), "NG", "are of several VPCs: vpc-1, vpc-2"),
    (
        "network/way out",
        answer("ec2", "describe_security_groups", {"SecurityGroups": [{"VpcId": "vpc-1", "IpPermissionsEgress": []}]}),
        "NG",
        "no security group lets HTTPS out",
    ),
    ("safety/alarms", nothing, "OK", "none"),
    ("safety/alarms", alarmed("OK", "INSUFFICIENT_DATA"), "OK", "5xx, slow"),
    ("safety/alarms", alarmed("ALARM", "OK"), "NG", "5xx is ALARM"),
    ("safety/alarms", alarmed("OK", "ALARM"), "NG", "slow is ALARM"),
    ("safety/alarms", alarmed("OK"), "NG", "slow is missing"),
    ("safety/connections", nothing, "OK", "at most 40 of 85"),
    ("safety/connections", served(desiredCount=0), "OK", "at most 40 of 85"),
    ("safety/connections", served(desiredCount=4), "OK", "at most 80 of 85"),
    ("safety/connections", served(desiredCount=5), "NG", "10 tasks in a roll may open 100 connections, the database takes 85"),
    ("safety/connections", served(deploymentConfiguration={"maximumPercent": 150}), "OK", "at most 30 of 85"),
    ("safety/connections", served(deploymentConfiguration={}), "OK", "at most 40 of 85"),
    ("safety/connections", lambda on: setattr(on, "connections", "40"), "NG", "may open 40 connections, the database takes 40"),
    ("safety/connections", lambda on: setattr(on, "connections", ""), "SKIP", "the repository variable DATABASE_CONNECTIONS does not say"),
    ("safety/connections", put(f"{CONFIG}environment", [{"name": "WEB_CONCURRENCY", "value": "3"}]), "NG", "may open 120 connections"),
    ("safety/connections", put(f"{CONFIG}environment", []), "OK", "at most 40 of 85"),
]


def look(on: Subject, check: str) -> Finding:
    """What that one check finds."""
    return next(preflight.judge(on, *one) for one in preflight.CHECKS if one[0] == check)


@pytest.mark.parametrize(("check", "change", "state", "said"), TABLE, ids=[f"{at}-{row[0]}" for at, row in enumerate(TABLE)])
def test_what_is_found(check: str, change: Change, state: str, said: str, on: Subject) -> None:
    change(on)
    found = look(on, check)
    assert found.state == state
    assert said in found.said
    assert bool(found.fix) == (state == "NG")


def test_every_check_has_been_seen_in_order_and_not() -> None:
    names = {check[0] for check in preflight.CHECKS}
    assert {row[0] for row in TABLE if row[2] == "OK"} == {row[0] for row in TABLE if row[2] == "NG"} == names


@pytest.mark.parametrize(
    "code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnknownOperationException", "Throttling"]
)
def test_to_be_refused_an_answer_is_no_fault(code: str, on: Subject) -> None:
    answer("logs", "describe_log_groups", refusal(code))(on)
    assert look(on, "task/log group").state == "SKIP"


def test_an_aws_that_is_down_or_does_not_have_it_is_skipped(on: Subject) -> None:
    broken = ClientError({"Error": {"Code": "Odd"}, "ResponseMetadata": {"HTTPStatusCode": 501}}, "DescribeLogGroups")
    for problem in (broken, EndpointConnectionError(endpoint_url="https://x")):
        answer("logs", "describe_log_groups", problem)(on)
        assert look(on, "task/log group").state == "SKIP"


def test_what_hangs_on_the_service_is_skipped_without_one(on: Subject) -> None:
    on.service = {}
    answer("ecs", "describe_services", {"services": []})(on)
    states = {finding.check: finding.state for finding in preflight.run(on)}
    assert [check for check, state in states.items() if state == "NG"] == ["service/state"]
    assert [check for check, state in states.items() if state == "SKIP"] == [
        "network/target group",
        "network/way out",
        "safety/alarms",
        "safety/connections",
    ]


def test_everything_in_order_is_a_tree_of_ok(on: Subject) -> None:
    on.service = {}
    findings = preflight.run(on)
    preflight.settle(findings)
    assert preflight.tree(findings).splitlines() == [
        "service",
        "  OK   state: active, 2 tasks wanted",
        "task",
        "  OK   size: 256 CPU units, 512 MiB",
        "  OK   image: filled-in-by-the-pipeline, amd64",
        "  OK   tags: immutable but for latest",
        "  OK   execution role: ecsTaskExecutionRole",
        "  OK   task role: ecsTaskRole",
        "  OK   secret: lms-ecs/app",
        "  OK   log group: /ecs/lms-ecs",
        "network",
        "  OK   target group: sends to lms-ecs:8000",
        "  OK   way out: 2 subnets of vpc-1 with a way out",
        "safety",
        "  OK   alarms: none",
        "  OK   connections: at most 40 of 85",
    ]


def test_nothing_is_changed_and_no_value_of_a_secret_asked_for(on: Subject, cloud: dict[str, Any]) -> None:
    preflight.run(on)
    asked = {call for client in cloud.values() if isinstance(client, Script) for call, _ in client.asked}
    assert {call.partition("_")[0] for call in asked} == {"describe", "batch", "get"}
    arn = "arn:aws:secretsmanager:ap-northeast-2:471112588210:secret:lms-ecs/app"
    assert cloud["secretsmanager"].asked == [("describe_secret", {"SecretId": arn})]


@pytest.mark.parametrize(
    ("states", "problem"),
    [
        (["OK", "SKIP"], ""),
        (["OK", "NG"], "preflight: group/1: said 1; mend it"),
        (["NG", "SKIP", "NG", "NG"], "preflight: group/0: said 0; mend it (and 2 more)"),
    ],
)
def test_anything_ng_is_a_failure_of_one_line(states: list[str], problem: str) -> None:
    findings = [Finding(state, f"group/{at}", f"said {at}", "mend it" if state == "NG" else "") for at, state in enumerate(states)]
    if not problem:
        preflight.settle(findings)
        return
    with pytest.raises(Failure) as refused:
        preflight.settle(findings)
    assert str(refused.value) == problem
    assert preflight.tree(findings).count("       -> mend it") == states.count("NG")


@pytest.mark.parametrize(
    ("rule", "out"),
    [
        ({"IpProtocol": "-1"}, True),
        ({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}, True),
        ({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535}, True),
        ({"IpProtocol": "tcp", "FromPort": 444, "ToPort": 65535}, False),
        ({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 442}, False),
        ({"IpProtocol": "udp", "FromPort": 443, "ToPort": 443}, False),
    ],
)
def test_what_lets_https_out(rule: dict[str, Any], out: bool) -> None:
    assert preflight.lets_out(rule) is out


@pytest.mark.parametrize(
    ("tables", "public", "out"),
    [
        ([table(INTERNET, Main=True)], True, True),
        ([table(INTERNET, Main=True)], False, False),
        ([table(NAT, Main=True)], False, True),
        ([table(NAT, Main=True)], True, True),
        ([table(default(TransitGatewayId="tgw-1"), SubnetId="subnet-a")], False, True),
        ([table(NAT | {"State": "blackhole"}, Main=True)], True, False),
        ([table(NAT, SubnetId="subnet-b"), table(Main=True)], True, False),
        ([table(Main=True, SubnetId="x"), table(NAT, SubnetId="subnet-a")], False, True),
        ([table(NAT, Main=True), table(SubnetId="subnet-a")], False, False),
        ([], True, False),
    ],
)
def test_what_leads_out_of_a_subnet(tables: list[dict[str, Any]], public: bool, out: bool) -> None:
    assert preflight.reaches("subnet-a", tables, public=public) is out


def test_the_pool_is_the_apps_own() -> None:
    options = engine_options("postgresql://x", THREADS)
    assert options["pool_size"] + options["max_overflow"] == preflight.POOL
