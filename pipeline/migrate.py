"""migrate: the new image's migrations as a task of their own, in the service's network; its exit code decides.

The task gets what the service's tasks get, secrets included: a key that is missing is found here, before any traffic moves.
"""

import json
import time
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from commands.aws import Cloud, named
from commands.names import Names, container_of, read_definition
from commands.report import Failure, say
from commands.verbs import Found, Options, cancellable, option, takes
from pipeline import rollout
from pipeline.prepare import describe_service
from pipeline.rollout import Stopped, Target
from pipeline.verdict import mask

COMMAND = ("flask", "--app", "wsgi", "db", "upgrade")
FAMILY_SUFFIX = "-migrate"
"""Of the task's own family: the service's family has one revision for each deploy and no other."""
SECONDS = 900
EVERY = 2.0


def definition_for(rendered: Mapping[str, Any]) -> dict[str, Any]:
    """The task definition of the one-off task: the rendered one without what only a server needs, under a family of its own."""
    definition = deepcopy(dict(rendered))
    definition["family"] += FAMILY_SUFFIX
    container = container_of(definition)
    container["command"] = list(COMMAND)
    for unneeded in ("healthCheck", "portMappings"):
        container.pop(unneeded, None)
    return definition


def judge(task: Stopped) -> None:
    """Raises Failure unless the migration succeeded."""
    why = ": ".join(part for part in (task.reason, task.container) if part)
    if task.exit_code is None:
        raise Failure(f"the migration's task did not start: {why or 'no reason given'}")
    if task.exit_code:
        raise Failure(f"the migration failed with exit code {task.exit_code}; the service was not touched ({why})")


class Tail:
    """The log of one task, line by line as it comes."""

    def __init__(self, logs: Any, group: str, stream: str, secrets: Sequence[str] = ()) -> None:
        self.logs = logs
        self.secrets = secrets
        self.place = {"logGroupName": group, "logStreamName": stream}
        self.token: str | None = None
        self.silent = False

    def show(self) -> None:
        """Show what came since the last time; a log that cannot be read is said once, and is no reason to fail."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            page = self.logs.get_log_events(**self.place, startFromHead=True, **({"nextToken": self.token} if self.token else {}))
        except (BotoCoreError, ClientError) as problem:
            # The stream is there when the container's first line is.
            if "ResourceNotFoundException" not in str(problem) and not self.silent:
                self.silent = True
                say(f"  | the log cannot be read: {problem}")
            return
        self.token = page["nextForwardToken"]
        for line in (line for event in page["events"] for line in event["message"].splitlines()):
            say(f"  | {mask(line, self.secrets)}")


def run(ecs: Any, logs: Any, names: Names, rendered: Mapping[str, Any], service: Mapping[str, Any], *, started_by: str) -> str:
    """Run the migrations and wait for their end; returns the task's id. Raises Failure if they fail, cannot start or take too long."""
    definition = definition_for(rendered)
    with named("register the migration's task definition"):
        arn = ecs.register_task_definition(**definition)["taskDefinition"]["taskDefinitionArn"]
    how = {"launchType": "FARGATE", "networkConfiguration": service["networkConfiguration"], "startedBy": started_by[:36]}
    with named("start the migration's task"):
        answer = ecs.run_task(cluster=names.ecs_cluster, taskDefinition=arn, **how)
    if not answer["tasks"]:
        raise Failure(f"the migration's task was not placed: {json.dumps(answer.get('failures', []))}")
    task: str = answer["tasks"][0]["taskArn"]
    identifier, container = task.rpartition("/")[2], container_of(definition)
    say(f"migration: task {identifier}")
    options, known = container["logConfiguration"]["options"], [secret["name"] for secret in container["secrets"]]
    tail = Tail(logs, options["awslogs-group"], f"{options['awslogs-stream-prefix']}/{container['name']}/{identifier}", known)
    judge(_wait(ecs, Target(names.ecs_cluster, "", arn, container["name"]), task, tail))
    return identifier


def stop(ecs: Any, cluster: str, started_by: str) -> str:
    """Stop the task that this run may have started, unless that was done; returns what was done."""
    with named("the run was cancelled, but the migration goes on: stop it"):
        tasks = ecs.list_tasks(cluster=cluster, startedBy=started_by[:36])["taskArns"]
        for task in tasks:
            ecs.stop_task(cluster=cluster, task=task, reason="the run was cancelled")
    return f"the run was cancelled: {'the migration was stopped, what it had not committed is undone' if tasks else 'no migration runs'}"


def _wait(ecs: Any, target: Target, task: str, tail: Tail) -> Stopped:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with named("describe the migration's task"):
            described = ecs.describe_tasks(cluster=target.cluster, tasks=[task])["tasks"]
        tail.show()
        time.sleep(EVERY)  # the last lines of a log arrive a moment after the task's end
        if described and described[0]["lastStatus"] == "STOPPED":
            tail.show()
            return rollout.ended(described[0], target)
    with named("stop the migration's task"):
        ecs.stop_task(cluster=target.cluster, task=task, reason=f"the migration took more than {SECONDS} s")
    raise Failure(f"the migration took more than {SECONDS} s and was stopped")


@takes(
    option("--task-definition", default="", help="the rendered file"),
    option("--run", default="by-hand", help="id of the workflow run and number of its attempt"),
    option("--stop", action="store_true", help="because the run was cancelled: stop what it started"),
    option("--dry-run", action="store_true", help="only say what would be started, and where"),
)
def main(options: Options, found: Found) -> None:
    """Run the new image's migrations as a one-off task in the service's network, with its log; the task's exit code decides."""
    cloud, started_by = Cloud(), f"deploy-{options.run}"
    if options.stop:
        raise Failure(stop(cloud("ecs"), cloud.names.ecs_cluster, started_by))
    rendered = read_definition(Path(options.task_definition))
    service = describe_service(cloud("ecs"), cloud.names)
    if options.dry_run:
        task, where = definition_for(rendered), service["networkConfiguration"]["awsvpcConfiguration"]
        say(f"migrate: would run {' '.join(COMMAND)} as {task['family']} of {container_of(task)['image']} in {', '.join(where['subnets'])}")
        return
    cancellable()
    try:
        found["task"] = run(cloud("ecs"), cloud("logs"), cloud.names, rendered, service, started_by=started_by)
    except KeyboardInterrupt:
        raise Failure(stop(cloud("ecs"), cloud.names.ecs_cluster, started_by)) from None
    say("migrate: the schema is up to date")
