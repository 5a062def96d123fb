"""What verdict gathers, and both verbs from their command line to their exit code."""

from typing import Any

import pytest

from commands import aws
from commands.report import Failure, phase
from pipeline import __main__ as command
from pipeline import evidence
from pipeline.rollout import Stopped, Target
from pipeline.verdict import Evidence
from tests.pipeline import test_watch as rollouts
from tests.pipeline.conftest import DEFINITION, Script, Workflow, refusal
from tests.pipeline.deployments import OURS, TARGET, cluster, described, task

CRASH: dict[str, Any] = {"stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited", "exitCode": 1}
LOG = {"events": [{"message": f"line {number}"} for number in range(60)] + [{"message": "one\nlms: BASE_URL is not set"}]}
WATCH = ["watch", "--task-definition", OURS, "--digest", "sha256:d"]
NOTHING = Evidence()
quick = rollouts.quick


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> dict[str, Script]:
    """A cloud in which a deployment has failed, because its task crashed."""
    failed = cluster(described("ROLLBACK_SUCCESSFUL"), describe_tasks=[{"tasks": [task("0a1b2c", **CRASH)]}])
    clients = {"ecs": failed, "logs": Script("logs", get_log_events=[LOG])}
    monkeypatch.setattr(aws, "client", lambda service, region: clients[service])
    return clients


def collected(cloud: dict[str, Script], known: Evidence = NOTHING, **more: Any) -> Evidence:
    """What is gathered of our deployment."""
    return evidence.collect(cloud.__getitem__, more.get("target", TARGET), DEFINITION, known, group="/ecs/lms-ecs", run="1234")


def test_the_newest_task_that_failed_is_picked() -> None:
    crashed, taken = Stopped("1", "EssentialContainerExited", ""), Stopped("2", "ServiceSchedulerInitiated", "Scaling activity")
    assert evidence.pick([crashed, taken]) == crashed
    assert evidence.pick([taken]) == taken
    assert evidence.pick([]) is None


def test_a_deployment_is_read_with_the_end_of_its_tasks_log(cloud: dict[str, Script]) -> None:
    found = collected(cloud)
    assert (found.port, found.secrets, found.events, found.unread) == (8000, ("DATABASE_URL", "SECRET_KEY"), ("new",), ())
    assert found.task
    assert (found.task.id, found.log[-1], len(found.log)) == ("0a1b2c", "lms: BASE_URL is not set", 50)
    assert cloud["logs"].requests("get_log_events") == [
        {"logGroupName": "/ecs/lms-ecs", "logStreamName": "lms/lms-ecs/0a1b2c", "limit": 50}
    ]


def test_a_failed_migration_is_read_instead(cloud: dict[str, Script]) -> None:
    tasks = [task("mine", startedBy="deploy-1234", **CRASH), task("other", startedBy="deploy-99", minutes=9, **CRASH)]
    cloud["ecs"].answers["describe_tasks"] = [{"tasks": tasks}]
    found = collected(cloud, Evidence(failures=(("migrate", "exit code 1"),)))
    assert found.task
    assert (found.task.id, found.deployment) == ("mine", None)
    assert cloud["ecs"].requests("list_tasks") == [{"cluster": "lms-ecs", "desiredStatus": "STOPPED", "family": "lms-ecs-task-migrate"}]


def test_what_cannot_be_read_is_noted_and_the_rest_kept(cloud: dict[str, Script]) -> None:
    cloud["logs"].answers["get_log_events"] = [refusal("AccessDeniedException")]
    found = collected(cloud)
    assert found.deployment
    assert found.task
    assert (found.log, found.unread) == ((), ("read the log lms/lms-ecs/0a1b2c: AccessDeniedException: no",))


def test_what_was_never_deployed_is_not_asked_for(cloud: dict[str, Script]) -> None:
    found = collected(cloud, target=Target("c", "s", "", "lms-ecs"))
    assert (found.deployment, cloud["ecs"].asked) == (None, [])
    cloud["ecs"].answers["list_service_deployments"] = [{"serviceDeployments": []}]
    assert collected(cloud).deployment is None


