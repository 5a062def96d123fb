"""ECS with a real engine: tasks are containers, checks are real, time is not hurried.

Needs an engine (DOCKER_HOST), the image ``python:3.13-slim-trixie`` and MiniStack; about two minutes.
"""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rehearsal.ecs import stand
from tests.rehearsal.ecs.stage import REGION, Stage, address_of, until

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def _clean(stage: Stage) -> Iterator[None]:
    yield
    for name in stage.services:
        stage.ecs.delete_service(cluster="lms-ecs", service=name, force=True)
    stage.services.clear()


def test_a_task_is_confined_and_equipped_as_its_definition_says(stage: Stage) -> None:
    definition = stage.definition(
        {"NAME": "one"},
        readonlyRootFilesystem=True,
        user="1000",
        linuxParameters={"initProcessEnabled": True},
        mountPoints=[{"sourceVolume": "scratch", "containerPath": "/scratch"}],
        secrets=[{"name": "SECRET_KEY", "valueFrom": f"{stage.secret}:SECRET_KEY::"}],
    )
    stage.serve(definition, "confined", count=1)
    stage.settled("confined")
    task = stage.tasks("confined")[0]
    container = stage.container(task)
    host = container.attrs["HostConfig"]
    assert (host["NanoCpus"], host["Memory"], host["MemorySwap"], host["ReadonlyRootfs"], host["Init"]) == (
        250_000_000,
        512 << 20,
        512 << 20,
        True,
        True,
    )
    assert container.exec_run(["sh", "-c", "touch /x || id -u; touch /scratch/x && stat -c %a /scratch"]).output.split()[-2:] == [
        b"1000",
        b"1777",
    ]
    environment = stand.fetch(address_of(task), "/environment")[1]
    for expected in ("open sesame", "'COMMON': 'to all'", f"/v2/credentials/{task['taskArn'][-8:]}", f"'AWS_REGION': '{REGION}'"):
        assert expected in environment
    assert (task["healthStatus"], task["connectivity"], task["containers"][0]["imageDigest"][:7]) == ("HEALTHY", "CONNECTED", "sha256:")
    assert until(lambda: stage.output(task), 5) == ["begun one"]


def test_a_roll_loses_no_request_and_takes_as_long_as_the_app(stage: Stage) -> None:
    stage.serve(stage.definition({"NAME": "one"}), "rolled")
    stage.settled("rolled")
    answers: list[tuple[int, str]] = []
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.02):
            healthy = [target for target, state in list(stage.balancer.targets.items()) if state == "healthy"]
            answers.extend(stand.fetch(address, "/", port) for address, port in healthy)

    asking = threading.Thread(target=ask)
    asking.start()
    begun = time.monotonic()
    stage.ecs.update_service(cluster="lms-ecs", service="rolled", taskDefinition=stage.definition({"NAME": "two"}))
    time.sleep(1)
    assert {task["lastStatus"] for task in stage.tasks("rolled")} >= {"RUNNING"}
    stage.settled("rolled")
    took = time.monotonic() - begun
    over.set()
    asking.join()
    assert set(answers) == {(200, "one"), (200, "two")}
    assert took < 15, "five seconds to the first health check, one of draining, and a little more"


def test_a_stopped_task_leaves_the_balancer_first_and_is_replaced_meanwhile(stage: Stage) -> None:
    stage.balancer.delay = 3.0
    stage.serve(stage.definition({"IGNORE_TERM": "1"}), "stopped", count=1)
    stage.settled("stopped")
    task = stage.tasks("stopped")[0]
    begun = time.monotonic()
    stage.ecs.stop_task(cluster="lms-ecs", task=task["taskArn"], reason="a test")
    draining = until(lambda: [item for item in stage.tasks("stopped", "STOPPED") if item["lastStatus"] == "DEACTIVATING"], 2)
    assert (address_of(task), stand.PORT) not in stage.balancer.targets
    assert stand.fetch(address_of(draining[0]), "/")[0] == 200, "what is under way may end"
    assert until(lambda: stage.tasks("stopped"), 2)[0]["taskArn"] != task["taskArn"]
    gone = until(lambda: [item for item in stage.tasks("stopped", "STOPPED") if item["lastStatus"] == "STOPPED"], 20)[0]
    stage.balancer.delay = 1.0
    assert 6 <= time.monotonic() - begun < 10, "three seconds of draining, three of patience"
    assert (gone["stopCode"], gone["stoppedReason"], gone["containers"][0]["exitCode"]) == ("UserInitiated", "a test", 137)


def test_a_container_that_dies_leaves_the_balancer_at_once_and_is_replaced(stage: Stage) -> None:
    stage.serve(stage.definition(), "killed", count=1)
    stage.settled("killed")
    task = stage.tasks("killed")[0]
    stage.container(task).kill()
    until(lambda: (address_of(task), stand.PORT) not in stage.balancer.targets, 0.5)
    assert until(lambda: stage.tasks("killed"), 2)[0]["taskArn"] != task["taskArn"]
    dead = until(lambda: [item for item in stage.tasks("killed", "STOPPED") if item["lastStatus"] == "STOPPED"], 5)[0]
    assert (dead["stopCode"], dead["containers"][0]["exitCode"]) == ("EssentialContainerExited", 137)


