"""The migrations' one-off task."""

import json
import os
import signal
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from commands.names import Names, container_of
from commands.report import Failure
from commands.verbs import SIGNALS
from pipeline import migrate
from pipeline.migrate import Tail
from pipeline.rollout import Stopped
from tests.pipeline.conftest import DEFINITION, Script, refusal

TASK = "arn:aws:ecs:ap-northeast-2:471112588210:task/lms-ecs/0a1b2c"
ARN = "arn:aws:ecs:ap-northeast-2:471112588210:task-definition/lms-ecs-task-migrate:3"
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}}
AGENT = {"name": "aws-guardduty-agent-x", "exitCode": 0}
"""A container that AWS itself adds to tasks."""
RUNNING = {"tasks": [{"lastStatus": "RUNNING", "containers": [{}]}]}


@dataclass
class Stand:
    """A cloud of these clients."""

    names: Names
    clients: dict[str, Script]

    def __call__(self, service: str) -> Script:
        """A client of that service."""
        return self.clients[service]


def stopped(**container: Any) -> dict[str, Any]:
    """The answer for a task whose container ended like that."""
    return {
        "tasks": [
            {
                "taskArn": TASK,
                "lastStatus": "STOPPED",
                "stoppedReason": "Essential container in task exited",
                "containers": [AGENT, {"name": "lms-ecs"} | container],
            }
        ]
    }


def page(token: str, *messages: str) -> dict[str, Any]:
    """A page of a log."""
    return {"events": [{"message": message} for message in messages], "nextForwardToken": token}


def cluster(**answers: list[Any]) -> Script:
    """An ECS that registers and starts a task."""
    usual: dict[str, list[Any]] = {
        "register_task_definition": [{"taskDefinition": {"taskDefinitionArn": ARN}}],
        "run_task": [{"tasks": [{"taskArn": TASK}]}],
        "describe_tasks": [RUNNING, stopped(exitCode=0)],
        "stop_task": [{"task": {}}],
    }
    return Script("ecs", **(usual | answers))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at once."""
    monkeypatch.setattr(migrate, "EVERY", 0.001)


def run(ecs: Script, names: Names, logs: Script | None = None) -> str:
    """Run the migrations of the repository's own task definition."""
    logs = logs or Script("logs", get_log_events=[page("end")])
    return migrate.run(ecs, logs, names, DEFINITION, {"networkConfiguration": NETWORK}, started_by="deploy-1234")


def test_the_task_is_the_servers_own_without_what_only_a_server_needs(definition: dict[str, Any]) -> None:
    made = migrate.definition_for(definition)
    server, container = container_of(definition), container_of(made)
    assert made["family"] == "lms-ecs-task-migrate"
    assert container["command"] == ["flask", "--app", "wsgi", "db", "upgrade"]
    assert set(server) - set(container) == {"healthCheck", "portMappings"}
    assert all(container[name] == server[name] for name in ("secrets", "environment", "image", "user", "logConfiguration"))
    assert definition == DEFINITION
    assert "portMappings" not in container_of(migrate.definition_for({"family": "x", "containerDefinitions": [{}]}))


@pytest.mark.parametrize(
    ("ended", "problem"),
    [
        (Stopped("1", "", "CannotPull"), "the migration's task did not start: CannotPull"),
        (Stopped("1", "", ""), "the migration's task did not start: no reason given"),
        (
            Stopped("1", "", "exited", "OutOfMemory", 3),
            "the migration failed with exit code 3; the service was not touched (exited: OutOfMemory)",
        ),
    ],
)
def test_anything_but_zero_is_a_failure(ended: Stopped, problem: str) -> None:
    migrate.judge(Stopped("1", "", "exited", "", 0))
    with pytest.raises(Failure) as refused:
        migrate.judge(ended)
    assert str(refused.value) == problem


def test_the_migrations_run_in_the_services_own_network(names: Names) -> None:
    ecs = cluster()
    assert run(ecs, names) == "0a1b2c"
    assert ecs.requests("register_task_definition") == [migrate.definition_for(DEFINITION)]
    assert ecs.requests("run_task") == [
        {
            "cluster": "lms-ecs",
            "taskDefinition": ARN,
            "launchType": "FARGATE",
            "networkConfiguration": NETWORK,
            "startedBy": "deploy-1234",
        }
    ]
    assert ecs.requests("describe_tasks") == [{"cluster": "lms-ecs", "tasks": [TASK]}] * 2
    assert ecs.requests("stop_task") == []


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "DEPROVISIONING"])
def test_only_a_stopped_task_has_ended(status: str, names: Names) -> None:
    going = {"tasks": [{"taskArn": TASK, "lastStatus": status, "containers": [AGENT, {"name": "lms-ecs", "exitCode": 3}]}]}
    ecs = cluster(describe_tasks=[going, stopped(exitCode=0)])
    assert run(ecs, names) == "0a1b2c"
    assert len(ecs.requests("describe_tasks")) == 2


def test_the_log_is_shown_as_it_comes_to_its_last_line(names: Names, capsys: pytest.CaptureFixture[str]) -> None:
    answers = [refusal("ResourceNotFoundException"), page("a", "one", "two"), page("b", "three")]
    logs = Script("logs", get_log_events=answers)
    run(cluster(describe_tasks=[RUNNING, stopped(exitCode=0)]), names, logs)
    assert capsys.readouterr().out == "migration: task 0a1b2c\n  | one\n  | two\n  | three\n"
    place = {"logGroupName": "/ecs/lms-ecs", "logStreamName": "lms/lms-ecs/0a1b2c", "startFromHead": True}
    assert logs.requests("get_log_events") == [place, place, place | {"nextToken": "a"}]


