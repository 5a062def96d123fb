"""Where a rollback goes, and what it does on the way."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from commands import aws
from commands.names import Names
from commands.report import Failure
from pipeline import __main__ as command
from pipeline import rollback
from pipeline.prepare import Running
from tests.pipeline.commits import Commits
from tests.pipeline.conftest import DEFINITION, Script, in_registry, refusal
from tests.pipeline.deployments import OLD, OURS, cluster, described, listed

SERVICE = {"serviceArn": "arn:service", "taskDefinition": "td/runs"}


def sha(letter: str) -> str:
    """A commit."""
    return letter * 40


def deployed(number: int, commit: str = "", status: str = "SUCCESSFUL") -> dict[str, Any]:
    """A deployment of the list; its revision runs the task definition of that commit."""
    return {
        "serviceDeploymentArn": f"arn:aws:ecs:r:1:service-deployment/lms-ecs/lms-ecs-service/{number}",
        "targetServiceRevisionArn": f"revision/{commit}",
        "createdAt": datetime(2026, 11, number, tzinfo=UTC),
        "status": status,
    }


class Cluster(Script):
    """An ECS whose service runs `runs`, with these deployments; any task definition is its commit's."""

    def __init__(self, runs: str, *found: dict[str, Any], page: int = 100) -> None:
        super().__init__("ecs", tag_resource=[{}], stop_service_deployment=[{}])
        self.runs, self.found, self.page = runs, list(found), page

    def __getattr__(self, call: str) -> Any:
        asked = super().__getattr__(call)

        def answer(**request: Any) -> Any:
            if call == "list_service_deployments":
                matching = [one for one in self.found if one["status"] in request["status"]]
                at = int(request.get("nextToken", 0))
                more = {"nextToken": str(at + self.page)} if len(matching) > at + self.page else {}
                self.answers[call] = [{"serviceDeployments": matching[at : at + self.page], **more}]
            if call == "describe_service_revisions":
                commit = request["serviceRevisionArns"][0].partition("/")[2]
                self.answers[call] = [{"serviceRevisions": [{"taskDefinition": f"td/{commit}"}] if commit != "gone" else []}]
            if call == "describe_task_definition":
                commit = request["taskDefinition"].partition("/")[2].replace("runs", self.runs)
                labels = {"dockerLabels": {"commit": commit}} if re.fullmatch("[0-9a-f]{40}", commit) else {}
                container = {"image": f"registry/lms-ecs:sha-{commit}", **labels}
                self.answers[call] = [{"taskDefinition": {"containerDefinitions": [container]}}]
            return asked(**request)

        return answer


@pytest.mark.parametrize(
    ("runs", "found", "chosen"),
    [
        ("c", "ba", "b"),
        ("c", "cba", "b"),
        ("c", "ccbba", "b"),
        ("b", "cba", "a"),
        ("b", "bcba", "a"),
        ("a", "abcb", None),
        ("a", "", None),
        ("c", "-b", "b"),
        ("c", "--", None),
    ],
    ids=["failed now", "serves", "repeated", "went back", "went back by a deployment", "went back twice", "first", "not ours", "none ours"],
)
def test_the_newest_that_succeeded_before_what_runs_is_chosen(runs: str, found: str, chosen: str | None) -> None:
    deployments = [Running("lms-ecs:x", sha(letter) if letter != "-" else "", "r") for letter in found]
    if chosen:
        assert rollback.choose(sha(runs), deployments, lambda old, new: bool(old) and old < new).commit == sha(chosen)
    else:
        with pytest.raises(Failure, match="no deployment before the one that runs has succeeded"):
            rollback.choose(sha(runs), deployments, lambda old, new: bool(old) and old < new)


@pytest.mark.parametrize("page", [1, 2, 100])
def test_deployments_come_newest_first_from_every_page(page: int, names: Names) -> None:
    ecs = Cluster("", deployed(3), deployed(1), deployed(2), deployed(4, status="ROLLBACK_SUCCESSFUL"), page=page)
    assert [one["createdAt"].day for one in rollback.deployments(ecs, names, "SUCCESSFUL")] == [3, 2, 1]
    assert ecs.requests("list_service_deployments")[0] == {"cluster": "lms-ecs", "service": "lms-ecs-service", "status": ["SUCCESSFUL"]}


def test_only_as_many_deployments_are_looked_up_as_needed(names: Names) -> None:
    ecs = Cluster("", *(deployed(day, sha(letter)) for day, letter in ((1, "a"), (2, "b"), (3, "c"), (4, "gone"))))
    ecs.found[3]["targetServiceRevisionArn"] = "revision/gone"
    assert next(rollback.succeeded(ecs, names)).commit == sha("c")
    assert len(ecs.requests("describe_service_revisions")) == 2
    assert len(ecs.requests("describe_task_definition")) == 1


