"""The stand-in actions by themselves: what they say they take, and what they do against a scripted AWS."""

import base64
import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rehearsal.action_bench import Outcome, Script, play
from tests.rehearsal.stand_ins import ACTIONS, NoStandIn, known, pinned, prepare

LOGIN = "aws-actions/amazon-ecr-login"
PLAYED = [Path(__file__).parents[2] / ".github/workflows" / name for name in ("image.yml", "ship.yml")]
SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a/secret+key", "AWS_REGION": "ap-northeast-2"}
READ = re.compile(r"\b(?:input|required|isTrue|boolean|lines)\('([^']+)'")
REFUSED = re.compile(r"refuse\(([^)]*)\)")
NAMED = re.compile(r"'([\w-]+)'")
SET = re.compile(r"setOutput\('([^']+)'")


def scripts(name: str) -> str:
    return "\n".join(path.read_text() for path in sorted((ACTIONS / name.replace("/", "+")).glob("*.mjs")))


def refused(name: str) -> set[str]:
    return {one for call in REFUSED.findall(scripts(name)) for one in NAMED.findall(call)}


def laid_out(name: str, folder: Path) -> Path:
    (target,) = prepare({name: SHA}, folder / "actions").values()
    return target


# What the workflows pin


@pytest.mark.parametrize(
    ("line", "pins"),
    [
        (f"      - uses: actions/checkout@{SHA} # v7.0.1", {"actions/checkout": SHA}),
        (f"        uses: 'aws-actions/amazon-ecr-login@{SHA}'", {"aws-actions/amazon-ecr-login": SHA}),
        (f"      - uses: actions/cache/restore@{SHA}", {"actions/cache": SHA}),
        ("    uses: ./.github/workflows/image.yml", {}),
        ("      - uses: docker://alpine:3", {}),
        (f"      # - uses: actions/checkout@{SHA}", {}),
        ("      - run: echo uses: a/b@c", {}),
    ],
)
def test_only_actions_of_other_repositories_count_as_pinned(line: str, pins: dict[str, str], tmp_path: Path) -> None:
    workflow = tmp_path / "ship.yml"
    workflow.write_text(f"jobs:\n  a:\n    steps:\n{line}\n")
    assert pinned([workflow]) == pins


def test_one_action_may_be_pinned_to_one_version_only(tmp_path: Path) -> None:
    for name, ref in (("a.yml", SHA), ("b.yml", "v7")):
        (tmp_path / name).write_text(f"- uses: actions/checkout@{ref}\n")
    with pytest.raises(ValueError, match=rf"b.yml: actions/checkout is pinned to v7, elsewhere to {SHA}"):
        pinned([tmp_path / "a.yml", tmp_path / "b.yml"])


def test_what_is_played_is_pinned_to_the_versions_that_the_stand_ins_stand_for() -> None:
    """A new version: compare it (marker `actions`), teach the stand-in, then move actions.json."""
    pins = pinned(PLAYED)
    assert pins
    assert pins == {name: known()[name]["sha"] for name in pins}


@pytest.mark.parametrize("workflow", PLAYED, ids=lambda path: path.name)
def test_no_workflow_passes_an_input_that_a_stand_in_refuses(workflow: Path) -> None:
    jobs = yaml.safe_load(workflow.read_text())["jobs"].values()
    steps = [step for job in jobs for step in job["steps"] if "@" in step.get("uses", "") and "with" in step]
    assert steps
    for step in steps:
        name = step["uses"].partition("@")[0]
        assert set(step["with"]) <= set(known()[name]["inputs"]) - refused(name), step["name"]


# How they are laid out


