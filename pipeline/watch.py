"""watch: follow this deployment to its end. Green only if it succeeded and every running task has the image that was built."""

import time
from typing import Any

from commands.aws import Cloud, named
from commands.report import Failure, say
from commands.verbs import Found, Options, cancellable, option, takes
from pipeline import rollout
from pipeline.rollout import ENDED, Deployment, Target

EVERY = 5.0
APPEARS = 120.0
"""Seconds in which the deployment must have begun: it is there as soon as the service was updated."""
SETTLES = 60.0
"""Seconds after success in which old tasks may still be leaving."""


def look(ecs: Any, target: Target, said: set[str]) -> Deployment | None:
    """Say what is new of this deployment, and return it; None while it has not begun."""
    if found := rollout.find(ecs, target):
        lines = [*rollout.events(ecs, target, found.began), *map(str, rollout.ours(ecs, target, found))]
        lines += [f"circuit breaker: {found.failed} failed tasks"] if found.failed else []
        lines += [*(f"alarm fired: {alarm}" for alarm in found.alarms), str(found)]
        for line in [line for line in lines if line not in said]:
            said.add(line)
            say(f"watch: {line}")
    return found


def transient(problem: Failure) -> bool:
    """Whether AWS was only busy or out of reach, after all that its client has tried."""
    from botocore.exceptions import ConnectionError as NotConnected
    from botocore.exceptions import HTTPClientError

    answer = getattr(problem.__cause__, "response", {})
    code, status = str(answer.get("Error", {}).get("Code")), answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    busy = status >= 500 or "Throttl" in code or code in ("ServerException", "RequestLimitExceeded")
    return busy or isinstance(problem.__cause__, (HTTPClientError, NotConnected))


def judge(ecs: Any, target: Target, found: Deployment, digest: str) -> tuple[bool, str]:
    """Whether it is green, and how it is: every running task has the image that was built. Raises Failure if nothing can help it."""
    if found.status not in ENDED:
        return False, "the deployment is not over"
    if found.status != "SUCCESSFUL":
        raise Failure(f"the deployment failed: {found.status}{found.reason and ': '}{found.reason}")
    started = [task for task in rollout.tasks(ecs, target, "RUNNING") if task["lastStatus"] not in ("PROVISIONING", "PENDING")]  # scaling
    run = [rollout.container(task, target).get("imageDigest", "unknown") for task in started]
    if others := [image for image in run if image != digest]:
        return False, f"{len(others)} of {len(run)} tasks run {', '.join(sorted(set(others)))}, not the image that was built"
    return bool(run), f"the deployment succeeded, and {f'all {len(run)} tasks run {digest}' if run else 'yet no task runs'}"


def follow(ecs: Any, target: Target, digest: str, *, seconds: float, once: bool = False) -> str:
    """Follow it to its end, or look `once`; returns how it is. Raises Failure unless it succeeds, with that image, in time."""
    said: set[str] = set()
    found, until, green, how = None, time.monotonic() + min(seconds, APPEARS), False, "no deployment of this task definition has begun"
    while True:
        try:
            seen = look(ecs, target, said)
            if found and not seen:
                raise Failure("the deployment failed: ECS no longer lists it, so it was rolled back or replaced")
            if seen:
                until = until if found else time.monotonic() + seconds
                found, (green, how) = seen, judge(ecs, target, seen, digest)
                until = min(until, time.monotonic() + SETTLES) if seen.status == "SUCCESSFUL" else until
        except Failure as problem:
            if not transient(problem):
                raise
            say(f"watch: {problem}; asking again")
        if once or green:
            return how
        if time.monotonic() >= until:
            raise Failure(f"timed out: {how}{'' if found and found.status in ENDED else f'; {stop(ecs, target)}'}")
        time.sleep(EVERY)


def stop(ecs: Any, target: Target) -> str:
    """Tell ECS to roll this deployment back; returns what was done."""
    try:
        found = rollout.find(ecs, target)
        if found is None or found.status in ENDED:
            return f"nothing to stop: the deployment {f'is over, {found.status}' if found else 'has not begun'}"
        with named("stop the deployment"):
            ecs.stop_service_deployment(serviceDeploymentArn=found.arn, stopType="ROLLBACK")
    except Failure as problem:
        return f"it could not be stopped and goes on: {problem}"
    return "ECS was told to go back to the version before (StopServiceDeployment, ROLLBACK)"


def watch(ecs: Any, target: Target, digest: str, *, seconds: float, dry: bool = False) -> str:
    """Follow the deployment; roll it back if the run is cancelled meanwhile. `dry` looks once and changes nothing."""
    cancellable()
    try:
        return follow(ecs, target, digest, seconds=seconds, once=dry)
    except KeyboardInterrupt:
        raise Failure(f"the run was cancelled{'' if dry else f': {stop(ecs, target)}'}") from None


@takes(
    option("--task-definition", help="ARN of what was deployed; empty: whatever is being deployed"),
    option("--digest", default="", help="of the image that was built"),
    option("--timeout", type=float, default=20, help="minutes (20)"),
    option("--dry-run", action="store_true", help="look once, change nothing"),
    option("--stop", action="store_true", help="because the run was cancelled: roll the deployment back"),
)
def main(options: Options, found: Found) -> None:
    """Follow this deployment to its end: events, stopped tasks, alarms; a cancelled run rolls it back."""
    cloud = Cloud()
    target = Target.of(cloud.names, options.task_definition)
    if options.stop:
        time.sleep(0 if target.definition else EVERY)  # of a deploy that was cut off ECS may list the deployment a moment later
        raise Failure(f"the run was cancelled: {stop(cloud('ecs'), target)}")
    found["watched"] = watch(cloud("ecs"), target, options.digest, seconds=60 * options.timeout, dry=options.dry_run)
    say(f"watch: {found['watched']}")
