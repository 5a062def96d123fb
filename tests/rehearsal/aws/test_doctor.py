"""doctor looks at accounts as make infra makes them and as people click them together, beside a GitHub in order; no container runs."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from commands.names import TASK_DEFINITION, Names, read_definition, resolve
from infra import doctor
from infra.repository import place
from pipeline.preflight import Finding
from tests.pipeline.hub import NAME, VARIABLES, Hub, served
from tests.rehearsal import account, stacks
from tests.rehearsal.aws.calls import Calls
from tests.rehearsal.aws.front import Front
from tests.rehearsal.aws.ministack import MiniStack
from tests.rehearsal.aws.registry import Registry
from tests.rehearsal.aws.serving import Server
from tests.rehearsal.ecs.world import World
from tests.rehearsal.policies import federated

pytestmark = pytest.mark.engine
ROOT = Path(__file__).parents[3]
ARN = "arn:aws:iam::471112588210:oidc-provider/token.actions.githubusercontent.com"


@pytest.fixture(scope="module")
def names() -> Names:
    """What everything is called."""
    return resolve(read_definition(ROOT / TASK_DEFINITION), VARIABLES)


@pytest.fixture
def world() -> World:
    """Its ECS."""
    return World()


@contextmanager
def embedded(tmp_path: Path, names: Names, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An embedded AWS whose account is empty; credentials of its owner are set."""
    ministack = MiniStack(account=names.aws_account_id, region=names.aws_region, state=tmp_path)
    nothing: Any = SimpleNamespace()
    ecr = Registry(registry="471112588210.dkr.ecr.ap-northeast-2.amazonaws.com", host="127.0.0.1")
    front = Front(
        account=names.aws_account_id,
        ministack=ministack.address,
        ecs=world,
        tasks=nothing,
        targets=nothing,
        ecr=ecr,
        assume=nothing,
        gateway="",
        calls=Calls(account=names.aws_account_id, region=names.aws_region, role_of=lambda key: ""),
        check_passing=lambda *_: None,  # the owner may pass every role
    )
    server = Server(("127.0.0.1", 0))
    server.start(front.handle)
    try:
        url = "http://{}:{}".format(*server.address)
        for name, value in {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": names.aws_account_id, "AWS_SECRET_ACCESS_KEY": "owner"}.items():
            monkeypatch.setenv(name, value)
        yield url
    finally:
        server.close()
        front.close()
        ministack.close()


@pytest.fixture
def endpoint(tmp_path: Path, names: Names, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An account that was clicked together, fresh."""
    with embedded(tmp_path, names, world, monkeypatch) as url:
        account.create(url, names, read_definition(ROOT / TASK_DEFINITION), "postgresql://nobody")
        yield url


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """GitHub, and a token for it."""
    with served() as found:
        monkeypatch.setenv("GITHUB_API_URL", found.url)
        monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
        monkeypatch.chdir(ROOT)
        yield found


def looked() -> dict[str, Finding]:
    """What doctor finds, by check."""
    return {finding.check: finding for finding in doctor.run(place(NAME, ""))}


@pytest.mark.parametrize("made", [True, False], ids=["made by make infra", "clicked together"])
def test_an_account_without_faults_is_in_order(
    made: bool, tmp_path: Path, names: Names, world: World, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with embedded(tmp_path, names, world, monkeypatch) as url:
        if made:
            stacks.create(url, names, "postgresql://nobody", tmp_path / "infra.log")
        else:
            account.create(url, names, read_definition(ROOT / TASK_DEFINITION), "postgresql://nobody")
        found = looked()
    assert [one for one in found.values() if one.state == "NG"] == []
    assert {check for check, one in found.items() if one.state == "SKIP"} == {"safety/connections"}


def trusting(role: str, subject: str, *refs: str, repository: str = NAME) -> Callable[[Any], object]:
    """That role trusts another one."""
    policy = json.dumps(federated(ARN, repository, subject, *refs))
    return lambda client: client("iam").update_assume_role_policy(RoleName=role, PolicyDocument=policy)


SERVICE = {"cluster": "lms-ecs", "service": "lms-ecs-service"}
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
BROKEN: list[tuple[str, str, Callable[[Any], object]]] = [
    ("roles/build", "on refs/heads/main", trusting("lms-ecs-build", "ref:refs/heads/main", "refs/heads/master")),
    ("roles/deploy", "on refs/heads/main and refs/tags/v*", trusting("lms-ecs-deploy", "environment:production", "refs/heads/main")),
    ("roles/deploy", "also trusts any branch in its env", trusting("lms-ecs-deploy", "environment:production", "refs/*")),
    ("roles/release", "does not trust repo:nationslab@4711", trusting(
        "lms-ecs-release", "environment:release", "refs/tags/v*", repository="o/r")),
    ("roles/infra", "on refs/heads/main", trusting("lms-ecs-infra", "environment:infrastructure", "refs/tags/v*")),
    ("roles/read", "NoSuchEntity", lambda client: remove_role(client("iam"), "lms-ecs-read")),
    ("account/OIDC provider", "NoSuchEntity", lambda client: client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=ARN)),
    ("registry/tags", "MUTABLE", lambda client: client("ecr").put_image_tag_mutability(
        repositoryName="lms-ecs", imageTagMutability="MUTABLE")),
    ("service/state", "does not go back", lambda client: client("ecs").update_service(
        **SERVICE, deploymentConfiguration={"deploymentCircuitBreaker": {"enable": False, "rollback": False}})),
    ("service/settings", "50 to 200", lambda client: client("ecs").update_service(
        **SERVICE, deploymentConfiguration=BREAKER | {"minimumHealthyPercent": 50})),
    ("service/settings", "0 s of grace", lambda client: client("ecs").update_service(**SERVICE, healthCheckGracePeriodSeconds=0)),
    ("task/execution role", "does not trust ecs-tasks", trusting("ecsTaskExecutionRole", "x", "y")),
    ("task/secret reader", "may not read", lambda client: client("iam").delete_role_policy(
        RoleName="ecsTaskExecutionRole", PolicyName="ecsTaskExecutionRole")),
    ("task/secret", "ResourceNotFound", lambda client: client("secretsmanager").delete_secret(
        SecretId="lms-ecs/app", ForceDeleteWithoutRecovery=True)),
    ("task/secret keys", "lms-ecs/app lacks SECRET_KEY", lambda client: client("secretsmanager").put_secret_value(
        SecretId="lms-ecs/app", SecretString='{"DATABASE_URL": "postgresql://nobody"}')),
    ("task/log group", "there is no", lambda client: client("logs").delete_log_group(logGroupName="/ecs/lms-ecs")),
    ("task/log retention", "for ever", lambda client: client("logs").delete_retention_policy(logGroupName="/ecs/lms-ecs")),
    ("task/bucket", "404", lambda client: client("s3").delete_bucket(Bucket="lms-ecs-471112588210")),
]  # fmt: skip


def remove_role(iam: Any, name: str) -> None:
    """That role is gone."""
    iam.delete_role_policy(RoleName=name, PolicyName=name)
    iam.delete_role(RoleName=name)


@pytest.mark.parametrize(("check", "said", "breaks"), BROKEN, ids=[f"{row[0]}: {row[1]}" for row in BROKEN])
def test_a_breakage_is_named_with_its_fix(
    check: str, said: str, breaks: Callable[[Any], object], endpoint: str, hub: Hub, names: Names
) -> None:
    breaks(account.clients(endpoint, names))
    found = looked()
    assert [one.check for one in found.values() if one.state == "NG"] == [check]
    assert said in found[check].said
    assert found[check].fix


def test_what_a_wrong_role_is_told_to_paste_mends_it(endpoint: str, hub: Hub, names: Names) -> None:
    client = account.clients(endpoint, names)
    trusting("lms-ecs-deploy", "*", "*")(client)
    pasted = looked()["roles/deploy"].fix.split("--policy-document ")[1].strip("'")
    client("iam").update_assume_role_policy(RoleName="lms-ecs-deploy", PolicyDocument=pasted)
    assert looked()["roles/deploy"].state == "OK"
