"""What becomes of a tag: what is waited for, what is put into the registry, what is shipped."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from commands import aws
from commands.report import Failure
from pipeline import __main__ as command
from pipeline import release
from pipeline.prepare import Running
from pipeline.registry import MANIFESTS, Stored
from tests.github import GitHub
from tests.pipeline.commits import Commits
from tests.pipeline.conftest import DEFINITION, Script, Workflow, in_registry, manifest, refusal
from tests.pipeline.verbs import OUTPUTS

COMMIT = "c0ffee00" * 5
URL = "https://github.com/r"


def run(how: str) -> dict[str, Any]:
    """A deploy run that has ended so, or is live."""
    live = how in ("queued", "in_progress", "waiting")
    return {"status": how if live else "completed", "conclusion": None if live else how, "html_url": URL}


@pytest.mark.parametrize(
    ("how", "there", "waited", "said"),
    [
        ("success", True, 0, ""),
        ("", True, 0, ""),
        ("queued", False, 0, "the deploy run of c0ffee00c0ff is queued"),
        ("waiting", True, 1199, "the deploy run of c0ffee00c0ff is waiting"),
        ("", False, 119, "c0ffee00c0ff has no deploy run"),
        ("", False, 120, "!image will never exist: c0ffee00c0ff has no deploy run, and the registry holds no image of it"),
        (
            "success",
            False,
            0,
            f"!image will never exist: the deploy run of c0ffee00c0ff ended in success: {URL}, and the registry holds no image of it",
        ),
        ("failure", False, 0, f"!image will never exist: the deploy run of c0ffee00c0ff ended in failure: {URL}"),
        ("cancelled", False, 0, f"!image will never exist: the deploy run of c0ffee00c0ff ended in cancelled: {URL}"),
        ("failure", True, 0, f"!deploy failed: the deploy run of c0ffee00c0ff ended in failure: {URL}"),
        (
            "in_progress",
            True,
            1200,
            f"!timed out: the deploy run of c0ffee00c0ff is still in_progress: {URL}; run this again when it is over",
        ),
    ],
)
def test_an_image_is_waited_for_while_its_deploy_is_live(how: str, there: bool, waited: float, said: str) -> None:
    found = run(how) if how else None
    if said.startswith("!"):
        with pytest.raises(Failure, match=f"^{re.escape(said[1:])}$"):
            release.wait_for(COMMIT, found, there, waited)
    else:
        assert release.wait_for(COMMIT, found, there, waited) == said


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks every hundredth of a second."""
    monkeypatch.setattr(release, "EVERY", 0.01)


@pytest.mark.usefixtures("quick")
def test_it_waits_until_the_deploy_of_that_commit_is_over(hub: GitHub, capsys: pytest.CaptureFixture[str]) -> None:
    hub.ran("0" * 40, "failure")
    hub.ran(COMMIT, "failure", workflow="watch.yml")
    live = hub.ran(COMMIT, "in_progress")

    def come(*_: Any) -> None:
        if len(hub.asked) == 3:
            live.update(status="completed", conclusion="success")

    ecr = Script("ecr", batch_get_image=[{"images": []}, in_registry("sha256:d")])
    answer = hub.answer
    hub.answer = lambda *request: come() or answer(*request)  # type: ignore[method-assign,func-returns-value]
    assert release.find(ecr, "lms-ecs", COMMIT).digest == "sha256:d"
    assert len(hub.asked) == 3
    assert ecr.asked[0][1]["imageIds"] == [{"imageTag": f"sha-{COMMIT}"}]
    assert capsys.readouterr().out == "pin: waiting, because the deploy run of c0ffee00c0ff is in_progress\n", "said once"


@pytest.mark.usefixtures("quick")
def test_a_run_that_is_listed_late_is_waited_for(hub: GitHub) -> None:
    answers: list[Callable[[], Any]] = [lambda: None, lambda: hub.ran(COMMIT, "queued"), lambda: hub.runs[0].update(run("failure"))]
    answer = hub.answer
    hub.answer = lambda *request: (answers.pop(0)(), answer(*request))[1]  # type: ignore[method-assign]
    with pytest.raises(Failure, match="image will never exist: the deploy run of c0ffee00c0ff ended in failure"):
        release.find(Script("ecr", batch_get_image=[{"images": []}]), "lms-ecs", COMMIT)


STORED = Stored("sha256:d", "sha256:c", 50.0, MANIFESTS[1], manifest("sha256:c", 1))
NONE: dict[str, Any] = {"images": []}


def test_the_same_manifest_is_put_under_the_tag() -> None:
    ecr = Script("ecr", batch_get_image=[NONE, in_registry("sha256:d")], put_image=[{}])
    assert release.put(ecr, "lms-ecs", "v1.0.0", STORED)
    request = {"repositoryName": "lms-ecs", "imageTag": "v1.0.0", "imageDigest": "sha256:d"}
    assert ecr.requests("put_image") == [request | {"imageManifest": STORED.manifest, "imageManifestMediaType": MANIFESTS[1]}]


def test_a_tag_that_is_there_with_the_same_digest_is_left_alone() -> None:
    ecr = Script("ecr", batch_get_image=[in_registry("sha256:d")])
    assert not release.put(ecr, "lms-ecs", "v1.0.0", STORED)
    assert [call for call, _ in ecr.asked] == ["batch_get_image"]