def test_a_deployment_without_ended_tasks_has_no_log(cloud: dict[str, Script]) -> None:
    cloud["ecs"].answers["describe_tasks"] = [{"tasks": []}]
    assert (collected(cloud).task, cloud["logs"].asked) == (None, [])


def test_watch_ends_with_0_and_notes_what_it_saw(workflow: Workflow, cloud: dict[str, Script], capsys: pytest.CaptureFixture[str]) -> None:
    cloud["ecs"] = cluster()
    assert command.main(WATCH) == 0
    assert workflow.journal[-1]["watched"] == "the deployment succeeded, and all 2 tasks run sha256:d"
    assert capsys.readouterr().out.endswith("watch: the deployment succeeded, and all 2 tasks run sha256:d\n")


def test_watch_of_a_failed_deployment_and_its_verdict(
    workflow: Workflow, cloud: dict[str, Script], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([*WATCH, "--dry-run"]) == 1
    capsys.readouterr()
    assert command.main(["verdict", "--task-definition", OURS]) == 1
    line = "configuration missing: A setting of the LMS is missing or bad: BASE_URL is not set."
    said = capsys.readouterr()
    assert said.err.startswith(f"pipeline: {line}")
    assert said.out.splitlines()[0] == "verdict: watch: the deployment failed: ROLLBACK_SUCCESSFUL"
    assert said.out.splitlines()[-1].startswith(f"::error::{line}")
    assert all(printed.startswith(("verdict: ", "::error::configuration")) for printed in said.out.splitlines())
    noted = workflow.journal[-1]
    assert (noted["name"], noted["back"]) == ("configuration missing", "Nothing to do: ECS went back to the version before.")
    assert noted["evidence"][-1] == "| lms: BASE_URL is not set"
    assert workflow.summary == ""


def test_a_verdict_needs_no_cloud_if_nothing_was_deployed(workflow: Workflow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VARIABLES", "{}")
    with pytest.raises(Failure), phase("names"):
        raise Failure("task-definition.json is not valid JSON: line 2")
    assert command.main(["verdict"]) == 1
    assert command.main(["verdict"]) == 1
    assert [noted["cause"] for noted in workflow.journal[1:]] == ["task-definition.json is not valid JSON: line 2."] * 2


@pytest.mark.parametrize(
    ("options", "name"),
    [(["--steps", "role=failure deploy=skipped"], "OIDC subject refused"), (["--outcome", "cancelled"], "cancelled"), ([], "unknown")],
)
def test_official_steps_and_the_jobs_outcome_count(options: list[str], name: str, workflow: Workflow) -> None:
    assert command.main(["verdict", *options]) == 1
    assert workflow.journal[-1]["name"] == name


def test_where_ecs_cannot_be_asked_nobody_is_told_that_nothing_was_begun(workflow: Workflow, cloud: dict[str, Script]) -> None:
    cloud["ecs"].answers["list_service_deployments"] = [refusal("InvalidParameterException")]
    assert command.main(["verdict", "--task-definition", OURS]) == 1
    assert workflow.journal[-1]["back"].startswith("Not known here whether ECS goes on")


@pytest.mark.parametrize(
    ("steps", "back"), [("role=success deploy=skipped", "Nothing"), ("role=success", "Nothing"), ("deploy=cancelled", "Not known here")]
)
def test_what_was_reached_is_known_by_the_step_that_deploys(steps: str, back: str, workflow: Workflow) -> None:
    assert command.main(["verdict", "--outcome", "cancelled", "--steps", steps]) == 1
    assert workflow.journal[-1]["back"].startswith(back)


def test_what_this_run_took_back_itself_is_not_to_be_taken_back(workflow: Workflow) -> None:
    with phase("rollback") as found:
        found["back"] = "it serves"
    assert command.main(["verdict", "--steps", "deploy=success"]) == 1
    assert workflow.journal[-1]["back"] == "Nothing to do: this run deployed the version before again."
