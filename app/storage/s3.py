"""Files in an S3 bucket, below a prefix."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.storage.problems import StorageError

CONNECT_SECONDS = 3
READ_SECONDS = 5
COPY_SECONDS = 60
"""S3 copies a gigabyte in less."""


@dataclass(frozen=True, slots=True)
class Form:
    """Where a client posts a file, and the fields before it."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True)
class S3Storage:
    """One bucket. Region, credentials and endpoint come from the environment, as boto3 finds them."""

    bucket: str
    prefix: str

    @cached_property
    def client(self) -> Any:
        """The S3 client, made at first use: importing boto3 is the slowest part of a start."""
        return self._client(READ_SECONDS)

    @cached_property
    def copier(self) -> Any:
        """A client that waits longer."""
        return self._client(COPY_SECONDS)

    def _client(self, read_seconds: int) -> Any:
        import boto3
        from botocore.config import Config

        # The bucket's own regional name: the global one answers a POST to a young bucket with a redirect that no form follows.
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=read_seconds,
            retries={"total_max_attempts": 2},
            signature_version="s3v4",
            s3={"addressing_style": "virtual"},
        )
        return boto3.client("s3", config=config)

    def check(self) -> None:
        """Ask for the bucket's head: it exists and these credentials may see it."""
        with self._told():
            self.client.head_bucket(Bucket=self.bucket)

    def upload_form(self, key: str, content_type: str, most: int, seconds: int, then: str) -> Form:
        """A presigned POST: S3 itself refuses another key, another type, more bytes and a later hour."""
        fields = {"Content-Type": content_type, "success_action_redirect": then}
        conditions = [*({name: value} for name, value in fields.items()), ["content-length-range", 0, most]]
        with self._told():
            form = self.client.generate_presigned_post(
                Bucket=self.bucket, Key=self._name(key), Fields=fields, Conditions=conditions, ExpiresIn=seconds
            )
        return Form(form["url"], form["fields"])

    def link(self, key: str, content_type: str, disposition: str, seconds: int) -> str:
        """A presigned GET."""
        params = {**self._at(key), "ResponseContentType": content_type, "ResponseContentDisposition": disposition}
        with self._told():
            url: str = self.client.generate_presigned_url("get_object", Params=params, ExpiresIn=seconds)
        return url

    def size(self, key: str) -> int | None:
        """By its head. Without the right to list the bucket S3 calls what is not there forbidden."""
        from botocore.exceptions import ClientError

        with self._told():
            try:
                size: int = self.client.head_object(**self._at(key))["ContentLength"]
            except ClientError as refusal:
                if refusal.response["Error"]["Code"] in ("404", "NoSuchKey"):
                    return None
                raise
        return size

    def copy(self, source: str, target: str) -> None:
        """Within the bucket: the bytes do not come here."""
        with self._told():
            self.copier.copy_object(**self._at(target), CopySource=self._at(source))

    def put(self, key: str, content: bytes) -> None:
        """In place of what was there."""
        with self._told():
            self.copier.put_object(**self._at(key), Body=content)

    def delete(self, key: str) -> None:
        """S3 does not mind if it is gone."""
        with self._told():
            self.client.delete_object(**self._at(key))

    def _name(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self._name(key)}

    @contextmanager
    def _told(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as refusal:
            raise StorageError(f"bucket {self.bucket}: {refusal.response['Error']['Code']}") from refusal
        except (BotoCoreError, ValueError) as problem:
            raise StorageError(f"bucket {self.bucket}: {type(problem).__name__}") from problem
