"""Versions and rollbacks, played with the real release.yml and rollback.yml; each goes on where the one before ended. Needs an engine."""

from collections.abc import Iterator

import boto3
import pytest

from pipeline import release, smoke
from pipeline.guard import HOLD
from tests.github import GitHub, serve
from tests.rehearsal import __main__ as rehearsal
from tests.rehearsal import account, play, repository
from tests.rehearsal.cloud import Cloud
from tests.rehearsal.poller import Poller

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def hub() -> Iterator[GitHub]:
    """A GitHub that knows what was played."""
    with serve() as github:
        yield github


def pushed(hub: GitHub, message: str) -> play.Play:
    """Play a push; GitHub lists its run."""
    played = play.push(message)
    hub.ran(played.commit, "success" if played.green else "failure")
    return played


def tagged(hub: GitHub, tag: str, commit: str = "HEAD") -> play.Play:
    """Play the push of a tag."""
    hub.tags.add(repository.tag(tag, commit))
    return play.version(tag, hub.url)


@pytest.fixture(scope="module", autouse=True)
def pushes(docker_host: str, hub: GitHub) -> Iterator[list[play.Play]]:
    """Two good pushes to an empty account; everything is removed afterwards."""
    try:
        rehearsal.set_up()
        yield [pushed(hub, "The first push"), pushed(hub, "The second push")]
    finally:
        rehearsal.down()


def client(service: str) -> "boto3.client":
    return account.clients(Cloud.noted().endpoint, rehearsal.names())(service)


def runs() -> tuple[str, str]:
    """The tag of the image in the task definition that runs, and the commit that answers."""
    names = rehearsal.names()
    service = client("ecs").describe_services(cluster=names.ecs_cluster, services=[names.ecs_service])["services"][0]
    definition = client("ecs").describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    image: str = definition["containerDefinitions"][0]["image"]
    return image.rpartition(":")[2], str(smoke.ask(f"{Cloud.noted().balancer}/version").body["commit"])


def digest(tag: str) -> str:
    """What the registry holds under a tag."""
    found = client("ecr").describe_images(repositoryName=rehearsal.names().ecr_repository, imageIds=[{"imageTag": tag}])
    return str(found["imageDetails"][0]["imageDigest"])


def hold() -> str:
    """The hold on the service."""
    names = rehearsal.names()
    arn = client("ecs").describe_services(cluster=names.ecs_cluster, services=[names.ecs_service])["services"][0]["serviceArn"]
    tags = {tag["key"]: tag["value"] for tag in client("ecs").list_tags_for_resource(resourceArn=arn)["tags"]}
    return str(tags.get(HOLD, ""))


def jobs(played: play.Play) -> set[str]:
    """The jobs of which a step ran."""
    return {step.job for step in played.steps}


def test_a_version_is_the_image_that_was_pushed_and_the_task_definition_names_it(pushes: list[play.Play], hub: GitHub) -> None:
    assert all(played.green for played in pushes), [played.errors for played in pushes]
    commit = pushes[1].commit
    played = tagged(hub, "v1.0.0")
    assert played.green, played.errors
    assert runs() == ("v1.0.0", commit)
    assert digest("v1.0.0") == digest(f"sha-{commit}")
    assert [one["tag_name"] for one in hub.releases] == ["v1.0.0"]
    assert "it ships" in " ".join(played.lines)


def test_the_same_tag_again_changes_nothing(hub: GitHub) -> None:
    before, containers = runs(), set(rehearsal.containers())
    played = play.version("v1.0.0", hub.url)
    assert played.green, played.errors
    assert "pinned only: it runs already, under this name" in " ".join(played.lines)
    assert jobs(played) == {"pin"}
    assert (runs(), set(rehearsal.containers()), len(hub.releases)) == (before, containers, 1)


def test_an_older_commit_is_pinned_only(pushes: list[play.Play], hub: GitHub) -> None:
    played = tagged(hub, "v0.9.0", pushes[0].commit)
    assert played.green, played.errors
    assert "pinned only: it is older than what runs" in " ".join(played.lines)
    assert digest("v0.9.0") == digest(f"sha-{pushes[0].commit}")
    assert runs()[0] == "v1.0.0"


def test_a_tag_that_is_not_on_main_ends_red_and_nothing_is_put(hub: GitHub) -> None:
    aside = repository.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "not on main")
    played = tagged(hub, "v2.0.0", aside)
    assert (played.green, played.failed[0].name, jobs(played), played.verdict) == (False, "Pin", {"pin"}, "tag not on main")
    with pytest.raises(client("ecr").exceptions.ImageNotFoundException):
        digest("v2.0.0")


def test_a_tag_whose_image_will_never_exist_ends_red(hub: GitHub) -> None:
    hub.ran(repository.commit("A commit whose image job was red"), "failure")
    played = tagged(hub, "v2.0.1")
    assert (played.green, played.failed[0].name, jobs(played), played.verdict) == (False, "Pin", {"pin"}, "image will never exist")
    assert played.seconds < release.APPEARS
    assert [one["tag_name"] for one in hub.releases] == ["v1.0.0", "v0.9.0"]


def test_a_rollback_goes_to_the_last_good_and_holds_and_no_request_is_lost(pushes: list[play.Play]) -> None:
    with Poller(Cloud.noted().balancer, rehearsal.admin_token()) as poller:
        played = play.by_hand("rollback.yml", reason="grades are wrong")
    assert played.green, played.errors
    assert runs() == (f"sha-{pushes[0].commit}", pushes[0].commit)
    assert hold() == f"{pushes[1].commit}: grades are wrong"
    assert poller.failures == []
    assert poller.answered[pushes[1].commit] > 0 < poller.answered[pushes[0].commit]
    assert "Migrate" not in {step.name for step in played.steps}


def test_a_push_while_held_ends_red_and_nothing_changes(hub: GitHub) -> None:
    before = runs()
    played = pushed(hub, "While held")
    assert (played.green, played.failed[0].name, played.verdict) == (False, "Guard", "held")
    assert runs() == before


def test_what_is_wrong_stands_in_one_issue_until_it_is_not(hub: GitHub) -> None:
    played = play.by_hand("watch.yml", hub.url)
    assert played.green, played.errors
    held = f"- Pushes are held: {hold()}"
    assert [(issue["state"], held in issue["body"], "main is ahead of" in issue["body"]) for issue in hub.issues] == [("open", True, True)]
    assert "The task definition that runs" not in hub.issues[0]["body"]


def test_a_hold_that_is_cleared_lets_the_next_push_through(hub: GitHub) -> None:
    played = play.by_hand("rollback.yml", clear_hold="true")
    assert played.green, played.errors
    assert (jobs(played), hold()) == ({"plan"}, "")
    played = pushed(hub, "After the hold")
    assert played.green, played.errors
    assert runs() == (f"sha-{played.commit}", played.commit)
    played = play.by_hand("watch.yml", hub.url)
    assert played.green, played.errors
    unscanned = "- The image that runs was never scanned: let the registry scan what is pushed"
    assert [issue["body"].partition("\n")[0] for issue in hub.issues] == [unscanned], "and nothing else, in the same issue"
