"""Following one deployment to its end: what is said, when it is green, and what a cancelled run does."""

import os
import signal
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from commands.report import Failure
from pipeline import rollout, watch
from tests.pipeline.conftest import Script, refusal
from tests.pipeline.deployments import BEGAN, DIGEST, OLD, RUN, TARGET, arn, classic, cluster, described, listed, task

BREAKER = "Service deployment rolled back because the circuit breaker threshold was exceeded."


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at once."""
    monkeypatch.setattr(watch, "EVERY", 0.001)


def run(ecs: Script, *, seconds: float = 5, dry: bool = False) -> str:
    """Watch it."""
    return watch.watch(ecs, TARGET, DIGEST, seconds=seconds, dry=dry)


def test_a_good_deployment_is_followed_to_its_end_and_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    ecs = cluster(described("PENDING"), described("IN_PROGRESS"), described("IN_PROGRESS"), described("SUCCESSFUL"))
    assert run(ecs) == "the deployment succeeded, and all 2 tasks run sha256:d"
    states = [f"watch: deployment new: {state}" for state in ("PENDING", "IN_PROGRESS", "SUCCESSFUL")]
    assert capsys.readouterr().out.splitlines() == ["watch: new", *states]
    assert ecs.requests("stop_service_deployment") == []
    assert ecs.requests("describe_service_deployments")[0] == {"serviceDeploymentArns": [arn("deployment", "new")]}


def test_a_failing_one_is_told_with_its_own_tasks_alone(capsys: pytest.CaptureFixture[str]) -> None:
    crash: dict[str, Any] = {"stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited"}
    tasks = [
        task("bbbbbbbbbb", minutes=3, exitCode=137, reason="OutOfMemoryError", **crash),
        task("aaaaaaaaaa", exitCode=1, **crash),
        task("other", definition=OLD, **crash),
        task("before", minutes=-5, **crash),
        task("leaving", "STOPPING"),
    ]
    alarms = {"alarms": {"status": "TRIGGERED", "triggeredAlarmNames": ["5xx"]}}
    states = (
        described("IN_PROGRESS", deploymentCircuitBreaker={"failureCount": 2}, **alarms),
        described("ROLLBACK_IN_PROGRESS"),
        described("ROLLBACK_SUCCESSFUL", statusReason=BREAKER),
    )
    with pytest.raises(Failure, match=rf"^the deployment failed: ROLLBACK_SUCCESSFUL: {BREAKER}$"):
        run(cluster(*states, describe_tasks=[{"tasks": tasks}]))
    assert capsys.readouterr().out.splitlines() == [
        "watch: new",
        "watch: task aaaaaaaa stopped: EssentialContainerExited; Essential container in task exited; exit code 1",
        "watch: task bbbbbbbb stopped: EssentialContainerExited; Essential container in task exited; OutOfMemoryError; exit code 137",
        "watch: circuit breaker: 2 failed tasks",
        "watch: alarm fired: 5xx",
        "watch: deployment new: IN_PROGRESS",
        "watch: deployment new: ROLLBACK_IN_PROGRESS",
        f"watch: deployment new: ROLLBACK_SUCCESSFUL: {BREAKER}",
    ]


@pytest.mark.parametrize("status", ["STOPPED", "ROLLBACK_FAILED"])
def test_every_other_end_is_red(status: str) -> None:
    with pytest.raises(Failure, match=rf"^the deployment failed: {status}$"):
        run(cluster(described(status)))


@pytest.mark.parametrize(
    ("tasks", "wrong"),
    [
        ([RUN, task("x", "RUNNING", imageDigest="sha256:e")], "1 of 2 tasks run sha256:e, not the image that was built"),
        ([task("x", "RUNNING")], "1 of 1 tasks run unknown, not the image that was built"),
        ([], "the deployment succeeded, and yet no task runs"),
    ],
)
def test_success_with_another_image_is_red(tasks: list[dict[str, Any]], wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "SETTLES", 0.01)
    with pytest.raises(Failure) as refused:
        run(cluster(describe_tasks=[{"tasks": tasks}]))
    assert str(refused.value) == f"timed out: {wrong}"


def test_old_tasks_may_leave_after_success() -> None:
    old = {"tasks": [task("x", "RUNNING", definition=OLD, imageDigest="sha256:e")]}
    assert "tasks run sha256:d" in run(cluster(describe_tasks=[old, old, {"tasks": [RUN]}]))


def test_a_task_that_scaling_has_just_begun_is_not_another_image() -> None:
    assert run(cluster(describe_tasks=[{"tasks": [RUN, task("more", "PENDING")]}])).endswith(f"all 1 tasks run {DIGEST}")


def test_nothing_is_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failure, match=r"^timed out: the deployment is not over; ECS was told to go back"):
        run(ecs := cluster(described("IN_PROGRESS")), seconds=0.02)
    assert ecs.requests("stop_service_deployment") == [{"serviceDeploymentArn": arn("deployment", "new"), "stopType": "ROLLBACK"}]
    monkeypatch.setattr(watch, "APPEARS", 0.02)
    with pytest.raises(Failure, match=r"^timed out: no deployment of this task definition has begun; nothing to stop"):
        run(cluster(list_service_deployments=[{"serviceDeployments": []}]))
    with pytest.raises(Failure, match=r"has begun; nothing to stop: the deployment has not begun$"):
        run(cluster(list_service_deployments=[{"serviceDeployments": [listed("old")]}]))


def error(code: str, status: int) -> ClientError:
    """A refusal with a status."""
    return ClientError({"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Operation")


@pytest.mark.parametrize(
    "problem",
    [
        error("ThrottlingException", 400),
        error("ServerException", 400),
        error("Odd", 503),
        EndpointConnectionError(endpoint_url="https://x"),
    ],
)
def test_a_busy_aws_is_asked_again(problem: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    answers = [{"services": []}, problem, {"services": []}]
    assert "tasks run sha256:d" in run(cluster(described("IN_PROGRESS"), described("SUCCESSFUL"), describe_services=answers))
    assert "asking again" in capsys.readouterr().out


def test_a_busy_aws_is_not_asked_for_ever() -> None:
    with pytest.raises(Failure, match=r"^timed out: "):
        run(cluster(list_service_deployments=[error("ThrottlingException", 400)]), seconds=0.02)


@pytest.mark.parametrize("problem", [refusal("InvalidParameterException"), NoCredentialsError()])
def test_a_refusal_ends_it(problem: Exception) -> None:
    with pytest.raises(Failure, match=r"^find the deployment: "):
        run(cluster(list_service_deployments=[problem]))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cancelled_run_rolls_back_and_the_second_signal_changes_nothing(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ecs = cluster(described("IN_PROGRESS"))
    monkeypatch.setattr("time.sleep", lambda _: os.kill(os.getpid(), number))
    asked = ecs.stop_service_deployment

    def again(**request: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return asked(**request)

    monkeypatch.setattr(ecs, "stop_service_deployment", again, raising=False)
    with pytest.raises(Failure, match=r"^the run was cancelled: ECS was told to go back"):
        run(ecs)
    assert ecs.requests("stop_service_deployment") == [{"serviceDeploymentArn": arn("deployment", "new"), "stopType": "ROLLBACK"}]


def test_what_is_over_or_not_begun_needs_no_stop() -> None:
    for ecs, said in (
        (cluster(), "the deployment is over, SUCCESSFUL"),
        (cluster(list_service_deployments=[{"serviceDeployments": []}]), "the deployment has not begun"),
    ):
        assert watch.stop(ecs, TARGET) == f"nothing to stop: {said}"
        assert ecs.requests("stop_service_deployment") == []


def test_a_refused_stop_is_named() -> None:
    ecs = cluster(described("IN_PROGRESS"), stop_service_deployment=[refusal("ConflictException")])
    assert watch.stop(ecs, TARGET) == "it could not be stopped and goes on: stop the deployment: ConflictException: no"


def test_a_dry_run_looks_once_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ecs = cluster(described("IN_PROGRESS"))
    assert run(ecs, dry=True) == "the deployment is not over"
    assert len(ecs.requests("describe_service_deployments")) == 1
    assert "tasks run sha256:d" in run(cluster(), dry=True)
    monkeypatch.setattr(watch, "look", lambda *_: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(Failure, match=r"^the run was cancelled$"):
        run(ecs, dry=True)
    assert {call for call, _ in ecs.asked} <= {
        *("list_service_deployments", "describe_service_revisions", "describe_service_deployments"),
        *("describe_services", "list_tasks", "describe_tasks"),
    }


@pytest.mark.parametrize("code", ["UnsupportedFeatureException", "AccessDeniedException"])
def test_without_service_deployments_the_service_itself_is_read(code: str) -> None:
    def ecs(*answers: dict[str, Any]) -> Script:
        return cluster(list_service_deployments=[refusal(code)], describe_services=list(answers))

    assert "tasks run sha256:d" in run(ecs(classic(""), classic(""), classic("COMPLETED")))
    with pytest.raises(Failure, match=r"^the deployment failed: STOPPED$"):
        run(ecs(classic("FAILED")))
    gone = ecs(classic("IN_PROGRESS"), classic("IN_PROGRESS"), classic("COMPLETED", OLD))
    with pytest.raises(Failure, match="ECS no longer lists it"):
        run(gone)
    assert rollout.find(ecs({"services": []}), TARGET) is None


def test_a_deployment_that_began_before_does_not_count() -> None:
    """One that goes back deploys a task definition that has succeeded before."""
    assert rollout.find(cluster(), replace(TARGET, since=BEGAN)) is None
    assert rollout.find(cluster(), replace(TARGET, since=BEGAN - timedelta(seconds=1)))
    old = cluster(list_service_deployments=[refusal("AccessDeniedException")], describe_services=[classic("COMPLETED")])
    assert rollout.find(old, replace(TARGET, since=BEGAN + timedelta(hours=1))) is None


def test_without_a_task_definition_the_newest_deployment_is_meant() -> None:
    found = rollout.find(cluster(described("IN_PROGRESS")), replace(TARGET, definition=""))
    assert found
    assert found.arn == arn("deployment", "new")
