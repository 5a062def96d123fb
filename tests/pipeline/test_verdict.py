"""Each verdict by the message that it knows, causes that hide each other, secrets, and the page that people read."""

import json
from dataclasses import replace
from typing import Any

import pytest

from pipeline import verdict as verdicts
from pipeline.rollout import Deployment, Stopped
from pipeline.verdict import Evidence, mask, rollback, verdict
from tests.pipeline.failed_deploys import (
    ARN,
    FAILED,
    GOOD,
    LISTENS,
    SCALING,
    SECRETS,
    crashed,
    health,
    migrated,
    not_ready,
    refused,
    unhealthy,
    unstarted,
    worker_exception,
)
from tests.pipeline.verdict_cases import CASES, REFUSED_TCP


@pytest.mark.parametrize("case", CASES)
def test_a_failure_gets_its_name_its_cause_and_one_fix(case: str) -> None:
    evidence, name, part = CASES[case]
    given = verdict(evidence)
    assert given.name == name
    assert part in given.cause
    assert given.fix.endswith((".", "."))
    assert "{" not in given.name + given.fix


def test_every_rule_has_a_case() -> None:
    named = {verdict(evidence).name for evidence, _, _ in CASES.values()}
    assert {rule["name"] for rule in verdicts.RULES} - {"{1} failed", "{0} step failed"} <= named


HOSTILE: dict[str, tuple[Evidence, str]] = {
    "a person's decision goes before what the tasks did": (
        replace(crashed(worker_exception("ImportError: x")), outcome="cancelled"),
        "cancelled",
    ),
    "a task that was killed for its health did not lack memory": (unhealthy(LISTENS, code=137), "starts too slowly"),
    "a task that the scheduler took away is not at fault, nor its log": (
        replace(unhealthy(), task=Stopped("1", "ServiceSchedulerInitiated", SCALING, "", 137), log=("ImportError: x", "lms: A is not set")),
        "circuit breaker",
    ),
    "a lock is no lost connection, though both are OperationalErrors": (
        migrated(f"retry: {REFUSED_TCP}", "sqlalchemy.exc.OperationalError: (psycopg.errors.LockNotAvailable) canceling statement"),
        "migration lock timeout",
    ),
    "an import error goes before a hiccup of the database": (
        crashed(not_ready(database=f"cannot be reached: {REFUSED_TCP}"), worker_exception("ImportError: x"), code=3),
        "import error",
    ),
    "memory goes before the exceptions that it causes": (
        crashed(worker_exception("ImportError: x"), code=137, reason="OutOfMemoryError: Container killed due to memory usage"),
        "out of memory",
    ),
    "a role goes before the secrets that it cannot read": (
        unstarted(f"{SECRETS}ECS was unable to assume the role 'arn:x' that was provided"),
        "role not assumable",
    ),
    "an architecture goes before the pull that it fails": (
        unstarted("CannotPullContainerError: no matching manifest for linux/amd64"),
        "wrong architecture",
    ),
    "a crash goes before the capacity that was missing once": (
        replace(crashed("lms: SECRET_KEY is not set"), events=("Capacity is unavailable at this time.",)),
        "configuration missing",
    ),
    "a crash goes before the alarm that it set off": (
        replace(crashed("lms: SECRET_KEY is not set"), deployment=replace(FAILED, alarms=("5xx",))),
        "configuration missing",
    ),
    "a smoke test goes before a task that once was unhealthy": (
        replace(unhealthy(), failures=(("smoke", "smoke: /version answered 502"),)),
        "smoke failed",
    ),
    "a request's exception is not why a task is unhealthy": (
        unhealthy(LISTENS, json.dumps({"event": "crashed", "exception": "KeyError: 'x'"}), health(503)),
        "health check never passes",
    ),
    "words of a user in the log are no message of AWS": (
        crashed('{"event": "request", "title": "CannotPullContainerError: x: not found"}', worker_exception("OddError: 1")),
        "crash at start",
    ),
    "JSON that is no object is only a line": (crashed("[1]", "7", "OddError: last"), "crash at start"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_of_several_causes_the_first_is_named(case: str) -> None:
    evidence, name = HOSTILE[case]
    assert verdict(evidence).name == name


def test_unknown_shows_everything() -> None:
    evidence = replace(unstarted("a new word"), failures=(), deployment=replace(FAILED, reason="who knows", alarms=()), step="")
    evidence = replace(evidence, events=tuple(f"event {number}" for number in range(30)), log=("line",), unread=("the log: no",))
    given = verdict(evidence)
    assert given.name == "unknown"
    assert {"event 0", "event 29", "| line", "not read: the log: no"} <= set(given.evidence)
    assert any("a new word" in line for line in given.evidence)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql+psycopg://lms:p@ss/w@db.x/lms now", "postgresql+psycopg://lms:***@db.x/lms now"),
        ("DATABASE_URL=postgresql://x SECRET_KEY=abc", "DATABASE_URL=*** SECRET_KEY=***"),
        ('{"SECRET_KEY": "a\\"b c", "n": 1}', '{"SECRET_KEY": ***, "n": 1}'),
        ("{'SECRET_KEY': 'a b'}", "{'SECRET_KEY': ***}"),
        ("SECRET_KEY: abc", "SECRET_KEY: ***"),
        ("host=db password=hunter2 user=lms", "host=db password=*** user=lms"),
        ('"refresh_token":"abc.def"', '"refresh_token":***'),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("lms: DATABASE_URL is not set", "lms: DATABASE_URL is not set"),
        ("did not contain json key SECRET_KEY", "did not contain json key SECRET_KEY"),
        ("arn:aws:secretsmanager:r:1:secret:lms-ecs/app-x:SECRET_KEY::", "arn:aws:secretsmanager:r:1:secret:lms-ecs/app-x:SECRET_KEY::"),
        ("x ##[add-mask]y", "x # [add-mask]y"),
    ],
)
def test_values_of_secrets_are_never_shown(text: str, shown: str) -> None:
    assert mask(text, ("DATABASE_URL", "SECRET_KEY")) == shown


