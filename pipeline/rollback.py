"""rollback: back to the newest deployment that succeeded and lies before what runs; never "revision - 1", which may be a failed one."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from commands.aws import Cloud, named
from commands.names import Names
from commands.report import Failure, markdown, output, say, summary
from commands.verbs import Found, Options, option, takes
from pipeline import git, guard, prepare, registry, rollout, watch
from pipeline.prepare import Running
from pipeline.rollout import Target

BACK_SECONDS = 900.0


class Plan(NamedTuple):
    """What a rollback will do."""

    runs: Running
    commit: str
    tag: str
    digest: str
    stays: list[str]
    """Migrations that stay in the database though the target does not know them."""
    stops: list[str]
    """ARNs of deployments that are under way."""

    def __str__(self) -> str:
        lines = [f"rollback: {self.runs.image} ({guard.commit_of(self.runs)[:12]}) -> {self.tag} ({self.commit[:12]}), {self.digest}"]
        lines += [f"  stays in the database: {migration}" for migration in self.stays]
        lines += [f"  stops: deployment {arn.rpartition('/')[2]}" for arn in self.stops]
        return "\n".join([*lines, "  holds: no push ships until the hold is cleared"])


def deployments(ecs: Any, names: Names, *statuses: str) -> list[dict[str, Any]]:
    """The service's deployments in one of these states, newest first."""
    of: dict[str, Any] = {"cluster": names.ecs_cluster, "service": names.ecs_service, "status": list(statuses)}
    with named("list the service's deployments"):
        found = rollout.every(ecs.list_service_deployments, "serviceDeployments", **of)
    return sorted(found, key=lambda deployment: deployment["createdAt"], reverse=True)


def succeeded(ecs: Any, names: Names) -> Iterator[Running]:
    """What was deployed with success, newest first; each is looked up only when it is asked for."""
    for deployment in deployments(ecs, names, "SUCCESSFUL"):
        with named("describe what was deployed"):
            revisions = ecs.describe_service_revisions(serviceRevisionArns=[deployment["targetServiceRevisionArn"]])["serviceRevisions"]
        yield from (prepare.running(ecs, revision) for revision in revisions)


def choose(runs: str, found: Iterable[Running], precedes: Callable[[str, str], bool]) -> Running:
    """The newest of `found` that lies before the commit `runs`: neither itself once more, nor what was rolled back from already."""
    for candidate in found:
        commit = guard.commit_of(candidate)
        if commit != runs and precedes(commit, runs):
            return candidate
    raise Failure("no deployment before the one that runs has succeeded: there is nothing to go back to; mend the fault and push")


def commit_of_tag(tag: str) -> str:
    """The commit of an image's tag: sha-COMMIT, or a version that is a tag in git too."""
    if found := re.fullmatch(r"sha-([0-9a-f]{40})", tag):
        return found[1]
    if not re.fullmatch(r"v\d[\w.+-]*", tag):
        raise Failure(f"{tag!r} is neither vX.Y.Z nor sha-COMMIT")
    return git.git("rev-parse", "--verify", f"refs/tags/{tag}^{{commit}}").decode().strip()


def plan(ecs: Any, ecr: Any, names: Names, service: Mapping[str, Any], tag: str) -> Plan:
    """How to go back to `tag`, or to the last good deployment. Raises Failure if there is no way back."""
    runs = prepare.running(ecs, service)
    now = guard.commit_of(runs)
    if tag:
        commit = commit_of_tag(tag)
    else:
        found = choose(now, succeeded(ecs, names), git.precedes)
        tag, commit = found.image.partition(":")[2], guard.commit_of(found)
    if commit == now or not git.precedes(commit, now):
        raise Failure(f"{tag} does not lie before {runs.image}, which runs: a rollback only goes back")
    stays = guard.remaining(now, commit)
    digest = registry.require(ecr, names.ecr_repository, tag).digest
    stops = [deployment["serviceDeploymentArn"] for deployment in deployments(ecs, names, "PENDING", "IN_PROGRESS")]
    return Plan(runs, commit, tag, digest, stays, stops)


def begin(ecs: Any, service: Mapping[str, Any], planned: Plan, reason: str) -> None:
    """Set the hold and stop what is under way; the target is deployed after that, in its turn, also over what could not be stopped."""
    guard.set_hold(ecs, service, guard.commit_of(planned.runs), reason)
    for arn in planned.stops:
        try:
            with named("stop the deployment that is under way"):
                ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
        except Failure as problem:  # most likely it has just ended
            say(f"rollback: {problem}")


def back(cloud: Cloud, revision: str) -> str:
    """Deploy that revision of the task definition once more and follow it; returns how it is. Raises Failure if that cannot be."""
    ecs, names = cloud("ecs"), cloud.names
    service = prepare.describe_service(ecs, names)
    runs, before = prepare.running(ecs, service), prepare.running(ecs, {"taskDefinition": revision})
    guard.remaining(guard.commit_of(runs), guard.commit_of(before))
    digest = registry.require(cloud("ecr"), names.ecr_repository, before.image.partition(":")[2]).digest
    newest = rollout.find(ecs, Target.of(names, ""))
    with named(f"go back to {before.revision}"):
        updated = ecs.update_service(cluster=names.ecs_cluster, service=names.ecs_service, taskDefinition=revision)["service"]
    target = replace(Target.of(names, updated["taskDefinition"]), since=newest.began if newest else rollout.EVER)
    say(f"rollback: {runs.image} -> {before.image}")
    return watch.follow(ecs, target, digest, seconds=BACK_SECONDS)


@takes(
    option("--to", default="", help="vX.Y.Z or sha-COMMIT; else the last good deployment"),
    option("--reason", default="rolled back by hand", help="why pushes are held"),
    option("--dry-run", action="store_true", help="only say what it would do"),
    option("--clear-hold", action="store_true", help="only let pushes through again"),
    option("--back-to", default="", metavar="REVISION", help="of the task definition: deploy it at once, without a hold"),
)
def main(options: Options, found: Found) -> None:
    """Find the deployment to go back to, set the hold and stop what is under way. Or, after a red smoke test, go back at once."""
    cloud = Cloud()
    if options.back_to and options.dry_run:
        service = prepare.describe_service(cloud("ecs"), cloud.names)
        say(f"rollback: {service['taskDefinition'].rpartition('/')[2]} -> {options.back_to}, at once and without a hold")
        return
    if options.back_to:
        found["back"] = back(cloud, options.back_to)
        say(f"rollback: {found['back']}")
        return
    service = prepare.describe_service(cloud("ecs"), cloud.names)
    if options.clear_hold:
        guard.clear_hold(cloud("ecs"), service)
        say("rollback: no hold any more")
        return
    planned = plan(cloud("ecs"), cloud("ecr"), cloud.names, service, options.to)
    say(str(planned))
    summary(markdown("Rollback", "", str(planned)))
    if not options.dry_run:
        begin(cloud("ecs"), service, planned, options.reason)
    output({"tag": planned.tag, "digest": planned.digest, "commit": planned.commit})
