"""Pushes, good and bad, played from an empty account on; each goes on where the one before ended. Needs a Docker engine."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from image.docker import docker, inspect
from pipeline import schema, smoke
from pipeline.report import say
from tests.rehearsal import __main__ as rehearsal
from tests.rehearsal import account, end_state, faults, play, repository
from tests.rehearsal.cloud import Cloud
from tests.rehearsal.engine import LABEL
from tests.rehearsal.places import NOTES, ROOT, STATE
from tests.rehearsal.poller import Poller

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", autouse=True)
def first(docker_host: str) -> Iterator[play.Play]:
    """The first push to an empty account; everything is removed afterwards."""
    try:
        rehearsal.set_up()
        yield play.push("The first push")
    finally:
        rehearsal.down()


@pytest.fixture(scope="module")
def url() -> str:
    return Cloud.noted().balancer


@pytest.fixture(scope="module")
def token() -> str:
    return rehearsal.admin_token()


@pytest.fixture
def poller(url: str, token: str) -> Iterator[Poller]:
    """A client at 20 requests a second; what it counted is printed."""
    with Poller(url, token) as running:
        yield running
    say(f"{running.total} requests, {len(running.failures)} failed: {dict(running.answered)}")


def ecs() -> "boto3.client":
    return account.clients(Cloud.noted().endpoint, rehearsal.names())("ecs")


def serving(url: str) -> str:
    """The commit that answers."""
    return str(smoke.ask(f"{url}/version").body["commit"])


def wait_for_two(but: str = "") -> None:
    """Wait until two containers run, none of them `but`."""
    deadline = time.monotonic() + 90
    while (
        len(ids := rehearsal.containers()) != 2 or but in ids or any(inspect(id_)["State"]["Health"]["Status"] != "healthy" for id_ in ids)
    ):
        assert time.monotonic() < deadline, f"not two healthy containers: {ids}"
        time.sleep(0.5)


def test_a_push_to_an_empty_account_is_served_by_two_containers_of_the_smallest_size(first: play.Play, url: str) -> None:
    assert first.green, first.errors
    assert serving(url) == first.commit
    head = (ROOT / "migrations" / ".current-head").read_text().strip()
    for container in rehearsal.containers():
        details = inspect(container)
        limits, labels = details["HostConfig"], details["Config"]["Labels"]
        assert (limits["NanoCpus"], limits["Memory"], limits["ReadonlyRootfs"]) == (250_000_000, 512 * 1024**2, True)
        assert (labels["org.opencontainers.image.revision"], labels["schema.head"]) == (first.commit, head)
        assert labels["schema.floor"] == schema.load(ROOT / "migrations" / "versions").floor
    assert len(rehearsal.containers()) == 2


def test_the_acceptance_tests_pass_against_the_deployed_containers(url: str, token: str) -> None:
    environ = repository.environment() | {"LMS_URL": url, "LMS_TOKEN": token}
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


def test_another_push_replaces_both_tasks_and_no_request_is_lost(poller: Poller, url: str) -> None:
    before = set(rehearsal.containers())
    pushed = play.push("The second push")
    assert pushed.green, pushed.errors
    assert not before & set(rehearsal.containers())
    assert poller.failures == []
    assert poller.answered[pushed.commit] > 0
    assert poller.total > 20 * pushed.seconds * 0.8


def test_a_task_that_is_stopped_by_hand_is_replaced_and_no_request_is_lost(poller: Poller) -> None:
    names = rehearsal.names()
    task = ecs().list_tasks(cluster=names.ecs_cluster, serviceName=names.ecs_service)["taskArns"][0]
    container = docker("ps", "--quiet", "--filter", f"name=lms-ecs-{task.rpartition('/')[2]}")
    ecs().stop_task(cluster=names.ecs_cluster, task=task, reason="by hand")
    wait_for_two(but=container)
    assert poller.failures == []
    assert poller.total > 100


def test_a_container_that_is_killed_costs_a_moment_as_behind_a_real_load_balancer(poller: Poller) -> None:
    killed = rehearsal.containers()[0]
    docker("kill", killed)
    wait_for_two(but=killed)
    assert all(" 502 " in failure for failure in poller.failures), "only what was sent to the dead one"
    assert len(poller.failures) <= 10, "half of what comes until ECS hears of it"
    assert poller.total > 100


def test_an_app_that_cannot_import_ends_red_before_it_is_pushed(poller: Poller, url: str) -> None:
    before = serving(url)
    pushed = play.push("Cannot import", faults.cannot_import)
    assert not pushed.green
    assert "broken on purpose" in " ".join(pushed.errors)
    assert {step.job for step in pushed.failed} == {"image"}
    assert (serving(url), poller.failures) == (before, [])
    assert set(poller.answered) == {"api", before}


def test_a_server_that_cannot_start_in_the_cloud_ends_red_and_is_rolled_back(poller: Poller, url: str) -> None:
    before = serving(url)
    pushed = play.push("Cannot start in the cloud", faults.cannot_start_in_the_cloud)
    assert not pushed.green
    assert pushed.failed[0].name == "Deploy"
    assert (set(poller.answered) - {"api"}, poller.failures) == ({before}, [])
    wait_for_two()


def test_a_migration_that_exits_3_ends_red_and_the_service_is_not_touched(poller: Poller, url: str) -> None:
    before, commit = set(rehearsal.containers()), serving(url)
    pushed = play.push("Migration exits 3", faults.migration_exits_3)
    assert not pushed.green
    assert pushed.failed[0].name == "Migrate"
    assert "exit code 3" in " ".join(pushed.errors)
    assert set(rehearsal.containers()) == before
    assert (set(poller.answered), poller.failures) == ({"api", commit}, [])


def test_the_next_good_push_deploys(poller: Poller, url: str) -> None:
    pushed = play.push("Good again")
    assert pushed.green, pushed.errors
    assert serving(url) == pushed.commit
    assert poller.failures == []
    assert repository.git("rev-parse", "HEAD") == pushed.commit


@pytest.mark.skipif("ACTIONS_DIR" not in os.environ, reason="the real actions are not at hand: ACTIONS_DIR names no folder of checkouts")
def test_stand_ins_leave_what_the_real_actions_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint, names = Cloud.noted().endpoint, rehearsal.names()
    real = end_state.of(endpoint, names, repository.git("rev-parse", "HEAD"))
    assert (real["counts"]["runningCount"], real["deployments"]) == (2, [["PRIMARY", "COMPLETED"]])
    monkeypatch.setenv("STAND_IN_ACTIONS", "1")
    pushed = play.push("With stand-ins")
    assert pushed.green, pushed.errors
    assert end_state.of(endpoint, names, pushed.commit) == real


def running(mark: str) -> list[str]:
    """The processes whose command line holds `mark`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if mark.encode() in (line := path.read_bytes()) and path.parent.name != str(os.getpid()):
                found.append(line.decode())
    return found


def test_nothing_is_left_behind() -> None:
    private = "engine_pid" in NOTES.read()
    rehearsal.down()
    assert not STATE.exists()
    assert running("tests.rehearsal.aws") == []
    assert running(str(STATE)) == [], "PostgreSQL and a private engine name their folder"
    assert str(STATE) not in Path("/proc/mounts").read_text()
    if not private:
        assert docker("ps", "--all", "--quiet", "--filter", f"label={LABEL}") == ""
        assert docker("network", "ls", "--quiet", "--filter", f"label={LABEL}") == ""
