"""What the official actions do that this pipeline must not trust them with, pinned at the versions that the workflows use.

An update that mends one of these fails here: then what was built around it may go. Where the words are the action's own, they are
what a person would see without `watch` and `verdict`.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rehearsal.action_bench import Outcome, play
from tests.rehearsal.places import ROOT
from tests.rehearsal.stand_ins import pinned
from tests.rehearsal.test_stand_ins_against_real import (
    BASE,
    BOOTS,
    CONFIGURE,
    CREDENTIALS,
    DEPLOY,
    DEPLOYS,
    ECS,
    NEW,
    OIDC,
    OLD,
    REFUSED,
    REGISTERED,
    RENDER,
    SERVICE,
    TASK,
    Case,
    real,
    service,
    task,
)

PLAYED = {
    DEPLOY: "c465972ecbd160473f22e683363b422a5412a3de",  # v2.6.3
    RENDER: "138c24f321fdbdf7edee4a685519d253cae2cdea",  # v1.9.0
    CONFIGURE: "e6de054238d6b7531b4efff3b6587d9aade6a06c",  # v6.2.3
}
"""The versions at which these tests were written."""
FAILING = {**ECS, "DescribeTasks": [task("STOPPED", exitCode=3)]}
BAKING = {**NEW, "rolloutState": "IN_PROGRESS"}
ENDLESS = {**ECS, "DescribeServices": [service(OLD), service(NEW, OLD)]}
UPDATED = "UpdateService"


def test_the_workflows_use_the_versions_at_which_the_traps_were_found() -> None:
    pins = pinned(sorted((ROOT / ".github" / "workflows").glob("*.yml")))
    assert {name: pins[name] for name in PLAYED} == PLAYED


def deploy(folder: Path, case: Case, **how: str) -> Outcome:
    """Play the real deploy action."""
    (folder / "task.json").write_text(json.dumps(REGISTERED))
    inputs = {"task-definition": str(folder / "task.json"), **case[0]}
    return play(real(DEPLOY) / "dist/index.js", inputs, folder / "real", case[1], CREDENTIALS, **how)


TRAPS: dict[str, tuple[Case, int, list[str], bool]] = {
    "a failing migration races the deploy and nothing is red": ((SERVICE | {"run-task": "true"}, FAILING), 0, [], True),
    "a failing migration has no cause": ((SERVICE | TASK, FAILING), 1, ["Run task failed: [null]"], False),
    "it is green while the deployment bakes": (
        (SERVICE, {**ECS, "DescribeServices": [service(OLD), service(BAKING)]}),
        0,
        [],
        True,
    ),
    "a rollback has no cause": (
        (SERVICE, {**ECS, "DescribeServices": BOOTS}),
        1,
        [
            "Deployment ecs-svc/2 not found after stabilization. The deployment was likely rolled back by the deployment circuit breaker.",
        ],
        True,
    ),
    "a time-out has no cause": (
        (SERVICE | {"wait-for-minutes": "1"}, ENDLESS),
        1,
        ['{"state":"TIMEOUT","observedResponses":{"200: OK":4},"reason":"Waiter has timed out"}'],
        True,
    ),
}


@pytest.mark.actions
@pytest.mark.parametrize(("case", "code", "errors", "updated"), TRAPS.values(), ids=TRAPS.keys())
def test_what_the_deploy_action_says_of_trouble(case: Case, code: int, errors: list[str], updated: bool, tmp_path: Path) -> None:
    played = deploy(tmp_path, case)
    calls = [name for name, _ in played.calls]
    assert (played.exit_code, played.errors(), UPDATED in calls) == (code, errors, updated)
    assert "StopServiceDeployment" not in calls
    assert ("DescribeTasks" in calls) == ("wait-for-task-stopped" in case[0])


@pytest.mark.actions
def test_a_cancelled_deploy_action_leaves_the_deployment_running(tmp_path: Path) -> None:
    played = deploy(tmp_path, (SERVICE, ENDLESS), cancelled_after=UPDATED)
    calls = [name for name, _ in played.calls]
    assert played.exit_code != 0
    assert UPDATED in calls
    assert "StopServiceDeployment" not in calls
    runs: dict[str, Any] = yaml.safe_load((real(DEPLOY) / "action.yml").read_text())["runs"]
    assert set(runs) == {"using", "main"}, "nothing runs after it either"


@pytest.mark.actions
@pytest.mark.parametrize("name", ["task and service", "service, no waiting"])
def test_the_deploy_action_never_sets_the_deployment_configuration(name: str, tmp_path: Path) -> None:
    played = deploy(tmp_path, DEPLOYS[name])
    sent = [body for action, body in played.calls if action == UPDATED]
    assert len(sent) == 1
    assert "deploymentConfiguration" not in sent[0]
    inputs = yaml.safe_load((real(DEPLOY) / "action.yml").read_text())["inputs"]
    assert not [name for name in inputs if "breaker" in name or "configuration" in name or "alarm" in name]


@pytest.mark.actions
def test_the_render_action_renders_an_image_called_none(tmp_path: Path) -> None:
    (tmp_path / "task.json").write_text(json.dumps(REGISTERED))
    inputs = BASE | {"image": "None", "task-definition": str(tmp_path / "task.json")}
    played = play(real(RENDER) / "dist/index.js", inputs, tmp_path / "real")
    assert (played.exit_code, played.errors()) == (0, [])
    assert json.loads(Path(played.outputs["task-definition"]).read_text())["containerDefinitions"][0]["image"] == "None"


@pytest.mark.actions
@pytest.mark.parametrize(("inputs", "attempts"), [({}, 12), ({"retry-max-attempts": "3"}, 3)])
def test_a_refused_role_is_asked_for_twelve_times_unless_told_otherwise(inputs: dict[str, str], attempts: int, tmp_path: Path) -> None:
    played = play(real(CONFIGURE) / "dist/index.js", OIDC | inputs, tmp_path / "real", REFUSED)
    assert played.exit_code == 1
    assert [name for name, _ in played.calls].count("AssumeRoleWithWebIdentity") == attempts
