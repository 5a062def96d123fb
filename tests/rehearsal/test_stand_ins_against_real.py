"""Each stand-in beside the real action: the same calls, outputs and words, or the rehearsal would rehearse something else.

The real actions come from the folder ACTIONS_DIR (`owner+name@sha` each).
"""

import base64
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rehearsal.action_bench import Answer, Outcome, Script, play
from tests.rehearsal.play import ALWAYS_STAND_INS
from tests.rehearsal.stand_ins import known, prepare

pytestmark = pytest.mark.actions

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "ap-northeast-2"}
RENDER = "aws-actions/amazon-ecs-render-task-definition"
DEPLOY = "aws-actions/amazon-ecs-deploy-task-definition"
LOGIN = "aws-actions/amazon-ecr-login"
CONFIGURE = "aws-actions/configure-aws-credentials"
OF_CHANCE = {"clientToken": "one of many"}
MAIN = ("dist/index.js", "main.mjs")
POST = ("dist/cleanup/index.js", "post.mjs")
Case = tuple[dict[str, str], Script]


def real(name: str) -> Path:
    assert "ACTIONS_DIR" in os.environ, "ACTIONS_DIR names no folder with checkouts of the real actions"
    return Path(os.environ["ACTIONS_DIR"]) / f"{name.replace('/', '+')}@{known()[name]['sha']}"


def play_both(
    name: str, inputs: dict[str, str], folder: Path, answers: Script, env: dict[str, str], scripts: tuple[str, str] = MAIN
) -> tuple[Outcome, Outcome]:
    (stand_in,) = prepare({name: "0"}, folder / "actions").values()
    return (
        play(real(name) / scripts[0], inputs, folder / "real", answers, env),
        play(stand_in / scripts[1], inputs, folder / "stand-in", answers, env),
    )


def note(outcome: Outcome) -> dict[str, Any]:
    """What must be equal: all but the headers, and what is drawn by chance."""
    told = asdict(outcome)
    del told["sent"]
    told["calls"] = [(name, {key: OF_CHANCE.get(key, value) for key, value in body.items()}) for name, body in outcome.calls]
    return told


def assert_same(name: str, case: Case, folder: Path, env: dict[str, str], scripts: tuple[str, str] = MAIN) -> None:
    theirs, ours = play_both(name, case[0], folder, case[1], env, scripts)
    assert note(ours) == note(theirs)


@pytest.mark.parametrize("name", sorted(set(known()) - set(ALWAYS_STAND_INS)))
def test_the_inputs_and_outputs_are_those_of_the_pinned_version(name: str) -> None:
    action = yaml.safe_load((real(name) / "action.yml").read_text())
    inputs = {
        key: ({"required": True} if declared.get("required") in {True, "true"} else {})
        | ({"default": declared["default"]} if declared.get("default") not in {None, ""} else {})
        for key, declared in action["inputs"].items()
    }
    inputs = {key: {name: value for name, value in declared.items() if value is not False} for key, declared in inputs.items()}
    assert known()[name]["inputs"] == inputs
    assert known()[name]["outputs"] == sorted(action["outputs"])


# Render

DEFINITION: dict[str, Any] = {
    "family": "lms-ecs-task",
    "revision": 3,
    "containerDefinitions": [
        {"name": "lms-ecs", "image": "old", "environment": [{"name": "A", "value": "1"}], "portMappings": []},
        {"name": "side", "dockerLabels": {"z": "1", "10": "é"}, "logConfiguration": {"logDriver": "awslogs"}},
    ],
    "cpu": "256",
}
BASE = {"container-name": "lms-ecs", "image": "registry/lms-ecs:sha-1"}
ROLE = "arn:aws:iam::471112588210:role/ecsTaskRole"
FULL = BASE | {
    "environment-variables": "A=2\n  B=x=y \n\n",
    "secrets": "S=arn:1:k::\nS=arn:2\nT=arn:3",
    "docker-labels": "l=1=2\nm=",
    "log-configuration-options": "awslogs-group=/ecs/lms-ecs\nmode=non-blocking=1",
    "log-configuration-log-driver": "awslogs",
    "command": "flask db  upgrade",
    "env-files": "arn:s3:a\n\narn:s3:b",
    "task-role-arn": ROLE,
    "execution-role-arn": ROLE,
}


