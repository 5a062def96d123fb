"""The part of the API about tasks."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.rehearsal.ecs import answers, wording
from tests.rehearsal.ecs.api_clusters import Clusters
from tests.rehearsal.ecs.api_definitions import Definitions
from tests.rehearsal.ecs.errors import ApiError, client_error, invalid
from tests.rehearsal.ecs.names import last_part, new_task_id
from tests.rehearsal.ecs.state import State, Task


class Tasks:
    """Tasks of services and of their own."""

    def __init__(self, state: State, clusters: Clusters, definitions: Definitions, begin: Callable[[Task], None]) -> None:
        self._state, self._clusters, self._definitions, self._begin = state, clusters, definitions, begin

    def run_task(self, body: dict[str, Any]) -> dict[str, Any]:
        """RunTask: up to ten tasks that belong to no service."""
        cluster = self._clusters.find(body.get("cluster"))
        definition = self._definitions.active(body["taskDefinition"])
        network = require_network(body.get("networkConfiguration"))
        known = {container["name"] for container in definition["containerDefinitions"]}
        for override in body.get("overrides", {}).get("containerOverrides", ()):
            if override.get("name") not in known:
                raise invalid(f"Override for container named {override.get('name')} is not a container in the TaskDefinition.")
        count = body.get("count", 1)
        if not 1 <= count <= 10:
            raise invalid("Task count must be between 1 and 10.")
        tasks = [self._task(body, cluster, definition, network) for _ in range(count)]
        for task in tasks:
            self._state.add_task(task)
            self._state.tags[task.arn] = {tag["key"]: tag["value"] for tag in task.tags}
            self._begin(task)
        return {"tasks": [answers.task(task) for task in tasks], "failures": []}

    def _task(self, body: dict[str, Any], cluster: str, definition: dict[str, Any], network: Mapping[str, Any]) -> Task:
        task_id = new_task_id()
        return Task(
            id=task_id,
            arn=self._state.names.within("task", cluster, task_id),
            cluster_arn=cluster,
            definition=definition,
            group=body.get("group") or f"family:{definition['family']}",
            started_by=body.get("startedBy", ""),
            overrides=body.get("overrides", {}),
            network=network,
            tags=body.get("tags", []),
        )

    def stop_task(self, body: dict[str, Any]) -> dict[str, Any]:
        """StopTask: in order, as the scheduler would; a stopped task may be stopped again."""
        task = self._find(body.get("cluster"), body["task"])
        if task is None:
            raise invalid("The referenced task was not found.")
        task.ask_to_stop("UserInitiated", body.get("reason") or wording.STOPPED_BY_USER)
        self._state.changed.set()
        return {"task": answers.task(task)}

    def describe_tasks(self, body: dict[str, Any]) -> dict[str, Any]:
        """DescribeTasks: those that are not known come as failures."""
        cluster = self._clusters.find(body.get("cluster"))
        if len(body["tasks"]) > 100:
            raise invalid("Tasks cannot exceed 100.")
        found = {reference: self._find(cluster, reference) for reference in body["tasks"]}
        arn = self._state.names.within
        missing = [{"arn": arn("task", cluster, item), "reason": "MISSING"} for item, task in found.items() if task is None]
        return {"tasks": [answers.task(task) for task in found.values() if task], "failures": missing}

    def _find(self, cluster: str | None, reference: str) -> Task | None:
        arn = self._state.names.within("task", self._clusters.find(cluster), reference)
        return self._state.tasks.get(arn)

    def list_tasks(self, body: dict[str, Any]) -> dict[str, Any]:
        """ListTasks: those wanted to run, unless asked otherwise; newest last."""
        cluster = self._clusters.find(body.get("cluster"))
        service = body.get("serviceName")
        if service and not any(last_part(item.arn) == last_part(service) for item in self._state.services.values()):
            raise ApiError("ServiceNotFoundException", "Service not found.")
        if service and body.get("startedBy"):
            raise client_error("serviceName and startedBy cannot both be given.")
        wanted = {
            "cluster": cluster,
            "status": body.get("desiredStatus", "RUNNING"),
            "group": f"service:{last_part(service)}" if service else None,
            "family": body.get("family"),
            "started": body.get("startedBy"),
        }
        return {"taskArns": [task.arn for task in self._state.tasks.values() if _matches(task, wanted)]}


def _matches(task: Task, wanted: Mapping[str, str | None]) -> bool:
    has = {
        "cluster": task.cluster_arn,
        "status": task.desired_status,
        "group": task.group,
        "family": task.definition["family"],
        "started": task.started_by,
    }
    return all(value is None or has[name] == value for name, value in wanted.items())


def require_network(network: dict[str, Any] | None) -> dict[str, Any]:
    """The network configuration that awsvpc cannot do without.

    Raises ApiError: there is none, or it names no subnet.
    """
    if not network or "awsvpcConfiguration" not in network:
        raise invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    if not network["awsvpcConfiguration"].get("subnets"):
        raise invalid("subnets can not be empty.")
    return network
