"""What GitHub is asked of the repository, one setting at a time, and how its jobs are named to AWS."""

import json
import subprocess
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from commands import github as api
from commands.report import Failure
from commands.trust import Unknown
from infra.repository import CHECKS, KNOWN, GitHub, Subject, faults, place
from pipeline.preflight import Finding, judge
from tests.pipeline.commits import Commits
from tests.pipeline.conftest import BASE_URL, DEFINITION
from tests.pipeline.hub import NAME, NUMBERED, PREFIX, REQUIRED, TAG_RULES, VARIABLES, Hub, branches, environment, served, variables

Change = Callable[[dict[str, Any]], object]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks again does not wait."""
    monkeypatch.setattr(api, "EVERY", 0.01)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """GitHub, with a token for it."""
    monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    for name in ("GITHUB_REPOSITORY", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with served() as found:
        monkeypatch.setenv("GITHUB_API_URL", found.url)
        yield found


def says(path: str, answer: Any) -> Change:
    """GitHub answers something else there."""
    return lambda answers: answers.update({path: answer})


def about(**members: Any) -> Change:
    """The repository is another one."""
    return lambda answers: answers[""].update(members)


def set_to(**values: str) -> Change:
    """These are the variables."""
    return says("/actions/variables?per_page=30&page=1", variables(values))


def subject(**members: Any) -> Change:
    """Subjects are made otherwise."""
    return says("/actions/oidc/customization/sub", members)


def nothing(_: dict[str, Any]) -> None:
    """All is as it must be."""


RULESET = {"id": 7, "name": "versions", "target": "tag", "enforcement": "active"}
PRODUCTION, INFRA, OIDC = "/environments/production", "/environments/infrastructure", "/actions/oidc/customization/sub"
RULES = "/environments/{}/deployment-branch-policies?per_page=100"
OTHER = {"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "Lint"}]}}
TABLE: list[tuple[str, Change, str, str]] = [
    ("repository", nothing, "OK", "nationslab/lms, private"),
    ("repository", about(full_name="Nationslab/LMS"), "OK", "Nationslab/LMS, private"),
    ("repository", says("", None), "NG", "there is no nationslab/lms, or this token may not see it"),
    ("repository", about(full_name="nationslab/academy"), "NG", "nationslab/lms is called nationslab/academy now"),
    ("repository", about(default_branch="master"), "NG", "its branch master"),
    ("repository", says("", 401), "SKIP", "GitHub answers 401: the token needs the right to read this"),
    ("repository", says("", b"<html>"), "SKIP", "GitHub cannot be asked"),
    ("variables", nothing, "OK", BASE_URL),
    ("variables", set_to(), "NG", "the repository variable BASE_URL is not set"),
    ("variables", set_to(BASE_URL=BASE_URL, AWS_REGION="seoul"), "NG", "AWS_REGION must be like ap-northeast-2, not 'seoul'"),
    ("variables", set_to(BASE_URL="lms", AWS_ACCOUNT_ID="1"), "NG", "not 'lms'; AWS_ACCOUNT_ID must be 12 digits, not '1'"),
    ("variables", set_to(BASE_URL=BASE_URL, DEPLOY_ROLE_ARN="x"), "NG", "DEPLOY_ROLE_ARN looks like DEPLOY_ROLE"),
    ("variables", set_to(BASE_URL=BASE_URL, TEAM_CHANNEL="x"), "OK", BASE_URL),
    ("variables", says("/actions/variables?per_page=30&page=1", None), "SKIP", "GitHub does not show this token the variables"),
    ("variables", says("/actions/variables?per_page=30&page=1", 403), "SKIP", "GitHub answers 403"),
    ("variables", says("/actions/organization-variables?per_page=30&page=1", 403), "OK", BASE_URL),
    ("variables", says("/actions/organization-variables?per_page=30&page=1", variables({"ECS_CLUSTERS": "x"})), "NG", "ECS_CLUSTER"),
    ("production", nothing, "OK", "branch main, tag v*"),
    ("production", says(PRODUCTION, environment("required_reviewers")), "OK", "tag v*; each deploy waits: required_reviewers"),
    ("production", says(PRODUCTION, None), "NG", "there is no such environment"),
    ("production", says(PRODUCTION, environment(chosen=False)), "NG", "other branches and tags may use it"),
    ("production", says(PRODUCTION, {"deployment_branch_policy": None}), "NG", "other branches and tags may use it"),
    ("production", says(RULES.format("production"), branches("main")), "NG", "it is for branch main, not for branch main, tag v*"),
    ("production", says(RULES.format("production"), branches("main", "v*", "*")), "NG", "it is for branch *, branch main, tag v*, not"),
    ("production", says(PRODUCTION, 403), "SKIP", "GitHub answers 403"),
    ("release", nothing, "OK", "tag v*; each deploy waits: required_reviewers"),
    ("release", says(RULES.format("release"), branches("v*", "main")), "NG", "it is for branch main, tag v*, not for tag v*"),
    ("release", says(RULES.format("release"), branches()), "NG", "it is for nothing, not for tag v*"),
    ("infrastructure", nothing, "OK", "branch main; each deploy waits: required_reviewers"),
    ("infrastructure", says(INFRA, None), "NG", "there is no such environment"),
    ("infrastructure", says(RULES.format("infrastructure"), branches("main", "v*")), "NG", "branch main, tag v*, not for branch main"),
    ("infrastructure", says(INFRA, environment()), "NG", "who pushes may apply it alone"),
    ("infrastructure", says(INFRA, environment("wait_timer")), "NG", "who pushes may apply it alone"),
    ("infrastructure", says(INFRA, environment("required_reviewers", alone=True)), "NG", "who pushes may apply it alone"),
    ("tags", nothing, "OK", "versions"),
    ("tags", says("/rulesets/7", TAG_RULES | {"conditions": {"ref_name": {"include": ["~ALL"]}}}), "OK", "versions"),
    ("tags", says("/rulesets/7", TAG_RULES | {"conditions": {"ref_name": {"include": ["refs/tags/w*"]}}}), "NG", "keeps tags v* from"),
    ("tags", says("/rulesets/7", TAG_RULES | {"rules": [{"type": "deletion"}]}), "NG", "no active ruleset keeps tags v*"),
    ("tags", says("/rulesets?targets=tag&per_page=100", [RULESET | {"enforcement": "evaluate"}]), "NG", "no active ruleset"),
    ("tags", says("/rulesets?targets=tag&per_page=100", [RULESET | {"target": "branch"}]), "NG", "no active ruleset"),
    ("tags", says("/rulesets?targets=tag&per_page=100", []), "NG", "no active ruleset"),
    ("required check", nothing, "OK", "Required"),
    ("required check", says("/rules/branches/main", []), "NG", "main may be pushed to without the check Required"),
    ("required check", says("/rules/branches/main", [OTHER]), "NG", "without the check Required, it asks for Lint"),
    ("required check", says("/rules/branches/main", [OTHER, REQUIRED]), "OK", "Lint, Required"),
    ("OIDC subject", nothing, "OK", f"deploy: {NUMBERED}:environment:production"),
    ("OIDC subject", subject(use_default=True, use_immutable_subject=False), "OK", f"release: {PREFIX}:environment:release"),
    ("OIDC subject", subject(use_default=True, use_immutable_subject=True, sub_claim_prefix="repo:a@1/b@2"), "OK", "repo:a@1/b@2:ref:"),
    ("OIDC subject", subject(use_default=False, include_claim_keys=["repo", "context"], use_immutable_subject=False), "OK", PREFIX),
    ("OIDC subject", subject(use_default=False, include_claim_keys=["job_workflow_ref"]), "NG", "put together of job_workflow_ref"),
    ("OIDC subject", subject(use_default=True), "SKIP", "GitHub does not say which form it has"),
    ("OIDC subject", says(OIDC, None), "SKIP", "GitHub does not say which form it has"),
    ("OIDC subject", says("", None), "SKIP", "GitHub does not say which form it has"),
]  # fmt: skip


def looked(on: Subject) -> dict[str, Finding]:
    """What is found, by check."""
    return {name.removeprefix("github/"): judge(on, name, check, fix) for name, check, fix in CHECKS}


@pytest.mark.parametrize(("check", "change", "state", "said"), TABLE, ids=[f"{at}-{row[0]}" for at, row in enumerate(TABLE)])
def test_what_is_found(check: str, change: Change, state: str, said: str, hub: Hub) -> None:
    change(hub.answers)
    found = looked(place(NAME, ""))[check]
    assert found.state == state
    assert said in found.said
    assert bool(found.fix) == (state == "NG")


def test_every_check_has_been_seen_in_order_and_not() -> None:
    names = {check[0].removeprefix("github/") for check in CHECKS}
    assert {row[0] for row in TABLE if row[2] == "OK"} == {row[0] for row in TABLE if row[2] == "NG"} == names


def test_the_protection_of_the_branch_counts_as_a_ruleset_does(hub: Hub) -> None:
    hub.answers |= {"/rules/branches/main": [], "/branches/main": {"protection": {"required_status_checks": {"contexts": ["Required"]}}}}
    assert looked(place(NAME, ""))["required check"].said == "Required"


def test_without_a_token_nothing_is_asked_and_it_is_said_how_to_give_one(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    monkeypatch.setenv("PATH", "")
    found = looked(place(NAME, ""))
    assert {one.state for name, one in found.items() if name != "OIDC subject"} == {"SKIP"}
    assert "run `gh auth login`, or export GITHUB_TOKEN=" in found["variables"].said
    assert hub.asked == []


def test_the_token_of_gh_is_taken(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    (tmp_path / "gh").write_text('#!/bin/sh\n[ "$*" = "auth token" ] && echo of-gh\n')
    (tmp_path / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert GitHub(NAME)("")["id"] == 1147
    assert hub.asked == [("GET", f"/repos/{NAME}", "of-gh")]


def test_a_github_that_is_down_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    with pytest.raises(Unknown, match="GitHub cannot be asked"):
        GitHub(NAME)("")


def test_variables_are_read_page_by_page_and_the_organisations_are_overridden(hub: Hub) -> None:
    page = "/actions/variables?per_page=30&page={}"
    hub.answers[page.format(1)] = variables({f"OWN_{number}": "x" for number in range(30)})
    hub.answers[page.format(2)] = variables({"JOBS": "off"})
    hub.answers["/actions/organization-variables?per_page=30&page=1"] = variables({"JOBS": "on", "LOG_LEVEL": "DEBUG"})
    found = GitHub(NAME).variables()
    assert (len(found), found["JOBS"], found["LOG_LEVEL"]) == (32, "off", "DEBUG")


def test_what_is_looked_at_has_the_names_that_good_variables_give(hub: Hub) -> None:
    values = {"TASK_ROLE": "lms-task", "SECRET_NAME": "mine", "LOG_GROUP": "/mine", "ECS_CONTAINER": "lms", "AWS_ACCOUNT_ID": "nonsense"}
    set_to(**VARIABLES, **values, WEB_CONCURRENCY="2", DATABASE_CONNECTIONS="90")(hub.answers)
    on = place(NAME, "")
    container = on.definition["containerDefinitions"][0]
    assert on.definition["taskRoleArn"] == "arn:aws:iam::471112588210:role/lms-task"
    assert container["secrets"][1]["valueFrom"] == "arn:aws:secretsmanager:ap-northeast-2:471112588210:secret:mine:SECRET_KEY::"
    assert (container["name"], container["logConfiguration"]["options"]["awslogs-group"]) == ("lms", "/mine")
    assert (container["environment"][-1]["value"], on.connections) == ("2", "90")
    assert on.wrong == ["AWS_ACCOUNT_ID must be 12 digits, not 'nonsense'"]


def test_variables_may_come_from_a_file(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "variables.json"
    file.write_text(json.dumps({"BASE_URL": "https://mine.example.org"}))
    assert place(NAME, str(file)).names.base_url == "https://mine.example.org"
    with pytest.raises(Failure, match=r"missing\.json cannot be read: No such file"):
        place(NAME, str(tmp_path / "missing.json"))


@pytest.mark.parametrize(
    "origin", ["https://github.com/nationslab/lms.git", "git@github.com:nationslab/lms.git", "https://github.com/nationslab/lms/"]
)
def test_the_repository_is_the_one_the_folder_was_cloned_from(
    origin: str, hub: Hub, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits.folder.joinpath("task-definition.json").write_text(json.dumps(DEFINITION))
    monkeypatch.chdir(commits.folder)
    with pytest.raises(Failure, match=r"git remote: .*origin"):
        place("", "")
    subprocess.run(["git", "remote", "add", "origin", origin], check=True)
    assert place("", "").repository == NAME
    monkeypatch.setenv("GITHUB_REPOSITORY", "a/b")
    assert place("", "").repository == "a/b"


def test_every_variable_of_the_documentation_is_known() -> None:
    assert {"BASE_URL", "AWS_ACCOUNT_ID", "RELEASE_ROLE", "JOBS", "ATTEST", "DATABASE_CONNECTIONS"} <= KNOWN
    assert faults(deepcopy(DEFINITION), VARIABLES | dict.fromkeys(KNOWN - {"BASE_URL"}, ""))[1] == []