@pytest.mark.parametrize("inputs", [BASE, FULL, FULL | {"container-name": "lms-ecs,side"}, BASE | {"image": "None"}])
def test_render_writes_the_same_file_to_the_byte(inputs: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "task.json").write_text(json.dumps(DEFINITION, indent=7))
    both = play_both(RENDER, inputs | {"task-definition": str(tmp_path / "task.json")}, tmp_path, {}, {})
    theirs, ours = (Path(outcome.outputs["task-definition"]).read_bytes() for outcome in both)
    assert ours == theirs


@pytest.mark.parametrize(
    "wrong",
    [
        *({key: "odd"} for key in ("environment-variables", "secrets", "docker-labels", "log-configuration-options")),
        *({key: "odd"} for key in ("log-configuration-log-driver", "task-role-arn", "execution-role-arn", "container-name")),
        *({key: ""} for key in ("container-name", "image", "task-definition")),
        {"container-name": "lms-ecs,"},
        {"task-definition": "missing.json"},
    ],
    ids=str,
)
def test_render_refuses_in_the_same_words(wrong: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "task.json").write_text(json.dumps(DEFINITION))
    assert_same(RENDER, (BASE | {"task-definition": str(tmp_path / "task.json")} | wrong, {}), tmp_path, {})


@pytest.mark.parametrize("text", ['{"a": tru}', "", "{}", '{"containerDefinitions": {}}'])
def test_render_refuses_the_same_files(text: str, tmp_path: Path) -> None:
    (tmp_path / "task.json").write_text(text)
    assert_same(RENDER, (BASE | {"task-definition": str(tmp_path / "task.json")}, {}), tmp_path, {})


# Deploy

OLD = {"id": "ecs-svc/1", "status": "PRIMARY", "rolloutState": "COMPLETED"}
NEW = {"id": "ecs-svc/2", "status": "PRIMARY", "rolloutState": "COMPLETED"}
FAILED = {**NEW, "rolloutState": "FAILED", "rolloutStateReason": "tasks failed to start"}


def service(*deployments: dict[str, str], status: str = "ACTIVE", running: int = 2, **more: Any) -> Answer:
    counts = {"desiredCount": 2, "runningCount": running}
    return 200, {"services": [{"status": status, "deployments": list(deployments), **counts, **more}], "failures": []}


def task(status: str, **container: Any) -> Answer:
    return 200, {"tasks": [{"taskArn": "arn:task", "lastStatus": status, "containers": [container]}]}


def refusal(text: str, status: int = 400, kind: str = "ClientException") -> Answer:
    return status, {"__type": f"com.amazonaws.ecs#{kind}", "message": text}


