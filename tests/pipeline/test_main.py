"""Each verb from its command line to its exit code, its outputs and its notes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from commands import aws
from pipeline import __main__ as command
from pipeline import migrate, smoke
from tests.pipeline.conftest import BASE_URL, COMMIT, DEFINITION, ROOT, Lms, Script, Workflow, in_registry, refusal
from tests.pipeline.verbs import OUTPUTS

TAG = f"sha-{COMMIT}"
SECRET = "arn:aws:secretsmanager:ap-northeast-2:471112588210:secret:lms-ecs/app-AbCdEf"
SERVICE = {
    "status": "ACTIVE",
    "taskDefinition": "arn:aws:ecs:r:1:task-definition/lms-ecs-task:6",
    "networkConfiguration": {},
    "desiredCount": 2,
}
OLD = {"containerDefinitions": [{"image": "registry/lms-ecs:sha-old", "dockerLabels": {"commit": "old"}}]}
PREPARE = ["prepare", "--tag", TAG, "--digest", "sha256:d", "--commit", COMMIT]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> dict[str, Script]:
    """The clients that the verbs get, by service: a cloud in which a deploy succeeds."""
    clients = {
        "ecr": Script("ecr", batch_get_image=[in_registry("sha256:d", "sha256:booted")]),
        "ecs": Script(
            "ecs",
            describe_services=[{"services": [SERVICE]}],
            describe_task_definition=[{"taskDefinition": OLD}],
            register_task_definition=[{"taskDefinition": {"taskDefinitionArn": "arn"}}],
            run_task=[{"tasks": [{"taskArn": "cluster/0a1b2c"}]}],
            describe_tasks=[{"tasks": [{"taskArn": "0a", "lastStatus": "STOPPED", "containers": [{"name": "lms-ecs", "exitCode": 0}]}]}],
        ),
        "logs": Script("logs", get_log_events=[{"events": [{"message": "done"}], "nextForwardToken": "x"}]),
        "secretsmanager": Script("secretsmanager", describe_secret=[{"ARN": SECRET}]),
    }

    def client(service: str, region: str) -> Script:
        assert region == "ap-northeast-2"
        return clients[service]

    monkeypatch.setattr(aws, "client", client)
    monkeypatch.setattr(migrate, "EVERY", 0.001)
    return clients


def succeeds(workflow: Workflow, *arguments: str) -> dict[str, str]:
    """The outputs of a verb that ends with 0; they are the ones that workflows may count on."""
    assert command.main(list(arguments)) == 0
    assert set(workflow.outputs) == OUTPUTS.get(arguments[0], set())
    assert workflow.journal[-1]["verb"] == arguments[0]
    assert "failure" not in workflow.journal[-1]
    return workflow.outputs


def test_names_are_handed_on(workflow: Workflow) -> None:
    outputs = succeeds(workflow, "names")
    assert (outputs["base_url"], outputs["ecs_cluster"]) == (BASE_URL, "lms-ecs")
    assert outputs["deploy_role_arn"] == "arn:aws:iam::471112588210:role/lms-ecs-deploy"
    assert outputs["role_arn"] == ""
    assert succeeds(workflow, "names", "--role", "infra")["role_arn"] == "arn:aws:iam::471112588210:role/lms-ecs-infra"


def test_head_and_floor_are_handed_on(workflow: Workflow) -> None:
    outputs = succeeds(workflow, "schema")
    assert (ROOT / f"migrations/versions/{outputs['head']}.py").exists()


def test_a_tag_is_found_or_not(workflow: Workflow, cloud: dict[str, Script]) -> None:
    assert succeeds(workflow, "find", "--tag", TAG) == {"digest": "sha256:d"}
    cloud["ecr"].answers["batch_get_image"] = [{"images": []}]
    assert succeeds(workflow, "find", "--tag", TAG) == {"digest": ""}


def test_what_was_pushed_is_what_was_booted(workflow: Workflow, cloud: dict[str, Script]) -> None:
    assert succeeds(workflow, "pushed", "--tag", TAG, "--booted", "sha256:booted") == {"digest": "sha256:d"}
    said = f"Built, booted and pushed `lms-ecs:{TAG}`, `sha256:d`, 50.0 MB compressed. No attestations: `ATTEST` is not `true`.\n"
    assert workflow.summary == said


def test_what_was_pushed_before_was_booted_then(workflow: Workflow, cloud: dict[str, Script]) -> None:
    assert succeeds(workflow, "pushed", "--tag", TAG, "--booted", "", "--attest", "true") == {"digest": "sha256:d"}
    how = "It was there already, neither built nor pushed again:"
    assert workflow.summary == f"{how} `lms-ecs:{TAG}`, `sha256:d`, 50.0 MB compressed. It gets attestations.\n"


@pytest.mark.parametrize(
    ("attest", "by"),
    [("true", "its attestation, digest and revision label"), ("false", "digest and revision label; no attestation")],
)
def test_what_is_shipped_is_verified_and_said_how(
    attest: str, by: str, workflow: Workflow, cloud: dict[str, Script], tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"config": {"Labels": {"org.opencontainers.image.revision": COMMIT}}}))
    cloud["ecr"].answers["batch_get_image"] = [in_registry("sha256:d", "sha256:" + "c" * 64)]
    cloud["ecr"].answers["get_download_url_for_layer"] = [{"downloadUrl": config.as_uri()}]
    assert succeeds(workflow, "verify", "--tag", TAG, "--digest", "sha256:d", "--commit", COMMIT, "--attest", attest) == {}
    assert workflow.summary == f"Verified {TAG} by {by}.\n"


def test_everything_is_prepared(workflow: Workflow, cloud: dict[str, Script], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VARIABLES", json.dumps({"BASE_URL": BASE_URL, "LOG_LEVEL": "DEBUG"}))
    assert succeeds(workflow, *PREPARE) == {
        "secrets": f"DATABASE_URL={SECRET}:DATABASE_URL::\nSECRET_KEY={SECRET}:SECRET_KEY::",
        "environment": f"BASE_URL={BASE_URL}\nSTORAGE_URL=s3://lms-ecs-471112588210\nLOG_LEVEL=DEBUG",
        "log-options": "awslogs-group=/ecs/lms-ecs\nawslogs-region=ap-northeast-2",
        "labels": f"commit={COMMIT}",
        "desired-count": "",
        "running": "lms-ecs-task:6",
    }
    noted = workflow.journal[-1]
    assert (noted["from_image"], noted["from_commit"], noted["digest"]) == ("lms-ecs:sha-old", "old", "sha256:d")
    assert (noted["megabytes"], noted["megabytes_before"]) == (50.0, 50.0)


def test_the_rendered_task_definition_is_migrated(workflow: Workflow, cloud: dict[str, Script]) -> None:
    rendered = workflow.folder / "rendered.json"
    rendered.write_text(json.dumps(DEFINITION | {"family": "rendered"}))
    succeeds(workflow, "migrate", "--task-definition", str(rendered), "--run", "1234")
    assert cloud["ecs"].requests("register_task_definition")[0]["family"] == "rendered-migrate"
    assert cloud["ecs"].requests("run_task")[0]["startedBy"] == "deploy-1234"
    assert workflow.journal[-1]["task"] == "0a1b2c"


def test_a_migration_may_be_only_told(workflow: Workflow, cloud: dict[str, Script], capsys: pytest.CaptureFixture[str]) -> None:
    network = {"awsvpcConfiguration": {"subnets": ["subnet-a", "subnet-b"]}}
    cloud["ecs"].answers["describe_services"] = [{"services": [SERVICE | {"networkConfiguration": network}]}]
    succeeds(workflow, "migrate", "--task-definition", "task-definition.json", "--dry-run")
    image = DEFINITION["containerDefinitions"][0]["image"]
    said = f"migrate: would run flask --app wsgi db upgrade as lms-ecs-task-migrate of {image} in subnet-a, subnet-b\n"
    assert capsys.readouterr().out == said
    assert {call for call, _ in cloud["ecs"].asked} == {"describe_services"}


def test_the_smoke_test_asks_the_address_given_or_the_variables(workflow: Workflow, lms: Lms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    succeeds(workflow, "smoke", "--commit", COMMIT, "--url", f"{lms.url}/")
    monkeypatch.setenv("VARIABLES", json.dumps({"BASE_URL": lms.url}))
    succeeds(workflow, "smoke", "--commit", COMMIT)
    assert [entry["answered"] for entry in workflow.journal] == [22, 22]
    assert {path for path, _ in lms.asked} == {"/version", "/ready", smoke.API}


def test_the_receipt_sums_up_what_the_other_verbs_noted(workflow: Workflow, cloud: dict[str, Script]) -> None:
    succeeds(workflow, *PREPARE)
    (workflow.folder / "output").unlink()
    succeeds(workflow, "receipt", "--outcome", "success", "--tag", TAG, "--commit", COMMIT)
    assert workflow.summary.startswith("## Deployed sha-5ca1ab1e5ca1\n")
    assert "| before | `lms-ecs:sha-old` |\n| built = in the registry | `sha256:d` |\n| image | 50.0 MB (+0.0 MB) |" in workflow.summary


def test_a_receipt_is_written_even_if_nothing_ran(workflow: Workflow) -> None:
    succeeds(workflow, "receipt", "--outcome", "failure", "--tag", TAG, "--commit", COMMIT)
    assert workflow.summary.startswith("## Not deployed: sha-5ca1ab1e5ca1\n")


FAILURES: dict[str, tuple[list[str], dict[str, Any], str]] = {
    "find": (["find", "--tag", TAG], {"ecr": refusal("AccessDenied")}, f"look up lms-ecs:{TAG}: AccessDenied: no"),
    "pushed": (
        ["pushed", "--tag", TAG, "--booted", "sha256:other"],
        {},
        "the registry holds another image (sha256:booted) than the one that was booted (sha256:other)",
    ),
    "prepare": (PREPARE, {"ecr": in_registry("sha256:e")}, f"lms-ecs:{TAG} is sha256:e in the registry, but sha256:d was built"),
    "migrate": (
        ["migrate", "--task-definition", "missing.json"],
        {},
        "missing.json cannot be read: No such file or directory",
    ),
    "smoke": (
        ["smoke", "--commit", "other", "--url", "LMS"],
        {},
        f"smoke: /version says commit '{COMMIT}', but 'other' was deployed",
    ),
}


@pytest.mark.parametrize("verb", FAILURES)
def test_a_verb_that_fails_ends_with_1_and_one_line(
    verb: str, workflow: Workflow, cloud: dict[str, Script], lms: Lms, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, answers, problem = FAILURES[verb]
    cloud["ecr"].answers["batch_get_image"] = [answers.get("ecr", in_registry("sha256:d", "sha256:booted"))]
    assert command.main([lms.url if argument == "LMS" else argument for argument in arguments]) == 1
    said = capsys.readouterr()
    assert said.err == f"pipeline: {problem}\n"
    assert said.out.splitlines()[-1] == f"::error::{problem}"
    assert workflow.journal[-1]["failure"] == problem
    assert workflow.outputs == {}


def test_on_a_terminal_a_failure_is_not_annotated(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["names"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("pipeline: the repository variable BASE_URL is not set")
    assert said.err.count("\n") == 1


def test_a_bad_task_definition_is_annotated_at_its_line(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(workflow.folder)
    Path("task-definition.json").write_text("{\n,}")
    assert command.main(["names"]) == 1
    assert "::error file=task-definition.json,line=2::task-definition.json is not valid JSON" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["pushed"],
        ["find"],
        ["prepare", "--tag", "x"],
        ["receipt", "--outcome", "maybe", "--tag", "x", "--commit", "y"],
        ["names", "--tag", "x"],
    ],
)
def test_bad_usage_ends_with_2(arguments: list[str], workflow: Workflow, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m pipeline" in capsys.readouterr().err
    assert workflow.journal == []


def test_help_lists_every_verb_in_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    with pytest.raises(SystemExit) as ended:
        command.main(["--help"])
    assert ended.value.code == 0
    lines = [line.split(None, 1) for line in capsys.readouterr().out.splitlines() if line.startswith("    ")]
    assert {line[0] for line in lines} == set(command.VERBS)
    assert all(len(line) == 2 and len(line[1]) > 20 for line in lines)


@pytest.mark.parametrize("verb", command.VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main([verb, "--help"])
    assert ended.value.code == 0
    assert " ".join((command.VERBS[verb].__doc__ or "-").split()) in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("verb", ["migrate", "watch", "pin", "rollback"])
def test_a_verb_that_changes_something_has_a_dry_run(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main([verb, "--help"])
    assert "--dry-run" in capsys.readouterr().out


def test_what_needs_no_cloud_runs_on_a_bare_python(workflow: Workflow) -> None:
    for arguments in (["names"], ["receipt", "--outcome", "success", "--tag", "x", "--commit", "y"]):
        bare = [sys.executable, "-S", "-E", "-m", "pipeline", *arguments]
        done = subprocess.run(bare, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_exit_code_reaches_the_shell() -> None:
    done = subprocess.run([sys.executable, "-S", "-E", "-m", "pipeline", "names"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("pipeline: the repository variable BASE_URL")