def test_no_line_of_a_log_commands_the_runner_or_tells_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    said = "a\r::error::injected\n##[add-mask]b", "SECRET_KEY=hush in postgresql://lms:hunter2@h/lms"
    Tail(Script("logs", get_log_events=[page("a", *said)]), "group", "stream", ["SECRET_KEY"]).show()
    shown = capsys.readouterr().out
    assert shown == "  | a\n  | ::error::injected\n  | # [add-mask]b\n  | SECRET_KEY=*** in postgresql://lms:***@h/lms\n"


def test_a_log_that_is_not_there_yet_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    Tail(Script("logs", get_log_events=[refusal("ResourceNotFoundException")]), "group", "stream").show()
    assert capsys.readouterr().out == ""


def test_a_log_that_cannot_be_read_is_said_once_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    tail = Tail(Script("logs", get_log_events=[refusal("AccessDenied")]), "group", "stream")
    tail.show()
    tail.show()
    assert capsys.readouterr().out.count("the log cannot be read") == 1


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ({"describe_tasks": [stopped(exitCode=1)]}, "the migration failed with exit code 1; the service was not touched"),
        (
            {"describe_tasks": [stopped(reason="CannotPullContainerError: x")]},
            "did not start: .*: CannotPullContainerError: x",
        ),
        (
            {"run_task": [{"tasks": [], "failures": [{"reason": "RESOURCE:FARGATE"}]}]},
            'was not placed: \\[{"reason": "RESOURCE:FARGATE"}\\]',
        ),
        ({"run_task": [{"tasks": []}]}, "the migration's task was not placed"),
        ({"run_task": [refusal("AccessDeniedException")]}, "start the migration's task: AccessDeniedException: no"),
        ({"register_task_definition": [refusal("ClientException")]}, "register the migration's task definition: ClientException: no"),
        ({"describe_tasks": [refusal("ServerException")]}, "describe the migration's task: ServerException: no"),
    ],
)
def test_a_migration_that_fails_is_named(answers: dict[str, list[Any]], problem: str, names: Names) -> None:
    with pytest.raises(Failure, match=problem):
        run(cluster(**answers), names)


def test_a_task_that_ecs_does_not_know_yet_is_waited_for(names: Names) -> None:
    assert run(cluster(describe_tasks=[{"tasks": []}, stopped(exitCode=0)]), names) == "0a1b2c"


def test_a_migration_that_takes_too_long_is_stopped(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "SECONDS", 0.02)
    ecs = cluster(describe_tasks=[RUNNING])
    with pytest.raises(Failure, match=r"took more than 0\.02 s and was stopped"):
        run(ecs, names)
    assert ecs.requests("stop_task") == [{"cluster": "lms-ecs", "task": TASK, "reason": "the migration took more than 0.02 s"}]


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("running", "done"),
    [([TASK], "the migration was stopped, what it had not committed is undone"), ([], "no migration runs")],
)
def test_a_cancelled_run_stops_its_migration_and_the_second_signal_changes_nothing(
    number: int, running: list[str], done: str, monkeypatch: pytest.MonkeyPatch, names: Names, tmp_path: Path
) -> None:
    again = iter([signal.SIGTERM])
    ecs = cluster(
        list_tasks=[{"taskArns": running}], describe_services=[{"services": [{"status": "ACTIVE", "networkConfiguration": NETWORK}]}]
    )
    list_tasks = ecs.list_tasks

    def interrupted(**request: Any) -> Any:
        os.kill(os.getpid(), next(again))
        return list_tasks(**request)

    monkeypatch.setattr(ecs, "list_tasks", interrupted, raising=False)
    monkeypatch.setattr(ecs, "run_task", lambda **_: os.kill(os.getpid(), number), raising=False)
    monkeypatch.setattr(migrate, "Cloud", lambda: Stand(names, {"ecs": ecs, "logs": Script("logs")}))
    (tmp_path / "rendered.json").write_text(json.dumps(DEFINITION))
    with pytest.raises(Failure) as cancelled:
        migrate.main(Namespace(task_definition=str(tmp_path / "rendered.json"), run="1234", stop=False, dry_run=False), {})
    assert str(cancelled.value) == f"the run was cancelled: {done}"
    assert ecs.requests("list_tasks") == [{"cluster": "lms-ecs", "startedBy": "deploy-1234"}]
    assert ecs.requests("stop_task") == [{"cluster": "lms-ecs", "task": task, "reason": "the run was cancelled"} for task in running]


def test_what_a_killed_step_left_is_stopped_afterwards(monkeypatch: pytest.MonkeyPatch, names: Names) -> None:
    ecs = cluster(list_tasks=[{"taskArns": [TASK]}])
    monkeypatch.setattr(migrate, "Cloud", lambda: Stand(names, {"ecs": ecs}))
    with pytest.raises(Failure, match=r"^the run was cancelled: the migration was stopped"):
        migrate.main(Namespace(task_definition="", run="1234", stop=True, dry_run=False), {})
    assert [call for call, _ in ecs.asked] == ["list_tasks", "stop_task"]


def test_a_migration_that_cannot_be_stopped_is_named() -> None:
    ecs = cluster(list_tasks=[{"taskArns": [TASK]}], stop_task=[refusal("AccessDeniedException")])
    with pytest.raises(Failure, match=r"^the run was cancelled, but the migration goes on: stop it: AccessDeniedException: no$"):
        migrate.stop(ecs, "lms-ecs", "deploy-1234")
