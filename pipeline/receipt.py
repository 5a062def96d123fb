"""receipt: the page of a deploy that a person reads in twenty seconds, made of what the other verbs noted and of nothing else."""

import html
import os
import re
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from commands.report import markdown, say, summary
from commands.report import phases as noted
from commands.verbs import Found, Options, option, takes
from pipeline.verdict import AGAIN, GO_BACK

Notes = Mapping[str, Any]
TITLES = {
    "push": "Deployed {}",
    "release": "Released {}: it runs",
    "rollback": "Rolled back to {}",
    "same": "Deployed {} once more: it ran already",
    "held": "Held: {} is not deployed",
    "superseded": "Superseded: {} is not deployed",
    "cancelled": "Cancelled: {}",
    "red": "{} serves, but answers wrongly",
    "back": "Rolled back: {} answered wrongly, and the version before serves again",
    "stuck": "{} serves and answers wrongly, and the way back failed, too",
    "no push": "Not deployed: {}",
    "no release": "Not released: {}",
    "no rollback": "Not rolled back to {}",
}
OFFICIAL = {"names": "role", "guard": "sign in", "prepare": "render"}
"""The official action that runs after a verb of ours: the time between that and the next verb is its. Deploy comes after the last look."""
LONG = 12
"""Lines that need no fold."""
CLEAR = "gh workflow run rollback.yml -f clear-hold=true"


def title(notes: Notes, outcome: str, tag: str) -> str:
    """The first line. `outcome` is the job's status so far: success, failure or cancelled."""
    guard, back = notes.get("guard", {}), notes.get("rollback")
    kind, word = guard.get("kind", "push"), guard.get("verdict")
    if outcome == "success":
        how = "same" if (kind, word) == ("push", "same") else kind
    elif word in ("held", "superseded") or outcome == "cancelled":
        how = word if word in ("held", "superseded") else "cancelled"
    elif "failure" in notes.get("smoke", {}):
        how = "red" if back is None else "stuck" if "failure" in back else "back"
    else:
        how = f"no {kind}"
    return TITLES[how].format(re.sub(r"(sha-[0-9a-f]{12})[0-9a-f]{28}", r"\1", tag))


def judged(phases: Sequence[Notes], notes: Notes, outcome: str) -> list[str]:
    """What broke, what to do, what serves, what shows it. What others wrote is escaped, or in indented lines: no log can end those."""
    failures = [f"{phase['verb']}: {phase['failure']}" for phase in phases if "failure" in phase and phase["verb"] != "verdict"]
    given, preflight = notes.get("verdict", {}), notes.get("preflight", {})
    if "cause" not in given:
        first = failures[0] if failures else "A step that is no verb of ours failed: the first red step of this run says why."
        return [f"**{html.escape(first if outcome != 'cancelled' else 'The run was cancelled.', quote=False)}**", ""]
    back = AGAIN if notes.get("rollback", {}).get("back") else given["back"]
    name, cause, fix = (html.escape(given[part], quote=False) for part in ("name", "cause", "fix"))
    lines = [
        f"**{name}: {cause}**",
        "",
        f"**What to do:** {fix}",
        "",
        "**The way back:**",
        "",
        *(f"    {line}" for line in back.splitlines()),
        "",
    ]
    lines += [f"or, without rights in AWS: `{GO_BACK}`", ""] if back.startswith("aws ") else []
    stay = notes.get("guard", {}).get("migrations", []) if "failure" not in notes.get("migrate", {"failure": ""}) else []
    works = "works with them" if not any("(contract" in one for one in stay) else "may lack what they took away: mend forward soon"
    lines += [f"Migrations {', '.join(stay)} stay applied; the version before {works}.", ""] if stay else []
    tree = preflight.get("tree", "").splitlines() if "failure" in preflight else []
    shown = [f"    {part}" for line in (*given["evidence"], *tree) or ("none",) for part in line.splitlines()]
    if len(shown) <= LONG:
        return [*lines, "What shows it:", "", *shown, ""]
    return [*lines, f"<details><summary>What shows it: {len(shown)} lines</summary>", "", *shown, "", "</details>", ""]


