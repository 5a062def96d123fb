"""What the API says of what ECS remembers: plain JSON, times as seconds since 1970."""

import uuid
from collections.abc import Iterable
from typing import Any

from tests.rehearsal.ecs.names import last_part
from tests.rehearsal.ecs.state import PENDING, STOPPING, Deployment, Service, ServiceDeployment, Task

REPEATED = (
    "loadBalancers",
    "serviceRegistries",
    "launchType",
    "capacityProviderStrategy",
    "networkConfiguration",
    "healthCheckGracePeriodSeconds",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "propagateTags",
    "schedulingStrategy",
    "deploymentController",
    "platformVersion",
    "availabilityZoneRebalancing",
)
"""Members of CreateService and UpdateService that DescribeServices repeats."""
DEPLOYED = ("launchType", "capacityProviderStrategy", "platformVersion", "networkConfiguration")
PLATFORM = {"platformVersion": "1.4.0", "platformFamily": "Linux"}
UUIDS = uuid.UUID("9d1b2b0e-0000-4000-8000-6c6d732d6563")


def given(**members: Any) -> dict[str, Any]:
    """Only the members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def task(task: Task) -> dict[str, Any]:
    """A task of DescribeTasks."""
    definition = task.definition
    return {
        "taskArn": task.arn,
        "clusterArn": task.cluster_arn,
        "taskDefinitionArn": definition["taskDefinitionArn"],
        "attachments": [_attachment(task)],
        "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
        "availabilityZone": f"{task.arn.split(':')[3]}a",
        "connectivity": "CONNECTED",
        "connectivityAt": task.created_at,
        "containers": [_container(task)],
        "cpu": definition["cpu"],
        "memory": definition["memory"],
        "createdAt": task.created_at,
        "desiredStatus": task.desired_status,
        "lastStatus": task.last_status,
        "enableExecuteCommand": False,
        "group": task.group,
        "healthStatus": task.health,
        "launchType": "FARGATE",
        **PLATFORM,
        "overrides": {"containerOverrides": [{"name": _name(task)}], "inferenceAcceleratorOverrides": [], **task.overrides},
        "tags": task.tags,
        "version": 1 + len(task.times),
        "ephemeralStorage": {"sizeInGiB": 20},
        **task.times,
        **given(startedBy=task.started_by or None, stopCode=task.stop_code, stoppedReason=task.stopped_reason),
    }


def _name(task: Task) -> str:
    return str(task.definition["containerDefinitions"][0]["name"])


def _identifier(task: Task, part: str) -> str:
    return str(uuid.uuid5(UUIDS, f"{task.arn} {part}"))


def _attachment(task: Task) -> dict[str, Any]:
    status = "PRECREATED" if task.last_status == "PROVISIONING" else "DELETED" if task.last_status == "STOPPED" else "ATTACHED"
    subnets = task.network.get("awsvpcConfiguration", {}).get("subnets") or ["subnet-00000000"]
    details = {"subnetId": subnets[0], "networkInterfaceId": f"eni-{task.id[:17]}", "privateIPv4Address": task.address}
    pairs = [{"name": name, "value": value} for name, value in details.items() if value]
    return {"id": _identifier(task, "attachment"), "type": "ElasticNetworkInterface", "status": status, "details": pairs}


def _container(task: Task) -> dict[str, Any]:
    definition = task.definition["containerDefinitions"][0]
    interface = {"attachmentId": _identifier(task, "attachment"), "privateIpv4Address": task.address}
    status = (
        "STOPPED" if task.last_status == "STOPPED" or task.exit_code is not None else "RUNNING" if "startedAt" in task.times else "PENDING"
    )
    return {
        "containerArn": f"{task.arn.replace(':task/', ':container/')}/{_identifier(task, 'container')}",
        "taskArn": task.arn,
        "name": definition["name"],
        "image": definition["image"],
        "lastStatus": status,
        "networkBindings": [],
        "networkInterfaces": [interface] if task.address else [],
        "healthStatus": task.health,
        "cpu": str(definition["cpu"]),
        **given(
            imageDigest=task.digest,
            runtimeId=f"{task.id}-{task.container_id[:10]}" if task.container_id else None,
            exitCode=task.exit_code,
            reason=task.container_reason,
            memory=str(definition["memory"]) if "memory" in definition else None,
        ),
    }


def _counts(tasks: Iterable[Task]) -> dict[str, int]:
    statuses = [task.last_status for task in tasks]
    return {"runningCount": statuses.count("RUNNING"), "pendingCount": sum(status in PENDING for status in statuses)}


def _deployment(deployment: Deployment, service: Service, tasks: list[Task]) -> dict[str, Any]:
    ours = [task for task in tasks if task.deployment == deployment.id]
    primary = deployment is service.primary
    wanted = sum(task.last_status not in STOPPING for task in ours)
    return {
        "id": deployment.id,
        "status": "PRIMARY" if primary else "ACTIVE",
        "taskDefinition": deployment.definition_arn,
        "desiredCount": service.desired if primary else wanted,
        **_counts(ours),
        "failedTasks": deployment.failed_tasks,
        "createdAt": deployment.created_at,
        "updatedAt": deployment.updated_at,
        **{name: deployment.settings[name] for name in DEPLOYED if name in deployment.settings},
        **PLATFORM,
        "rolloutState": deployment.rollout,
        "rolloutStateReason": deployment.reason,
    }


def service(service: Service, tasks: list[Task], tags: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """A service of DescribeServices; `tasks` are its own that have not stopped."""
    live = service.status != "INACTIVE"
    current = service.current
    return {
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": service.cluster_arn,
        "loadBalancers": [],
        "serviceRegistries": [],
        "status": service.status,
        "desiredCount": service.desired,
        **_counts(tasks),
        **PLATFORM,
        "taskDefinition": service.primary.definition_arn,
        **{name: service.settings[name] for name in REPEATED if name in service.settings},
        "deploymentConfiguration": dict(service.configuration),
        "deployments": [_deployment(deployment, service, tasks) for deployment in (service.primary, *service.older)] if live else [],
        "events": list(service.events),
        "createdAt": service.created_at,
        "placementConstraints": [],
        "placementStrategy": [],
        "currentServiceRevisions": [
            {
                "arn": deployment.revision_arn,
                "requestedTaskCount": service.desired if deployment is service.primary else 0,
                **_task_counts(deployment, tasks),
            }
            for deployment in (service.primary, *service.older)
        ],
        **given(currentServiceDeployment=current.arn if current else None, tags=tags),
    }


def _task_counts(deployment: Deployment, tasks: list[Task]) -> dict[str, int]:
    counts = _counts(task for task in tasks if task.deployment == deployment.id)
    return {"runningTaskCount": counts["runningCount"], "pendingTaskCount": counts["pendingCount"]}


def service_deployment_brief(item: ServiceDeployment, service: Service) -> dict[str, Any]:
    """A service deployment of ListServiceDeployments."""
    times = {name: value for name, value in item.times.items() if name in {"createdAt", "startedAt", "finishedAt"}}
    return {
        "serviceDeploymentArn": item.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "targetServiceRevisionArn": item.target.revision_arn,
        "status": item.status,
        **times,
        **given(statusReason=item.reason),
    }


def service_deployment(item: ServiceDeployment, service: Service, tasks: list[Task]) -> dict[str, Any]:
    """A service deployment of DescribeServiceDeployments."""

    def summary(deployment: Deployment) -> dict[str, Any]:
        wanted = service.desired if deployment is service.primary else 0
        return {"arn": deployment.revision_arn, "requestedTaskCount": wanted, **_task_counts(deployment, tasks)}

    return {
        "serviceDeploymentArn": item.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "sourceServiceRevisions": [summary(source) for source in item.sources],
        "targetServiceRevision": summary(item.target),
        "status": item.status,
        **item.times,
        "deploymentConfiguration": dict(service.configuration),
        "deploymentCircuitBreaker": {"status": item.breaker, "failureCount": item.failures, "threshold": item.threshold},
        "alarms": {"status": item.alarms, "alarmNames": list(item.alarm_names), "triggeredAlarmNames": list(item.triggered)},
        **given(statusReason=item.reason, rollback=item.rollback),
    }


def service_revision(deployment: Deployment, service: Service, images: dict[str, str]) -> dict[str, Any]:
    """A service revision; `images` are its task definition's, by container."""
    containers = [
        {"containerName": name, "image": image, **given(imageDigest=deployment.digests.get(name))} for name, image in images.items()
    ]
    members = ("launchType", "loadBalancers", "networkConfiguration", "capacityProviderStrategy")
    return {
        "serviceRevisionArn": deployment.revision_arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "taskDefinition": deployment.definition_arn,
        **PLATFORM,
        **{name: deployment.settings[name] for name in members if name in deployment.settings},
        "containerImages": containers,
        "guardDutyEnabled": False,
        "createdAt": deployment.created_at,
    }


def cluster_name(arn_or_name: str) -> str:
    """The cluster's name; ``default`` if none was given."""
    return last_part(arn_or_name or "default")
