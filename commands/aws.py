"""The thin edge to AWS: clients that retry, and refusals that become one named line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from commands.names import Names, here
from commands.report import Failure

ATTEMPTS = 8
"""Of one call, throttling and 5xx included; the waits between them grow to 20 s."""


def client(service: str, region: str) -> Any:
    """A boto3 client of that service. Credentials and endpoint come from the environment."""
    import boto3  # the verbs that need no cloud run without it
    from botocore.config import Config

    return boto3.client(service, region_name=region, config=Config(retries={"mode": "standard", "total_max_attempts": ATTEMPTS}))


class Cloud:
    """The account that a deploy is for: what everything is called there, and a client of each service, by its name."""

    def __init__(self, names: Names | None = None) -> None:
        self.names = names or here()
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        """A client of that service, made once."""
        if service not in self._clients:
            self._clients[service] = client(service, self.names.aws_region)
        return self._clients[service]


@contextmanager
def named(act: str) -> Iterator[None]:
    """Turn a refusal of AWS inside the block into a Failure that says what was tried: "describe the secret x: AccessDenied: ..."."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as refusal:
        error = refusal.response["Error"]
        raise Failure(": ".join(part for part in (act, error["Code"], error.get("Message")) if part)) from refusal
    except BotoCoreError as problem:
        raise Failure(f"{act}: {problem}") from problem
