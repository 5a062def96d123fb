"""What may be shipped on top of what runs."""

import re

import pytest

from commands.report import Failure
from pipeline import guard
from pipeline.prepare import Running
from tests.pipeline.commits import Commits
from tests.pipeline.conftest import Script, refusal

ARN = "arn:aws:ecs:ap-northeast-2:471112588210:service/lms-ecs/lms-ecs-service"
SERVICE = {"serviceArn": ARN}
SHA = "ab" * 20


@pytest.fixture
def line(commits: Commits) -> dict[str, str]:
    """Commits a -> b -> c -> d of main, and x beside b; c brings a contract."""
    found = {"a": commits.commit("1")}
    found["b"] = commits.commit("1", "2")
    commits.git("checkout", "--quiet", "-b", "aside", found["a"])
    found["x"] = commits.commit("1", "2x")
    commits.git("checkout", "--quiet", "main")
    found["c"] = commits.commit("1", "2", "3!")
    found["d"] = commits.commit("1", "2", "3!", "4")
    return found | {"": ""}


@pytest.mark.parametrize(
    ("kind", "runs", "mine", "hold", "verdict", "migrations"),
    [
        ("push", "", "b", "", "first", ["1", "2"]),
        ("push", "a", "b", "", "forward", ["2"]),
        ("push", "a", "d", "", "forward", ["2", "3 (contract: no way back behind it)", "4"]),
        ("release", "b", "c", "", "forward", ["3 (contract: no way back behind it)"]),
        ("push", "b", "b", "", "same", []),
        ("rollback", "b", "b", "b: why", "same", []),
        ("push", "c", "b", "", "superseded", []),
        ("release", "c", "b", "", "superseded", []),
        ("push", "x", "b", "", "superseded", []),
        ("push", "b", "x", "", "superseded", []),
        ("push", "a", "b", "a: why", "held", []),
        ("release", "a", "b", "a: why", "held", []),
        ("push", "", "b", "a: why", "held", []),
        ("push", "b", "b", "a: why", "held", []),
        ("rollback", "b", "a", "b: why", "back", ["2"]),
        ("rollback", "d", "c", "", "back", ["4"]),
        ("rollback", "a", "b", "a: why", "superseded", []),
        ("rollback", "x", "b", "", "superseded", []),
    ],
)
def test_what_may_follow_what(
    kind: str, runs: str, mine: str, hold: str, verdict: str, migrations: list[str], line: dict[str, str]
) -> None:
    decision = guard.decide(kind, line[mine], line[runs], hold)
    assert (decision.verdict, decision.migrations) == (verdict, migrations)
    assert hold in decision.reason or verdict != "held"


@pytest.mark.parametrize(
    ("kind", "runs", "mine", "said"),
    [
        ("push", "c", "b", "{runs} runs, and {mine} is older: it stays"),
        ("release", "c", "b", "{runs} runs, and {mine} is older: it stays"),
        ("push", "x", "b", "{runs} runs, and {mine} is no heir of it: merge it into main and push"),
        ("rollback", "a", "b", "{runs} runs, and {mine} is newer: it stays"),
    ],
)
def test_what_is_superseded_is_told_why(kind: str, runs: str, mine: str, said: str, line: dict[str, str]) -> None:
    decision = guard.decide(kind, line[mine], line[runs], "")
    assert decision.reason == said.format(runs=line[runs][:12], mine=line[mine][:12])


def test_what_runs_and_is_not_in_the_repository_is_superseded_too(line: dict[str, str]) -> None:
    assert guard.decide("push", line["b"], "0" * 40, "").verdict == "superseded"


@pytest.mark.parametrize(("runs", "target"), [("c", "b"), ("d", "b"), ("d", "a")])
def test_there_is_no_way_back_behind_a_contract(runs: str, target: str, line: dict[str, str]) -> None:
    with pytest.raises(
        Failure, match=rf"^{line[target][:12]} cannot work on the schema any more: it does not know 3, which took something"
    ):
        guard.decide("rollback", line[target], line[runs], "")


def test_a_push_that_moves_a_migration_is_stopped(commits: Commits) -> None:
    old, new = commits.commit("1", "2"), commits.commit("1", "1b", "2")
    with pytest.raises(Failure, match="the migration 2 may have run"):
        guard.decide("push", new, old, "")


@pytest.mark.parametrize(
    ("running", "commit"),
    [
        (Running("lms-ecs:v1.0.0", SHA, "r"), SHA),
        (Running(f"lms-ecs:sha-{'cd' * 20}", SHA, "r"), SHA),
        (Running(f"lms-ecs:sha-{SHA}", "", "r"), SHA),
        (Running("lms-ecs:filled-in-by-the-pipeline", "", "r"), ""),
        (Running("lms-ecs:sha-1", "", "r"), ""),
    ],
)
def test_the_running_commit_is_the_labels_or_the_tags(running: Running, commit: str) -> None:
    assert guard.commit_of(running) == commit


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([], ""),
        ([{"key": "team", "value": "lms"}], ""),
        ([{"key": "team", "value": "lms"}, {"key": "deploy-hold", "value": f"{SHA}: smoke failed"}], f"{SHA}: smoke failed"),
    ],
)
def test_the_hold_is_a_tag_of_the_service(tags: list[dict[str, str]], expected: str) -> None:
    ecs = Script("ecs", list_tags_for_resource=[{"tags": tags}])
    assert guard.hold(ecs, SERVICE) == expected
    assert ecs.asked == [("list_tags_for_resource", {"resourceArn": ARN})]


@pytest.mark.parametrize(
    ("reason", "value"),
    [
        ("smoke failed", f"{SHA}: smoke failed"),
        ("grades are wrong!\n(see #12; 50%)", f"{SHA}: grades are wrong see 12 50"),
        ("성적 오류", f"{SHA}: 성적 오류"),
        ("x" * 300, f"{SHA}: {'x' * 214}"),
    ],
)
def test_a_hold_is_set_in_characters_that_aws_takes(reason: str, value: str) -> None:
    ecs = Script("ecs", tag_resource=[{}])
    guard.set_hold(ecs, SERVICE, SHA, reason)
    assert ecs.asked == [("tag_resource", {"resourceArn": ARN, "tags": [{"key": "deploy-hold", "value": value}]})]
    assert re.fullmatch(r"[\w\s+\-=.:/@]{1,256}", value)


def test_a_hold_is_cleared() -> None:
    ecs = Script("ecs", untag_resource=[{}])
    guard.clear_hold(ecs, SERVICE)
    assert ecs.asked == [("untag_resource", {"resourceArn": ARN, "tagKeys": ["deploy-hold"]})]


def test_refusals_are_named() -> None:
    ecs = Script("ecs", **{call: [refusal("AccessDenied")] for call in ("list_tags_for_resource", "tag_resource", "untag_resource")})
    with pytest.raises(Failure, match=r"^list the service's tags: AccessDenied: no$"):
        guard.hold(ecs, SERVICE)
    with pytest.raises(Failure, match=r"^set the hold: AccessDenied: no$"):
        guard.set_hold(ecs, SERVICE, SHA, "why")
    with pytest.raises(Failure, match=r"^clear the hold: AccessDenied: no$"):
        guard.clear_hold(ecs, SERVICE)
