"""`make infra` on the embedded AWS: an empty account and one that was clicked together; what it makes, changes, adopts and leaves."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from commands.names import Names, read_definition, resolve
from infra import __main__ as command
from infra import account as edge
from infra import apply
from infra.stacks import STACKS, named, stack_name, template
from tests.github import REPOSITORY
from tests.infra.templates import Template
from tests.rehearsal import account, recorded
from tests.rehearsal.aws.ministack import MiniStack
from tests.rehearsal.places import ROOT
from tests.rehearsal.stacks import UNKNOWN, known

pytestmark = pytest.mark.engine
DEFINITION = read_definition(ROOT / "task-definition.json")
NAMES: Names = resolve(DEFINITION, {"BASE_URL": "https://lms.test"})
BUCKET = "lms-ecs-471112588210"


class Aws:
    """An account of the embedded AWS, and `make infra` on it."""

    def __init__(self, endpoint: str, environment: pytest.MonkeyPatch) -> None:
        self.endpoint = endpoint
        self.client = account.clients(endpoint, NAMES)
        self._environment = environment

    def infra(self, *arguments: str, **variables: str) -> int:
        """Its exit code."""
        self._environment.setenv("VARIABLES", json.dumps(variables))
        return command.main(["apply", "--yes", *arguments])

    def service(self) -> dict[str, Any]:
        """The service as it is."""
        found: dict[str, Any] = edge.service_of(self.client, NAMES) or {}
        return found

    def stack(self, name: str) -> dict[str, Any]:
        """A stack that is there."""
        found = edge.stack_of(self.client("cloudformation"), name)
        assert found
        return found


@pytest.fixture(scope="module")
def environment() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", NAMES.aws_account_id)
        patch.setenv("AWS_SECRET_ACCESS_KEY", "owner")
        patch.setenv("GITHUB_REPOSITORY", REPOSITORY)
        patch.setattr(edge, "EVERY", 0.02)
        patch.setattr(apply, "template", known)
        patch.chdir(ROOT)
        yield patch


def started(state: Path, environment: pytest.MonkeyPatch) -> Iterator[Aws]:
    ministack = MiniStack(account=NAMES.aws_account_id, region=NAMES.aws_region, state=state)
    endpoint = "http://{}:{}".format(*ministack.address)
    environment.setenv("AWS_ENDPOINT_URL", endpoint)
    try:
        yield Aws(endpoint, environment)
    finally:
        ministack.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, environment: pytest.MonkeyPatch) -> Iterator[Aws]:
    """An account with GitHub's identity provider, which the embedded AWS makes by its own call only; `make infra` has run once."""
    for aws in started(tmp_path_factory.mktemp("empty"), environment):
        aws.client("iam").create_open_id_connect_provider(Url=account.ISSUER, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40])
        assert aws.infra() == 0
        yield aws


@pytest.mark.parametrize("stack", UNKNOWN)
def test_what_the_embedded_aws_has_not_is_known(empty: Aws, stack: str) -> None:
    text = template(stack, named(NAMES))
    needed = [name for name, about in Template(text, {}).tree["Parameters"].items() if "Default" not in about]
    with pytest.raises(ClientError) as refusal:
        empty.client("cloudformation").create_change_set(
            StackName="x",
            ChangeSetName="x",
            ChangeSetType="CREATE",
            TemplateBody=text,
            Parameters=[{"ParameterKey": name, "ParameterValue": "x"} for name in needed],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
    assert str(refusal.value).endswith(f"Unrecognized resource types: [{', '.join(f'AWS::{kind}' for kind in UNKNOWN[stack])}]")


def test_an_empty_account_gets_an_idle_service_and_all_that_it_needs(empty: Aws) -> None:
    assert [empty.stack(stack)["StackStatus"] for stack in STACKS] == ["CREATE_COMPLETE"] * 5
    service = empty.service()
    assert (service["desiredCount"], service["taskDefinition"].rpartition("/")[2]) == (0, "lms-ecs-service-bootstrap:1")
    assert service["deploymentConfiguration"]["alarms"]["alarmNames"] == ["lms-ecs-service-5xx"]
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"]["thresholdConfiguration"] == {"type": "COUNT", "value": 2}
    (group,) = empty.client("elbv2").describe_target_groups()["TargetGroups"]
    assert (group["HealthCheckIntervalSeconds"], len(group["LoadBalancerArns"])) == (5, 1)
    assert edge.outputs(empty.stack("service"))["Address"].startswith("http://lms-ecs")


def test_the_secret_leads_to_the_database(empty: Aws) -> None:
    secrets = empty.client("secretsmanager")
    value = json.loads(secrets.get_secret_value(SecretId="lms-ecs/app")["SecretString"])
    password = json.loads(secrets.get_secret_value(SecretId="lms-ecs/app-database")["SecretString"])["password"]
    (database,) = empty.client("rds").describe_db_instances()["DBInstances"]
    host = f"{database['Endpoint']['Address']}:{database['Endpoint']['Port']}"
    assert value["DATABASE_URL"] == f"postgresql://lms:{password}@{host}/lms?sslmode=require"
    assert (len(value["SECRET_KEY"]), len(password), value.keys()) == (64, 40, {"DATABASE_URL", "SECRET_KEY"})
    assert (database["MasterUsername"], database["DeletionProtection"], database["StorageEncrypted"]) == ("lms", True, True)


def test_the_bucket_is_private_and_keeps_versions(empty: Aws) -> None:
    s3, bucket = empty.client("s3"), BUCKET
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())


