"""What a play understands of act, and what the driver decides without an engine."""

import json
from pathlib import Path

import pytest

from commands.names import Names, read_definition, resolve
from commands.report import Failure
from tests.github import REPOSITORY
from tests.rehearsal import play, policies, stand_ins
from tests.rehearsal.aws.claims import Identifiers, subject
from tests.rehearsal.aws.trust import trusts
from tests.rehearsal.places import ROOT, Notes, end, spawn, wait_for
from tests.rehearsal.play import Play, Step

ENDED = {"jobID": "ship", "stepResult": "success", "executionTime": 1_500_000_000}
NAMES: Names = resolve(read_definition(ROOT / "task-definition.json"), {"BASE_URL": "https://lms.test"})


@pytest.mark.parametrize(
    ("entry", "meaning"),
    [
        ({**ENDED, "msg": "  ✅  Success - Main Smoke [1.5s]"}, Step("ship", "Smoke", 1.5, True)),
        ({**ENDED, "msg": "  ✅  Success - Post Check out [2µs]"}, Step("ship", "after: Check out", 1.5, True)),
        ({**ENDED, "stepResult": "failure", "msg": "  ❌  Failure - Main A [1] b [1.5s]"}, Step("ship", "A [1] b", 1.5, False)),
        ({"msg": "what a step wrote\n", "raw_output": True}, "what a step wrote"),
        ({"msg": "  ❗  ::error::no", "command": "error", "arg": "no such image"}, "::error::no such image"),
        ({"msg": "  ❓  ::error::no: arn:aws:iam::1:role/x"}, "::error::no: arn:aws:iam::1:role/x"),
        ({"msg": "⭐ Run Main Smoke"}, None),
        ({**ENDED, "msg": "  ✅  Success - Complete job"}, None),
    ],
)
def test_a_line_of_act_is_a_step_that_ended_or_what_it_wrote(entry: dict[str, object], meaning: object) -> None:
    assert play.read(entry) == meaning


def test_a_play_is_red_by_acts_exit_code_and_knows_what_failed_first() -> None:
    steps = [Step("image", "Build", 1, True), Step("ship", "Migrate", 2, False), Step("ship", "Receipt", 1, False)]
    red = Play("abc", Path("log"), steps, ["fine", "::error::the migration failed"], code=1)
    assert (red.green, red.failed[0].name, red.errors) == (False, "Migrate", ["::error::the migration failed"])
    assert Play("abc", Path("log"), code=0).green


def test_a_play_knows_its_verdict_from_the_annotation_behind_what_it_shows() -> None:
    lines = [
        "::error::guard: no",
        "verdict: guard: no",
        "verdict: roll back: nothing",
        "pipeline: held: no",
        "::error::held: no",
        "::error::x",
    ]
    assert Play("abc", Path("log"), lines=lines).verdict == "held"
    assert Play("abc", Path("log"), lines=lines).shown == ["guard: no", "roll back: nothing"]
    assert Play("abc", Path("log"), lines=lines[:1]).verdict == ""


def test_actions_that_are_not_where_ACTIONS_DIR_says_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: N802
    monkeypatch.setenv("ACTIONS_DIR", str(tmp_path))
    with pytest.raises(Failure, match=r"ACTIONS_DIR lacks .*aws-actions\+configure-aws-credentials@[0-9a-f]{40}"):
        play.actions(ROOT)


