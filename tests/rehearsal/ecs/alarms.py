"""The alarms of CloudWatch, as ECS asks for them while a deployment goes on."""

import logging
import time
from collections.abc import Sequence

import boto3
import botocore.config
import botocore.exceptions

from tests.rehearsal.ecs.ports import AlarmState

logger = logging.getLogger(__name__)
EVERY = 0.5
"""Seconds between two questions."""


class CloudWatch:
    """Asks one endpoint, and remembers the answer for a moment. Not safe to use from several threads."""

    def __init__(self, *, account: str, region: str, endpoint_url: str) -> None:
        session = boto3.session.Session(aws_access_key_id=account, aws_secret_access_key="rehearsal", region_name=region)
        config = botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10)
        self._client = session.client("cloudwatch", endpoint_url=endpoint_url, config=config)
        self._known: dict[tuple[str, ...], tuple[float, list[AlarmState]]] = {}

    def look(self, names: Sequence[str]) -> list[AlarmState]:
        """Those of these alarms that there are; as at AWS, one that cannot be asked for is missed."""
        at, found = self._known.get(tuple(names), (0.0, []))
        if time.monotonic() < at + EVERY:
            return found
        try:
            answer = self._client.describe_alarms(AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
            logger.exception("CloudWatch does not tell of %s", names)
            return found
        found = [
            AlarmState(each["AlarmName"], each["StateValue"] == "ALARM", each.get("Period", 0) * each.get("EvaluationPeriods", 1))
            for kind in ("MetricAlarms", "CompositeAlarms")
            for each in answer.get(kind, [])
        ]
        self._known[tuple(names)] = time.monotonic(), found
        return found
