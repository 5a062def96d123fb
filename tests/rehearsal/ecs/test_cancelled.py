"""A run that is cancelled as GitHub's runner does it: signals to the process of the step, whose text is that of ship.yml.

act cannot show this: it kills the step at once.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from commands.names import read_definition
from tests.rehearsal.ecs import scheduler
from tests.rehearsal.ecs.stage import until
from tests.rehearsal.ecs.world import World, create, described, newest, register, update

ROOT = Path(__file__).parents[3]
STEPS: dict[str, str] = {
    step["name"]: step.get("run", "") for step in yaml.safe_load((ROOT / ".github/workflows/ship.yml").read_text())["jobs"]["ship"]["steps"]
}
TO_TERMINATE, TO_KILL = 7.5, 2.5
"""Seconds that the runner waits after SIGINT, and after SIGTERM."""


class Step:
    """A step that the runner's shell runs, with what it writes."""

    def __init__(self, name: str, folder: Path, url: str, **environment: str) -> None:
        (folder / "step.sh").write_text(STEPS[name])
        self._log = folder / f"{name}.log"
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_ENDPOINT_URL": url, "AWS_EC2_METADATA_DISABLED": "true"}
        names = {"VARIABLES": json.dumps({"BASE_URL": "https://lms.example.org"}), "RUNNER_TEMP": str(folder), "GITHUB_RUN_ID": "7"}
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(folder / "step.sh")],
                cwd=ROOT,
                env={"PATH": path, "HOME": str(folder), "STEPS": "", **keys, **names, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        """What it has written so far."""
        return self._log.read_text()

    def cancel(self) -> float:
        """Do as the runner does; returns the seconds until the step's end."""
        began = time.monotonic()
        for number, patience in ((signal.SIGINT, TO_TERMINATE), (signal.SIGTERM, TO_KILL), (signal.SIGKILL, 60)):
            self.process.send_signal(number)
            try:
                self.process.wait(patience)
                break
            except subprocess.TimeoutExpired:
                continue
        return time.monotonic() - began


@contextmanager
def running(step: Step) -> Iterator[Step]:
    """Whatever happens, nothing is left."""
    try:
        yield step
    finally:
        step.process.kill()
        step.process.wait()


def cancelled_in_time(step: Step, begun: Callable[[], Any]) -> str:
    """Cancel the step once it has `begun`; returns its last line. It must end by itself, before the runner's second signal."""
    with running(step):
        until(begun, 20)
        assert step.cancel() < TO_TERMINATE, step.said
    assert step.process.returncode == 1, step.said
    return step.said.strip().splitlines()[-1]


def verdict(folder: Path, url: str, **environment: str) -> str:
    """What the step after it names as the cause."""
    with running(Step("Verdict", folder, url, OUTCOME="cancelled", **environment)) as step:
        step.process.wait(30)
    return step.said.strip().splitlines()[-1]


def test_a_run_cancelled_while_it_watches_goes_back_and_the_next_push_deploys(
    ecs: Any, world: World, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(ecs)
    world.turn()
    monkeypatch.setattr(scheduler, "MINUTE", 60.0)
    deployed = register(ecs)
    update(ecs, taskDefinition=deployed, deploymentConfiguration={"bakeTimeInMinutes": 60})
    world.turn()
    url = client.meta.endpoint_url
    step = Step("Watch", tmp_path, url, DEPLOYED=deployed, DIGEST="sha256:ab")
    said = cancelled_in_time(step, lambda: "IN_PROGRESS" in step.said)
    assert said == "pipeline: the run was cancelled: ECS was told to go back to the version before (StopServiceDeployment, ROLLBACK)"
    world.turn()
    assert (newest(ecs)["status"], described(ecs)["taskDefinition"][-2:], described(ecs)["runningCount"]) == (
        "ROLLBACK_SUCCESSFUL",
        ":1",
        2,
    )
    assert verdict(tmp_path, url, DEPLOYED=deployed).startswith("pipeline: cancelled: ")
    monkeypatch.setattr(scheduler, "MINUTE", 0.0)
    update(ecs, taskDefinition=register(ecs))
    world.turn()
    assert newest(ecs)["status"] == "SUCCESSFUL"


def test_a_run_cancelled_while_it_migrates_stops_the_task_and_the_service_is_not_touched(
    ecs: Any, world: World, client: Any, tmp_path: Path
) -> None:
    before = create(ecs)["deployments"]
    world.turn()
    definition = read_definition(ROOT / "task-definition.json")
    (tmp_path / "rendered.json").write_text(json.dumps(definition))
    url = client.meta.endpoint_url
    step = Step("Migrate", tmp_path, url, RENDERED=str(tmp_path / "rendered.json"))
    said = cancelled_in_time(step, lambda: "migration: task" in step.said)
    assert said == "pipeline: the run was cancelled: the migration was stopped, what it had not committed is undone"
    task = ecs.describe_tasks(cluster="lms-ecs", tasks=[step.said.partition("migration: task ")[2].split()[0]])["tasks"][0]
    assert (task["desiredStatus"], task["stopCode"], task["stoppedReason"]) == ("STOPPED", "UserInitiated", "the run was cancelled")
    assert [one["id"] for one in described(ecs)["deployments"]] == [one["id"] for one in before]
    assert verdict(tmp_path, url, DEPLOYED="").startswith("pipeline: cancelled: ")