def test_the_real_actions_are_taken_from_ACTIONS_DIR(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: N802
    monkeypatch.setenv("ACTIONS_DIR", str(tmp_path))
    pins = stand_ins.pinned([ROOT / ".github/workflows" / name for name in ("image.yml", "ship.yml")])
    for name, sha in pins.items():
        (tmp_path / f"{name.replace('/', '+')}@{sha}").mkdir()
    flags, kind = play.actions(ROOT)
    assert kind == f"the real actions in {tmp_path}"
    assert flags.count("--local-repository") == len(pins)
    always = [flag for flag in flags if flag.startswith(play.ALWAYS_STAND_INS)]
    assert len(always) == len(play.ALWAYS_STAND_INS)
    assert not any(str(tmp_path) in flag for flag in always)


def statements(role: policies.Role) -> list[policies.Policy]:
    return list(policies.filled(role, NAMES)["Statement"])


@pytest.mark.parametrize("role", policies.ROLES)
def test_no_policy_reaches_further_than_it_must(role: policies.Role) -> None:
    everywhere = {"ecr:GetAuthorizationToken", "ecs:RegisterTaskDefinition", "ecs:DescribeTaskDefinition", "ecs:ListTasks"}
    everywhere |= {"logs:DescribeLogGroups", "elasticloadbalancing:DescribeTargetGroups", "cloudwatch:DescribeAlarms"}
    everywhere |= {f"ec2:Describe{things}" for things in ("Subnets", "SecurityGroups", "RouteTables", "VpcEndpoints")}
    for statement in statements(role):
        assert "<" not in json.dumps(statement["Resource"]), "a name was not filled in"
        if statement["Resource"] == "*":
            assert set(statement["Action"]) <= everywhere
        assert not [action for action in statement["Action"] if action.endswith("*")]


def test_the_deploy_role_cannot_read_the_secret_and_passes_the_two_task_roles_only() -> None:
    found = statements(policies.DEPLOY)
    assert not [one for one in found if "secretsmanager:GetSecretValue" in one["Action"]]
    passed = {arn for one in found if "iam:PassRole" in one["Action"] for arn in one["Resource"]}
    assert passed == {NAMES.role_arn("ecsTaskExecutionRole"), NAMES.role_arn("ecsTaskRole")}


def test_the_build_role_holds_no_right_of_ecs() -> None:
    assert not [action for one in statements(policies.BUILD) for action in one["Action"] if not action.startswith("ecr:")]


@pytest.mark.parametrize(("role", "changes"), [(policies.RELEASE, {"ecr:PutImage"}), (policies.READ, set())])
def test_a_role_that_reads_changes_nothing_but_the_name_of_an_image(role: policies.Role, changes: set[str]) -> None:
    actions = {action for one in statements(role) for action in one["Action"]}
    assert {action for action in actions if not action.partition(":")[2].startswith(("Describe", "List", "BatchGet"))} == changes


JOBS = {
    "build": ("refs/heads/main", None),
    "deploy": ("refs/heads/main", "production"),
    "deploy a version": ("refs/tags/v1.0.0", "production"),
    "release": ("refs/tags/v1.0.0", "release"),
    "infra": ("refs/heads/main", "infrastructure"),
    "infra by a tag": ("refs/tags/v1.0.0", "infrastructure"),
    "other branch": ("refs/heads/next", "production"),
    "other tag": ("refs/tags/nightly", "production"),
    "release by a branch": ("refs/heads/main", "release"),
    "branch called like a tag": ("refs/heads/refs/tags/v1", "release"),
}


@pytest.mark.parametrize("numbered", [None, Identifiers(policies.OWNER_ID, policies.REPOSITORY_ID)])
@pytest.mark.parametrize(
    ("role", "takers"),
    [
        (NAMES.build_role, {"build"}),
        (NAMES.read_role, {"build"}),
        (NAMES.deploy_role, {"deploy", "deploy a version"}),
        (NAMES.release_role, {"release"}),
        (NAMES.infra_role, {"infra"}),
        (NAMES.task_role, set()),
    ],
)
def test_a_role_is_taken_by_its_jobs_alone(role: str, takers: set[str], numbered: Identifiers | None) -> None:
    trust, _ = policies.roles(NAMES, "provider", REPOSITORY)[role]

    def takes(ref: str, environment: str | None, repository: str = REPOSITORY) -> bool:
        claims = {"aud": "sts.amazonaws.com", "ref": ref, "sub": subject(repository, ref, "push", environment, numbered)}
        context = {f"{policies.GITHUB}:{name}": value for name, value in claims.items()}
        return trusts(trust, kind="Federated", principal="provider", action="sts:AssumeRoleWithWebIdentity", context=context)

    assert {job for job, of in JOBS.items() if takes(*of)} == takers
    assert not any(takes(*of, repository="nationslab/lms2") for of in JOBS.values())


@pytest.mark.parametrize(("name", "gone"), [("release", 1), ("rollback", 1), ("watch", 0)])
def test_a_workflow_is_played_as_it_is_but_for_what_act_refuses(name: str, gone: int, tmp_path: Path) -> None:
    file = ROOT / ".github/workflows" / f"{name}.yml"
    played, text = play.playable(file, tmp_path / "played").read_text(), file.read_text()
    assert (played.count("queue"), text.count("queue: max")) == (0, gone)
    assert len(text) - len(played) == gone * len(", queue: max")


def test_an_event_is_written_as_act_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    pushed = play.event_flags(play.Event(ref="refs/tags/v1.0.0", github="http://x"), file)
    assert pushed == ["push", "--eventpath", str(file), "--env", "GITHUB_API_URL=http://x"]
    assert json.loads(file.read_text()) == {"ref": "refs/tags/v1.0.0", "inputs": {}}
    assert play.event_flags(play.Event("workflow_dispatch", inputs={"clear-hold": "true"}), file)[0] == "workflow_dispatch"
    assert json.loads(file.read_text()) == {"ref": "refs/heads/main", "inputs": {"clear-hold": "true"}}


def test_notes_are_kept_and_a_missing_one_says_what_to_run(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "state" / "notes.json")
    notes.write(a=1)
    notes.write(b={"c": 2})
    assert notes.read() == {"a": 1, "b": {"c": 2}}
    with pytest.raises(Failure, match="run make rehearse"):
        notes["cloud"]


def test_a_process_that_was_started_is_ended_by_pid_and_mark_only(tmp_path: Path) -> None:
    process = spawn(["sleep", "60"], tmp_path / "log")
    end(process.pid, "sleep")
    assert process.returncode == -15
    end(process.pid, "sleep")
    end(1, "no process has this in its command line")


def test_waiting_ends_with_the_name_of_what_did_not_come() -> None:
    with pytest.raises(Failure, match="the moon was not ready after 0 s"):
        wait_for("the moon", 0.05, lambda: False, every=0.01)
