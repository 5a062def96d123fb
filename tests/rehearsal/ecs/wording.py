"""Sentences as AWS writes them: people and programs read deployments by these."""

from collections.abc import Sequence

SECRETS = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
ASM = SECRETS + "unable to retrieve secret from asm: service call has been retried 1 time(s): "
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
ESSENTIAL_EXITED = "Essential container in task exited"
FAILED_TO_START = "Task failed to start"
STOPPED_BY_USER = "Task stopped by user"
CONTAINER_UNHEALTHY = "Task failed container health checks"
BREAKER_TRIPPED = "ECS deployment circuit breaker: tasks failed to start."
BREAKER_ROLLED_BACK = "Service deployment rolled back because the circuit breaker threshold was exceeded."
BREAKER_STOPPED = "Service deployment stopped because the circuit breaker threshold was exceeded."
USER_ROLLED_BACK = "Service deployment rolled back because of a request to stop it."
USER_STOPPED = "Service deployment stopped by user request."
ALARM_DETECTED = "ECS deployment failed: alarm detected."
ALARM_ROLLED_BACK = "Service deployment rolled back because a deployment alarm was triggered."
ALARM_STOPPED = "Service deployment stopped because a deployment alarm was triggered."
SUPERSEDED = "Service deployment stopped because a newer service deployment replaced it."
SERVICE_DELETED = "Service deployment stopped because the service was deleted."


def secret_not_found(arn: str) -> str:
    """The secret that a task names does not exist."""
    return secret_refused(arn, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")


def secret_refused(arn: str, code: str, message: str) -> str:
    """Secrets Manager answered with another refusal."""
    return f"{ASM}failed to fetch secret {arn} from secrets manager: {code}: {message}"


def secret_key_missing(key: str) -> str:
    """The secret is there, the key in its JSON is not."""
    return f"{ASM}retrieved secret from Secrets Manager did not contain json key {key}"


def secret_not_json(key: str) -> str:
    """A key was asked for and the secret is no JSON object."""
    return f"{ASM}invalid character found while looking for json key {key}: secret is not a JSON object"


def no_registry_auth(cause: str) -> str:
    """ECR gave no token to pull with."""
    return f"{SECRETS}unable to retrieve ecr registry auth: service call has been retried 3 time(s): {cause}"


def log_group_missing() -> str:
    """The awslogs driver could not make its stream."""
    return (
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch "
        "log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1"
    )


def image_not_found(image: str) -> str:
    """The registry knows no such tag or digest."""
    return f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: {image}: not found"


def cannot_pull(image: str, cause: str) -> str:
    """The image could not be fetched for another cause."""
    return f"CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref {image}: {cause}"


def cannot_start(cause: str) -> str:
    """The container was made and its program could not be run."""
    return f"CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: {cause}"


def role_refused(role: str) -> str:
    """ECS may not act as the role."""
    return (
        f"ECS was unable to assume the role '{role}' that was provided for this task. Please verify that the role being passed has the "
        "proper trust relationship and permissions and that your IAM user has permissions to pass this role."
    )


def balancer_unhealthy(target_group: str) -> str:
    """Why a task was stopped that its load balancer found unhealthy."""
    return f"Task failed ELB health checks in (target-group {target_group})"


def scaling(deployment: str) -> str:
    """Why the scheduler stops a task that nothing is wrong with."""
    return f"Scaling activity initiated by (deployment {deployment})"


def in_progress(deployment: str) -> str:
    """The rollout state's reason while tasks are being replaced."""
    return f"ECS deployment {deployment} in progress."


def completed(deployment: str) -> str:
    """The rollout state's reason once they all are."""
    return f"ECS deployment {deployment} completed."


def rolling_back(deployment: str) -> str:
    """The rollout state's reason of the deployment that is gone back to."""
    return f"ECS deployment circuit breaker: rolling back to deploymentId {deployment}."


def not_watched(names: Sequence[str]) -> str:
    """Why an alarm will not fail a deployment."""
    return f"deployment alarms are not monitored for this deployment: {', '.join(names)} in ALARM state when it started."


def tasks(ids: Sequence[str]) -> str:
    """``(task a) (task b)``."""
    return " ".join(f"(task {task})" for task in ids)
