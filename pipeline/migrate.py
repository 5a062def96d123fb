"""migrate: the new image's migrations as a task of their own, in the service's network; its exit code decides.

The task gets what the service's tasks get, secrets included: a key that is missing is found here, before any traffic moves.
"""

import json
import time
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.aws import Cloud, named
from pipeline.names import Names, container_of, read_definition
from pipeline.prepare import describe_service
from pipeline.report import Failure, say
from pipeline.verbs import Found, Options, cancellable, option, takes

COMMAND = ("flask", "--app", "wsgi", "db", "upgrade")
FAMILY_SUFFIX = "-migrate"
"""Of the task's own family: the service's family has one revision for each deploy and no other."""
SECONDS = 900
EVERY = 2.0


@dataclass(frozen=True)
class Outcome:
    """How a migration's task ended."""

    exit_code: int | None
    """None if the container never ran."""
    reason: str


def definition_for(rendered: Mapping[str, Any]) -> dict[str, Any]:
    """The task definition of the one-off task: the rendered one without what only a server needs, under a family of its own."""
    definition = deepcopy(dict(rendered))
    definition["family"] += FAMILY_SUFFIX
    container = container_of(definition)
    container["command"] = list(COMMAND)
    for unneeded in ("healthCheck", "portMappings"):
        container.pop(unneeded, None)
    return definition


def outcome(task: Mapping[str, Any], name: str) -> Outcome | None:
    """How that task's container `name` ended, or None while the task has not."""
    if task["lastStatus"] != "STOPPED":
        return None
    container = next(one for one in task["containers"] if one["name"] == name)  # AWS may add containers of its own
    reasons = [task.get("stoppedReason", ""), container.get("reason", "")]
    return Outcome(container.get("exitCode"), ": ".join(reason for reason in reasons if reason))


def judge(ended: Outcome) -> None:
    """Raises Failure unless the migration succeeded."""
    if ended.exit_code is None:
        raise Failure(f"the migration's task did not start: {ended.reason or 'no reason given'}")
    if ended.exit_code:
        raise Failure(f"the migration failed with exit code {ended.exit_code}; the service was not touched ({ended.reason})")


class Tail:
    """The log of one task, line by line as it comes."""

    def __init__(self, logs: Any, group: str, stream: str) -> None:
        self.logs = logs
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
        for event in page["events"]:
            say(f"  | {event['message']}")


def run(ecs: Any, logs: Any, names: Names, rendered: Mapping[str, Any], service: Mapping[str, Any], *, started_by: str) -> str:
    """Run the migrations and wait for their end; returns the task's id. Raises Failure if they fail, cannot start or take too long."""
    definition = definition_for(rendered)
    container = container_of(definition)
    with named("register the migration's task definition"):
        arn = ecs.register_task_definition(**definition)["taskDefinition"]["taskDefinitionArn"]
    with named("start the migration's task"):
        answer = ecs.run_task(
            cluster=names.ecs_cluster,
            taskDefinition=arn,
            launchType="FARGATE",
            networkConfiguration=service["networkConfiguration"],
            startedBy=started_by[:36],
        )
    if not answer["tasks"]:
        raise Failure(f"the migration's task was not placed: {json.dumps(answer.get('failures', []))}")
    task: str = answer["tasks"][0]["taskArn"]
    identifier = task.rpartition("/")[2]
    say(f"migration: task {identifier}")
    options = container["logConfiguration"]["options"]
    tail = Tail(logs, options["awslogs-group"], f"{options['awslogs-stream-prefix']}/{container['name']}/{identifier}")
    judge(_wait(ecs, names.ecs_cluster, task, tail, name=container["name"]))
    return identifier


def stop(ecs: Any, cluster: str, started_by: str) -> str:
    """Stop the task that this run may have started; returns what was done."""
    with named("the run was cancelled, but the migration goes on: stop it"):
        tasks = ecs.list_tasks(cluster=cluster, startedBy=started_by[:36])["taskArns"]
        for task in tasks:
            ecs.stop_task(cluster=cluster, task=task, reason="the run was cancelled")
    return f"the run was cancelled: {'the migration was stopped, what it had not committed is undone' if tasks else 'no migration ran'}"


def _wait(ecs: Any, cluster: str, task: str, tail: Tail, *, name: str) -> Outcome:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with named("describe the migration's task"):
            described = ecs.describe_tasks(cluster=cluster, tasks=[task])["tasks"]
        tail.show()
        if described and (ended := outcome(described[0], name)):
            time.sleep(EVERY)  # the last lines of a log arrive a moment after the task's end
            tail.show()
            return ended
        time.sleep(EVERY)
    with named("stop the migration's task"):
        ecs.stop_task(cluster=cluster, task=task, reason=f"the migration took more than {SECONDS} s")
    raise Failure(f"the migration took more than {SECONDS} s and was stopped")


@takes(option("--task-definition", help="the rendered file"), option("--run", default="by-hand", help="id of the workflow run"))
def main(options: Options, found: Found) -> None:
    """Run the new image's migrations as a one-off task in the service's network, with its log; the task's exit code decides."""
    cloud, started_by = Cloud(), f"deploy-{options.run}"
    service = describe_service(cloud("ecs"), cloud.names)
    rendered = read_definition(Path(options.task_definition))
    cancellable()
    try:
        found["task"] = run(cloud("ecs"), cloud("logs"), cloud.names, rendered, service, started_by=started_by)
    except KeyboardInterrupt:
        raise Failure(stop(cloud("ecs"), cloud.names.ecs_cluster, started_by)) from None
    say("migrate: the schema is up to date")