ECS: Script = {
    "RegisterTaskDefinition": [(200, {"taskDefinition": {"taskDefinitionArn": "arn:lms-ecs-task:4"}})],
    "RunTask": [(200, {"tasks": [{"taskArn": "arn:task"}], "failures": []})],
    "DescribeTasks": [task("PENDING"), task("RUNNING"), task("STOPPED", exitCode=0)],
    "DescribeServices": [service(OLD), service(NEW, OLD), refusal("denied"), service(NEW, running=1), service(NEW)],
    "UpdateService": [(200, {"service": {"deployments": [NEW, OLD]}})],
}
SERVICE = {"service": "lms-ecs-service", "cluster": "lms-ecs", "wait-for-service-stability": "true", "wait-max-delay-seconds": "15"}
TASK = {"run-task": "true", "wait-for-task-stopped": "true", "wait-max-delay-seconds": "15", "run-task-subnets": "subnet-1,subnet-2"}
OVERRIDES = {
    "run-task-container-overrides": '[{"name": "lms-ecs", "command": ["flask", "db", "upgrade"]}]',
    "run-task-security-groups": "sg",
}
BOOTS = [service(OLD), service(OLD)]
DEPLOYS: dict[str, Case] = {
    "registers only": ({}, ECS),
    "task and service": (SERVICE | TASK | OVERRIDES | {"desired-count": "2", "propagate-tags": "SERVICE"}, ECS),
    "service, no waiting": ({"service": "s", "force-new-deployment": "true", "enable-ecs-managed-tags": "true"}, ECS),
    "task, no waiting": ({"run-task": "true", "run-task-launch-type": "EC2", "run-task-tags": '[{"key": "a", "value": "b"}]'}, ECS),
    "capacity providers": ({"run-task": "true", "run-task-capacity-provider-strategy": '[{"capacityProvider": "FARGATE"}]'}, ECS),
    "registration is refused": ({}, {**ECS, "RegisterTaskDefinition": [refusal("no execution role")]}),
    "server errors are retried": ({"max-retries": "4"}, {**ECS, "RegisterTaskDefinition": [refusal("busy", 500, "ServerException")]}),
    "throttling is retried": ({}, {**ECS, "RegisterTaskDefinition": [refusal("slow down", kind="ThrottlingException")]}),
    "an error without words": ({}, {**ECS, "RegisterTaskDefinition": [(400, {"__type": "x"})]}),
    "no place for the task": (TASK, {**ECS, "RunTask": [(200, {"tasks": [], "failures": [{"arn": "arn:a", "reason": "CAPACITY"}]})]}),
    "the task fails": (TASK, {**ECS, "DescribeTasks": [task("STOPPED", exitCode=3)]}),
    "the task cannot start": (TASK, {**ECS, "DescribeTasks": [task("STOPPED", reason="CannotPullContainerError")]}),
    "the task hangs": (TASK | {"wait-for-minutes": "1"}, {**ECS, "DescribeTasks": [refusal("denied"), task("RUNNING")]}),
    "no such service": (SERVICE, {**ECS, "DescribeServices": [(200, {"failures": [{"arn": "arn:s", "reason": "MISSING"}]})]}),
    "the service drains": (SERVICE, {**ECS, "DescribeServices": [service(OLD, status="DRAINING")]}),
    "another controller": (SERVICE, {**ECS, "DescribeServices": [service(OLD, deploymentController={"type": "EXTERNAL"})]}),
    "rolled back": (SERVICE, {**ECS, "DescribeServices": BOOTS}),
    "the rollout failed": (SERVICE, {**ECS, "DescribeServices": [service(OLD), service(FAILED)]}),
    "never stable": (SERVICE | {"wait-for-minutes": "1"}, {**ECS, "DescribeServices": [service(OLD), service(NEW, OLD)]}),
    "nothing new to deploy": (SERVICE, {**ECS, "UpdateService": [(200, {"service": {"deployments": [OLD]}})], "DescribeServices": BOOTS}),
    "an impossible pause": (SERVICE | {"wait-max-delay-seconds": "5"}, ECS),
}
REGISTERED = {
    **DEFINITION,
    "taskRoleArn": "",
    "volumes": [{"name": "tmp", "host": {}}],
    "containerDefinitions": [{"name": "lms-ecs", "command": ["", "run"], "environment": [{"name": "EMPTY", "value": ""}], "secrets": []}],
}


@pytest.mark.parametrize("case", DEPLOYS.values(), ids=DEPLOYS.keys())
def test_deploy_makes_the_same_calls_and_ends_in_the_same_words(case: Case, tmp_path: Path) -> None:
    (tmp_path / "task.json").write_text(json.dumps(REGISTERED))
    assert_same(DEPLOY, ({"task-definition": str(tmp_path / "task.json"), **case[0]}, case[1]), tmp_path, CREDENTIALS)


@pytest.mark.parametrize("kept", ["taskRoleArn, secrets", "command"])
def test_deploy_keeps_the_same_empty_values(kept: str, tmp_path: Path) -> None:
    (tmp_path / "task.json").write_text(json.dumps(REGISTERED))
    inputs = {"task-definition": str(tmp_path / "task.json"), "keep-null-value-keys": kept}
    assert_same(DEPLOY, (inputs, ECS), tmp_path, CREDENTIALS)


# Log in


def tokens(*endpoints: str) -> Script:
    token = base64.b64encode(b"AWS:password").decode()
    return {
        "GetAuthorizationToken": [(200, {"authorizationData": [{"authorizationToken": token, "proxyEndpoint": one} for one in endpoints]})]
    }


LOGINS: dict[str, Case] = {
    "one registry": ({}, tokens("https://471112588210.dkr.ecr.ap-northeast-2.amazonaws.com")),
    "two, unmasked, kept": ({"registries": "1,2", "mask-password": "false", "skip-logout": "true"}, tokens("http://a:5000", "https://b")),
    "docker refuses the second": ({}, tokens("http://a:5000", "https://refused")),
    "not allowed": ({}, {"GetAuthorizationToken": [refusal("not authorized", kind="AccessDeniedException")]}),
    "no data": ({}, tokens()),
    "an odd answer": ({}, {"GetAuthorizationToken": [(200, {})]}),
    "an odd type": ({"registry-type": "odd"}, {}),
}


@pytest.mark.parametrize("case", LOGINS.values(), ids=LOGINS.keys())
def test_login_is_the_same(case: Case, tmp_path: Path) -> None:
    assert_same(LOGIN, case, tmp_path, CREDENTIALS)


@pytest.mark.parametrize("registries", ["", "a:5000", "a:5000,refused"])
def test_logout_is_the_same(registries: str, tmp_path: Path) -> None:
    assert_same(LOGIN, ({}, {}), tmp_path, {"STATE_registries": registries}, POST)


