"""receipt: what a person reads of a deploy in twenty seconds: what, from, to, how long; on failure what failed and where."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report import phases as noted
from pipeline.report import say, summary
from pipeline.verbs import Found, Options, option, takes

OFFICIAL = {("prepare", "migrate"): "render", ("migrate", "smoke"): "deploy", ("migrate", "receipt"): "deploy"}
"""Between two of our verbs an official action runs: the time between them is its."""
KEPT = ("prepare", "migrate", "smoke")


def timeline(phases: Sequence[Mapping[str, Any]], now: float) -> list[tuple[str, float]]:
    """Name and seconds of each phase of a deploy, in order; `phases` are the verbs' own notes."""
    steps = [phase for phase in phases if phase["verb"] in KEPT]
    ends = [*steps[1:], {"verb": "receipt", "began": now}][: len(steps)]
    found: list[tuple[str, float]] = []
    for step, following in zip(steps, ends, strict=True):
        found.append((step["verb"], step["ended"] - step["began"]))
        action = OFFICIAL.get((step["verb"], following["verb"]))
        if action and "failure" not in step:
            found.append((action, following["began"] - step["ended"]))
    return found


def seconds(value: float) -> str:
    """A duration as people say it."""
    return f"{value:.0f} s" if value < 120 else f"{int(value // 60)} min {int(value % 60)} s"


def render(phases: Sequence[Mapping[str, Any]], outcome: str, tag: str, commit: str, now: float) -> str:
    """The step summary, in Markdown. `outcome` is the job's status so far: success, failure or cancelled."""
    notes = {phase["verb"]: phase for phase in phases}
    prepared = notes.get("prepare", {})
    total = now - min((phase["began"] for phase in phases), default=now)
    failures = [(phase["verb"], phase["failure"]) for phase in phases if "failure" in phase]
    lines = [f"## {_title(outcome, tag, deployed='smoke' in notes)}", ""]
    if failures:
        lines += [f"**{failures[0][0]}**: {failures[0][1]}", ""]
    elif outcome != "success":
        lines += [_unnamed(outcome, "migrate" in notes), ""]
    lines += [
        "| | |",
        "|---|---|",
        f"| what | `{tag}`, commit `{commit[:12]}` |",
        f"| from | {_code(prepared.get('from_image')) or 'nothing of ours'} |",
        f"| to | {_code(prepared.get('digest')) or 'not reached'} |",
        f"| took | {seconds(total)} |",
    ]
    steps = timeline(phases, now)
    lines += [f"| {name} | {seconds(spent)} |" for name, spent in steps]
    return "\n".join(lines)


def _unnamed(outcome: str, migrated: bool) -> str:
    """What to say when none of our verbs failed: it was an official action, or a person."""
    if outcome == "cancelled":
        return (
            "The run was cancelled. ECS goes on with a deployment that it has begun."
            if migrated
            else "The run was cancelled before anything changed."
        )
    if migrated:
        return "The service did not become stable on the new image: the deploy step's log and the service's events say why."
    return "A step of an official action failed before anything changed: the first red step of this run says why."


def _title(outcome: str, tag: str, *, deployed: bool) -> str:
    if deployed and outcome != "success":
        return f"Deployed, but not well: {tag} serves"
    return {"success": f"Deployed {tag}", "cancelled": f"Cancelled while deploying {tag}"}.get(outcome, f"Not deployed: {tag}")


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""


@takes(option("--outcome", choices=["success", "failure", "cancelled"]), option("--tag"), option("--commit"))
def main(options: Options, found: Found) -> None:
    """Write the step summary of a deploy: what, from, to, how long; on failure what failed."""
    text = render(noted(), options.outcome, options.tag, options.commit, time.time())
    say(text)
    summary(text)
