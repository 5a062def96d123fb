"""The token endpoint, the task credentials and the front over loopback sockets, with a scripted MiniStack."""

import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.rehearsal.aws import front, peer
from tests.rehearsal.aws.calls import Calls
from tests.rehearsal.aws.claims import ISSUER
from tests.rehearsal.aws.credentials import TaskRoles
from tests.rehearsal.aws.identity import Refused
from tests.rehearsal.aws.lookups import settings
from tests.rehearsal.aws.oidc import Issuer, TokenEndpoint
from tests.rehearsal.aws.registry import Registry
from tests.rehearsal.aws.scripted import Backend, reply
from tests.rehearsal.aws.server import publish
from tests.rehearsal.aws.serving import Server
from tests.rehearsal.aws.wire import Head
from tests.rehearsal.ecs.errors import ApiError
from tests.rehearsal.ecs.ports import RoleRefused

ROLE = "arn:aws:iam::471112588210:role/ecsTaskRole"
TASK = "arn:aws:ecs:ap-northeast-2:471112588210:task/lms-ecs/0123"
NAME = "471112588210.dkr.ecr.ap-northeast-2.amazonaws.com"
TRUST: dict[str, Any] = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}


def fetch(url: str, data: bytes | None = None, verb: str | None = None, /, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(url, data, {name.replace("_", "-"): value for name, value in headers.items()}, method=verb)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


@contextmanager
def tokens(folder: Path, variables: Mapping[str, str] | None, issuer: Issuer) -> Iterator[TokenEndpoint]:
    def variables_of(address: tuple[str, int]) -> Mapping[str, str]:
        if variables is None:
            raise peer.Unknown("nobody")
        return variables

    endpoint = TokenEndpoint(address=("127.0.0.1", 0), issuer=issuer, workflows=folder, variables_of=variables_of)
    try:
        yield endpoint
    finally:
        endpoint.close()


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def workflows(tmp_path: Path) -> Path:
    (tmp_path / "ship.yml").write_text(
        "name: ship\njobs:\n  ship: {steps: [], environment: production, permissions: {id-token: write}}\n  plain: {steps: []}\n"
    )
    return tmp_path


def test_a_job_gets_a_token_with_its_own_subject(workflows: Path, issuer: Issuer) -> None:
    job = {"GITHUB_JOB": "ship", "GITHUB_WORKFLOW": "ship", "GITHUB_REPOSITORY": "o/r", "GITHUB_REF": "refs/heads/main"}
    with tokens(workflows, job, issuer) as endpoint:
        status, body = fetch(endpoint.url + "&audience=sts.amazonaws.com", Authorization=f"bearer {endpoint.token}")
    assert status == 200
    found = issuer.read(json.loads(body)["value"])
    assert (found["sub"], found["aud"], found["iss"]) == ("repo:o/r:environment:production", "sts.amazonaws.com", ISSUER)
    assert found["exp"] - found["iat"] == 300


@pytest.mark.parametrize(
    ("job", "right", "status", "why"),
    [
        ({"GITHUB_JOB": "ship"}, False, 401, "request token"),
        ({"GITHUB_JOB": "plain", "GITHUB_WORKFLOW": "ship"}, True, 403, "id-token: write"),
        ({"GITHUB_JOB": "other", "GITHUB_WORKFLOW": "ship"}, True, 403, "no file"),
        (None, True, 403, "nobody"),
    ],
)
def test_who_may_have_no_token_reads_why(
    workflows: Path, issuer: Issuer, job: dict[str, str] | None, right: bool, status: int, why: str
) -> None:
    with tokens(workflows, job, issuer) as endpoint:
        found, body = fetch(endpoint.url, Authorization=f"bearer {endpoint.token if right else 'x'}")
    assert found == status
    assert why in json.loads(body)["message"]


def test_a_token_of_another_key_is_not_read(issuer: Issuer) -> None:
    with pytest.raises(ValueError, match="Signature"):
        issuer.read(Issuer().sign({"sub": "x"}, 0))
    assert issuer.keys()["keys"][0]["kid"] == "rehearsal"


def test_the_process_at_the_other_end_is_found_by_its_port() -> None:
    server = Server(("127.0.0.1", 0))
    server.start(lambda exchange: exchange.answer(200, peer.environment(exchange.client, "PATH")["PATH"].encode()))
    try:
        status, body = fetch("http://{}:{}/".format(*server.address))
    finally:
        server.close()
    assert (status, b"/" in body) == (200, True)


class Roles:
    """One role."""

    def trust_policy(self, role_arn: str) -> Mapping[str, Any] | None:
        known: dict[str, dict[str, Any]] = {ROLE: TRUST, ROLE + "2": {"Statement": []}}
        return known.get(role_arn)

    def session(self, role_arn: str, name: str, seconds: int) -> dict[str, Any]:
        found = {"AccessKeyId": role_arn, "SecretAccessKey": name, "SessionToken": "t", "Expiration": datetime(2026, 1, 1, tzinfo=UTC)}
        return {"Credentials": found}


def test_a_task_fetches_credentials_of_its_role_until_it_is_forgotten() -> None:
    roles = TaskRoles(gateway=("169.254.170.2", 4566), roles=Roles())
    url = roles.environment(TASK, ROLE)["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    path = url.removeprefix("http://169.254.170.2:4566")
    status, body = roles.answer(path)
    expected = {"RoleArn": ROLE, "AccessKeyId": ROLE, "SecretAccessKey": "0123", "Token": "t", "Expiration": "2026-01-01T00:00:00Z"}
    assert (status, json.loads(body)) == (200, expected)
    roles.forget(TASK)
    assert roles.answer(path)[0] == 400


def test_at_port_80_the_path_alone_is_enough() -> None:
    found = TaskRoles(gateway=("169.254.170.2", 80), roles=Roles()).environment(TASK, ROLE)
    assert found.keys() == {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}


@pytest.mark.parametrize(("role", "why"), [(ROLE + "2", "does not let ecs-tasks"), ("nothing", "does not exist")])
def test_a_role_that_tasks_may_not_assume_is_refused(role: str, why: str) -> None:
    with pytest.raises(RoleRefused, match=why):
        TaskRoles(gateway=("169.254.170.2", 80), roles=Roles()).environment(TASK, role)


class Ecs:
    """Knows one call."""

    def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        if action != "Echo":
            raise ApiError("ClusterNotFoundException", "Cluster not found.")
        return body


class Nothing:
    """No credentials, no targets."""

    def answer(self, path: str) -> tuple[int, bytes]:
        return 200, path.encode()

    def standings(self, target_group_arn: str) -> Mapping[Any, Any]:
        return {}


def assume(form: Mapping[str, str]) -> bytes:
    if form["WebIdentityToken"] != "good":
        raise Refused(403, "AccessDenied", "Not authorized")
    return b"<granted/>"


def check_passing(authorization: str, definition: Mapping[str, Any]) -> None:
    raise ApiError("AccessDeniedException", f"{authorization} may not pass {definition['taskRoleArn']}")


@contextmanager
def fronted(backend: Backend, gateway: str = "127.0.0.1", calls: Calls | None = None) -> Iterator[str]:
    handler = front.Front(
        account="471112588210",
        ministack=backend.address,
        ecs=Ecs(),
        tasks=Nothing(),
        targets=Nothing(),
        ecr=Registry(registry=NAME, host="127.0.0.1:4566"),
        assume=assume,
        check_passing=check_passing,
        gateway=gateway,
        calls=calls or Calls(account="471112588210", region="ap-northeast-2", role_of=lambda key: ""),
    )
    server = Server(("127.0.0.1", 0))
    server.start(handler.handle)
    try:
        yield "http://{}:{}".format(*server.address)
    finally:
        server.close()
        handler.close()


def target(service: str, action: str) -> dict[str, str]:
    return {"X_Amz_Target": f"{service}{action}", "Content_Type": "application/x-amz-json-1.1"}


def test_ecs_is_answered_here_and_in_its_shape() -> None:
    with Backend() as backend, fronted(backend) as url:
        assert fetch(url, b'{"a": 1}', **target(front.ECS, "Echo")) == (200, b'{"a": 1}')
        status, body = fetch(url, b"{}", **target(front.ECS, "Other"))
        assert (status, json.loads(body)["__type"]) == (400, "ClusterNotFoundException")
        assert backend.seen == []


def test_who_may_not_pass_its_roles_registers_no_task_definition() -> None:
    with Backend() as backend, fronted(backend) as url:
        register = target(front.ECS, "RegisterTaskDefinition")
        status, body = fetch(url, b'{"taskRoleArn": "arn:x"}', **register, Authorization="who")
        assert (status, json.loads(body)) == (400, {"__type": "AccessDeniedException", "message": "who may not pass arn:x"})


def test_the_rest_goes_to_ministack_as_it_is() -> None:
    with Backend(lambda head, body: reply(body[::-1])) as backend, fronted(backend) as url:
        assert fetch(url + "/bucket/key?x=1", b"abc", "PUT", Authorization="AWS4 x", Content_Type="text/plain") == (200, b"cba")
        head = backend.seen[0][0]
        assert (head.first, head.get("authorization"), head.get("host")) == (
            "PUT /bucket/key?x=1 HTTP/1.1",
            "AWS4 x",
            url.removeprefix("http://"),
        )


def test_a_ministack_that_is_gone_is_a_503() -> None:
    with Backend() as backend, fronted(backend) as url:
        backend.__exit__(None, None, None)
        assert fetch(url + "/bucket")[0] == 503


class Tags:
    """A MiniStack whose repository has the tag v1, and which takes any PUT."""

    def __call__(self, head: Head, body: bytes) -> bytes:
        if head.get("x-amz-target").endswith("GetAuthorizationToken"):
            return reply(
                json.dumps({"authorizationData": [{"authorizationToken": "QVdTOng=", "proxyEndpoint": f"https://{NAME}"}]}).encode()
            )
        if head.get("x-amz-target").endswith("CreateRepository"):
            return reply(json.dumps({"repository": {"repositoryName": "lms-ecs", "repositoryUri": f"{NAME}/lms-ecs"}}).encode())
        if head.first.startswith("HEAD"):
            there = "/manifests/v1 " in head.first or "/manifests/latest " in head.first
            return reply(b"", "200 OK" if there else "404 Not Found", "Docker-Content-Digest: sha256:1")
        return reply(b"{}", "201 Created")


def test_docker_must_have_logged_in_and_may_not_move_an_immutable_tag() -> None:
    ecr = "AmazonEC2ContainerRegistry_V20150921."
    with Backend(Tags()) as backend, fronted(backend) as url:
        assert fetch(url + "/v2/")[0] == 401
        token = json.loads(fetch(url, b"{}", **target(ecr, "GetAuthorizationToken"))[1])["authorizationData"][0]
        assert token["proxyEndpoint"] == "http://127.0.0.1:4566"
        made: dict[str, Any] = {"repositoryName": "lms-ecs", "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"}
        made["imageTagMutabilityExclusionFilters"] = [{"filterType": "WILDCARD", "filter": "latest"}]
        assert (
            json.loads(fetch(url, json.dumps(made).encode(), **target(ecr, "CreateRepository"))[1])["repository"]["repositoryUri"]
            == "127.0.0.1:4566/lms-ecs"
        )
        for tag, expected in {"v1": 400, "v2": 201, "latest": 201, "sha256:1": 201}.items():
            status, body = fetch(f"{url}/v2/lms-ecs/manifests/{tag}", b"{}", "PUT", Authorization=f"Basic {token['authorizationToken']}")
            assert (status, b"cannot be overwritten because the tag is immutable" in body) == (expected, expected == 400)
        put = {"repositoryName": "lms-ecs", "imageTag": "v1", "imageDigest": "sha256:1"}
        status, body = fetch(url, json.dumps(put).encode(), **target(ecr, "PutImage"))
        assert (status, json.loads(body)["__type"]) == (400, "ImageTagAlreadyExistsException")


@pytest.mark.parametrize(("token", "status", "text"), [("good", 200, b"<granted/>"), ("bad", 403, b"<Code>AccessDenied</Code>")])
def test_a_web_identity_is_decided_here(token: str, status: int, text: bytes) -> None:
    with Backend() as backend, fronted(backend) as url:
        form = f"Action=AssumeRoleWithWebIdentity&RoleArn={ROLE}&WebIdentityToken={token}".encode()
        found, body = fetch(url, form, Content_Type="application/x-www-form-urlencoded; charset=utf-8")
        assert (found, text in body, backend.seen) == (status, True, [])


@pytest.mark.parametrize(("gateway", "ours"), [("127.0.0.1", True), ("169.254.170.2", False)])
def test_task_credentials_are_served_on_the_gateways_address_only(gateway: str, ours: bool) -> None:
    with Backend() as backend, fronted(backend, gateway) as url:
        assert fetch(url + "/v2/credentials/x")[0] == (200 if ours else 404)
        assert backend.seen == []


def test_a_target_group_is_checked_as_elbv2_describes_it() -> None:
    group = {"HealthCheckPath": "/health", "HealthCheckIntervalSeconds": 5, "HealthyThresholdCount": 2, "Matcher": {"HttpCode": "200-299"}}
    found = settings(group, {"deregistration_delay.timeout_seconds": "10"})
    assert (found.path, found.interval, found.healthy, found.matcher, found.deregistration_delay) == ("/health", 5, 2, "200-299", 10.0)
    assert (settings({}, {}).interval, settings({}, {}).deregistration_delay) == (30, 300.0)


def test_the_file_that_says_that_all_is_ready_is_whole(tmp_path: Path) -> None:
    publish({"pid": 1}, tmp_path / "ready.json")
    assert [(file.name, json.loads(file.read_text())) for file in tmp_path.iterdir()] == [("ready.json", {"pid": 1})]