def test_a_tag_names_its_commit(commits: Commits) -> None:
    first = commits.commit("1")
    commits.git("tag", "v1.0.0")
    commits.git("tag", "--annotate", "v1.0.1-rc.1", "--message", "x")
    commits.commit("1")
    assert [rollback.commit_of_tag(tag) for tag in ("v1.0.0", "v1.0.1-rc.1", f"sha-{sha('a')}")] == [first, first, sha("a")]


@pytest.mark.parametrize("tag", ["latest", "sha-1", "--all", "v", "main", "v1 x"])
def test_a_tag_that_moves_or_is_none_is_refused(tag: str) -> None:
    with pytest.raises(Failure, match="is neither vX"):
        rollback.commit_of_tag(tag)


def test_a_version_that_git_does_not_know_is_refused(commits: Commits) -> None:
    commits.commit("1")
    with pytest.raises(Failure, match=r"^git rev-parse: fatal: Needed a single revision$"):
        rollback.commit_of_tag("v9.9.9")


@pytest.fixture
def line(commits: Commits) -> list[str]:
    """Four commits; the second brings a contract, the third and the fourth a migration each."""
    return [commits.commit(*migrations) for migrations in (["1"], ["1", "2!"], ["1", "2!", "3"], ["1", "2!", "3", "4"])]


def test_a_plan_says_everything(line: list[str], names: Names) -> None:
    _, second, third, fourth = line
    ecs = Cluster(fourth, deployed(1, second), deployed(2, third), deployed(3, fourth), deployed(4, fourth, "IN_PROGRESS"))
    ecr = Script("ecr", batch_get_image=[in_registry("sha256:d")])
    plan = rollback.plan(ecs, ecr, names, SERVICE, "")
    assert (plan.commit, plan.tag, plan.digest, plan.stays) == (third, f"sha-{third}", "sha256:d", ["4"])
    assert str(plan) == (
        f"rollback: lms-ecs:sha-{fourth} ({fourth[:12]}) -> sha-{third} ({third[:12]}), sha256:d\n"
        "  stays in the database: 4\n"
        "  stops: deployment 4\n"
        "  holds: no push ships until the hold is cleared"
    )
    assert ecr.asked[0][1]["imageIds"] == [{"imageTag": f"sha-{third}"}]
    assert {call for call, _ in ecs.asked} == {"list_service_deployments", "describe_service_revisions", "describe_task_definition"}


def test_a_version_may_be_chosen(line: list[str], names: Names, commits: Commits) -> None:
    commits.git("tag", "v1.0.0", line[1])
    plan = rollback.plan(Cluster(line[3]), Script("ecr", batch_get_image=[in_registry("sha256:d")]), names, SERVICE, "v1.0.0")
    assert (plan.commit, plan.tag, plan.stays, plan.stops) == (line[1], "v1.0.0", ["3", "4"], [])


@pytest.mark.parametrize(
    ("runs", "target", "problem"),
    [
        (1, 2, "sha-{} does not lie before lms-ecs:sha-{}, which runs: a rollback only goes back"),
        (2, 2, "sha-{} does not lie before"),
        (2, 0, "{:.12} cannot work on the schema any more: it does not know 2"),
    ],
)
def test_there_is_not_always_a_way(runs: int, target: int, problem: str, line: list[str], names: Names) -> None:
    with pytest.raises(Failure) as refused:
        rollback.plan(Cluster(line[runs]), Script("ecr"), names, SERVICE, f"sha-{line[target]}")
    assert str(refused.value).startswith(problem.format(line[target], line[runs]))


def test_where_nothing_of_ours_runs_there_is_nothing_to_go_back_to(line: list[str], names: Names) -> None:
    with pytest.raises(Failure, match="there is nothing to go back to"):
        rollback.plan(Cluster("none", deployed(1, line[0])), Script("ecr"), names, SERVICE, "")


def test_an_image_that_the_registry_has_dropped_is_named(line: list[str], names: Names) -> None:
    ecr = Script("ecr", batch_get_image=[{"images": []}])
    with pytest.raises(Failure, match=f"lms-ecs holds no image sha-{line[2]}"):
        rollback.plan(Cluster(line[3], deployed(1, line[2])), ecr, names, SERVICE, "")


