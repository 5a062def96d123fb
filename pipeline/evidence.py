"""What is known of a deploy that failed: the verbs' own notes, and what the cloud can still be asked. A refusal is noted, never raised."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pipeline import rollout
from pipeline.aws import named
from pipeline.migrate import FAMILY_SUFFIX
from pipeline.names import container_of
from pipeline.report import Failure
from pipeline.rollout import Stopped, Target
from pipeline.verdict import Evidence

LINES = 50


def pick(ended: list[Stopped]) -> Stopped | None:
    """The newest task that failed, else the newest."""
    return next((task for task in reversed(ended) if task.at_fault), ended[-1] if ended else None)


def collect(
    cloud: Callable[[str], Any], target: Target, definition: Mapping[str, Any], known: Evidence, *, group: str, run: str
) -> Evidence:
    """`known`, and the failed migration's task or the deployment with its events, each with the end of that task's log."""
    container = container_of(definition)
    known = replace(
        known, port=container["portMappings"][0]["containerPort"], secrets=tuple(secret["name"] for secret in container["secrets"])
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
