"""What is known of a failed deploy, by how it failed."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from pipeline.rollout import Deployment, Stopped
from pipeline.verdict import Evidence

IMAGE = "471112588210.dkr.ecr.ap-northeast-2.amazonaws.com/lms-ecs:sha-1"
SECRETS = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
ASM = f"{SECRETS}unable to retrieve secret from asm: service call has been retried 1 time(s): "
ARN = "arn:aws:ecs:ap-northeast-2:471112588210:service-deployment/lms-ecs/lms-ecs-service/NCWGC2ZR"
GOOD = "arn:aws:ecs:ap-northeast-2:471112588210:task-definition/lms-ecs-task:6"
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
LISTENS = '{"event":"Listening at: http://0.0.0.0:8000 (1)","level":"info"}'
BREAKER = "Service deployment rolled back because the circuit breaker threshold was exceeded."
"""terraform-provider-aws, internal/service/ecs/service_test.go."""
SCALING = "Scaling activity initiated by (deployment ecs-svc/1)"
FAILED = Deployment(ARN, "ROLLBACK_SUCCESSFUL", BEGAN, BREAKER, failed=2, good=GOOD)
WATCHED = ("watch", f"the deployment failed: ROLLBACK_SUCCESSFUL: {BREAKER}")


def unstarted(reason: str) -> Evidence:
    """A deployment whose tasks could not be started."""
    return Evidence(failures=(WATCHED,), deployment=FAILED, task=Stopped("0a1b2c3d4e", "TaskFailedToStart", reason), port=8000)


def crashed(*log: str, code: int = 1, reason: str = "") -> Evidence:
    """A deployment whose tasks ended by themselves."""
    task = Stopped("0a1b2c3d4e", "EssentialContainerExited", "Essential container in task exited", reason, code)
    return Evidence(failures=(WATCHED,), deployment=FAILED, task=task, log=log, port=8000)


def unhealthy(*log: str, checks: str = "container health checks", code: int = 0) -> Evidence:
    """A deployment whose tasks ran and were not healthy."""
    task = Stopped("0a1b2c3d4e", "ServiceSchedulerInitiated", f"Task failed {checks}", exit_code=code)
    return Evidence(failures=(WATCHED,), deployment=FAILED, task=task, log=log, port=8000)


def refused(verb: str, line: str) -> Evidence:
    """A verb that failed before anything was deployed."""
    return Evidence(failures=((verb, line),))


def migrated(*log: str, code: int = 1) -> Evidence:
    """A migration that failed."""
    line = f"the migration failed with exit code {code}; the service was not touched (Essential container in task exited)"
    return replace(crashed(*log, code=code), failures=(("migrate", line),), deployment=None)


def health(status: int) -> str:
    """A request of a health check in the LMS's log."""
    return json.dumps({"method": "GET", "route": "/health", "status": status, "ms": 1.0, "event": "request", "level": "info"})


def not_ready(**wrong: str) -> str:
    """What the LMS logs when a health check finds it not ready."""
    return json.dumps({**wrong, "event": "not_ready", "level": "error"})


def worker_exception(last: str) -> str:
    """What gunicorn 27 writes to the LMS's log, when the app cannot be loaded."""
    trace = f'Traceback (most recent call last):\n  File "/srv/lms/wsgi.py", line 3, in <module>\n    from app import create_app\n{last}'
    return json.dumps({"event": "Exception in worker process", "level": "error", "exception": trace})
