"""An alarm that fires while a deployment bakes, and a run that is cancelled: red by their names, and the version before stays.

Needs a Docker engine. How GitHub cancels (signals to the step) is tested in ecs/test_cancelled.py: act kills the step at once, so that
only the steps for `cancelled()` and `always()` mend what it left.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from commands.names import Names
from commands.report import say
from pipeline import smoke
from tests.rehearsal import __main__ as rehearsal
from tests.rehearsal import account, alarms, play, recorded
from tests.rehearsal.cloud import Cloud
from tests.rehearsal.places import STATE, VENV, wait_for
from tests.rehearsal.poller import Poller

pytestmark = pytest.mark.engine
ACT = str(VENV / "bin" / "act")


class Owner:
    """The account's owner."""

    def __init__(self) -> None:
        self.names: Names = rehearsal.names()
        self._client = account.clients(Cloud.noted().endpoint, self.names)

    def __call__(self, service: str) -> Any:
        """A client of that service."""
        return self._client(service)

    @property
    def service(self) -> dict[str, Any]:
        """The service now."""
        found = self("ecs").describe_services(cluster=self.names.ecs_cluster, services=[self.names.ecs_service])
        return dict(found["services"][0])

    @property
    def newest(self) -> dict[str, Any]:
        """Its newest service deployment."""
        ecs = self("ecs")
        arn = ecs.list_service_deployments(cluster=self.names.ecs_cluster, service=self.names.ecs_service)["serviceDeployments"][0]
        return dict(ecs.describe_service_deployments(serviceDeploymentArns=[arn["serviceDeploymentArn"]])["serviceDeployments"][0])


@pytest.fixture(scope="module", autouse=True)
def first(docker_host: str) -> Iterator[play.Play]:
    """The push of the version that must stay; everything is removed afterwards."""
    try:
        rehearsal.set_up()
        pushed = play.push("The good one")
        assert pushed.green, pushed.errors
        yield pushed
    finally:
        rehearsal.down()


@pytest.fixture
def owner(first: play.Play) -> Owner:
    return Owner()


@pytest.fixture
def poller(owner: Owner) -> Iterator[Poller]:
    """A client at 20 requests a second; what it counted is printed."""
    with Poller(Cloud.noted().balancer, rehearsal.admin_token()) as running:
        yield running
    say(f"{running.total} requests, {len(running.failures)} failed: {dict(running.answered)}")


def serving() -> str:
    """The commit that answers."""
    return str(smoke.ask(f"{Cloud.noted().balancer}/version").body["commit"])


def acts() -> list[int]:
    """The processes of act that this one started."""
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    ids = {int(child) for path in children for child in path.read_text().split()}
    return [child for child in ids if Path(f"/proc/{child}/cmdline").read_bytes().startswith(ACT.encode())]


@contextmanager
def cancelled_at(words: str) -> Iterator[None]:
    """Interrupt act as soon as the log of the next play holds these words."""
    over, known = threading.Event(), set((STATE / "plays").glob("*.log"))

    def watch() -> None:
        while not over.wait(0.1):
            if any(words in log.read_text() for log in set((STATE / "plays").glob("*.log")) - known):
                for process in acts():
                    os.kill(process, signal.SIGINT)
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join(5)


def ran(played: play.Play) -> list[str]:
    """The names of the steps of `ship` that ended, the first first."""
    return [step.name for step in played.steps if not step.name.startswith("after: ")]


def test_an_alarm_that_fires_in_the_bake_ends_red_and_no_request_is_lost(owner: Owner, poller: Poller) -> None:
    before = serving()
    with alarms.fires_in_bake(owner):
        pushed = play.push("Its alarm fires")
    assert not pushed.green
    assert pushed.failed[0].name == "Watch"
    assert "alarm fired" in " ".join(pushed.errors), pushed.errors
    assert owner.newest["status"] == "ROLLBACK_SUCCESSFUL"
    assert owner.newest["alarms"]["triggeredAlarmNames"] == [account.alarm_of(owner.names)]
    assert (serving(), poller.failures) == (before, [])
    assert set(poller.answered) - {"api"} == {before, pushed.commit}, "the new version serves while it bakes"


def test_a_run_cancelled_while_it_watches_ends_red_and_only_the_version_before_serves(owner: Owner, poller: Poller) -> None:
    before = serving()
    with cancelled_at("watch: deployment"):
        pushed = play.push("Cancelled while it watches")
    assert not pushed.green
    assert pushed.failed[0].name == "Watch"
    assert "Smoke" not in ran(pushed)
    assert ran(pushed)[-3:] == ["Stop, for the run was cancelled", "Verdict", "Receipt"]
    assert "cancelled: " in " ".join(pushed.errors), pushed.errors
    service = owner.service
    assert service["deployments"][0]["taskDefinition"] == service["taskDefinition"]
    owner("ecs").get_waiter("services_stable").wait(cluster=owner.names.ecs_cluster, services=[owner.names.ecs_service])
    assert owner.newest["status"] == "ROLLBACK_SUCCESSFUL"
    assert (serving(), poller.failures) == (before, [])
    assert set(poller.answered) == {"api", before}


def test_a_run_cancelled_while_it_migrates_ends_red_and_the_service_is_not_touched(owner: Owner, poller: Poller) -> None:
    before, containers = serving(), set(rehearsal.containers())
    with cancelled_at("migration: task"):
        pushed = play.push("Cancelled while it migrates")
    assert not pushed.green
    assert pushed.failed[0].name == "Migrate"
    assert not {"Deploy", "Watch", "Stop, for the run was cancelled"} & set(ran(pushed))
    assert ran(pushed)[-3:] == ["Stop the migration, for the run was cancelled", "Verdict", "Receipt"]
    assert "the migration was stopped, what it had not committed is undone" in " ".join(pushed.errors), pushed.errors
    assert "cancelled: " in " ".join(pushed.errors), pushed.errors
    wait_for("the end of the migration's task", 60, lambda: len(rehearsal.containers()) == len(containers))
    assert (set(rehearsal.containers()), serving(), poller.failures) == (containers, before, [])


def test_the_next_good_push_deploys(owner: Owner, poller: Poller) -> None:
    before = serving()
    pushed = play.push("Good again")
    assert pushed.green, pushed.errors
    assert (serving(), poller.failures) == (pushed.commit, [])
    assert set(poller.answered) == {"api", before, pushed.commit}
    assert (owner.newest["status"], owner.newest["alarms"]["status"]) == ("SUCCESSFUL", "MONITORING_COMPLETE")


def test_what_these_plays_called_was_recorded_before(owner: Owner) -> None:
    recorded.check()