def table(notes: Notes, outcome: str, tag: str, commit: str, took: float) -> list[str]:
    """What, before, proof, size, and the way back."""
    prepared, good = notes.get("prepare", {}), outcome == "success"
    size, before = prepared.get("megabytes"), prepared.get("megabytes_before")
    held, answered = notes.get("guard", {}).get("kind") == "rollback", notes.get("smoke", {}).get("answered", 0)
    rows = {
        "what": f"`{tag}`, commit `{commit[:12]}`, by {os.environ.get('GITHUB_ACTOR') or 'somebody'}, in {seconds(took)}",
        "before": prepared and (f"`{prepared['from_image']}`" if prepared["from_image"] else "nothing of ours"),
        "built = in the registry": f"`{prepared['digest']}`" if "megabytes" in prepared else "",
        "running": notes.get("watch", {}).get("watched", ""),
        "answers": f"{answered} of {answered} as they must be, by this commit" if answered else "",
        "image": f"{size:.1f} MB{f' ({size - before:+.1f} MB)' if before else ''}" if size else "",
        "go back": f"`{GO_BACK}`" if good and not held else "",
        "let pushes through again": f"`{CLEAR}`" if good and held else "",
    }
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items() if value), ""]


def changes(notes: Notes) -> list[str]:
    """Commits, migrations and the task definition; folded, but for few commits."""
    guard, there = notes.get("guard", {}), notes.get("diff", {}).get("task_definition", "")
    commits, migrations, back = guard.get("commits", []), guard.get("migrations", []), guard.get("verdict") == "back"
    lines = []
    if commits:
        head = f"{'Takes back' if back else 'Brings'} {many(len(commits), 'commit')}"
        lines += [markdown(head, "", "\n".join(commits), unfolded=len(commits) <= LONG)]
    if "upgrade" in guard:
        lines += [markdown(f"Migrations: {', '.join(migrations)}", "diff", guard["upgrade"])]
    elif migrations:
        lines += [f"Migrations{' that stay in the database, unknown to what runs now' * back}: {', '.join(migrations)}."]
    if there:
        lines += [markdown(f"Task definition: {many(len(there.splitlines()), 'line')}", "diff", there)]
    if "failure" not in (preflight := notes.get("preflight", {"failure": ""})):
        lines += [markdown("Preflight", "", preflight["tree"])]
    return [part for line in lines for part in (line, "")]


def timeline(phases: Sequence[Notes], now: float) -> list[tuple[str, float, float, bool]]:
    """Name, begin, end of each phase, and whether it failed: the verbs by their own notes, official actions by what lies between."""
    found, rollback = [], any(phase.get("kind") == "rollback" for phase in phases)
    for step, following in pairwise([*phases, {"verb": "", "began": now}]):
        if step["verb"] == "verdict":
            break
        found.append((step["verb"], step["began"], step["ended"], "failure" in step))
        last = "diff" if rollback else "migrate"
        action = "deploy" if step["verb"] == last else OFFICIAL.get(step["verb"])
        if action and "failure" not in step:
            found.append((action, step["ended"], following["began"], following["verb"] in ("", "verdict")))
    return found


def gantt(found: Sequence[tuple[str, float, float, bool]]) -> list[str]:
    """It as a diagram that GitHub draws, in the reader's own time; what took no time and did not fail is left out."""
    lines, changing = ["```mermaid", "gantt", "dateFormat x", "axisFormat %H:%M:%S", "section nothing changes yet"], False
    for name, began, ended, failed in found:
        if failed or ended - began >= 0.5:
            lines += ["section production changes"] if name in ("migrate", "deploy") and not changing else []
            changing = changing or name in ("migrate", "deploy")
            spent = max(ended - began, 1)
            lines.append(f"{name} {seconds(ended - began)} :{'crit, ' * failed}{began * 1000:.0f}, {spent:.0f}s")
    return [*lines, "```"] if len(lines) > 5 else []


def seconds(value: float) -> str:
    """A duration as people say it."""
    return f"{value:.0f} s" if value < 120 else f"{int(value // 60)} min {int(value % 60)} s"


def many(number: int, what: str) -> str:
    """1 commit, 2 commits."""
    return f"{number} {what}{'s' * (number != 1)}"


def render(phases: Sequence[Notes], outcome: str, tag: str, commit: str, now: float) -> str:
    """The step summary, in Markdown."""
    notes = {phase["verb"]: phase for phase in phases}
    took = now - min((phase["began"] for phase in phases), default=now)
    lines = [f"## {title(notes, outcome, tag)}", ""]
    facts = table(notes, outcome, tag, commit, took)
    lines += [*changes(notes), *facts] if outcome == "success" else [*judged(phases, notes, outcome), *facts, *changes(notes)]
    return "\n".join([*lines, *gantt(timeline(phases, now))]).strip()


@takes(option("--outcome", choices=["success", "failure", "cancelled"]), option("--tag"), option("--commit"))
def main(options: Options, found: Found) -> None:
    """Write the page of a deploy: what changed and its proof, or what broke and what to do; the way back; how long each phase took."""
    text = render(noted(), options.outcome, options.tag, options.commit, time.time())
    say(text)
    summary(text)
