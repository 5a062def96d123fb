"""What doctor finds in the account, and the whole tree with its last line."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from commands import aws
from commands.names import Names
from commands.trust import ISSUER, policy
from infra import __main__ as command
from infra import doctor
from infra.repository import Subject, place
from pipeline.preflight import Finding, judge
from tests.infra import doctor_network_cases
from tests.infra.doctor_cases import BOTH, IN_ORDER, PROVIDER, account, trusting, walls
from tests.infra.doctor_cases import TABLE as OWN
from tests.infra.doctor_network_cases import rule
from tests.pipeline.conftest import BASE_URL, DEFINITION, Script, refusal
from tests.pipeline.hub import NAME, NUMBERED, PREFIX, Hub, served
from tests.pipeline.whole_cloud import Change

TABLE = [*OWN, *doctor_network_cases.TABLE]


@pytest.fixture
def cloud(tmp_path: Path) -> dict[str, Any]:
    """The clients, by service: an account in which everything is in order."""
    return account(tmp_path)


@pytest.fixture
def on(cloud: dict[str, Any], names: Names, definition: dict[str, Any]) -> Subject:
    """What is looked at; repository and service were found already."""
    return Subject(
        cloud.__getitem__,
        names,
        definition,
        "",
        deepcopy(IN_ORDER),
        github=lambda path: None,
        repository=NAME,
        wrong=[],
        prefixes=[NUMBERED],
    )


def look(on: Subject, check: str) -> Finding:
    """What that one check finds."""
    return next(judge(on, *one) for one in doctor.CHECKS if one[0] == check)


@pytest.mark.parametrize(("check", "change", "state", "said"), TABLE, ids=[f"{at}-{row[0]}" for at, row in enumerate(TABLE)])
def test_what_is_found(check: str, change: Change, state: str, said: str, on: Subject) -> None:
    change(on)
    found = look(on, check)
    assert (found.state, "hush" in found.said + found.fix) == (state, False)
    assert said in found.said
    assert bool(found.fix) == (state == "NG")


def test_every_check_has_been_seen_in_order_and_not() -> None:
    names = {check[0] for check in doctor.CHECKS}
    assert {row[0] for row in TABLE if row[2] == "OK"} == {row[0] for row in TABLE if row[2] == "NG"} == names


def test_a_wrong_role_is_told_the_very_policy_to_paste(on: Subject) -> None:
    trusting("deploy", PREFIX)(on)
    fix = look(on, "roles/deploy").fix
    assert fix.startswith("aws iam update-assume-role-policy --role-name lms-ecs-deploy --policy-document '{")
    document = json.loads(fix.partition("--policy-document ")[2].strip("'"))
    assert document == policy(PROVIDER, [NUMBERED], "deploy")
    assert document["Statement"][0]["Condition"]["StringEquals"][f"{ISSUER}:sub"] == f"{NUMBERED}:environment:production"


@pytest.fixture
def hub(cloud: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """GitHub in order; the verbs get the account's clients."""
    monkeypatch.setattr(aws, "client", lambda service, region: cloud[service])
    for name, value in {"GITHUB_TOKEN": "t0ken", "GITHUB_REPOSITORY": NAME}.items():
        monkeypatch.setenv(name, value)
    with served() as found:
        monkeypatch.setenv("GITHUB_API_URL", found.url)
        yield found


WHOLE = f"""\
github
  OK   repository: nationslab/lms, private
  OK   variables: {BASE_URL}
  OK   production: branch main, tag v*
  OK   release: tag v*; each deploy waits: required_reviewers
  OK   infrastructure: branch main; each deploy waits: required_reviewers
  OK   tags: versions
  OK   required check: Required
  OK   OIDC subject: {NUMBERED}
          build: {NUMBERED}:ref:refs/heads/main
          deploy: {NUMBERED}:environment:production
          release: {NUMBERED}:environment:release
          read: {NUMBERED}:ref:refs/heads/main
          infra: {NUMBERED}:environment:infrastructure
account
  OK   credentials: 471112588210
  OK   OIDC provider: {ISSUER}
roles
  OK   build: lms-ecs-build trusts {NUMBERED}:ref:refs/heads/main
  OK   deploy: lms-ecs-deploy trusts {NUMBERED}:environment:production
  OK   release: lms-ecs-release trusts {NUMBERED}:environment:release
  OK   read: lms-ecs-read trusts {NUMBERED}:ref:refs/heads/main
  OK   infra: lms-ecs-infra trusts {NUMBERED}:environment:infrastructure
registry
  OK   tags: lms-ecs, immutable but latest, scanned
service
  OK   state: active, 2 tasks wanted
  OK   cluster: lms-ecs
  OK   settings: 100 to 200 percent, 60 s of grace
task
  OK   execution role: ecsTaskExecutionRole
  OK   task role: ecsTaskRole
  OK   secret: lms-ecs/app
  OK   log group: /ecs/lms-ecs
  OK   log retention: 30 days
  OK   secret keys: DATABASE_URL, SECRET_KEY
  OK   secret reader: ecsTaskExecutionRole reads it
  OK   bucket: lms-ecs-471112588210
  OK   bucket rights: ecsTaskRole reads and writes lms-ecs-471112588210
  OK   size: 256 CPU units, 512 MiB
network
  OK   target group: sends to lms-ecs:8000
  OK   security groups: the load balancer is let in, and goes to sg-1
  OK   way out: 2 subnets of vpc-1 with a way out
safety
  OK   alarms: none
  SKIP connections: the repository variable DATABASE_CONNECTIONS does not say how many the database takes
33 OK, 0 NG, 1 SKIP
"""