@pytest.mark.parametrize("there", [[in_registry("sha256:e")], [NONE, in_registry("sha256:e")]], ids=["before", "put by somebody meanwhile"])
def test_a_tag_with_another_digest_is_refused(there: list[Any]) -> None:
    ecr = Script("ecr", batch_get_image=there, put_image=[{}])
    with pytest.raises(Failure, match=r"^tag is taken: lms-ecs:v1.0.0 is sha256:e, not sha256:d; a version never moves"):
        release.put(ecr, "lms-ecs", "v1.0.0", STORED)


def test_a_registry_that_refuses_is_named() -> None:
    ecr = Script("ecr", batch_get_image=[NONE], put_image=[refusal("AccessDeniedException")])
    with pytest.raises(Failure, match=r"^put lms-ecs:v1.0.0: AccessDeniedException: no$"):
        release.put(ecr, "lms-ecs", "v1.0.0", STORED)


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        ("new", ""),
        ("old", ""),
        ("", ""),
        ("version", "it runs already, under this name"),
        ("newer", "it is older than what runs, lms-ecs:sha-{} ("),
    ],
)
def test_what_is_shipped_is_newer_than_what_runs_or_gives_it_its_name(runs: str, why: str, commits: Commits) -> None:
    shas = dict(zip(("old", "new", "newer"), [commits.commit("1") for _ in range(3)], strict=True)) | {"": ""}
    shas["version"] = shas["new"]
    image = "lms-ecs:v1.0.0" if runs == "version" else f"lms-ecs:sha-{shas[runs]}"
    found = release.pinned_only(Running(image, shas[runs], "r"), "lms-ecs:v1.0.0", shas["new"])
    assert found.startswith(why.format(shas[runs])) if why else found == ""


class Registry(Script):
    """A registry that has every commit's image, and a version's as soon as it was put there."""

    def __getattr__(self, call: str) -> Any:
        answer = super().__getattr__(call)

        def answered(**request: Any) -> Any:
            tag = request["imageIds"][0]["imageTag"] if call == "batch_get_image" else ""
            missing = tag.startswith("v") and not self.requests("put_image")
            self.answers[call] = [NONE if missing else in_registry("sha256:d") if tag else {}]
            return answer(**request)

        return answered


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> dict[str, Script]:
    """An account in which nothing of ours runs yet."""
    service = {"status": "ACTIVE", "taskDefinition": "td/lms-ecs-task:6"}
    definition = {"containerDefinitions": [{"image": "registry/lms-ecs:sha-x"}]}
    ecs = Script("ecs", describe_services=[{"services": [service]}], describe_task_definition=[{"taskDefinition": definition}])
    clients = {"ecr": Registry("ecr"), "ecs": ecs}
    monkeypatch.setattr(aws, "client", lambda service, _: clients[service])
    return clients


@pytest.fixture
def tagged(commits: Commits, hub: GitHub) -> str:
    """The commit of v1.0.0, which is on main and deployed; one more commit is not."""
    (commits.folder / "task-definition.json").write_text(json.dumps(DEFINITION))
    commit = commits.commit("1")
    commits.git("tag", "--annotate", "v1.0.0", "--message", "x")
    commits.git("update-ref", release.MAIN, commit)
    commits.commit("1")
    commits.git("tag", "v2.0.0")
    hub.ran(commit)
    return commit


def test_a_tag_is_pinned_and_then_pinned_as_before(workflow: Workflow, cloud: dict[str, Script], tagged: str) -> None:
    wanted = {"tag": "v1.0.0", "digest": "sha256:d", "commit": tagged, "ship": "true"}
    assert set(wanted) == OUTPUTS["pin"]
    assert command.main(["pin", "--tag", "v1.0.0", "--dry-run"]) == 0
    assert cloud["ecr"].requests("put_image") == []
    for _ in range(2):
        assert command.main(["pin", "--tag", "v1.0.0"]) == 0
        assert workflow.outputs == wanted
    assert len(cloud["ecr"].requests("put_image")) == 1
    line = f"v1.0.0 is sha256:d, the image of {tagged[:12]}"
    assert workflow.summary.splitlines()[1:] == [f"{line}; it ships.", f"{line}, as before; it ships."]


def test_a_version_that_runs_is_pinned_only(workflow: Workflow, cloud: dict[str, Script], tagged: str) -> None:
    running = {"image": "registry/lms-ecs:v1.0.0", "dockerLabels": {"commit": tagged}}
    cloud["ecs"].answers["describe_task_definition"] = [{"taskDefinition": {"containerDefinitions": [running]}}]
    assert command.main(["pin", "--tag", "v1.0.0"]) == 0
    assert workflow.outputs["ship"] == "false"
    assert workflow.summary.endswith("; pinned only: it runs already, under this name.\n")
    assert workflow.journal[-1]["not_shipped"] == "it runs already, under this name"


@pytest.mark.parametrize(
    ("tag", "problem"),
    [
        ("v2.0.0", r"tag not on main: v2.0.0 is [0-9a-f]{12}, which main does not hold"),
        ("v9.9.9", "git rev-parse: fatal: Needed a single revision"),
        ("version", "'version' is neither vX.Y.Z nor sha-COMMIT"),
    ],
)
def test_a_tag_that_cannot_be_pinned_ends_with_1_and_asks_nobody(
    tag: str, problem: str, workflow: Workflow, cloud: dict[str, Script], tagged: str, hub: GitHub
) -> None:
    assert command.main(["pin", "--tag", tag]) == 1
    assert re.fullmatch(problem, workflow.journal[-1]["failure"])
    assert (workflow.outputs, hub.asked, cloud["ecs"].asked) == ({}, [], [])
