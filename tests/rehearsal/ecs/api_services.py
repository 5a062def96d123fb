"""The part of the API about services."""

from collections.abc import Mapping
from typing import Any

from tests.rehearsal.ecs import answers, wording
from tests.rehearsal.ecs.api_clusters import Clusters
from tests.rehearsal.ecs.api_definitions import Definitions
from tests.rehearsal.ecs.api_tasks import require_network
from tests.rehearsal.ecs.errors import ApiError, invalid
from tests.rehearsal.ecs.names import new_deployment_id, new_revision_id
from tests.rehearsal.ecs.state import Deployment, Service, ServiceDeployment, State

REDEPLOYING = ("networkConfiguration", "loadBalancers", "platformVersion", "capacityProviderStrategy", "serviceRegistries", "launchType")
"""Settings whose change begins a new deployment."""
BAKE_AT_MOST = 1440


class Services:
    """Services: what is asked of them is written down here, the scheduler carries it out."""

    def __init__(self, state: State, clusters: Clusters, definitions: Definitions) -> None:
        self._state, self._clusters, self._definitions = state, clusters, definitions

    def create_service(self, body: dict[str, Any]) -> dict[str, Any]:
        """CreateService: its first deployment begins at once."""
        cluster = self._clusters.find(body.get("cluster"))
        definition = self._definitions.active(body.get("taskDefinition", ""))
        arn = self._state.names.within("service", cluster, body["serviceName"])
        existing = self._state.services.get(arn)
        if existing and existing.status == "DRAINING":
            raise invalid("Unable to Start a service that is still Draining.")
        if existing and existing.status == "ACTIVE":
            raise invalid("Creation of service was not idempotent.")
        require_network(body.get("networkConfiguration"))
        settings = {
            "launchType": "FARGATE",
            "schedulingStrategy": "REPLICA",
            "deploymentController": {"type": "ECS"},
            "propagateTags": "NONE",
        }
        settings.update({name: body[name] for name in (*answers.REPEATED, "deploymentConfiguration") if name in body})
        check_balancers(settings.get("loadBalancers", ()), definition)
        check_configuration(settings)
        deployment = self._deployment(cluster, body["serviceName"], definition, settings)
        service = Service(arn, body["serviceName"], cluster, settings, body.get("desiredCount", 1), deployment)
        self._begin(service, deployment, [])
        self._state.services[arn] = service
        self._state.tags[arn] = {tag["key"]: tag["value"] for tag in body.get("tags", ())}
        self._state.changed.set()
        return {"service": self._answer(service)}

    def update_service(self, body: dict[str, Any]) -> dict[str, Any]:
        """UpdateService: a new deployment if what runs must change, else only numbers."""
        service = self.find(body.get("cluster"), body["service"])
        if service.status != "ACTIVE":
            raise ApiError("ServiceNotActiveException", "Service was not ACTIVE.")
        given = body.get("taskDefinition")
        definition = self._definitions.active(given) if given else self._state.definition(service.primary.definition_arn)
        settings = {**service.settings, **{name: body[name] for name in (*answers.REPEATED, "deploymentConfiguration") if name in body}}
        configuration = service.settings.get("deploymentConfiguration", {})
        settings["deploymentConfiguration"] = {**configuration, **body.get("deploymentConfiguration", {})}
        check_balancers(settings.get("loadBalancers", ()), definition)
        check_configuration(settings)
        anew = body.get("forceNewDeployment") or definition["taskDefinitionArn"] != service.primary.definition_arn
        anew = anew or any(settings.get(name) != service.settings.get(name) for name in REDEPLOYING)
        service.settings = settings
        service.desired = body.get("desiredCount", service.desired)
        if anew:
            self._replace(service, definition)
        self._state.changed.set()
        return {"service": self._answer(service)}

    def _replace(self, service: Service, definition: Mapping[str, Any]) -> None:
        current = service.current
        if current:
            current.move("STOPPED", wording.SUPERSEDED, finishedAt=current.times["updatedAt"], stoppedAt=current.times["updatedAt"])
        sources = [service.primary, *(old for old in service.older if old.rollout != "FAILED")]
        service.older = [service.primary, *service.older]
        deployment = self._deployment(service.cluster_arn, service.name, definition, service.settings)
        service.primary, service.steady = deployment, False
        service.failures_in_a_row, service.next_start = 0, 0.0
        self._begin(service, deployment, sources)

    def _deployment(self, cluster: str, name: str, definition: Mapping[str, Any], settings: Mapping[str, Any]) -> Deployment:
        number = new_revision_id()
        arn = self._state.names.within("service-revision", cluster, name, number)
        deployment = Deployment(number, arn, definition["taskDefinitionArn"], dict(settings))
        deployment.reason = wording.in_progress(deployment.id)
        return deployment

    def _begin(self, service: Service, deployment: Deployment, sources: list[Deployment]) -> None:
        arn = self._state.names.within("service-deployment", service.cluster_arn, service.name, new_deployment_id())
        breaker = "MONITORING" if service.configuration["deploymentCircuitBreaker"]["enable"] else "DISABLED"
        threshold = service.threshold if breaker == "MONITORING" else 0
        service.revisions.append(deployment)
        begun = ServiceDeployment(arn, deployment, sources, breaker=breaker, threshold=threshold)
        alarms = service.configuration.get("alarms") or {}
        if alarms.get("enable"):
            begun.alarms, begun.alarm_names = "MONITORING", tuple(alarms["alarmNames"])
        service.history.insert(0, begun)

    def find(self, cluster: str | None, reference: str) -> Service:
        """A service by name or ARN.

        Raises ApiError: ``ServiceNotFoundException``.
        """
        service = self._find(cluster, reference)
        if service is None:
            raise ApiError("ServiceNotFoundException", "Service not found.")
        return service

    def _find(self, cluster: str | None, reference: str) -> Service | None:
        if reference.startswith("arn:") and not cluster:
            return self._state.services.get(reference)
        return self._state.services.get(self._state.names.within("service", self._clusters.find(cluster), reference))

    def _answer(self, service: Service, *, tags: bool = False) -> dict[str, Any]:
        pairs = [{"key": key, "value": value} for key, value in self._state.tags.get(service.arn, {}).items()]
        return answers.service(service, self._state.tasks_of(service), pairs if tags else None)

    def describe_services(self, body: dict[str, Any]) -> dict[str, Any]:
        """DescribeServices: up to ten; those that are not known come as failures."""
        if not 1 <= len(body["services"]) <= 10:
            raise invalid("Services cannot be empty or exceed 10.")
        cluster = self._clusters.find(body.get("cluster"))
        found = {reference: self._find(cluster, reference) for reference in body["services"]}
        tags = "TAGS" in body.get("include", ())
        arn = self._state.names.within
        missing = [{"arn": arn("service", cluster, item), "reason": "MISSING"} for item, service in found.items() if not service]
        return {"services": [self._answer(service, tags=tags) for service in found.values() if service], "failures": missing}

    def list_services(self, body: dict[str, Any]) -> dict[str, Any]:
        """ListServices of a cluster."""
        cluster = self._clusters.find(body.get("cluster"))
        return {
            "serviceArns": [item.arn for item in self._state.services.values() if item.cluster_arn == cluster and item.status != "INACTIVE"]
        }

    def delete_service(self, body: dict[str, Any]) -> dict[str, Any]:
        """DeleteService: drains, then is INACTIVE."""
        service = self.find(body.get("cluster"), body["service"])
        if service.desired and not body.get("force"):
            raise invalid("The service cannot be stopped while it is scaled above 0.")
        if service.status == "ACTIVE":
            service.status, service.desired = "DRAINING", 0
            current = service.current
            if current:
                current.move(
                    "STOPPED", wording.SERVICE_DELETED, finishedAt=current.times["updatedAt"], stoppedAt=current.times["updatedAt"]
                )
        self._state.changed.set()
        return {"service": self._answer(service)}


