"""The page of a deploy, byte for byte, and what it says of deploys that went otherwise."""

import re
import subprocess
import sys
from typing import Any

import pytest

from pipeline import receipt
from pipeline.verdict import GO_BACK, Evidence
from tests.pipeline.conftest import ROOT
from tests.pipeline.failed_deploys import refused
from tests.pipeline.receipts import ACTOR, ALL, BEGAN, CASES, COMMIT, DOCS, GOLDEN, IN_DOCS, TAG, documented, journal, page

SHORT = "sha-0123456789ab"
CANCELLED = "the run was cancelled: ECS was told to go back"
NOT_PUSH = {kind: {"kind": kind} for kind in ("release", "rollback")}


@pytest.fixture(autouse=True)
def actor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose run it is."""
    monkeypatch.setenv("GITHUB_ACTOR", ACTOR)


def text(phases: list[dict[str, Any]], outcome: str = "failure", tag: str = TAG) -> str:
    """The page of these notes."""
    return receipt.render(phases, outcome, tag, COMMIT, BEGAN + 60)


@pytest.mark.parametrize("case", CASES)
def test_a_page_is_the_golden_one(case: str) -> None:
    """Wanted otherwise? `python -m tests.pipeline.receipts` writes them anew: read the difference, then commit it."""
    assert page(case) == (GOLDEN / f"{case}.md").read_text()


def test_the_docs_show_three_of_them() -> None:
    assert documented(DOCS.read_text()) == {case: page(case) for case in IN_DOCS}


def test_there_is_no_golden_page_without_a_case() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)


def test_the_golden_pages_are_written_by_a_command() -> None:
    before = {path: path.read_bytes() for path in (*GOLDEN.iterdir(), DOCS)}
    subprocess.run([sys.executable, "-m", "tests.pipeline.receipts"], cwd=ROOT, check=True)
    assert {path: path.read_bytes() for path in (*GOLDEN.iterdir(), DOCS)} == before


@pytest.mark.parametrize(
    ("phases", "outcome", "first"),
    [
        (journal(ALL, guard={"kind": "push", "verdict": "same"}), "success", "Deployed {} once more: it ran already"),
        (journal(ALL, guard={"kind": "release", "verdict": "forward"}), "success", "Released {}: it runs"),
        (journal("names guard", why="no", guard={"kind": "push", "verdict": "superseded"}), "failure", "Superseded: {} is not deployed"),
        (journal("names guard"), "cancelled", "Cancelled: {}"),
        (journal(ALL, why="no"), "failure", "{} serves, but answers wrongly"),
        (
            journal(f"{ALL} rollback", why="no", rollback={"failure": "x"}),
            "failure",
            "{} serves and answers wrongly, and the way back failed, too",
        ),
        (journal("names", why="no"), "failure", "Not deployed: {}"),
        (journal("names guard prepare", guard=NOT_PUSH["release"]), "failure", "Not released: {}"),
        (journal("names guard prepare", guard=NOT_PUSH["rollback"]), "failure", "Not rolled back to {}"),
        ([], "failure", "Not deployed: {}"),
    ],
)
def test_the_first_line_says_how_it_ended(phases: list[dict[str, Any]], outcome: str, first: str) -> None:
    assert text(phases, outcome).splitlines()[0] == f"## {first.format(SHORT)}"


@pytest.mark.parametrize(
    ("phases", "outcome", "said"),
    [
        (journal("names guard", why="<b> is no commit"), "failure", "**guard: &lt;b&gt; is no commit**"),
        (journal("names"), "failure", "**A step that is no verb of ours failed: the first red step of this run says why.**"),
        (journal("names"), "cancelled", "**The run was cancelled.**"),
    ],
)
def test_without_a_verdict_it_says_what_is_known(phases: list[dict[str, Any]], outcome: str, said: str) -> None:
    assert text(phases, outcome).splitlines()[2] == said


def test_a_cancelled_run_says_so_and_where_ecs_is() -> None:
    known = Evidence("cancelled", failures=(("watch", CANCELLED),))
    shown = text(journal("names guard prepare preflight diff migrate watch", why=CANCELLED, known=known), "cancelled")
    assert shown.startswith(f"## Cancelled: {SHORT}\n\n**cancelled: Somebody cancelled this run, or stopped its deployment in ECS.**\n")
    assert "    Not known here whether ECS goes on; its deployments and events say so:\n    aws ecs describe-services" in shown
    assert f"    to go back:\n    {GO_BACK}\n" in shown


@pytest.mark.parametrize(
    ("verbs", "guard", "stay"),
    [
        (ALL, {"migrations": ["0018_late"]}, True),
        (ALL, {"migrations": []}, False),
        (ALL.replace(" migrate", ""), {"migrations": ["0018_late"]}, False),
        ("names guard migrate", {"migrations": ["0018_late"]}, False),
    ],
)
def test_migrations_that_were_applied_are_said_to_stay(verbs: str, guard: dict[str, Any], stay: bool) -> None:
    shown = text(journal(verbs, why="no", known=refused("watch", "no"), guard=guard))
    assert ("\nMigrations 0018_late stay applied; the version before works with them.\n" in shown) is stay


def test_a_contract_that_was_applied_is_no_comfort() -> None:
    stays = {"migrations": ["0018_late", "0019_drop (contract: no way back behind it)"]}
    assert "behind it) stay applied; the version before may lack what they took away: mend forward soon.\n" in text(
        journal(ALL, why="no", known=refused("watch", "no"), guard=stays)
    )


def test_a_red_preflight_shows_its_tree_as_what_shows_it() -> None:
    problem = "preflight: task/log group: there is no log group x; create it, or set LOG_GROUP"
    known, tree = refused("preflight", problem), {"tree": "task\n  NG   log group: gone"}
    shown = text(journal("names guard prepare preflight", why=problem, known=known, preflight=tree))
    assert "**preflight failed: task/log group: there is no log group x; create it, or set LOG_GROUP.**" in shown
    assert f"What shows it:\n\n    preflight: {problem}\n    task\n      NG   log group: gone\n\n|" in shown
    assert "<summary>Preflight" not in shown


def test_who_has_no_rights_in_aws_gets_another_way_back() -> None:
    phases = journal(ALL, why="smoke: no", known=refused("smoke", "smoke: no"))
    phases[-1]["back"] = "aws ecs update-service"
    assert f"    aws ecs update-service\n\nor, without rights in AWS: `{GO_BACK}`\n" in text(phases)


def test_nothing_that_others_wrote_leaves_its_lines() -> None:
    phases = journal("names", why="no", known=refused("names", "no"))
    phases[-1] |= {"name": "<img src=y>", "cause": "a & b", "evidence": ["| ```", "| </details>\n## forged"]}
    shown = text(phases)
    assert "**&lt;img src=y&gt;: a &amp; b**" in shown
    assert "\n    | ```\n    | </details>\n    ## forged\n" in shown
    phases[-1]["evidence"] = []
    assert "What shows it:\n\n    none\n" in text(phases)


def test_what_was_never_reached_has_no_row() -> None:
    assert re.findall(r"^\| (\w[^|]*) \|", text(journal("names guard")), re.MULTILINE) == ["what"]
    first = journal("names guard prepare", prepare={"from_image": "", "digest": "sha256:d", "megabytes": 51.4, "megabytes_before": None})
    assert "| before | nothing of ours |" in text(first)
    assert "| image | 51.4 MB |" in text(first)


def test_the_first_deploy_names_its_migrations() -> None:
    guard = {"kind": "push", "verdict": "first", "migrations": ["0001_users", "0002_courses"]}
    assert "\nMigrations: 0001_users, 0002_courses.\n" in text(journal(ALL, guard=guard), "success")


def test_many_commits_are_folded() -> None:
    guard = {"kind": "push", "verdict": "forward", "commits": [f"{number:07} A: b" for number in range(13)], "migrations": []}
    assert "<details><summary>Brings 13 commits</summary>" in text(journal(ALL, guard=guard), "success")


def test_what_lies_between_our_verbs_is_an_official_actions() -> None:
    names = [name for name, *_ in receipt.timeline(journal(ALL), BEGAN + 200)]
    assert names == ["names", "role", "guard", "sign in", "prepare", "render", "preflight", "diff", "migrate", "deploy", "watch", "smoke"]
    assert receipt.timeline([], BEGAN) == []


@pytest.mark.parametrize(
    ("verbs", "action"), [("names", "role"), ("names guard prepare", "render"), (ALL.removesuffix(" watch smoke"), "deploy")]
)
def test_an_official_action_that_ends_it_is_red(verbs: str, action: str) -> None:
    phases = journal(verbs)
    ended = phases[-1]["ended"]
    assert receipt.timeline(phases, ended + 9)[-1] == (action, ended, ended + 9, True)
    judged = [*phases, {"verb": "verdict", "began": ended + 9, "ended": ended + 12}]
    assert receipt.timeline(judged, ended + 20)[-1] == (action, ended, ended + 9, True)
    assert receipt.timeline([*phases[:-1], phases[-1] | {"failure": "no"}], ended + 9)[-1][0] == verbs.rpartition(" ")[2]


def test_what_took_no_time_is_not_drawn_unless_it_failed() -> None:
    assert receipt.gantt([("names", BEGAN, BEGAN + 0.2, False)]) == []
    assert receipt.gantt([("names", BEGAN, BEGAN + 0.2, True)])[-2] == f"names 0 s :crit, {BEGAN * 1000:.0f}, 1s"


@pytest.mark.parametrize(("value", "said"), [(0.4, "0 s"), (59.6, "60 s"), (119.4, "119 s"), (120, "2 min 0 s"), (3725.9, "62 min 5 s")])
def test_durations_are_said_as_people_do(value: float, said: str) -> None:
    assert receipt.seconds(value) == said
