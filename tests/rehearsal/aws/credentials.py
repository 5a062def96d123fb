"""Credentials of task roles, handed to containers at the address where ECS serves them."""

import json
import threading
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from tests.rehearsal.aws.trust import trusts
from tests.rehearsal.ecs.ports import RoleRefused

PREFIX = "/v2/credentials/"
LIFETIME = 6 * 3600  # seconds, as on AWS
SERVICE = "ecs-tasks.amazonaws.com"


class Roles(Protocol):
    """What is asked of IAM and STS."""

    def trust_policy(self, role_arn: str) -> Mapping[str, Any] | None:
        """The trust policy of a role; None if there is no such role."""
        ...

    def session(self, role_arn: str, name: str, seconds: int) -> Mapping[str, Any]:
        """What AssumeRole answers to the account's root."""
        ...


class TaskRoles:
    """Gives each task a path of its own under ``/v2/credentials/``; `gateway` is where containers reach it."""

    def __init__(self, *, gateway: tuple[str, int], roles: Roles) -> None:
        self._gateway, self._roles = gateway, roles
        self._lock = threading.Lock()
        self._tasks: dict[str, tuple[str, str]] = {}  # ARN of task and of role, by the last part of the path

    def environment(self, task_arn: str, role_arn: str) -> dict[str, str]:
        """What a container finds in its environment to fetch its credentials.

        Raises:
            RoleRefused: the role does not exist, or does not trust ECS tasks.

        """
        policy = self._roles.trust_policy(role_arn)
        if policy is None:
            raise RoleRefused(f"role {role_arn} does not exist")
        if not trusts(policy, kind="Service", principal=SERVICE, action="sts:AssumeRole", context={}):
            raise RoleRefused(f"the trust policy of role {role_arn} does not let {SERVICE} assume it")
        key = str(uuid.uuid4())
        with self._lock:
            self._tasks[key] = (task_arn, role_arn)
        host, port = self._gateway
        # SDKs resolve the relative form against 169.254.170.2, port 80 only.
        if port == 80:
            return {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": PREFIX + key}
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{host}:{port}{PREFIX}{key}"}

    def forget(self, task_arn: str) -> None:
        """The task has stopped: its path leads nowhere from now on."""
        with self._lock:
            self._tasks = {key: task for key, task in self._tasks.items() if task[0] != task_arn}

    def answer(self, path: str) -> tuple[int, bytes]:
        """The status and JSON that a container gets for a path."""
        with self._lock:
            task = self._tasks.get(path.removeprefix(PREFIX))
        if task is None:
            refusal = {"code": "InvalidIdInRequest", "message": "CredentialsProvider: ID not found in request", "HTTPErrorCode": 400}
            return 400, json.dumps(refusal).encode()
        found = self._roles.session(task[1], task[0].rpartition("/")[2], LIFETIME)["Credentials"]
        expiration: datetime = found["Expiration"]
        body = {
            "RoleArn": task[1],
            "AccessKeyId": found["AccessKeyId"],
            "SecretAccessKey": found["SecretAccessKey"],
            "Token": found["SessionToken"],
            "Expiration": expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return 200, json.dumps(body).encode()