@pytest.mark.parametrize(
    ("environment", "container", "balanced", "code", "reason", "detail", "exit_code"),
    [
        ({"EXIT_AFTER": "0.5"}, {}, True, "EssentialContainerExited", "Essential container in task exited", None, 3),
        (
            {"EAT_MEMORY": "600"},
            {"healthCheck": {"command": ["CMD", "true"], "interval": 60}},  # eating may take longer than a check would wait
            True,
            "EssentialContainerExited",
            "Essential container in task exited",
            "OutOfMemoryError: Container killed",
            137,
        ),
        ({"HEALTH": "503"}, {}, True, "ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group arn:", None, 0),
        ({"HEALTH": "503"}, {}, False, "ServiceSchedulerInitiated", "Task failed container health checks", None, 0),
        (
            {},
            {"image": "{image}-none"},
            True,
            "TaskFailedToStart",
            "CannotPullContainerError: pull image manifest",
            "CannotPullContainerError",
            None,
        ),
        ({}, {"entryPoint": ["/none"]}, True, "TaskFailedToStart", "Task failed to start", "CannotStartContainerError: ", None),
    ],
    ids=["crash", "memory", "balancer", "check", "image", "program"],
)
def test_a_bad_deployment_is_rolled_back_with_its_cause_while_the_old_one_serves(
    stage: Stage,
    request: pytest.FixtureRequest,
    environment: dict[str, str],
    container: dict[str, Any],
    balanced: bool,
    code: str,
    reason: str,
    detail: str | None,
    exit_code: int | None,
) -> None:
    name = f"bad-{request.node.callspec.id}"
    stage.serve(stage.definition(), name, balanced=balanced)
    good = stage.settled(name)
    serving = {task["taskArn"] for task in stage.tasks(name)}
    if "image" in container:
        container = {"image": container["image"].format(image=stage.image)}
    stage.ecs.update_service(cluster="lms-ecs", service=name, taskDefinition=stage.definition(environment, **container))
    until(lambda: stage.deployment(name)["status"] == "ROLLBACK_SUCCESSFUL", 60)
    service = stage.settled(name)
    assert service["taskDefinition"] == good["taskDefinition"]
    assert {task["taskArn"] for task in stage.tasks(name)} == serving, "the old tasks were never touched"
    stopped = [task for task in stage.tasks(name, "STOPPED") if task["stopCode"] == code]
    assert len(stopped) >= 1
    first = stopped[0]["containers"][0]
    assert stopped[0]["stoppedReason"].startswith(reason)
    assert (first.get("exitCode"), first.get("reason", "").startswith(detail or "")) == (exit_code, True)


def test_after_a_tripped_breaker_the_next_good_deployment_works(stage: Stage) -> None:
    stage.serve(stage.definition(), "again", count=1)
    stage.settled("again")
    stage.ecs.update_service(cluster="lms-ecs", service="again", taskDefinition=stage.definition({"EXIT_AFTER": "0.1"}))
    until(lambda: stage.deployment("again")["status"] == "ROLLBACK_SUCCESSFUL", 30)
    newest = stage.definition({"NAME": "better"})
    stage.ecs.update_service(cluster="lms-ecs", service="again", taskDefinition=newest)
    assert stage.settled("again")["taskDefinition"] == newest
    assert stage.deployment("again")["status"] == "SUCCESSFUL"


def test_a_task_of_its_own_tells_its_exit_code_and_leaves_its_output(stage: Stage) -> None:
    task = stage.run(stage.definition(), command=["sh", "-c", "echo $NAME; exit 3"], environment=[{"name": "NAME", "value": "overridden"}])
    assert (task["stopCode"], task["containers"][0]["exitCode"], task["group"]) == ("EssentialContainerExited", 3, "family:lms-ecs-task")
    assert stage.output(task) == ["overridden"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"secrets": [{"name": "A", "valueFrom": "{secret}:NONE::"}]},
            "retrieved secret from Secrets Manager did not contain json key NONE",
        ),
        ({"secrets": [{"name": "A", "valueFrom": "{secret}x"}]}, "Secrets Manager can't find the specified secret."),
        ({"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/none"}}}, "The specified log group does not exist."),
        ({"role": "refused"}, "ECS was unable to assume the role"),
    ],
    ids=["key", "secret", "log group", "role"],
)
def test_what_is_missing_stops_the_task_before_it_starts(stage: Stage, change: dict[str, Any], reason: str) -> None:
    change = json.loads(json.dumps(change).replace("{secret}", stage.secret))
    task = stage.run(stage.definition(**change))
    assert task["stopCode"] == "TaskFailedToStart"
    assert reason in task["stoppedReason"]
    assert "exitCode" not in task["containers"][0]
