"""guard, diff, preflight and rollback from their command lines to their exit codes, outputs and notes."""

import json
from pathlib import Path

import pytest

from commands import aws
from pipeline import __main__ as command
from pipeline import diff
from tests.pipeline.commits import Commits
from tests.pipeline.conftest import DEFINITION, Script, Workflow, in_registry, refusal
from tests.pipeline.verbs import OUTPUTS

SERVICE = {
    "status": "ACTIVE",
    "taskDefinition": "arn:aws:ecs:r:1:task-definition/lms-ecs-task:6",
    "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-a"]}},
    "desiredCount": 2,
}


def outputs(workflow: Workflow, *arguments: str) -> dict[str, str]:
    """The outputs of a verb that ends with 0; they are the ones that workflows may count on."""
    assert command.main(list(arguments)) == 0
    assert set(workflow.outputs) == OUTPUTS.get(arguments[0], set())
    return workflow.outputs


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> dict[str, Script]:
    """The clients that the verbs get, by service."""
    clients = {name: Script(name) for name in ("ec2", "ecs", "elbv2", "iam", "logs", "secretsmanager")}
    clients["ecr"] = Script("ecr", batch_get_image=[in_registry("sha256:d")])
    monkeypatch.setattr(aws, "client", lambda service, _: clients[service])
    return clients


@pytest.fixture
def history(commits: Commits, cloud: dict[str, Script]) -> list[str]:
    """Two commits of a repository with our task definition in it; the first one runs."""
    (commits.folder / "task-definition.json").write_text(json.dumps(DEFINITION))
    found = [commits.commit("0001_a"), commits.commit("0001_a", "0002_b")]
    container = {**DEFINITION["containerDefinitions"][0], "image": f"registry/lms-ecs:sha-{found[0]}"}
    running = {"taskDefinition": DEFINITION | {"containerDefinitions": [container]}}
    cloud["ecs"].answers |= {
        "describe_services": [{"services": [SERVICE | {"serviceArn": "arn:service"}]}],
        "describe_task_definition": [running],
        "list_tags_for_resource": [{"tags": []}],
        "list_service_deployments": [{"serviceDeployments": []}],
        "tag_resource": [{}],
        "untag_resource": [{}],
    }
    return found


