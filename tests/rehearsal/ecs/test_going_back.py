"""pipeline's guard, diff and rollback on deployments as this ECS tells of them, through a real client."""

import copy
from pathlib import Path
from typing import Any

import pytest

from commands.names import Names, read_definition, resolve
from commands.report import Failure
from pipeline import diff, guard, rollback
from pipeline.prepare import current, running
from tests.pipeline.commits import Commits
from tests.rehearsal.ecs.test_registration import GOOD
from tests.rehearsal.ecs.world import World, create, described, newest, update

DEFINITION = read_definition(Path(__file__).parents[3] / "task-definition.json")
NAMES: Names = resolve(DEFINITION, {"BASE_URL": "https://lms.example.org"})


class Registry:
    """An ECR that holds every tag."""

    def batch_get_image(self, **request: Any) -> dict[str, Any]:
        """An image whose digest is its tag."""
        tag = request["imageIds"][0]["imageTag"]
        manifest = '{"mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {"digest": "c", "size": 1}, "layers": []}'
        return {"images": [{"imageId": {"imageDigest": f"sha256:{tag}"}, "imageManifest": manifest}]}


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Commits, oldest first; each but the first adds a migration."""
    monkeypatch.chdir(tmp_path)
    commits = Commits(tmp_path / "repository")
    return [commits.commit(*(str(number) for number in range(1, many + 1))) for many in (1, 2, 3, 4)]


def registered(ecs: Any, commit: str) -> str:
    """The task definition of that commit, as prepare and the render action make it."""
    definition: dict[str, Any] = copy.deepcopy(GOOD)
    image = definition["containerDefinitions"][0]["image"].rpartition(":")[0]
    definition["containerDefinitions"][0] |= {"image": f"{image}:sha-{commit}", "dockerLabels": {"commit": commit}}
    return str(ecs.register_task_definition(**definition)["taskDefinition"]["taskDefinitionArn"])


def deploy(ecs: Any, world: World, commit: str) -> None:
    """That commit, until nothing moves any more."""
    update(ecs, taskDefinition=registered(ecs, commit))
    world.turn()


def planned(ecs: Any) -> rollback.Plan:
    """Where a rollback would go now."""
    return rollback.plan(ecs, Registry(), NAMES, described(ecs), "")


def test_the_last_good_deployment_is_found_whatever_lies_on_top(ecs: Any, world: World, line: list[str]) -> None:
    create(ecs)  # the idle service's own definition is not ours
    world.turn()
    deploy(ecs, world, line[0])
    with pytest.raises(Failure, match="no deployment before the one that runs has succeeded"):
        planned(ecs)
    deploy(ecs, world, line[1])
    registered(ecs, line[2])  # a revision whose migration failed
    assert planned(ecs).commit == line[0]
    deploy(ecs, world, line[2])
    assert (planned(ecs).commit, planned(ecs).stays, planned(ecs).stops) == (line[1], ["3"], [])
    deploy(ecs, world, line[1])  # the rollback itself is a deployment that succeeds, on top of the one it left
    assert planned(ecs).commit == line[0]


def test_a_deployment_under_way_is_stopped_and_pushes_are_held(ecs: Any, world: World, line: list[str]) -> None:
    create(ecs)
    for commit in line[:2]:
        deploy(ecs, world, commit)
    update(ecs, taskDefinition=registered(ecs, line[2]))
    plan = planned(ecs)
    assert (plan.commit, plan.stops) == (line[1], [newest(ecs)["serviceDeploymentArn"]])
    rollback.begin(ecs, described(ecs), plan, "grades are wrong")
    world.turn()
    assert newest(ecs)["status"] == "ROLLBACK_SUCCESSFUL"
    runs = guard.commit_of(running(ecs, described(ecs)))
    hold = guard.hold(ecs, described(ecs))
    assert (runs, hold) == (line[1], f"{line[2]}: grades are wrong")
    assert guard.decide("push", line[3], runs, hold).verdict == "held"
    assert guard.decide("rollback", plan.commit, runs, hold).verdict == "same"
    guard.clear_hold(ecs, described(ecs))
    assert guard.decide("push", line[3], runs, guard.hold(ecs, described(ecs))).migrations == ["3", "4"]


def test_what_ecs_adds_to_our_definition_is_no_difference(ecs: Any) -> None:
    arn = ecs.register_task_definition(**DEFINITION)["taskDefinition"]["taskDefinitionArn"]
    assert diff.compare(current(ecs, {"taskDefinition": arn}), DEFINITION) == []
