"""What is found wrong with what runs, and the one issue that says so."""

import json
from copy import deepcopy
from typing import Any

import pytest

from commands import aws, github
from commands.names import Names
from commands.report import Failure
from infra import __main__ as command
from infra import drift
from tests.github import GitHub
from tests.pipeline.commits import Commits
from tests.pipeline.conftest import BASE_URL, DEFINITION, Script, Workflow, in_registry, refusal

SECRET = "arn:aws:secretsmanager:ap-northeast-2:471112588210:secret:lms-ecs/app-AbCdEf"
CLEAN = {"imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": {"findingSeverityCounts": {"LOW": 3}}}
ALL_WELL = "The image that runs was never scanned: let the registry scan what is pushed"


def finding(severity: str, number: int) -> dict[str, str]:
    """One of ECR's basic scan."""
    return {"name": f"CVE-2026-{number}", "severity": severity, "uri": f"https://example.org/{number}"}


def scan(status: str = "COMPLETE", *found: dict[str, Any], key: str = "findings", **counts: int) -> dict[str, Any]:
    """An answer of ECR."""
    return {"imageScanStatus": {"status": status, "description": "why"}, "imageScanFindings": {"findingSeverityCounts": counts, key: found}}


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        (CLEAN, []),
        (scan("PENDING"), []),
        (scan("ACTIVE", MEDIUM=9), []),
        (scan("FAILED"), [("The image that runs is not scanned: FAILED", "why")]),
        (
            scan("COMPLETE", finding("HIGH", 2), finding("LOW", 1), finding("CRITICAL", 3), HIGH=1, LOW=1, CRITICAL=1),
            [
                (
                    "The scan of the image that runs found 1 CRITICAL, 1 HIGH, 1 LOW",
                    "CRITICAL CVE-2026-3 https://example.org/3\nHIGH CVE-2026-2 https://example.org/2",
                )
            ],
        ),
        (
            scan("ACTIVE", {"title": "CVE-1 in x", "severity": "HIGH", "score": 8.0}, key="enhancedFindings", HIGH=1),
            [("The scan of the image that runs found 1 HIGH", "HIGH CVE-1 in x")],
        ),
        (
            scan("COMPLETE", *(finding("HIGH", number) for number in range(9)), HIGH=9),
            [
                (
                    "The scan of the image that runs found 9 HIGH",
                    "\n".join(f"HIGH CVE-2026-{number} https://example.org/{number}" for number in range(5)),
                )
            ],
        ),
        (refusal("ScanNotFoundException"), [(ALL_WELL, "")]),
    ],
)
def test_a_scan_counts_if_it_is_grave(answer: Any, wrong: list[drift.Wrong]) -> None:
    ecr = Script("ecr", describe_image_scan_findings=[answer])
    assert drift.scan(ecr, "lms-ecs", "sha256:d") == wrong
    assert ecr.asked[0][1] == {"repositoryName": "lms-ecs", "imageId": {"imageDigest": "sha256:d"}, "maxResults": 1000}


def test_a_scan_that_may_not_be_read_is_a_failure() -> None:
    ecr = Script("ecr", describe_image_scan_findings=[refusal("AccessDeniedException")])
    with pytest.raises(Failure, match=r"^read the scan of the image that runs: AccessDeniedException: no$"):
        drift.scan(ecr, "lms-ecs", "sha256:d")


def test_it_is_rendered_as_the_official_action_does(names: Names, definition: dict[str, Any]) -> None:
    before = deepcopy(definition)
    rendered = drift.rendered(definition, names, SECRET, {"LOG_LEVEL": "DEBUG"})
    container = rendered["containerDefinitions"][0]
    settings = {entry["name"]: entry["value"] for entry in container["environment"]}
    assert (settings["BASE_URL"], settings["LOG_LEVEL"], settings["LMS_ENV"]) == (BASE_URL, "DEBUG", "production")
    assert [entry["valueFrom"] for entry in container["secrets"]] == [f"{SECRET}:DATABASE_URL::", f"{SECRET}:SECRET_KEY::"]
    assert container["logConfiguration"]["options"]["awslogs-region"] == "ap-northeast-2"
    assert rendered["executionRoleArn"] == "arn:aws:iam::471112588210:role/ecsTaskExecutionRole"
    assert definition == before


def test_image_and_commit_are_no_drift(names: Names, definition: dict[str, Any]) -> None:
    wanted = drift.rendered(definition, names, SECRET, {})
    runs = deepcopy(wanted) | {"revision": 7, "status": "ACTIVE"}
    runs["containerDefinitions"][0] |= {"image": "registry/lms-ecs:v1", "dockerLabels": {"commit": "abc"}}
    assert drift.changed(runs, wanted) == []
    runs["memory"] = "1024"
    assert drift.changed(runs, wanted) == [
        ("The task definition that runs is not main's, in 1 places (- runs, + main)", '- memory: "1024"\n+ memory: "512"')
    ]


def test_how_far_main_is_ahead_is_counted(commits: Commits) -> None:
    line = [commits.commit("1") for _ in range(8)]
    assert drift.behind(line[-1]) == []
    what, shown = drift.behind(line[-2])[0]
    assert (what, shown.split(" ", 1)[1]) == (f"main is ahead of what runs, {line[-2][:12]}, by 1", "commit 8")
    what, shown = drift.behind(line[0])[0]
    assert what.endswith("by 7")
    assert (len(shown.splitlines()), shown.splitlines()[-1]) == (6, "... and 2 before")
    commits.git("checkout", "--quiet", "--orphan", "other")
    commits.commit("1")
    assert drift.behind(line[0])[0][0] == f"What runs, {line[0][:12]}, is no commit of main"