def test_a_commit_that_may_follow_is_let_through(workflow: Workflow, history: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert outputs(workflow, "guard", "--commit", history[1]) == {"verdict": "forward", "migrations": "0002_b"}
    noted = workflow.journal[-1]
    assert (noted["kind"], noted["verdict"], noted["migrations"]) == ("push", "forward", ["0002_b"])
    assert [line.partition(" ")[2] for line in noted["commits"]] == ["Test: commit 2"]
    assert "+revision = '0002_b'" in noted["upgrade"].splitlines()
    assert capsys.readouterr().out == f"guard: {history[0][:12]} -> {history[1][:12]}; migrations: 0002_b\n"
    assert workflow.summary == ""


def test_a_rollback_notes_what_it_takes_back(workflow: Workflow, history: list[str], cloud: dict[str, Script]) -> None:
    container = cloud["ecs"].answers["describe_task_definition"][0]["taskDefinition"]["containerDefinitions"][0]
    container["image"] = f"registry/lms-ecs:sha-{history[1]}"
    outputs(workflow, "guard", "--commit", history[0], "--kind", "rollback")
    noted = workflow.journal[-1]
    assert (noted["kind"], noted["verdict"], [line.partition(" ")[2] for line in noted["commits"]]) == (
        "rollback",
        "back",
        ["Test: commit 2"],
    )
    assert "upgrade" not in noted


def test_a_service_under_hold_takes_no_push(
    workflow: Workflow, history: list[str], cloud: dict[str, Script], capsys: pytest.CaptureFixture[str]
) -> None:
    cloud["ecs"].answers["list_tags_for_resource"] = [{"tags": [{"key": "deploy-hold", "value": "abc: why"}]}]
    assert command.main(["guard", "--commit", history[1]]) == 1
    problem = "held: abc: why (the rollback workflow clears the hold)"
    assert capsys.readouterr().err == f"pipeline: {problem}\n"
    assert workflow.outputs == {"verdict": "held", "migrations": ""}
    assert (workflow.journal[-1]["verdict"], workflow.journal[-1]["failure"]) == ("held", problem)


def test_the_difference_to_what_runs_is_shown(
    workflow: Workflow, history: list[str], capsys: pytest.CaptureFixture[str], cloud: dict[str, Script]
) -> None:
    outputs(workflow, "diff", "--task-definition", "task-definition.json")
    image = DEFINITION["containerDefinitions"][0]["image"]
    path = "containerDefinitions.lms-ecs.image"
    lines = f'- {path}: "registry/lms-ecs:sha-{history[0]}"\n+ {path}: "{image}"'
    assert capsys.readouterr().out == f"Task definition\n{lines}\n"
    assert (workflow.journal[-1]["task_definition"], workflow.summary) == (lines, "")


def test_the_difference_between_two_commits_needs_no_cloud(
    workflow: Workflow, history: list[str], cloud: dict[str, Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diff, "sql", lambda migrations: f"-- {[migration.revision for migration in migrations]}")
    monkeypatch.delenv("VARIABLES")
    Path("task-definition.json").write_text(json.dumps(DEFINITION | {"memory": "1024"}))
    outputs(workflow, "diff", "--base", history[0])
    assert '- memory: "512"\n+ memory: "1024"' in workflow.summary
    assert "<summary>Migrations: 0002_b</summary>\n\n````sql\n-- ['0002_b']\n````" in workflow.summary
    assert cloud["ecs"].asked == []


@pytest.mark.parametrize("base", ["", "0" * 40, "5ca1ab1e" * 5])
def test_without_a_commit_to_compare_with_that_is_said_and_nothing_fails(
    base: str, workflow: Workflow, history: list[str], cloud: dict[str, Script]
) -> None:
    outputs(workflow, "diff", "--base", base)
    said = f"Nothing to compare with: this clone does not hold {base or 'any base'}, as after a first or a forced push.\n"
    assert workflow.summary == said
    assert cloud["ecs"].asked == []


def test_a_preflight_that_finds_a_fault_shows_the_whole_tree(
    workflow: Workflow, cloud: dict[str, Script], capsys: pytest.CaptureFixture[str]
) -> None:
    for service, call in (("iam", "get_role"), ("secretsmanager", "describe_secret"), ("ec2", "describe_subnets")):
        cloud[service].answers[call] = [refusal("AccessDenied")]
    cloud["ecs"].answers["describe_services"] = [{"services": [SERVICE]}]
    cloud["logs"].answers["describe_log_groups"] = [{"logGroups": []}]
    cloud["ecr"].answers["get_download_url_for_layer"] = [refusal("AccessDenied")]
    assert command.main(["preflight", "--task-definition", "task-definition.json"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("pipeline: preflight: service/state: active, but its circuit breaker does not go back; create the service")
    assert "  NG   log group: there is no log group /ecs/lms-ecs\n       -> create it, or set LOG_GROUP\n" in said.out
    assert "  SKIP execution role: " in said.out
    assert "  NG   log group: " in workflow.journal[-1]["tree"]
    assert workflow.summary == ""


def test_a_rollback_is_begun_or_only_told(workflow: Workflow, history: list[str], cloud: dict[str, Script]) -> None:
    container = cloud["ecs"].answers["describe_task_definition"][0]["taskDefinition"]["containerDefinitions"][0]
    container["image"] = f"registry/lms-ecs:sha-{history[1]}"
    target = {"tag": f"sha-{history[0]}", "digest": "sha256:d", "commit": history[0]}
    arguments = ["rollback", "--to", target["tag"], "--reason", "grades are wrong"]
    assert outputs(workflow, *arguments, "--dry-run") == target
    assert cloud["ecs"].requests("tag_resource") == []
    assert outputs(workflow, *arguments) == target
    hold = {"key": "deploy-hold", "value": f"{history[1]}: grades are wrong"}
    assert cloud["ecs"].requests("tag_resource") == [{"resourceArn": "arn:service", "tags": [hold]}]
    assert workflow.summary.count("stays in the database: 0002_b") == 2


def test_a_hold_is_cleared(workflow: Workflow, history: list[str], cloud: dict[str, Script]) -> None:
    assert command.main(["rollback", "--clear-hold"]) == 0
    assert cloud["ecs"].requests("untag_resource") == [{"resourceArn": "arn:service", "tagKeys": ["deploy-hold"]}]
    assert workflow.outputs == {}