def test_it_begins_with_the_hold_and_stops_what_is_under_way() -> None:
    ecs = Cluster("")
    planned = rollback.Plan(Running("lms-ecs:x", sha("b"), "r"), sha("a"), "t", "d", [], ["arn:1", "arn:2"])
    rollback.begin(ecs, SERVICE, planned, "smoke failed")
    hold = {"key": "deploy-hold", "value": f"{sha('b')}: smoke failed"}
    assert json.dumps(ecs.asked) == json.dumps(
        [
            ("tag_resource", {"resourceArn": "arn:service", "tags": [hold]}),
            ("stop_service_deployment", {"serviceDeploymentArn": "arn:1", "stopType": "ROLLBACK"}),
            ("stop_service_deployment", {"serviceDeploymentArn": "arn:2", "stopType": "ROLLBACK"}),
        ]
    )


@pytest.mark.parametrize("call", ["list_service_deployments", "describe_service_revisions"])
def test_refusals_are_named(call: str, names: Names) -> None:
    ecs = Script("ecs", list_service_deployments=[{"serviceDeployments": [deployed(1)]}], describe_service_revisions=[{}])
    ecs.answers[call] = [refusal("AccessDenied")]
    with pytest.raises(Failure, match=r"^(list the service's deployments|describe what was deployed): AccessDenied: no$"):
        next(rollback.succeeded(ecs, names))


def test_a_deployment_that_ended_meanwhile_keeps_nobody_from_going_back(capsys: pytest.CaptureFixture[str]) -> None:
    ecs = Script("ecs", tag_resource=[{}], stop_service_deployment=[refusal("ConflictException"), {}])
    planned = rollback.Plan(Running("lms-ecs:x", sha("b"), "r"), sha("a"), "t", "d", [], ["arn:1", "arn:2"])
    rollback.begin(ecs, SERVICE, planned, "why")
    assert capsys.readouterr().out == "rollback: stop the deployment that is under way: ConflictException: no\n"
    assert [one["serviceDeploymentArn"] for one in ecs.requests("stop_service_deployment")] == ["arn:1", "arn:2"]


@pytest.fixture
def smoked(line: list[str], monkeypatch: pytest.MonkeyPatch) -> Script:
    """An ECS that runs the fourth commit; the third, which ran before, is deployed again when that is asked for."""
    monkeypatch.setenv("VARIABLES", json.dumps({"BASE_URL": "https://lms.example.org"}))
    Path("task-definition.json").write_text(json.dumps(DEFINITION))
    again = listed("old", minutes=60)
    newest, later = (
        [listed("old", "SUCCESSFUL", -60), listed("new", "SUCCESSFUL")],
        [listed("old", "SUCCESSFUL", -60), listed("new"), again],
    )
    ecs = cluster(
        described("SUCCESSFUL"),
        list_service_deployments=[{"serviceDeployments": newest}, {"serviceDeployments": later}],
        describe_services=[{"services": [{"status": "ACTIVE", "taskDefinition": OURS}]}],
        describe_task_definition=[definition_of(line[3]), definition_of(line[2])],
        update_service=[{"service": {"taskDefinition": OLD}}],
    )
    clients = {"ecs": ecs, "ecr": Script("ecr", batch_get_image=[in_registry("sha256:d")])}
    monkeypatch.setattr(aws, "client", lambda service, _: clients[service])
    return ecs


def definition_of(commit: str) -> dict[str, Any]:
    """A task definition that runs that commit."""
    return {"taskDefinition": {"containerDefinitions": [{"image": f"r/lms-ecs:sha-{commit}", "dockerLabels": {"commit": commit}}]}}


def test_after_a_red_smoke_test_what_ran_before_is_deployed_again(smoked: Script) -> None:
    assert command.main(["rollback", "--back-to", "lms-ecs-task:6"]) == 0
    assert smoked.requests("update_service") == [{"cluster": "lms-ecs", "service": "lms-ecs-service", "taskDefinition": "lms-ecs-task:6"}]
    assert smoked.requests("tag_resource") == []


def test_going_back_may_be_only_told(smoked: Script, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["rollback", "--back-to", "lms-ecs-task:6", "--dry-run"]) == 0
    assert capsys.readouterr().out == "rollback: lms-ecs-task:7 -> lms-ecs-task:6, at once and without a hold\n"
    assert smoked.requests("update_service") == []


def test_there_is_no_way_back_behind_a_contract(smoked: Script, line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    smoked.answers["describe_task_definition"] = [definition_of(line[3]), definition_of(line[0])]
    assert command.main(["rollback", "--back-to", "lms-ecs-task:6"]) == 1
    assert "cannot work on the schema any more: it does not know 2" in capsys.readouterr().err
    assert smoked.requests("update_service") == []
