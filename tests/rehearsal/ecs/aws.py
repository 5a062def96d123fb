"""The AWS services that ECS itself calls on behalf of a task: Secrets Manager, CloudWatch Logs, ECR."""

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import boto3
import botocore.config
import botocore.exceptions

from tests.rehearsal.ecs import wording
from tests.rehearsal.ecs.registration import is_ecr

MAX_EVENTS = 1000
ON_BEHALF = "rehearsal/execution-role"
"""How ECS marks what it asks for a task: on AWS it does so under the task's execution role."""


class StartRefused(Exception):
    """The task cannot start; the message is its stopped reason."""


class Aws:
    """Thin clients of one endpoint. Safe to use from several threads."""

    def __init__(self, *, account: str, region: str, endpoint_url: str) -> None:
        session = boto3.session.Session(aws_access_key_id=account, aws_secret_access_key="rehearsal", region_name=region)
        config = botocore.config.Config(retries={"total_max_attempts": 2}, connect_timeout=5, read_timeout=30, user_agent_extra=ON_BEHALF)

        def client(name: str) -> Any:
            return session.client(name, endpoint_url=endpoint_url, config=config)

        self._secrets, self._logs, self._ecr = client("secretsmanager"), client("logs"), client("ecr")

    def secrets(self, wanted: Iterable[Mapping[str, str]]) -> dict[str, str]:
        """The values of a container definition's `secrets`, by variable.

        Raises StartRefused: a secret or a key in it is missing.
        """
        return {secret["name"]: self._secret(secret["valueFrom"]) for secret in wanted}

    def _secret(self, value_from: str) -> str:
        secret, key, stage, version = split_reference(value_from)
        wanted = {"SecretId": secret, **({"VersionStage": stage} if stage else {}), **({"VersionId": version} if version else {})}
        try:
            text: str = self._secrets.get_secret_value(**wanted)["SecretString"]
        except botocore.exceptions.ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
            missing = code == "ResourceNotFoundException"
            raise StartRefused(wording.secret_not_found(secret) if missing else wording.secret_refused(secret, code, message)) from error
        return pick(text, key) if key else text

    def registry_credentials(self, image: str) -> dict[str, str] | None:
        """What Docker shows the registry; None for one that is not ECR.

        Raises StartRefused: ECR does not say.
        """
        if not is_ecr(image):
            return None
        try:
            token = self._ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
            raise StartRefused(wording.no_registry_auth(str(error))) from error
        user, _, password = base64.b64decode(token).decode().partition(":")
        return {"username": user, "password": password}

    def open_stream(self, group: str, stream: str, *, create_group: bool) -> None:
        """Make the log stream of a container.

        Raises StartRefused: the group does not exist.
        """
        try:
            if create_group:
                self._ignoring_existing(self._logs.create_log_group, logGroupName=group)
            self._ignoring_existing(self._logs.create_log_stream, logGroupName=group, logStreamName=stream)
        except self._logs.exceptions.ResourceNotFoundException as error:
            raise StartRefused(wording.log_group_missing()) from error

    def _ignoring_existing(self, call: Any, **arguments: str) -> None:
        try:
            call(**arguments)
        except self._logs.exceptions.ResourceAlreadyExistsException:
            return

    def put_lines(self, group: str, stream: str, lines: list[tuple[datetime, str]]) -> None:
        """Append lines to a stream; what CloudWatch refuses is lost, as with the real driver."""
        events = [{"timestamp": int(moment.timestamp() * 1000), "message": text} for moment, text in lines if text]
        for start in range(0, len(events), MAX_EVENTS):
            try:
                self._logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events[start : start + MAX_EVENTS])
            except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
                return


def split_reference(value_from: str) -> tuple[str, str, str, str]:
    """``arn:…:secret:NAME-SUFFIX:KEY:STAGE:VERSION`` in its four parts; those not given are empty."""
    parts = value_from.split(":")
    key, stage, version = (*parts[7:10], "", "", "")[:3]
    return ":".join(parts[:7]), key, stage, version


def pick(text: str, key: str) -> str:
    """One key of a secret that is a JSON object; what is not text comes as JSON.

    Raises StartRefused: it is no such object, or has no such key.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise StartRefused(wording.secret_not_json(key)) from error
    if not isinstance(found, dict) or key not in found:
        raise StartRefused(wording.secret_key_missing(key))
    return found[key] if isinstance(found[key], str) else json.dumps(found[key])
