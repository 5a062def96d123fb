"""How a deployment ends: completed, failed, or on the way back to the last good one."""

import time

from tests.rehearsal.ecs import wording
from tests.rehearsal.ecs.plan import Cause, Fail
from tests.rehearsal.ecs.state import Deployment, Service, ServiceDeployment

WORDS: dict[Cause, tuple[str, str, str, str]] = {
    "tasks": (wording.BREAKER_TRIPPED, "tasks failed to start.", wording.BREAKER_ROLLED_BACK, wording.BREAKER_STOPPED),
    "alarm": (wording.ALARM_DETECTED, "alarm detected.", wording.ALARM_ROLLED_BACK, wording.ALARM_STOPPED),
    "user": (wording.USER_STOPPED, "deployment stopped by user request.", wording.USER_ROLLED_BACK, wording.USER_STOPPED),
}
"""By cause: the rollout state's reason, the event, the service deployment's reason if it is rolled back, and if it is not."""


def alarm(current: ServiceDeployment, names: tuple[str, ...]) -> None:
    """The alarms have spoken against the deployment."""
    current.alarms, current.triggered = "TRIGGERED", names
    current.move("ROLLBACK_REQUESTED", wording.ALARM_ROLLED_BACK)


def unwatch(service: Service, current: ServiceDeployment, names: tuple[str, ...]) -> None:
    """The alarms fired before: nothing can be learned from them."""
    current.alarms = "DISABLED"
    service.say(f"(deployment {service.primary.id}) {wording.not_watched(names)}")


def fail(service: Service, action: Fail) -> None:
    """The primary deployment has failed: go back, or stay where it is."""
    failed, current = service.primary, service.current
    failed.rollout = "FAILED"
    failed.reason, cause, rolled_back, stopped = WORDS[action.cause]
    failed.updated_at = time.time()
    service.say(f"(deployment {failed.id}) deployment failed: {cause}")
    if current and action.cause == "tasks" and current.status != "ROLLBACK_IN_PROGRESS":
        current.breaker, current.failures = "TRIGGERED", failed.failed_tasks
    target = service.last_completed
    if not action.roll_back or target is None:
        if current:
            status = "ROLLBACK_FAILED" if current.status == "ROLLBACK_IN_PROGRESS" else "STOPPED"
            current.move(status, stopped, finishedAt=time.time(), stoppedAt=time.time())
        return
    _go_back(service, target)
    if current:
        current.rollback = {"reason": rolled_back, "startedAt": time.time(), "serviceRevisionArn": target.revision_arn}
        current.move("ROLLBACK_IN_PROGRESS", rolled_back)


def _go_back(service: Service, target: Deployment) -> None:
    """The last completed deployment is the primary again, under its old name."""
    service.older = [service.primary, *(old for old in service.older if old is not target)]
    service.primary = target
    target.rollout, target.failed_tasks, target.updated_at = "IN_PROGRESS", 0, time.time()
    target.reason = wording.rolling_back(target.id)
    service.failures_in_a_row, service.next_start = 0, 0.0
    service.say(f"rolling back to deployment {target.id}.")


def complete(service: Service) -> None:
    """The primary deployment is through."""
    primary, current = service.primary, service.current
    primary.rollout, primary.reason, primary.updated_at = "COMPLETED", wording.completed(primary.id), time.time()
    service.last_completed = primary
    service.say(f"(deployment {primary.id}) deployment completed.")
    if current is None:
        return
    if current.breaker == "MONITORING":
        current.breaker = "MONITORING_COMPLETE"
    if current.alarms == "MONITORING":
        current.alarms = "MONITORING_COMPLETE"
    current.move("ROLLBACK_SUCCESSFUL" if current.rollback else "SUCCESSFUL", finishedAt=time.time())
