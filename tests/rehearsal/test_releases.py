"""Versions and rollbacks, played with the real release.yml and rollback.yml; each goes on where the one before ended. Needs an engine."""

import re
from collections.abc import Iterator

import boto3
import pytest

from pipeline import release, smoke
from pipeline.guard import HOLD
from tests.github import GitHub, serve
from tests.rehearsal import __main__ as rehearsal
from tests.rehearsal import account, account_faults, faults, play, recorded, repository
from tests.rehearsal.cloud import Cloud
from tests.rehearsal.live import Live
from tests.rehearsal.poller import Poller

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def hub() -> Iterator[GitHub]:
    """A GitHub that knows what was played."""
    with serve() as github:
        yield github


def tagged(hub: GitHub, tag: str, commit: str = "HEAD") -> play.Play:
    """Play the push of a tag."""
    hub.tags.add(repository.tag(tag, commit))
    return play.version(tag, hub.url)


@pytest.fixture(scope="module", autouse=True)
def commits(live: Live, hub: GitHub) -> tuple[str, str]:
    """What served before, and a good push on top of it, which serves."""
    before = live.good
    assert live.push("To be a version").green
    for commit in (before, live.good):
        hub.ran(commit)
    return before, live.good


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
    """What the registry holds under a tag; empty if nothing."""
    found = client("ecr").batch_get_image(repositoryName=rehearsal.names().ecr_repository, imageIds=[{"imageTag": tag}])["images"]
    return str(found[0]["imageId"]["imageDigest"]) if found else ""


def hold() -> str:
    """The hold on the service."""
    names = rehearsal.names()
    arn = client("ecs").describe_services(cluster=names.ecs_cluster, services=[names.ecs_service])["services"][0]["serviceArn"]
    tags = {tag["key"]: tag["value"] for tag in client("ecs").list_tags_for_resource(resourceArn=arn)["tags"]}
    return str(tags.get(HOLD, ""))


def jobs(played: play.Play) -> set[str]:
    """The jobs of which a step ran."""
    return {step.job for step in played.steps}


def names(played: play.Play, verdict: str) -> bool:
    """Whether its verdict has that name, in the log and on the run's page."""
    return played.verdict == verdict and any(line.startswith(f"**{verdict}: ") for line in played.lines)


def test_a_version_is_the_image_that_was_pushed_and_the_task_definition_names_it(commits: tuple[str, str], hub: GitHub) -> None:
    _, commit = commits
    played = tagged(hub, "v1.0.0")
    assert played.green, played.errors
    assert runs() == ("v1.0.0", commit)
    assert digest("v1.0.0") == digest(f"sha-{commit}") != ""
    assert [one["tag_name"] for one in hub.releases] == ["v1.0.0"]
    assert "it ships" in " ".join(played.lines)


def test_the_same_tag_again_changes_nothing(hub: GitHub) -> None:
    before, containers = runs(), set(rehearsal.containers())
    played = play.version("v1.0.0", hub.url)
    assert played.green, played.errors
    assert "pinned only: it runs already, under this name" in " ".join(played.lines)
    assert jobs(played) == {"pin"}
    assert (runs(), set(rehearsal.containers()), len(hub.releases)) == (before, containers, 1)


def test_an_older_commit_is_pinned_only(commits: tuple[str, str], hub: GitHub) -> None:
    played = tagged(hub, "v0.9.0", commits[0])
    assert played.green, played.errors
    assert "pinned only: it is older than what runs" in " ".join(played.lines)
    assert digest("v0.9.0") == digest(f"sha-{commits[0]}")
    assert runs()[0] == "v1.0.0"


def test_a_tag_that_is_not_on_main_ends_red_and_nothing_is_put(hub: GitHub) -> None:
    aside = repository.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "not on main")
    played = tagged(hub, "v2.0.0", aside)
    assert (played.green, played.failed[0].name, jobs(played)) == (False, "Pin", {"pin"})
    assert names(played, "tag not on main")
    assert digest("v2.0.0") == ""


def test_a_tag_whose_image_will_never_exist_ends_red(hub: GitHub) -> None:
    hub.ran(repository.commit("A commit whose image job was red"), "failure")
    played = tagged(hub, "v2.0.1")
    assert (played.green, played.failed[0].name, jobs(played)) == (False, "Pin", {"pin"})
    assert names(played, "image will never exist")
    assert played.seconds < release.APPEARS
    assert [one["tag_name"] for one in hub.releases] == ["v1.0.0", "v0.9.0"]


def test_a_version_whose_role_is_refused_is_told_by_its_subject(hub: GitHub) -> None:
    owner = account_faults.Account(Cloud.noted().endpoint, rehearsal.names(), repository.git("rev-parse", "HEAD"))
    with account_faults.trusts_another_repository(owner, "release_role"):
        played = tagged(hub, "v2.0.2")
    assert (played.green, "Pin" in {step.name for step in played.steps}) == (False, False)
    assert names(played, "OIDC subject refused")
    assert any(re.search(r"this job's sub: repo:nationslab@\d+/lms@\d+:environment:release$", line) for line in played.shown)
    assert any("no deployment was begun" in line for line in played.shown)


def test_a_version_of_a_task_definition_that_nobody_can_read_is_no_refused_role(hub: GitHub) -> None:
    main = repository.git("rev-parse", "main")
    try:
        hub.ran(repository.commit("Not JSON", faults.is_not_json))
        played = tagged(hub, "v2.0.3")
    finally:
        repository.go_to(main)
    assert (played.green, names(played, "task definition not valid")) == (False, True)
    assert "Ask for the role" not in {step.name for step in played.steps}


def test_a_rollback_goes_to_the_last_good_and_holds_and_no_request_is_lost(commits: tuple[str, str], live: Live) -> None:
    with Poller(live.url, live.token) as poller:
        played = play.by_hand("rollback.yml", reason="grades are wrong")
    assert played.green, played.errors
    assert runs() == (f"sha-{commits[0]}", commits[0])
    assert hold() == f"{commits[1]}: grades are wrong"
    assert poller.failures == []
    assert poller.answered[commits[1]] > 0 < poller.answered[commits[0]]
    assert "Migrate" not in {step.name for step in played.steps}


def test_a_push_while_held_ends_red_and_nothing_changes() -> None:
    before = runs()
    played = play.push("While held")
    assert (played.green, played.failed[0].name) == (False, "Guard")
    assert names(played, "held")
    assert runs() == before


def test_what_is_wrong_stands_in_one_issue_until_it_is_not(hub: GitHub) -> None:
    played = play.by_hand("watch.yml", hub.url)
    assert played.green, played.errors
    held = f"- Pushes are held: {hold()}"
    assert [(issue["state"], held in issue["body"], "main is ahead of" in issue["body"]) for issue in hub.issues] == [("open", True, True)]
    assert "The task definition that runs" not in hub.issues[0]["body"]


def test_a_hold_that_is_cleared_lets_the_next_push_through(hub: GitHub, live: Live) -> None:
    played = play.by_hand("rollback.yml", clear_hold="true")
    assert played.green, played.errors
    assert (jobs(played), hold()) == ({"plan"}, "")
    played = live.push("After the hold")
    assert played.green, played.errors
    assert runs() == (f"sha-{played.commit}", played.commit)
    played = play.by_hand("watch.yml", hub.url)
    assert played.green, played.errors
    unscanned = "- The image that runs was never scanned: let the registry scan what is pushed"
    assert [issue["body"].partition("\n")[0] for issue in hub.issues] == [unscanned], "and nothing else, in the same issue"


def test_what_these_plays_called_was_recorded_before(live: Live) -> None:
    recorded.check()