def test_a_verdict_holds_no_secret_anywhere() -> None:
    url = "postgresql://lms:geheim@db/lms"
    evidence = replace(
        crashed(f"OddError: {url}", f"DATABASE_URL={url}"), events=(url,), unread=(url,), failures=(("x", url),), secrets=("DATABASE_URL",)
    )
    assert "geheim" not in f"{verdict(evidence)} {rollback(evidence)}"
    assert mask("SECRET_KEY=x", ()) == "SECRET_KEY=x"


@pytest.mark.parametrize(
    ("deployment", "way"),
    [
        (FAILED, "Nothing to do: ECS went back to the version before."),
        (replace(FAILED, status="STOP_REQUESTED"), "Nothing to do but wait: ECS is going back to the version before."),
        (replace(FAILED, status="ROLLBACK_IN_PROGRESS"), "Nothing to do but wait: ECS is going back to the version before."),
        (replace(FAILED, status="STOPPED", superseded=True), "Nothing to do: a newer deployment took over."),
        (replace(FAILED, status="IN_PROGRESS"), f"aws ecs stop-service-deployment --service-deployment-arn {ARN} --stop-type ROLLBACK"),
        (
            replace(FAILED, status="SUCCESSFUL"),
            f"aws ecs update-service --cluster lms-ecs --service lms-ecs-service --task-definition {GOOD}",
        ),
        (replace(FAILED, status="STOPPED", good=""), "Nothing to go back to: no deployment before this one succeeded."),
    ],
)
def test_the_way_back_depends_on_where_ecs_is(deployment: Deployment | None, way: str) -> None:
    assert rollback(Evidence(deployment=deployment)) == way


UNKNOWN = """Not known here whether ECS goes on; its deployments and events say so:
aws ecs describe-services --cluster lms --services web
to go back:
gh workflow run rollback.yml -f reason="why\""""
NOT_BEGUN, SERVES = (
    "Nothing to do: no deployment was begun.",
    'The new version IS serving; go back:\ngh workflow run rollback.yml -f reason="why"',
)