def test_an_action_without_a_stand_in_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoStandIn, match=r"for: actions/cache, owner/other$"):
        prepare({"owner/other": SHA, LOGIN: SHA, "actions/cache": SHA}, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", known())
def test_a_stand_in_is_complete_in_its_own_folder(name: str, tmp_path: Path) -> None:
    folder = prepare({name: SHA}, tmp_path)[f"{name}@{SHA}"]
    action = json.loads((folder / "action.yml").read_text())
    assert action["inputs"] == known()[name]["inputs"]
    assert sorted(action["outputs"]) == known()[name]["outputs"]
    assert action["runs"]["using"] == "node24"
    imports = {found for script in folder.glob("*.mjs") for found in re.findall(r"from '\./([^']+)'", script.read_text())}
    assert {action["runs"]["main"], *imports} <= {str(path.relative_to(folder)) for path in folder.rglob("*.mjs")}


def test_what_is_undone_after_the_job_is_undone_by_a_post_script(tmp_path: Path) -> None:
    posts = {name for name in known() if "post" in json.loads((laid_out(name, tmp_path) / "action.yml").read_text())["runs"]}
    assert posts == {LOGIN, "aws-actions/configure-aws-credentials"}


@pytest.mark.parametrize("name", sorted(set(known()) - {"actions/checkout"}))
def test_a_stand_in_reads_or_refuses_every_input_and_no_other(name: str) -> None:
    text, declared = scripts(name), set(known()[name]["inputs"])
    assert set(READ.findall(text)) | refused(name) <= declared
    assert declared <= set(NAMED.findall(text))


@pytest.mark.parametrize("name", sorted(set(known()) - {"actions/checkout"}))
def test_a_stand_in_sets_the_outputs_of_the_action(name: str) -> None:
    undeclared = {"authenticated-arn"}  # the real action sets it without a declaration, and so does its stand-in
    never = {"codedeploy-deployment-id"}  # CodeDeploy is refused
    assert set(SET.findall(scripts(name))) - undeclared == set(known()[name]["outputs"]) - never


# What they do, by node


def login(folder: Path, **inputs: str) -> Outcome:
    token = base64.b64encode(b"AWS:password").decode()
    data = [{"authorizationToken": token, "proxyEndpoint": "http://127.0.0.1:5000"}]
    answers: Script = {"GetAuthorizationToken": [(200, {"authorizationData": data})]}
    return play(laid_out(LOGIN, folder) / "main.mjs", inputs, folder / "run", answers, CREDENTIALS)


@pytest.mark.engine
def test_login_hands_its_registry_on_to_the_step_that_logs_out(tmp_path: Path) -> None:
    done = login(tmp_path)
    assert done.outputs["registry"] == "127.0.0.1:5000"
    assert done.docker == ["login -u AWS -p password http://127.0.0.1:5000"]
    assert done.commands == ["::add-mask::password"]
    state = {f"STATE_{name}": value for name, value in done.state.items()}
    post = play(laid_out(LOGIN, tmp_path) / "post.mjs", {}, tmp_path / "post", env=state)
    assert (post.exit_code, post.docker) == (0, ["logout 127.0.0.1:5000"])


@pytest.mark.engine
def test_a_call_is_signed_as_aws_would_check_it(tmp_path: Path) -> None:
    from botocore.auth import SigV4Auth  # here: it is only needed with the engine, and slow to load
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    ((headers, body),) = login(tmp_path).sent
    signed = re.findall(r"SignedHeaders=([^,]+), Signature=(\w+)", headers["authorization"])
    names, signature = signed[0]
    request = AWSRequest("POST", f"http://{headers['host']}/", {name: headers[name] for name in names.split(";")}, body)
    request.context["timestamp"] = headers["x-amz-date"]
    checker = SigV4Auth(Credentials(CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"]), "ecr", "ap-northeast-2")
    assert {"host", "x-amz-date", "x-amz-target"} <= set(names.split(";"))
    assert checker.signature(checker.string_to_sign(request, checker.canonical_request(request)), request) == signature


@pytest.mark.engine
@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ECR"])
def test_an_endpoint_that_does_not_answer_is_named(variable: str, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        env = CREDENTIALS | {variable: f"http://{address}"}
        done = play(laid_out(LOGIN, tmp_path) / "main.mjs", {}, tmp_path / "run", env=env)
    assert (done.exit_code, done.calls) == (1, [])
    assert done.errors() == [f"connect ECONNREFUSED {address}"]


@pytest.mark.engine
def test_an_input_that_a_stand_in_does_not_know_fails_the_step(tmp_path: Path) -> None:
    done = login(tmp_path, **{"http-proxy": "http://proxy"})
    assert (done.exit_code, done.calls) == (1, [])
    assert done.errors() == ["The stand-in does not know the input 'http-proxy': play the real action, or teach it"]


@pytest.mark.engine
def test_checkout_says_why_it_was_asked(tmp_path: Path) -> None:
    done = play(laid_out("actions/checkout", tmp_path) / "main.mjs", {"ref": "v1.0.0"}, tmp_path / "run")
    assert done.exit_code == 1
    assert "act copies the working tree itself" in done.errors()[0]


IMAGE = {"subject-name": "example/lms-ecs", "subject-digest": f"sha256:{'a' * 64}", "show-summary": "true"}


@pytest.mark.engine
@pytest.mark.parametrize(
    ("sbom", "kind"),
    [
        (None, "https://slsa.dev/provenance/v1"),
        ({"spdxVersion": "SPDX-2.3"}, "https://spdx.dev/Document/v2.3"),
        ({"bomFormat": "CycloneDX"}, "https://cyclonedx.org/bom"),
    ],
)
def test_attest_writes_down_what_it_would_attest(sbom: dict[str, Any] | None, kind: str, tmp_path: Path) -> None:
    (tmp_path / "sbom.json").write_text(json.dumps(sbom))
    inputs = IMAGE | ({"sbom-path": str(tmp_path / "sbom.json")} if sbom else {})
    done = play(laid_out("actions/attest", tmp_path) / "main.mjs", inputs, tmp_path / "run")
    statement = json.loads(Path(done.outputs["bundle-path"]).read_text())
    assert statement["subject"] == [{"name": "example/lms-ecs", "digest": {"sha256": "a" * 64}}]
    assert statement["predicateType"] == kind
    assert done.outputs["attestation-url"] == f"https://github.com/example/lms/attestations/{done.outputs['attestation-id']}"
    assert "not signed" in done.summary and kind in done.summary


@pytest.mark.engine
def test_attest_refuses_what_is_no_image(tmp_path: Path) -> None:
    done = play(laid_out("actions/attest", tmp_path) / "main.mjs", IMAGE | {"subject-digest": "latest"}, tmp_path / "run")
    assert (done.exit_code, done.outputs) == (1, {})
    assert "it needs 'subject-name' and 'subject-digest'" in done.errors()[0]


ARTIFACT = {"name": "sbom", "if-no-files-found": "error"}


@pytest.mark.engine
def test_an_artifact_is_kept_once_unless_it_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "sbom.json").write_text("{}")
    inputs = ARTIFACT | {"path": str(tmp_path / "sbom.json")}
    env = {"REHEARSAL_GITHUB": str(tmp_path / "github"), "GITHUB_RUN_ID": "7"}
    script = laid_out("actions/upload-artifact", tmp_path) / "main.mjs"
    done = [play(script, inputs | more, tmp_path / f"run{at}", env=env) for at, more in enumerate(({}, {}, {"overwrite": "true"}))]
    assert [one.exit_code for one in done] == [0, 1, 0]
    assert (tmp_path / "github/artifacts/7/sbom").read_text() == "{}"
    assert set(done[0].outputs) == {"artifact-id", "artifact-digest", "artifact-url"}


@pytest.mark.engine
def test_an_artifact_that_is_not_there_is_named(tmp_path: Path) -> None:
    script = laid_out("actions/upload-artifact", tmp_path) / "main.mjs"
    done = play(script, ARTIFACT | {"path": str(tmp_path / "none")}, tmp_path / "run")
    assert done.exit_code == 1
    assert "No files were found with the provided path" in done.errors()[0]
