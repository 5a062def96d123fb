"""How a deployment ends: completed, failed, or on the way back to the last good one."""

import time

from tests.rehearsal.ecs import wording
from tests.rehearsal.ecs.plan import Fail
from tests.rehearsal.ecs.state import Deployment, Service


def fail(service: Service, action: Fail) -> None:
    """The primary deployment has failed: go back, or stay where it is."""
    failed, current = service.primary, service.current
    failed.rollout = "FAILED"
    failed.reason = wording.USER_STOPPED if action.requested else wording.BREAKER_TRIPPED
    failed.updated_at = time.time()
    cause = "deployment stopped by user request." if action.requested else "tasks failed to start."
    service.say(f"(deployment {failed.id}) deployment failed: {cause}")
    if current and not action.requested and current.status != "ROLLBACK_IN_PROGRESS":
        current.breaker, current.failures = "TRIGGERED", failed.failed_tasks
    target = service.last_completed
    if not action.roll_back or target is None:
        if current:
            status = "ROLLBACK_FAILED" if current.status == "ROLLBACK_IN_PROGRESS" else "STOPPED"
            current.move(status, wording.BREAKER_STOPPED, finishedAt=time.time(), stoppedAt=time.time())
        return
    _go_back(service, target)
    if current:
        reason = wording.USER_ROLLED_BACK if action.requested else wording.BREAKER_ROLLED_BACK
        current.rollback = {"reason": reason, "startedAt": time.time(), "serviceRevisionArn": target.revision_arn}
        current.move("ROLLBACK_IN_PROGRESS", reason)


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
    current.move("ROLLBACK_SUCCESSFUL" if current.rollback else "SUCCESSFUL", finishedAt=time.time())