def check_balancers(balancers: Any, definition: Mapping[str, Any]) -> None:
    """Refuse a load balancer that names a container or port which the task definition does not have.

    Raises ApiError: ``InvalidParameterException``.
    """
    ports = {
        container["name"]: {item["containerPort"] for item in container["portMappings"]} for container in definition["containerDefinitions"]
    }
    for balancer in balancers:
        name, port = balancer.get("containerName"), balancer.get("containerPort")
        if name not in ports:
            raise invalid(f"The container {name} does not exist in the task definition.")
        if port not in ports[name]:
            raise invalid(f"The container {name} did not have a container port {port} defined.")


def check_configuration(settings: Mapping[str, Any]) -> None:
    """Refuse what a rolling deployment cannot be configured to, or what this rehearsal does not have.

    Raises ApiError: ``InvalidParameterException``.
    """
    configuration = settings.get("deploymentConfiguration", {})
    low, high = configuration.get("minimumHealthyPercent", 100), configuration.get("maximumPercent", 200)
    if not 0 <= low <= 100 or not 100 <= high <= 200 or low == high:
        raise invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.")
    if configuration.get("strategy", "ROLLING") != "ROLLING" or settings.get("deploymentController", {}).get("type", "ECS") != "ECS":
        raise invalid("The rehearsal has rolling deployments only.")
    alarms = configuration.get("alarms") or {}
    if alarms.get("enable") and not alarms["alarmNames"]:
        raise invalid("alarmNames cannot be empty when deployment alarms are enabled.")
    if not 0 <= configuration.get("bakeTimeInMinutes", 0) <= BAKE_AT_MOST:
        raise invalid(f"bakeTimeInMinutes must be between 0 and {BAKE_AT_MOST}.")
    if settings["launchType"] != "FARGATE":
        raise invalid("The rehearsal runs Fargate tasks only.")
    threshold = configuration.get("deploymentCircuitBreaker", {}).get("thresholdConfiguration")
    if threshold and threshold["type"] not in {"COUNT", "BOUNDED_PERCENT", "UNBOUNDED_PERCENT"}:
        raise invalid("Invalid threshold type.")