@pytest.fixture
def cloud(commits: Commits, names: Names, definition: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Script]:
    """An account in which the head of main runs as main says."""
    (commits.folder / "task-definition.json").write_text(json.dumps(DEFINITION))
    commit = commits.commit("1")
    runs = drift.rendered(definition, names, SECRET, {})
    runs["containerDefinitions"][0] |= {"image": "registry/lms-ecs:v1.0.0", "dockerLabels": {"commit": commit}}
    task = {"containers": [{"name": "lms-ecs", "imageDigest": "sha256:d"}]}
    service = {"status": "ACTIVE", "taskDefinition": "td:6", "serviceArn": "arn:service"}
    clients = {
        "ecr": Script("ecr", batch_get_image=[in_registry("sha256:d")], describe_image_scan_findings=[CLEAN]),
        "ecs": Script(
            "ecs",
            describe_services=[{"services": [service]}],
            describe_task_definition=[{"taskDefinition": runs}],
            list_tags_for_resource=[{"tags": []}],
            list_tasks=[{"taskArns": ["t"]}],
            describe_tasks=[{"tasks": [task, task]}],
        ),
        "secretsmanager": Script("secretsmanager", describe_secret=[{"ARN": SECRET}]),
    }
    monkeypatch.setattr(aws, "client", lambda service, _: clients[service])
    return clients


HELD = {"tags": [{"key": "deploy-hold", "value": "abc: grades are wrong"}]}
OTHER = {"tasks": [{"containers": [{"name": "lms-ecs", "imageDigest": "sha256:e"}]}]}
NOT_OURS = {"taskDefinition": {"containerDefinitions": [{"image": "registry/nginx:1"}]}}


@pytest.mark.parametrize(
    ("service", "call", "answer", "wrong"),
    [
        ("ecs", "list_tags_for_resource", {"tags": []}, []),
        ("ecs", "list_tags_for_resource", HELD, ["Pushes are held: abc: grades are wrong"]),
        ("ecs", "describe_tasks", OTHER, ["v1.0.0 is sha256:d in the registry, but sha256:e runs"]),
        ("ecs", "describe_tasks", {"tasks": []}, ["v1.0.0 is sha256:d in the registry, but nothing runs"]),
        ("ecr", "batch_get_image", {"images": []}, ["The registry does not hold v1.0.0, which runs: no task can start any more"]),
        ("ecr", "describe_image_scan_findings", refusal("ScanNotFoundException"), [ALL_WELL]),
        ("ecs", "describe_task_definition", NOT_OURS, ["Nothing of ours runs"]),
    ],
)
def test_everything_is_looked_at(
    service: str, call: str, answer: Any, wrong: list[str], cloud: dict[str, Script], workflow: Workflow, hub: GitHub
) -> None:
    cloud[service].answers[call] = [answer]
    assert command.main(["drift", "--dry-run"]) == 0
    assert workflow.journal[-1]["wrong"] == wrong
    assert hub.asked == []
    assert all(f"- {what}\n" in workflow.summary for what in wrong)


def test_one_issue_is_opened_edited_closed_and_opened_again(cloud: dict[str, Script], workflow: Workflow, hub: GitHub) -> None:
    ecs = cloud["ecs"].answers

    def look(*held: str) -> tuple[int, str, str]:
        ecs["list_tags_for_resource"] = [{"tags": [{"key": "deploy-hold", "value": value} for value in held]}]
        asked = len(hub.asked)
        assert command.main(["drift"]) == 0
        issue = hub.issues[-1] if hub.issues else {"state": "none", "body": ""}
        return len(hub.asked) - asked, issue["state"], issue["body"].partition("\n")[0]

    assert look() == (1, "none", "")
    assert look("a: 1") == (2, "open", "- Pushes are held: a: 1")
    assert look("a: 1") == (1, "open", "- Pushes are held: a: 1"), "nobody is told of what they know"
    assert look("a: 2") == (2, "open", "- Pushes are held: a: 2")
    assert look() == (2, "closed", "- Pushes are held: a: 2")
    assert look() == (1, "closed", "- Pushes are held: a: 2")
    assert look("a: 3") == (2, "open", "- Pushes are held: a: 3")
    assert len(hub.issues) == 1


def test_an_issue_of_somebody_else_is_left_alone(hub: GitHub) -> None:
    github.call("POST", "issues", {"title": drift.TITLE, "body": "mine"})
    github.call("POST", "issues", {"title": "a pull request", "labels": [drift.LABEL]})
    hub.issues[-1]["pull_request"] = {}
    drift.keep([("a", "x\ny"), ("b", "")])
    assert [issue["body"] for issue in hub.issues[:2]] == ["mine", None]
    assert hub.issues[2]["body"].startswith("- a\n\n      x\n      y\n- b\n\n")


def test_what_others_wrote_is_no_markdown_and_no_secret_is_shown(names: Names, definition: dict[str, Any]) -> None:
    wanted = drift.rendered(definition, names, SECRET, {})
    runs = deepcopy(wanted)
    runs["containerDefinitions"][0]["environment"] += [{"name": "API_TOKEN", "value": "x1y2"}, {"name": "NOTE", "value": "@all **now**"}]
    lines = drift.text(drift.changed(runs, wanted)).splitlines()
    assert "x1y2" not in "".join(lines)
    assert [line for line in lines if "@all" in line] == ['      - containerDefinitions.lms-ecs.environment.NOTE: "@all **now**"']
