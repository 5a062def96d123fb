"""The part of the API about clusters and tags."""

from typing import Any

from tests.rehearsal.ecs.answers import cluster_name
from tests.rehearsal.ecs.errors import ApiError
from tests.rehearsal.ecs.state import PENDING, State


class Clusters:
    """Clusters are little more than names here."""

    def __init__(self, state: State) -> None:
        self._state = state

    def find(self, reference: str | None) -> str:
        """The ARN of an active cluster.

        Raises ApiError: ``ClusterNotFoundException``.
        """
        cluster = self._state.clusters.get(self._arn(reference))
        if cluster is None or cluster["status"] != "ACTIVE":
            raise ApiError("ClusterNotFoundException", "Cluster not found.")
        return str(cluster["clusterArn"])

    def _arn(self, reference: str | None) -> str:
        return self._state.names.arn("cluster", cluster_name(reference or ""))

    def create_cluster(self, body: dict[str, Any]) -> dict[str, Any]:
        """CreateCluster: the same again is no fault."""
        arn = self._arn(body.get("clusterName"))
        cluster = {"clusterArn": arn, "clusterName": cluster_name(arn), "settings": body.get("settings", [])}
        self._state.clusters[arn] = {**self._state.clusters.get(arn, cluster), "status": "ACTIVE"}
        self._state.tags.setdefault(arn, {}).update({tag["key"]: tag["value"] for tag in body.get("tags", ())})
        return {"cluster": self._describe(arn)}

    def describe_clusters(self, body: dict[str, Any]) -> dict[str, Any]:
        """DescribeClusters."""
        arns = [self._arn(reference) for reference in body.get("clusters", ("default",))]
        missing = [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in self._state.clusters]
        return {"clusters": [self._describe(arn) for arn in arns if arn in self._state.clusters], "failures": missing}

    def delete_cluster(self, body: dict[str, Any]) -> dict[str, Any]:
        """DeleteCluster: refused while services or tasks are there."""
        arn = self.find(body["cluster"])
        if any(service.cluster_arn == arn and service.status != "INACTIVE" for service in self._state.services.values()):
            raise ApiError("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
        if any(task.cluster_arn == arn and task.last_status != "STOPPED" for task in self._state.tasks.values()):
            raise ApiError("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
        self._state.clusters[arn]["status"] = "INACTIVE"
        return {"cluster": self._describe(arn)}

    def _describe(self, arn: str) -> dict[str, Any]:
        statuses = [task.last_status for task in self._state.tasks.values() if task.cluster_arn == arn]
        services = [service for service in self._state.services.values() if service.cluster_arn == arn and service.status == "ACTIVE"]
        return {
            **self._state.clusters[arn],
            "registeredContainerInstancesCount": 0,
            "runningTasksCount": statuses.count("RUNNING"),
            "pendingTasksCount": sum(status in PENDING for status in statuses),
            "activeServicesCount": len(services),
            "statistics": [],
            "tags": [{"key": key, "value": value} for key, value in self._state.tags.get(arn, {}).items()],
            "capacityProviders": [],
            "defaultCapacityProviderStrategy": [],
        }

    def tag_resource(self, body: dict[str, Any]) -> dict[str, Any]:
        """TagResource: anything that has an ARN."""
        self._state.tags.setdefault(self._known(body["resourceArn"]), {}).update({tag["key"]: tag["value"] for tag in body["tags"]})
        return {}

    def untag_resource(self, body: dict[str, Any]) -> dict[str, Any]:
        """UntagResource: keys that are not there are no fault."""
        tags = self._state.tags.setdefault(self._known(body["resourceArn"]), {})
        for key in body["tagKeys"]:
            tags.pop(key, None)
        return {}

    def list_tags_for_resource(self, body: dict[str, Any]) -> dict[str, Any]:
        """ListTagsForResource."""
        tags = self._state.tags.get(self._known(body["resourceArn"]), {})
        return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}

    def _known(self, arn: str) -> str:
        state = self._state
        definitions = {item["taskDefinitionArn"] for revisions in state.definitions.values() for item in revisions}
        if arn not in state.clusters and arn not in state.services and arn not in state.tasks and arn not in definitions:
            raise ApiError("InvalidParameterException", "The specified resource was not found.")
        return arn