def test_a_second_run_changes_nothing(empty: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    assert empty.infra() == 0
    assert capsys.readouterr().out.splitlines()[:5] == [f"{stack}: nothing changes" for stack in STACKS]


def test_a_changed_setting_is_changed_in_place_and_kept(empty: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    assert empty.infra(LOG_DAYS="30") == 0
    assert "  changes Logs LogGroup Logs (lms-ecs): RetentionInDays (" in capsys.readouterr().out
    assert empty.infra() == 0
    (group,) = empty.client("logs").describe_log_groups(logGroupNamePrefix="/ecs/lms-ecs")["logGroups"]
    assert group["retentionInDays"] == 30


def test_what_the_infra_role_calls_was_recorded_before(empty: Aws) -> None:
    with recorded.heard() as called:
        for more in (["--dry-run"], [], []):
            assert empty.infra("--ci", *more, LOG_DAYS="45") == 0
    recorded.check(called)


def test_a_failed_deploy_and_then_a_stack_update_leave_what_runs_alone(empty: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    ecs, at = empty.client("ecs"), {"cluster": NAMES.ecs_cluster, "service": NAMES.ecs_service}
    good, bad = (ecs.register_task_definition(**DEFINITION)["taskDefinition"]["taskDefinitionArn"] for _ in range(2))
    for revision in (good, bad, good):  # deployed, failed, gone back
        ecs.update_service(**at, taskDefinition=revision, desiredCount=3)
    assert empty.infra(ALARM_TOPIC="arn:aws:sns:ap-northeast-2:471112588210:people", LOG_DAYS="60") == 0
    assert "changes ECS Service Service" in capsys.readouterr().out
    assert (empty.service()["taskDefinition"], empty.service()["desiredCount"]) == (good, 3)
    ecs.update_service(**at, taskDefinition=bad)
    assert empty.infra() == 0
    assert "service: nothing changes" in capsys.readouterr().out.splitlines()
    assert (empty.service()["taskDefinition"], empty.service()["desiredCount"]) == (bad, 3)


def test_a_foreign_account_is_left_alone(empty: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    assert empty.infra(AWS_ACCOUNT_ID="111122223333") == 1
    assert "you are signed in to 471112588210, not 111122223333" in capsys.readouterr().err


def test_another_database_in_its_place_is_refused(empty: Aws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(apply, "template", lambda stack, names: known(stack, names).replace("DBName: lms", "DBName: other"))
    assert empty.infra() == 1
    assert "data: it changes RDS DBInstance Database (lms-ecs): DBName (ANOTHER ONE TAKES ITS PLACE)" in capsys.readouterr().err


def test_deleting_leaves_what_must_not_be_lost(empty: Aws) -> None:
    cloudformation = empty.client("cloudformation")
    for stack in reversed(STACKS):
        cloudformation.delete_stack(StackName=stack_name(stack))
    assert empty.client("ecr").describe_repositories()["repositories"]
    assert empty.client("rds").describe_db_instances()["DBInstances"]
    assert {secret["Name"] for secret in empty.client("secretsmanager").list_secrets()["SecretList"]} == {
        "lms-ecs/app",
        "lms-ecs/app-database",
    }
    assert empty.client("logs").describe_log_groups()["logGroups"]
    assert [bucket["Name"] for bucket in empty.client("s3").list_buckets()["Buckets"]] == [BUCKET]
    assert empty.client("elbv2").describe_load_balancers()["LoadBalancers"] == []


def test_what_was_clicked_together_is_adopted(tmp_path: Path, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for aws in started(tmp_path, environment):
        account.create(aws.endpoint, NAMES, DEFINITION, "postgresql://there/already")
        assert aws.infra() == 1  # the embedded AWS does not adopt a bucket while it makes other things
        assert re.search(rf"data: ROLLBACK_COMPLETE: S3 Bucket Storage: .*{BUCKET}.* already exists", capsys.readouterr().err)
        aws.client("s3").delete_bucket(Bucket=BUCKET)
        before = aws.service()
        balancers = aws.client("elbv2").describe_load_balancers()["LoadBalancers"]
        assert aws.infra() == 0
        said = capsys.readouterr().out
        assert set(re.findall(r"^  adopts (\S+ \S+)", said, re.MULTILINE)) >= {"Logs LogGroup"}
        assert aws.service() == before
        assert aws.client("elbv2").describe_load_balancers()["LoadBalancers"] == balancers
        assert aws.client("rds").describe_db_instances()["DBInstances"] == []
        assert aws.infra() == 0
        assert capsys.readouterr().out.splitlines()[:5] == [f"{stack}: nothing changes" for stack in STACKS]
