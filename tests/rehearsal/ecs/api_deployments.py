"""The part of the API about service deployments and revisions."""

import time
from typing import Any

from tests.rehearsal.ecs import answers, wording
from tests.rehearsal.ecs.api_services import Services
from tests.rehearsal.ecs.errors import ApiError, invalid
from tests.rehearsal.ecs.state import Service, ServiceDeployment, State


class Deployments:
    """Service deployments: the history of what was tried."""

    def __init__(self, state: State, services: Services) -> None:
        self._state, self._services = state, services

    def list_service_deployments(self, body: dict[str, Any]) -> dict[str, Any]:
        """ListServiceDeployments: newest first, by status and time of creation."""
        service = self._services.find(body.get("cluster"), body["service"])
        statuses, created = body.get("status"), body.get("createdAt", {})
        after, before = float(created.get("after", 0)), float(created.get("before", time.time() + 1))
        found = [
            answers.service_deployment_brief(item, service)
            for item in service.history
            if (not statuses or item.status in statuses) and after <= item.times["createdAt"] <= before
        ]
        return {"serviceDeployments": found[: body.get("maxResults", 100)]}

    def describe_service_deployments(self, body: dict[str, Any]) -> dict[str, Any]:
        """DescribeServiceDeployments."""
        found = {arn: self._find(arn) for arn in body["serviceDeploymentArns"]}
        shown = [answers.service_deployment(pair[1], pair[0], self._state.tasks_of(pair[0])) for pair in found.values() if pair]
        return {"serviceDeployments": shown, "failures": [{"arn": arn, "reason": "MISSING"} for arn, pair in found.items() if not pair]}

    def _find(self, arn: str) -> tuple[Service, ServiceDeployment] | None:
        pairs = ((service, item) for service in self._state.services.values() for item in service.history)
        return next((pair for pair in pairs if pair[1].arn == arn), None)

    def describe_service_revisions(self, body: dict[str, Any]) -> dict[str, Any]:
        """DescribeServiceRevisions."""
        known = {item.revision_arn: (service, item) for service in self._state.services.values() for item in service.revisions}
        shown = []
        for service, deployment in (known[arn] for arn in body["serviceRevisionArns"] if arn in known):
            containers = self._state.definition(deployment.definition_arn)["containerDefinitions"]
            shown.append(answers.service_revision(deployment, service, {item["name"]: item["image"] for item in containers}))
        missing = [{"arn": arn, "reason": "MISSING"} for arn in body["serviceRevisionArns"] if arn not in known]
        return {"serviceRevisions": shown, "failures": missing}

    def stop_service_deployment(self, body: dict[str, Any]) -> dict[str, Any]:
        """StopServiceDeployment: go back to the last completed deployment."""
        pair = self._find(body["serviceDeploymentArn"])
        if pair is None:
            raise ApiError("ServiceDeploymentNotFoundException", "Service deployment not found.")
        service, deployment = pair
        if body.get("stopType", "ROLLBACK") != "ROLLBACK":
            raise invalid("The rehearsal stops a service deployment with ROLLBACK only.")
        if deployment.status not in {"PENDING", "IN_PROGRESS"}:
            raise ApiError("ConflictException", f"Service deployment cannot be stopped: its status is {deployment.status}.")
        if service.last_completed is None:
            raise invalid("Service deployment cannot be rolled back: the service has no completed deployment.")
        deployment.move("ROLLBACK_REQUESTED", wording.USER_ROLLED_BACK)
        self._state.changed.set()
        return {"serviceDeploymentArn": deployment.arn}
