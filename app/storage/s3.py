"""Files in an S3 bucket, below a prefix."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.storage.problems import StorageError

CONNECT_SECONDS = 3
READ_SECONDS = 5


@dataclass(frozen=True)
class S3Storage:
    """One bucket. Region, credentials and endpoint come from the environment, as boto3 finds them."""

    bucket: str
    prefix: str

    @cached_property
    def client(self) -> Any:
        """The S3 client, made at first use: importing boto3 is the slowest part of a start."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3", config=Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 2})
        )

    def check(self) -> None:
        """Ask for the bucket's head: it exists and these credentials may see it."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self.client.head_bucket(Bucket=self.bucket)
        except ClientError as refusal:
            raise StorageError(f"bucket {self.bucket}: {refusal.response['Error']['Code']}") from refusal
        except (BotoCoreError, ValueError) as problem:
            raise StorageError(f"bucket {self.bucket}: {type(problem).__name__}") from problem