def test_everything_in_order_is_a_tree_of_ok_and_ends_with_0(hub: Hub, cloud: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["doctor"]) == 0
    assert capsys.readouterr().out == WHOLE
    asked = {call for client in cloud.values() if isinstance(client, Script) for call, _ in client.asked}
    assert {call.partition("_")[0] for call in asked} <= {"describe", "batch", "get", "head", "list"}
    assert {verb for verb, _, _ in hub.asked} == {"GET"}


def test_anything_ng_ends_with_1_and_the_sums(hub: Hub, cloud: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    hub.answers["/environments/release"] = None
    cloud["s3"].answers["head_bucket"] = [refusal("404", "Not Found")]
    assert command.main(["doctor"]) == 1
    said = capsys.readouterr()
    assert "  NG   release: there is no such environment\n       -> Settings > Environments" in said.out
    assert "gh variable" not in said.out
    assert "export AWS_REGION=ap-northeast-2\nWhere none of it was ever made: make infra\n" in said.out
    assert said.err == "pipeline: 31 OK, 2 NG, 1 SKIP\n"


def test_a_fix_names_what_is_meant(hub: Hub, cloud: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    cloud["ecs"].answers["describe_services"] = [{"services": [IN_ORDER | {"healthCheckGracePeriodSeconds": 0}]}]
    assert command.main(["doctor"]) == 1
    assert (
        "-> aws ecs update-service --cluster lms-ecs --service lms-ecs-service --deployment-configuration "
        "'deploymentCircuitBreaker={enable=true,rollback=true},minimumHealthyPercent=100,maximumPercent=200'"
    ) in capsys.readouterr().out


def test_the_policy_of_a_role_is_printed_to_paste(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["doctor", "--policy", "release"]) == 0
    assert json.loads(capsys.readouterr().out) == policy(PROVIDER, [NUMBERED], "release")
    hub.answers["/actions/oidc/customization/sub"] = 403
    assert command.main(["doctor", "--policy", "release"]) == 0
    assert json.loads(capsys.readouterr().out) == policy(PROVIDER, BOTH, "release")
    hub.answers[""] = None
    assert command.main(["doctor", "--policy", "release"]) == 1
    assert capsys.readouterr().err.startswith("pipeline: how its jobs are named cannot be seen: there is no nationslab/lms")


def test_a_python_without_boto3_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    assert command.main(["doctor"]) == 1
    assert "boto3 is missing: `make doctor`" in capsys.readouterr().err


def test_a_definition_is_not_changed_for_others(hub: Hub) -> None:
    command.main(["doctor"])
    assert json.loads(Path("task-definition.json").read_text()) == DEFINITION


STACK = {"StackName": "lms-ecs-network", "CreationTime": datetime(2026, 11, 1, tzinfo=UTC), "StackStatus": "CREATE_COMPLETE"}
OUTPUTS = [{"OutputKey": "TaskSubnets", "OutputValue": "subnet-a,subnet-b"}, {"OutputKey": "TaskGroup", "OutputValue": "sg-1"}]


@pytest.mark.parametrize(
    ("families", "family"), [(["lms-ecs-task:7"], "lms-ecs-task"), (["lms-ecs-task-migrate:3"], "lms-ecs-service-bootstrap")]
)
def test_a_service_that_is_gone_is_made_where_its_stack_says_and_hides_nothing_else(
    families: list[str], family: str, hub: Hub, cloud: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    cloud["ecs"].answers["describe_services"] = [refusal("ClusterNotFoundException")]
    arns = [f"arn:aws:ecs:ap-northeast-2:471112588210:task-definition/{one}" for one in families]
    cloud["ecs"].answers["list_task_definitions"] = [{"taskDefinitionArns": arns}]
    cloud["cloudformation"].answers["describe_stacks"] = [{"Stacks": [STACK | {"Outputs": OUTPUTS}]}]
    cloud["ec2"].answers["describe_security_groups"] = [walls(into=[rule(80, "0.0.0.0/0")])]
    fires = {"AlarmName": "lms-ecs-service-5xx", "StateValue": "ALARM"}
    cloud["cloudwatch"].answers["describe_alarms"] = [{"MetricAlarms": [fires]}]
    cloud["iam"].roles.pop("ecsTaskRole")
    assert command.main(["doctor"]) == 1
    said = capsys.readouterr()
    lines = said.out.splitlines()
    fix = lines[lines.index("  NG   state: there is no active service lms-ecs-service in lms-ecs") + 1].strip()
    assert fix.startswith("-> aws ecs create-cluster --cluster-name lms-ecs && aws ecs create-service --cluster lms-ecs ")
    assert f" --task-definition {family} --desired-count 0 " in fix
    assert '"subnets": ["subnet-a", "subnet-b"], "securityGroups": ["sg-1"]' in fix
    assert "  NG   security groups: sg-1 (the tasks) does not let sg-1 (the load balancer) in on port 8000" in lines
    assert "  NG   task role: there is no role ecsTaskRole" in lines
    assert "  NG   alarms: lms-ecs-service-5xx is ALARM" in lines
    assert "  SKIP settings: there is no service that would say it" in lines
    assert said.err == "pipeline: 27 OK, 4 NG, 3 SKIP\n"


def test_who_may_not_ask_for_families_is_told_the_one_that_is_shipped(hub: Hub, cloud: dict[str, Any]) -> None:
    cloud["ecs"].answers |= {"describe_services": [{"services": []}], "list_task_definitions": [refusal("AccessDeniedException")]}
    cloud["cloudformation"].answers["describe_stacks"] = [{"Stacks": [STACK | {"Outputs": OUTPUTS}]}]
    (found,) = [one for one in doctor.run(place("", "")) if one.check == "service/state"]
    assert (found.state, " --task-definition lms-ecs-task " in found.fix) == ("NG", True)
