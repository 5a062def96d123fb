"""Requests by what they ask IAM for, and whose they are."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal.aws import front
from tests.rehearsal.aws.calls import Calls, asked, pulled
from tests.rehearsal.aws.registry import TARGET
from tests.rehearsal.aws.scripted import Backend, reply
from tests.rehearsal.aws.test_endpoints import fetch, fronted, target
from tests.rehearsal.aws.wire import Head
from tests.rehearsal.ecs.aws import ON_BEHALF

ACCOUNT, REGION = "471112588210", "ap-northeast-2"
BUCKET, REPOSITORY = "arn:aws:s3:::lms", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/team/lms"
ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
SERVICE = {"cluster": "lms", "service": "web"}
TASK = "0123456789abcdef0123456789abcdef"


def head(service: str, key: str = "ASIA1", **fields: str) -> Head:
    signed = f"AWS4-HMAC-SHA256 Credential={key}/20261101/{REGION}/{service}/aws4_request, SignedHeaders=host"
    return Head("", (("Authorization", signed), *((name.replace("_", "-"), value) for name, value in fields.items())))


def found(service: str, method: str, target: str, body: dict[str, Any] | None = None, **fields: str) -> list[tuple[str, str]]:
    return asked(method, target, head(service, **fields), body or {}, account=ACCOUNT)


@pytest.mark.parametrize(
    ("service", "operation", "body", "action", "resource"),
    [
        ("ecs", "DescribeServices", {"cluster": "lms", "services": ["web"]}, "ecs:DescribeServices", f"{ECS}:service/lms/web"),
        ("ecs", "UpdateService", SERVICE | {"cluster": f"{ECS}:cluster/lms"}, "ecs:UpdateService", f"{ECS}:service/lms/web"),
        ("ecs", "UpdateService", {"service": "web"}, "ecs:UpdateService", f"{ECS}:service/default/web"),
        ("ecs", "DescribeTasks", {"cluster": "lms", "tasks": [TASK, f"{ECS}:task/lms/{TASK}"]}, "ecs:DescribeTasks", f"{ECS}:task/lms/*"),
        ("ecs", "RunTask", {"taskDefinition": f"{ECS}:task-definition/lms:7"}, "ecs:RunTask", f"{ECS}:task-definition/lms:*"),
        (
            "ecs",
            "StopServiceDeployment",
            {"serviceDeploymentArn": f"{ECS}:service-deployment/lms/web/x1"},
            "ecs:StopServiceDeployment",
            f"{ECS}:service-deployment/lms/web/*",
        ),
        ("ecs", "ListTasks", {"cluster": "lms"}, "ecs:ListTasks", "*"),
        ("ecr", "PutImage", {"repositoryName": "team/lms"}, "ecr:PutImage", REPOSITORY),
        ("ecr", "GetAuthorizationToken", {}, "ecr:GetAuthorizationToken", "*"),
        (
            "logs",
            "GetLogEvents",
            {"logGroupName": "/lms", "logStreamName": "a/b/c"},
            "logs:GetLogEvents",
            f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/lms:log-stream:*",
        ),
        (
            "secretsmanager",
            "GetSecretValue",
            {"SecretId": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:lms/app-AbCdEf"},
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:lms/app-??????",
        ),
    ],
)
def test_a_call_in_json_names_its_action_and_what_it_is_done_to(
    service: str, operation: str, body: dict[str, Any], action: str, resource: str
) -> None:
    assert found(service, "POST", "/", body, X_Amz_Target=f"Any_V1.{operation}") == [(action, resource)]


def test_a_call_in_the_query_protocol_or_in_cbor_names_its_action() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/lms"
    assert found("iam", "POST", "/", {"Action": "GetRole", "RoleName": "lms"}) == [("iam:GetRole", role)]
    path = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms"
    assert found("monitoring", "POST", path) == [("cloudwatch:DescribeAlarms", "*")]


def test_what_ecs_asks_for_besides_is_asked_for() -> None:
    register = {"taskRoleArn": "arn:task", "executionRoleArn": "arn:execution", "tags": [{"key": "a", "value": "b"}]}
    assert found("ecs", "POST", "/", register, X_Amz_Target="Ecs.RegisterTaskDefinition") == [
        ("ecs:RegisterTaskDefinition", "*"),
        ("iam:PassRole", "arn:execution"),
        ("iam:PassRole", "arn:task"),
        ("ecs:TagResource", "made by ecs:RegisterTaskDefinition"),
    ]


@pytest.mark.parametrize(
    ("method", "target", "action", "resource"),
    [
        ("GET", "/lms?list-type=2&prefix=a", "s3:ListBucket", BUCKET),
        ("HEAD", "/lms", "s3:ListBucket", BUCKET),
        ("HEAD", "/lms/a/b", "s3:GetObject", f"{BUCKET}/*"),
        ("GET", "/lms/a%2Fb?response-content-type=text%2Fplain", "s3:GetObject", f"{BUCKET}/*"),
        ("PUT", "/lms/a?x-id=PutObject", "s3:PutObject", f"{BUCKET}/*"),
        ("DELETE", "/lms/a", "s3:DeleteObject", f"{BUCKET}/*"),
        ("POST", "/lms/a?uploads", "s3:PutObject", f"{BUCKET}/*"),
        ("PUT", "/lms/a?partNumber=1&uploadId=u", "s3:PutObject", f"{BUCKET}/*"),
        ("DELETE", "/lms/a?uploadId=u", "s3:AbortMultipartUpload", f"{BUCKET}/*"),
        ("GET", "/lms/a?versionId=v", "s3:GET ?versionId", f"{BUCKET}/*"),
        ("POST", "/lms?delete", "s3:POST ?delete", BUCKET),
        ("PUT", "/lms", "s3:PUT", BUCKET),
    ],
)
def test_a_request_of_s3_has_the_action_that_iam_asks_for_or_a_name_that_no_policy_allows(
    method: str, target: str, action: str, resource: str
) -> None:
    assert found("s3", method, target) == [(action, resource)]


def test_a_copy_reads_and_writes() -> None:
    assert found("s3", "PUT", "/lms/b", x_amz_copy_source="/from/a%20b") == [
        ("s3:PutObject", f"{BUCKET}/*"),
        ("s3:GetObject", "arn:aws:s3:::from/*"),
    ]


@pytest.mark.parametrize(
    ("method", "target", "action"),
    [
        ("HEAD", "/v2/team/lms/blobs/sha256:1", "BatchCheckLayerAvailability"),
        ("GET", "/v2/team/lms/blobs/sha256:1", "GetDownloadUrlForLayer"),
        ("POST", "/v2/team/lms/blobs/uploads/", "InitiateLayerUpload"),
        ("PATCH", "/v2/team/lms/blobs/uploads/u", "UploadLayerPart"),
        ("PUT", "/v2/team/lms/blobs/uploads/u?digest=sha256:1", "CompleteLayerUpload"),
        ("PUT", "/v2/team/lms/manifests/v1", "PutImage"),
        ("HEAD", "/v2/team/lms/manifests/v1", "BatchGetImage"),
        ("DELETE", "/v2/team/lms/manifests/v1", "DELETE manifests"),
    ],
)
def test_the_registrys_own_protocol_asks_for_what_ecr_asks_for(method: str, target: str, action: str) -> None:
    assert pulled(method, target, region=REGION, account=ACCOUNT) == [(f"ecr:{action}", REPOSITORY)]
    assert pulled("GET", "/v2/", region=REGION, account=ACCOUNT) == []


@pytest.fixture
def calls(tmp_path: Path) -> Calls:
    roles = {"ASIA1": "deploy", "ASIA2": "app"}
    return Calls(account=ACCOUNT, region=REGION, role_of=lambda key: roles.get(key, ""), file=tmp_path / "calls.json")


def test_a_call_is_noted_once_for_the_role_that_signed_it(calls: Calls, tmp_path: Path) -> None:
    for _ in range(2):
        calls.note("POST", "/", head("ecs", X_Amz_Target="Ecs.ListTasks"), {})
        calls.note("GET", f"/lms/a?X-Amz-Credential=ASIA2%2F20261101%2F{REGION}%2Fs3%2Faws4_request", Head("", ()), {})
    assert calls.seen == {"deploy": {"ecs:ListTasks": ["*"]}, "app": {"s3:GetObject": [f"{BUCKET}/*"]}}
    assert json.loads((tmp_path / "calls.json").read_text()) == calls.seen


def test_the_owner_and_who_needs_no_policy_are_not_noted(calls: Calls, tmp_path: Path) -> None:
    calls.note("POST", "/", head("ecs", ACCOUNT, X_Amz_Target="Ecs.ListTasks"), {})
    calls.note("POST", "/", head("sts"), {"Action": "GetCallerIdentity"})
    calls.note("POST", "/", Head("", ()), {"Action": "AssumeRoleWithWebIdentity"})
    assert calls.seen == {}
    assert not (tmp_path / "calls.json").exists()


def test_what_ecs_asks_for_a_task_is_its_execution_roles(calls: Calls) -> None:
    calls.note("POST", "/", head("ecr", ACCOUNT, X_Amz_Target="Ecr.GetAuthorizationToken", User_Agent=f"Boto3/1 {ON_BEHALF}"), {})
    assert calls.seen == {"execution": {"ecr:GetAuthorizationToken": ["*"]}}


def test_a_token_of_the_registry_is_its_roles_who_asked_for_it(calls: Calls) -> None:
    calls.holds("QVdTOnRva2Vu", head("ecr"))
    for token in ("QVdTOnRva2Vu", "QVdTOm90aGVy"):
        calls.note_registry("HEAD", "/v2/team/lms/manifests/v1", Head("", (("Authorization", f"Basic {token}"),)))
    assert calls.seen == {"deploy": {"ecr:BatchGetImage": [REPOSITORY]}}


def test_a_body_is_listened_to_while_it_passes_also_a_form_that_a_browser_posts(calls: Calls) -> None:
    signed = (
        f'--x\r\nContent-Disposition: form-data; name="x-amz-credential"\r\n\r\nASIA2/20261101/{REGION}/s3/aws4_request\r\n--x--'.encode()
    )
    form = Head("", (("Content-Type", "multipart/form-data; boundary=x"),))
    assert b"".join(calls.listened("POST", "/lms", form, [signed[:90], signed[90:]])) == signed
    body = b'{"logGroupName": "/lms"}'
    events = head("logs", X_Amz_Target="Logs_20140328.PutLogEvents", Content_Type="application/x-amz-json-1.1")
    assert b"".join(calls.listened("POST", "/", events, [body[:9], body[9:]])) == body
    assert calls.seen == {
        "app": {"s3:PutObject": [f"{BUCKET}/*"]},
        "deploy": {"logs:PutLogEvents": [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/lms:log-stream:*"]},
    }


def test_what_is_called_is_noted_on_its_way() -> None:
    calls = Calls(account="471112588210", region="r", role_of=lambda key: "a role")
    with Backend(lambda head, body: reply(b"{}")) as backend, fronted(backend, calls=calls) as url:
        for service, prefix, action in (
            ("ecs", front.ECS, "Echo"),
            ("ecr", TARGET, "PutImage"),
            ("logs", "Logs_20140328.", "PutLogEvents"),
        ):
            fetch(url, b"{}", **target(prefix, action), Authorization=f"Credential=ASIA1/20261101/r/{service}/aws4_request")
        form = {"Content_Type": "application/x-www-form-urlencoded", "Authorization": "Credential=ASIA1/20261101/r/iam/aws4_request"}
        fetch(url, b"Action=GetRole", **form)
        fetch(f"{url}/bucket/key?X-Amz-Credential=ASIA1%2F20261101%2Fr%2Fs3%2Faws4_request", b"x", "PUT")
    assert {*calls.seen["a role"]} == {"ecs:Echo", "ecr:PutImage", "logs:PutLogEvents", "iam:GetRole", "s3:PutObject"}
