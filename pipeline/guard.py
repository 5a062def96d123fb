"""guard: may this commit be shipped on top of what runs? By ancestry, never by clocks; a service under hold takes no push."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from commands.aws import Cloud, named
from commands.report import Failure, output, say
from commands.verbs import Found, Options, option, takes
from pipeline import git, schema
from pipeline.prepare import Running, describe_service, running

HOLD = "deploy-hold"
"""The service's tag that keeps pushes away: the commit that was rolled back, and why."""
KINDS = ("push", "release", "rollback")
STOP = ("superseded", "held")
"""Verdicts that end the deploy."""


class Decision(NamedTuple):
    """What the guard says; `verdict` is one word, for programs."""

    verdict: str
    reason: str
    migrations: list[str]
    """Those between what runs and what comes; in a rollback those that stay in the database, unknown to what comes."""


def commit_of(running: Running) -> str:
    """The commit that runs: its label, else what its image's tag says; empty if nothing of ours ever ran."""
    tagged = re.search(r":sha-([0-9a-f]{40})$", running.image)
    return running.commit or (tagged[1] if tagged else "")


def decide(kind: str, mine: str, runs: str, hold: str) -> Decision:
    """Whether `mine` may follow `runs`. Raises Failure if git cannot tell, or the schema does not allow it."""
    if hold and kind != "rollback":
        return Decision("held", f"{hold} (the rollback workflow clears the hold)", [])
    if not runs:
        return Decision("first", "nothing of ours runs yet", shown(git.migrations(mine)))
    if mine == runs:
        return Decision("same", f"{runs[:12]} runs already", [])
    forward, back = git.precedes(runs, mine), git.precedes(mine, runs)
    if forward and kind != "rollback":
        return Decision("forward", f"{runs[:12]} -> {mine[:12]}", shown(git.added(git.migrations(runs), git.migrations(mine))))
    if back and kind == "rollback":
        return Decision("back", f"{runs[:12]} -> {mine[:12]}", remaining(runs, mine))
    fix = "merge it into main and push" if kind == "push" and not back else "it stays"
    return Decision(
        "superseded", f"{runs[:12]} runs, and {mine[:12]} is {'older' if back else 'newer' if forward else 'no heir of it'}: {fix}", []
    )


def remaining(runs: str, target: str) -> list[str]:
    """The migrations of `runs` that `target` does not know. Raises Failure if it cannot work on the schema that they left."""
    now, then = git.migrations(runs), git.migrations(target)
    floor = schema.of(now).floor
    if floor not in {migration.revision for migration in then}:
        raise Failure(
            f"{target[:12]} cannot work on the schema any more: it does not know {floor}, which took something away; mend forward"
        )
    return shown(git.added(then, now))


def shown(migrations: list[schema.Migration]) -> list[str]:
    """Each in a line."""
    return [one.revision + (" (contract: no way back behind it)" if one.contract else "") for one in migrations]


def hold(ecs: Any, service: Mapping[str, Any]) -> str:
    """The hold on that service: commit and reason; empty if there is none."""
    with named("list the service's tags"):
        tags = ecs.list_tags_for_resource(resourceArn=service["serviceArn"])["tags"]
    return next((str(tag["value"]) for tag in tags if tag["key"] == HOLD), "")


def set_hold(ecs: Any, service: Mapping[str, Any], commit: str, reason: str) -> None:
    """Let no push through any more; of the reason only characters that AWS takes in a tag."""
    value = " ".join(re.sub(r"[^\w\s+\-=.:/@]", " ", f"{commit}: {reason}").split())[:256]
    with named("set the hold"):
        ecs.tag_resource(resourceArn=service["serviceArn"], tags=[{"key": HOLD, "value": value}])


def clear_hold(ecs: Any, service: Mapping[str, Any]) -> None:
    """Let pushes through again."""
    with named("clear the hold"):
        ecs.untag_resource(resourceArn=service["serviceArn"], tagKeys=[HOLD])


@takes(option("--commit"), option("--kind", default="push", choices=KINDS))
def main(options: Options, found: Found) -> None:
    """Stop unless what runs is an ancestor of the commit, and no hold is set; list the migrations between the two."""
    cloud = Cloud()
    service = describe_service(cloud("ecs"), cloud.names)
    runs = commit_of(running(cloud("ecs"), service))
    decision = decide(options.kind, options.commit, runs, hold(cloud("ecs"), service))
    found |= {"kind": options.kind, "verdict": decision.verdict, "migrations": decision.migrations}
    if decision.verdict in ("forward", "back"):
        found["commits"] = git.between(*((runs, options.commit) if decision.verdict == "forward" else (options.commit, runs)))
    if decision.verdict == "forward" and decision.migrations:
        found["upgrade"] = git.git("diff", runs, options.commit, "--", git.MIGRATIONS).decode(errors="replace")
    output({"verdict": decision.verdict, "migrations": "\n".join(decision.migrations)})
    if decision.verdict in STOP:
        raise Failure(f"{decision.verdict}: {decision.reason}")
    say(f"guard: {decision.reason}; migrations: {', '.join(decision.migrations) or 'none'}")