# Configure credentials


def xml(action: str, inner: str) -> str:
    return (
        f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>{inner}</{action}Result></{action}Response>'
    )


def sts_refusal(text: str, status: int = 403, code: str = "AccessDenied") -> Answer:
    return status, f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message></Error></ErrorResponse>"


KEYS = "<AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>se/+cret</SecretAccessKey><SessionToken>token==</SessionToken>"
EXPIRES = "<Expiration>2026-11-23T16:00:00Z</Expiration>"
ASSUMED = "<AssumedRoleUser><Arn>arn:aws:sts::471112588210:assumed-role/r/s</Arn><AssumedRoleId>AROA:s</AssumedRoleId></AssumedRoleUser>"
IDENTITY = "<Arn>arn:aws:sts::471112588210:assumed-role/r/s</Arn><UserId>AROA:s</UserId><Account>471112588210</Account>"
STS: Script = {
    "GET": [(200, {"value": "header.claims.signature"})],
    "AssumeRoleWithWebIdentity": [(200, xml("AssumeRoleWithWebIdentity", f"<Credentials>{KEYS}{EXPIRES}</Credentials>{ASSUMED}"))],
    "GetCallerIdentity": [(200, xml("GetCallerIdentity", IDENTITY))],
}
DENIED = sts_refusal("Not authorized to perform &quot;sts:AssumeRoleWithWebIdentity&quot; &amp; that&#39;s it")
OIDC = {"aws-region": "ap-northeast-2", "role-to-assume": "arn:aws:iam::471112588210:role/lms-ecs-deploy", "audience": "sts.amazonaws.com"}
POLICY = {"inline-session-policy": '{"Statement": "a&b <c>"}', "managed-session-policies": "arn:1\narn:2", "role-duration-seconds": "900"}
SHOWN = {"mask-aws-account-id": "true", "output-credentials": "true", "role-session-name": "run-7", "unset-current-credentials": "true"}
REFUSED: Script = {**STS, "AssumeRoleWithWebIdentity": [DENIED]}
CONFIGURES: dict[str, Case] = {
    "a role": (OIDC, STS),
    "with policies": (OIDC | POLICY, STS),
    "shown and masked": (OIDC | SHOWN, STS),
    "outputs only": (OIDC | {"output-env-credentials": "false", "output-credentials": "True"}, STS),
    "an allowed account": (OIDC | {"allowed-account-ids": "1, 471112588210"}, STS),
    "another account": (OIDC | {"allowed-account-ids": "111111111111"}, STS),
    "refused twelve times": (OIDC, REFUSED),
    "refused at first": (OIDC, {**STS, "AssumeRoleWithWebIdentity": [DENIED, *STS["AssumeRoleWithWebIdentity"]]}),
    "a server error": (
        OIDC | {"disable-retry": "true"},
        {**STS, "AssumeRoleWithWebIdentity": [sts_refusal("busy", 500, "InternalFailure")]},
    ),
    "keys that do not work": (
        OIDC | {"disable-retry": "true"},
        {**STS, "GetCallerIdentity": [sts_refusal("bad", code="InvalidClientTokenId")]},
    ),
    "no right to a token": (OIDC | {"retry-max-attempts": "2"}, {**STS, "GET": [(401, {"message": "unauthorized"})]}),
    "no token in the answer": (OIDC | {"disable-retry": "true"}, {**STS, "GET": [(200, {})]}),
    "no token endpoint": (OIDC | {"disable-retry": "true"}, {**STS, "GET": [(404, {"message": "not found"})]}),
    "no region": (OIDC | {"aws-region": ""}, STS),
    "an odd region": (OIDC | {"aws-region": "Seoul!"}, STS),
    "an odd session name": (OIDC | {"role-session-name": "run 7"}, STS),
    "no role": ({"aws-region": "ap-northeast-2", "disable-retry": "true"}, STS),
}


@pytest.mark.parametrize("case", CONFIGURES.values(), ids=CONFIGURES.keys())
def test_configure_makes_the_same_calls_and_exports_the_same(case: Case, tmp_path: Path) -> None:
    assert_same(CONFIGURE, case, tmp_path, {})


@pytest.mark.parametrize("inputs", [{}, {"output-env-credentials": "false"}])
def test_the_credentials_are_taken_away_alike(inputs: dict[str, str], tmp_path: Path) -> None:
    assert_same(CONFIGURE, (inputs, {}), tmp_path, {}, POST)
