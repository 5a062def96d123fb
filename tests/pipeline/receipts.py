"""Journals of six deploys, and the page of each. `python -m tests.pipeline.receipts` writes the pages to golden/ and into the docs anew."""

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pipeline import receipt
from pipeline.rollout import Deployment
from pipeline.verdict import Evidence, rollback, verdict
from tests.pipeline.failed_deploys import FAILED, LISTENS, crashed, refused, worker_exception

GOLDEN, DOCS = Path(__file__).with_name("golden"), Path(__file__).parents[2] / "docs/operating.md"
IN_DOCS = ("success", "failure", "rollback")
ACTOR = "octocat"
COMMIT, BEFORE = "0123456789abcdef" * 2 + "01234567", "fedcba98" * 5
TAG = f"sha-{COMMIT}"
BEGAN = 1_793_520_000.0
"""1 November 2026, 08:00."""
SQL = """diff --git a/migrations/versions/0018_late.py b/migrations/versions/0018_late.py
new file mode 100644
--- /dev/null
+++ b/migrations/versions/0018_late.py
@@ -0,0 +1,3 @@
+def upgrade() -> None:
+    \"""Say how late a submission is.\"""
+    op.add_column("submissions", sa.Column("seconds_late", sa.Integer()))"""
TREE = "service\n  OK   state: active, 2 tasks wanted\ntask\n  OK   size: 256 CPU units, 512 MiB\nsafety\n  SKIP connections: not said"
NOTES: dict[str, dict[str, Any]] = {
    "guard": {"kind": "push", "verdict": "forward", "migrations": ["0018_late"], "upgrade": SQL}
    | {"commits": ["0123456 Ann Lee: Submissions say how late they are", "89abcde Bo <img> Kim: A wrong total is mended"]},
    "prepare": {"from_image": f"lms-ecs:sha-{BEFORE}", "digest": "sha256:" + "d" * 64, "megabytes": 51.4, "megabytes_before": 50.2},
    "preflight": {"tree": TREE},
    "diff": {"task_definition": '- memory: "512"\n+ memory: "1024"'},
    "watch": {"watched": f"the deployment succeeded, and all 2 tasks run sha256:{'d' * 64}"},
    "smoke": {"answered": 22},
}
LAST = {
    "names": 1.0,
    "guard": 3.0,
    "prepare": 2.0,
    "preflight": 4.0,
    "diff": 1.0,
    "migrate": 31.0,
    "watch": 95.0,
    "smoke": 4.0,
    "rollback": 70.0,
}
"""How many seconds each verb takes; before each goes 2 s for an action or nothing."""
BACK = {
    "kind": "rollback",
    "verdict": "back",
    "migrations": ["0018_late"],
    "commits": ["0123456 Ann Lee: Submissions say how late they are"],
}


TOOK_BACK = {"from_image": f"lms-ecs:{TAG}", "digest": "sha256:" + "d" * 64, "megabytes": 50.2, "megabytes_before": 51.4}


def journal(verbs: str, *, why: str = "", known: Evidence | None = None, **notes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What these verbs noted, of which the last one failed if `why` is given; then the verdict, if something is known."""
    found, now = [], BEGAN
    for verb in verbs.split():
        found.append({"verb": verb, "began": now, "ended": now + LAST[verb]} | dict(notes.get(verb, NOTES.get(verb, {}))))
        now += LAST[verb] + 2
    if why:
        last = next(one for one in reversed(found) if one["verb"] != "rollback")
        last |= {"failure": why}
        last.pop("answered", None)
        last.pop("watched", None)
    given = [asdict(verdict(known)) | {"back": rollback(known), "verb": "verdict", "began": now, "ended": now + 5}] if known else []
    return found + given


ALL = "names guard prepare preflight diff migrate watch smoke"
SMOKE = "smoke: /ready answered 503: storage failing"
HELD = "held: fedcba98fedcba98fedcba98fedcba98fedcba98: grades are wrong (the rollback workflow clears the hold)"
TRACE = [f'  File "/srv/lms/app/part{number}.py", line {number}, in load' for number in range(9)]
CRASH = crashed(LISTENS, *TRACE, worker_exception("ImportError: cannot import name 'late' from 'app.services'"), code=3)
SUCCEEDED: Deployment = replace(FAILED, status="SUCCESSFUL", reason="", failed=0)
CASES: dict[str, tuple[list[dict[str, Any]], str, str]] = {
    "success": (journal(ALL), "success", TAG),
    "failure": (journal(ALL.removesuffix(" smoke"), why=CRASH.failures[0][1], known=CRASH), "failure", TAG),
    "smoke": (
        journal(f"{ALL} rollback", why=SMOKE, known=replace(refused("smoke", SMOKE), deployment=SUCCEEDED), rollback={"back": "it serves"}),
        "failure",
        TAG,
    ),
    "rollback": (journal(ALL.replace(" migrate", ""), guard=BACK, prepare=TOOK_BACK), "success", f"sha-{BEFORE}"),
    "release": (journal(ALL, guard={"kind": "release", "verdict": "same", "migrations": []}), "success", "v1.2.0"),
    "held": (journal("names guard", why=HELD, known=refused("guard", HELD), guard={"kind": "push", "verdict": "held"}), "failure", TAG),
}
"""Journal, the job's outcome, tag."""


def page(case: str) -> str:
    """The page of that deploy."""
    phases, outcome, tag = CASES[case]
    return receipt.render(phases, outcome, tag, BEFORE if case == "rollback" else COMMIT, phases[-1]["ended"] + 1) + "\n"


SHOWN = re.compile(r"(?<=<!-- page: )(\w+)( -->\n`{5}markdown\n)(.*?)(?=`{5}\n)", re.DOTALL)
"""A page in the docs: its name, and it."""


def documented(text: str) -> dict[str, str]:
    """The pages in the docs, by name."""
    return {found[1]: found[3] for found in SHOWN.finditer(text)}


if __name__ == "__main__":
    os.environ["GITHUB_ACTOR"] = ACTOR
    for name in CASES:
        (GOLDEN / f"{name}.md").write_text(page(name))
    DOCS.write_text(SHOWN.sub(lambda found: f"{found[1]}{found[2]}{page(found[1])}", DOCS.read_text()))
