"""What is known of a deploy that failed: the verbs' own notes, and what the cloud can still be asked. A refusal is noted, never raised."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from commands.aws import Cloud, named
from commands.github import claims
from commands.names import TASK_DEFINITION, container_of, read_definition
from commands.report import Failure, phases, say
from commands.trust import ISSUER
from commands.verbs import Found, Options, option, takes
from pipeline import rollout, verdict
from pipeline.migrate import FAMILY_SUFFIX
from pipeline.rollout import Stopped, Target
from pipeline.verdict import Evidence, Verdict

LINES = 50


def pick(ended: list[Stopped]) -> Stopped | None:
    """The newest task that failed, else the newest."""
    return next((task for task in reversed(ended) if task.at_fault), ended[-1] if ended else None)


def collect(
    cloud: Callable[[str], Any], target: Target, definition: Mapping[str, Any], known: Evidence, *, group: str, run: str
) -> Evidence:
    """`known`, and the failed migration's task or the deployment with its events, each with the end of that task's log."""
    container = container_of(definition)
    secrets = tuple(secret["name"] for secret in container["secrets"])
    known = replace(
        known, port=container["portMappings"][0]["containerPort"], secrets=secrets, cluster=target.cluster, service=target.service
    )
    try:
        if any(verb == "migrate" for verb, _ in known.failures):
            found = rollout.tasks(cloud("ecs"), target, "STOPPED", family=definition["family"] + FAMILY_SUFFIX)
            task = pick(rollout.stopped([one for one in found if one.get("startedBy") == f"deploy-{run}"[:36]], target))
        elif target.definition and (deployment := rollout.find(cloud("ecs"), target)):
            known = replace(known, deployment=deployment)
            known = replace(known, events=tuple(rollout.events(cloud("ecs"), target, deployment.began)))
            task = pick(rollout.ours(cloud("ecs"), target, deployment))
        else:
            return known
        known = replace(known, task=task)
        if task:
            stream = f"{container['logConfiguration']['options']['awslogs-stream-prefix']}/{target.container}/{task.id}"
            with named(f"read the log {stream}"):
                page = cloud("logs").get_log_events(logGroupName=group, logStreamName=stream, limit=LINES)
            known = replace(known, log=tuple(line for event in page["events"] for line in event["message"].splitlines())[-LINES:])
    except Failure as problem:
        return replace(known, unread=(str(problem),))
    return known


def told(given: Verdict) -> Verdict:
    """That verdict; if AWS refused the job's subject, with what the job's own token says, and the line to paste."""
    if given.name != "OIDC subject refused":
        return given
    try:
        said = claims()
    except Failure as problem:
        return replace(given, evidence=(*given.evidence, f"not read: {problem}"))
    line = json.dumps({f"{ISSUER}:sub": said["sub"]}).strip("{}")
    fix = f"Put this into the role's trust policy: {line}. `make doctor` shows what else it lacks."
    return replace(given, evidence=(*given.evidence, *(f"this job's {name}: {value}" for name, value in said.items())), fix=fix)


@takes(
    option("--task-definition", default="", help="ARN of what was deployed, if it came to that"),
    option("--outcome", default="failure", choices=["failure", "cancelled"]),
    option("--steps", default="", help="how official actions ended: role=success deploy=failure"),
    option("--run", default="by-hand", help="id of the workflow run and number of its attempt"),
)
def main(options: Options, found: Found) -> None:
    """Name why a deploy failed: the cause, what shows it, one fix, the way back; it ends with 1, too."""
    failures = tuple((noted["verb"], noted["failure"]) for noted in phases() if "failure" in noted and noted["verb"] != "verdict")
    steps = {name: how for name, _, how in (step.partition("=") for step in options.steps.split())}
    deploy = steps.get("deploy", "skipped" if steps else "") or ("success" if options.task_definition else "")
    known = Evidence(options.outcome, next((name for name, how in steps.items() if how == "failure"), ""), failures, deploy=deploy)
    if all(verb != "names" for verb, _ in failures):  # without the names there is no cloud to ask
        cloud, definition = Cloud(), read_definition(Path(TASK_DEFINITION))
        target = Target.of(cloud.names, options.task_definition)
        known = collect(cloud, target, definition, known, group=cloud.names.log_group, run=options.run)
    given, back = told(verdict.verdict(known)), verdict.rollback(known)
    if any(noted["verb"] == "rollback" and noted.get("back") for noted in phases()):
        back = verdict.AGAIN
    found |= asdict(given) | {"back": back}
    for line in (*given.evidence, f"fix: {given.fix}", *f"roll back: {back}".splitlines()):
        say(f"verdict: {line}")
    raise Failure(f"{given.name}: {given.cause} {given.fix}")