@pytest.mark.parametrize(
    ("evidence", "way"),
    [
        *(
            (refused(verb, "no"), NOT_BEGUN)
            for verb in ("names", "guard", "verify", "prepare", "preflight", "diff", "migrate", "pin", "boot")
        ),
        (Evidence(step="role"), NOT_BEGUN),
        (Evidence(deploy="skipped"), NOT_BEGUN),
        (Evidence(outcome="cancelled", deploy="skipped"), NOT_BEGUN),
        (refused("smoke", "no"), SERVES),
        (replace(refused("smoke", "no"), failures=(("smoke", "no"), ("rollback", "no"))), UNKNOWN),
        (replace(refused("smoke", "no"), deployment=replace(FAILED, arn="ecs-svc/1", status="SUCCESSFUL", good="")), SERVES),
        (Evidence(deployment=replace(FAILED, arn="ecs-svc/1", status="IN_PROGRESS", good="")), UNKNOWN),
        (refused("watch", "timed out: the deployment is not over"), UNKNOWN),
        (Evidence(outcome="cancelled"), UNKNOWN),
        (Evidence(step="deploy"), UNKNOWN),
        (Evidence(deploy="failure"), UNKNOWN),
        (replace(refused("migrate", "the run was cancelled: no migration runs"), deploy="cancelled"), UNKNOWN),
    ],
)
def test_where_ecs_is_not_known_nobody_is_told_that_nothing_was_begun(evidence: Evidence, way: str) -> None:
    assert rollback(replace(evidence, cluster="lms", service="web")) == way


@pytest.mark.parametrize(
    ("case", "advised", "never"),
    [
        ("secret setting", "Secrets Manager", "repository variable or"),
        ("setting in the boot", "Secrets Manager", "repository variable or"),
        ("setting", "repository variable", "beside its other keys"),
        ("pull forbidden", "AmazonECSTaskExecutionRolePolicy", "NAT"),
        ("registry", "NAT", "Policy"),
        ("secret forbidden", "kms:Decrypt", "NAT"),
        ("secret out of reach", "NAT", "kms:Decrypt"),
        ("never healthy", "traceback", "security group"),
        ("never healthy outside", "security group", "traceback"),
        ("import", "If the log holds", "is in the evidence"),
    ],
)
def test_a_fix_leads_nobody_astray(case: str, advised: str, never: str) -> None:
    fix = verdict(CASES[case][0]).fix
    assert advised in fix
    assert never not in fix


def test_what_a_page_has_no_room_for_is_cut() -> None:
    found = verdict(Evidence(events=tuple("e" * 5000 for _ in range(50)), log=tuple("l" * 5000 for _ in range(500))))
    assert 100_000 < sum(map(len, found.evidence)) <= 300_000


def test_git_without_history_is_no_hold() -> None:
    problem = "git merge-base: this clone does not hold enough history to compare a and b: check out with fetch-depth: 0"
    assert verdict(refused("guard", problem)).name != "held"


def test_where_the_schema_allows_no_way_back_none_is_shown() -> None:
    why = "0123456789ab cannot work on the schema any more: it does not know 0018, which took something away; mend forward"
    evidence = replace(refused("smoke", "no"), deployment=replace(FAILED, status="SUCCESSFUL"))
    assert rollback(replace(evidence, failures=(*evidence.failures, ("rollback", why)))) == f"There is none: {why}."


def test_a_trial_start_says_that_production_was_not_touched() -> None:
    said = {case: verdict(evidence).cause.endswith("production was not touched.") for case, (evidence, _, _) in CASES.items()}
    assert {case for case, trial in said.items() if trial} == {case for case in CASES if case.endswith("in the boot")}


def test_a_traceback_is_shown_in_lines_of_its_own() -> None:
    shown = verdict(crashed(worker_exception("ImportError: x"), LISTENS, code=3)).evidence
    assert shown[-3:] == ("|     from app import create_app", "| ImportError: x", f"| {LISTENS}")


def test_a_value_of_several_words_beside_a_traceback_is_not_shown_either() -> None:
    line = json.dumps({"SECRET_KEY": "geheim bleibt geheim", "exception": "OddError: 1"})
    assert "geheim" not in str(verdict(replace(crashed(line), secrets=("SECRET_KEY",))).evidence)


def test_a_step_and_alarms_are_part_of_the_evidence() -> None:
    evidence: Any = Evidence(step="deploy", deployment=replace(FAILED, reason="", alarms=("5xx",)))
    assert verdict(evidence).evidence == ("alarm fired: 5xx", "step deploy failed", "deployment NCWGC2ZR: ROLLBACK_SUCCESSFUL")
