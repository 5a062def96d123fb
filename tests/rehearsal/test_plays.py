"""Good pushes, played from an empty account on; each goes on where the one before ended. Needs a Docker engine."""

import os
import subprocess
from collections.abc import Iterator

import boto3
import pytest

from commands.report import say
from image.docker import docker, inspect
from pipeline import schema
from tests.rehearsal import __main__ as rehearsal
from tests.rehearsal import account, end_state, recorded, repository
from tests.rehearsal.cloud import Cloud
from tests.rehearsal.live import Live
from tests.rehearsal.places import ROOT
from tests.rehearsal.poller import Poller

pytestmark = pytest.mark.engine


@pytest.fixture
def poller(live: Live) -> Iterator[Poller]:
    """A client at 20 requests a second; what it counted is printed."""
    with Poller(live.url, live.token) as running:
        yield running
    say(f"{running.total} requests, {len(running.failures)} failed: {dict(running.answered)}")


def ecs() -> "boto3.client":
    return account.clients(Cloud.noted().endpoint, rehearsal.names())("ecs")


def test_a_push_to_an_empty_account_is_served_by_two_containers_of_the_smallest_size(live: Live) -> None:
    first = live.first or live.push("The first push")
    assert first.green, first.errors
    assert live.serving() == first.commit
    head = (ROOT / "migrations" / ".current-head").read_text().strip()
    for container in rehearsal.containers():
        details = inspect(container)
        limits, labels = details["HostConfig"], details["Config"]["Labels"]
        assert (limits["NanoCpus"], limits["Memory"], limits["ReadonlyRootfs"]) == (250_000_000, 512 * 1024**2, True)
        assert (labels["org.opencontainers.image.revision"], labels["schema.head"]) == (first.commit, head)
        assert labels["schema.floor"] == schema.load(ROOT / "migrations" / "versions").floor
    assert len(rehearsal.containers()) == 2


def test_the_acceptance_tests_pass_against_the_deployed_containers(live: Live) -> None:
    environ = repository.environment() | {"LMS_URL": live.url, "LMS_TOKEN": live.token}
    done = subprocess.run(
        [ROOT / ".venv/bin/python", "-m", "pytest", "tests/acceptance", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    say(done.stdout.strip().rpartition("\n")[2])
    assert done.returncode == 0, done.stdout[-4000:]
    say(docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *rehearsal.containers()))


def test_another_push_replaces_both_tasks_and_no_request_is_lost(poller: Poller, live: Live) -> None:
    before = set(rehearsal.containers())
    pushed = live.push("The second push")
    assert pushed.green, pushed.errors
    assert not before & set(rehearsal.containers())
    assert poller.failures == []
    assert poller.answered[pushed.commit] > 0
    assert poller.total > 20 * pushed.seconds * 0.8


def test_a_task_that_is_stopped_by_hand_is_replaced_and_no_request_is_lost(poller: Poller, live: Live) -> None:
    names = rehearsal.names()
    task = ecs().list_tasks(cluster=names.ecs_cluster, serviceName=names.ecs_service)["taskArns"][0]
    container = docker("ps", "--quiet", "--filter", f"name=lms-ecs-{task.rpartition('/')[2]}")
    ecs().stop_task(cluster=names.ecs_cluster, task=task, reason="by hand")
    live.wait_for_two(but=container)
    assert poller.failures == []
    assert poller.total > 100


def test_a_container_that_is_killed_costs_a_moment_as_behind_a_real_load_balancer(poller: Poller, live: Live) -> None:
    killed = rehearsal.containers()[0]
    docker("kill", killed)
    live.wait_for_two(but=killed)
    assert all(" 502 " in failure for failure in poller.failures), "only what was sent to the dead one"
    assert len(poller.failures) <= 10, "half of what comes until ECS hears of it"
    assert poller.total > 100


@pytest.mark.skipif("ACTIONS_DIR" not in os.environ, reason="the real actions are not at hand: ACTIONS_DIR names no folder of checkouts")
def test_stand_ins_leave_what_the_real_actions_leave(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint, names = Cloud.noted().endpoint, rehearsal.names()
    real = end_state.of(endpoint, names, live.good)
    assert (real["counts"]["runningCount"], real["deployments"]) == (2, [["PRIMARY", "COMPLETED"]])
    monkeypatch.setenv("STAND_IN_ACTIONS", "1")
    pushed = live.push("With stand-ins")
    assert pushed.green, pushed.errors
    assert end_state.of(endpoint, names, pushed.commit) == real


def test_what_these_plays_called_was_recorded_before(live: Live) -> None:
    recorded.check()
