"""Files in a bucket, asked of a small server that answers as S3 does."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest

from app.storage import StorageError
from app.storage.s3 import S3Storage

STATUS = {"here": 200, "private": 403}
"""What the server says to the owner of these credentials; any other bucket is not there."""


class Buckets(BaseHTTPRequestHandler):
    """HeadBucket, by path: an endpoint that is an address has no room for the bucket in its name."""

    def do_HEAD(self) -> None:
        """Answer with a status alone, as S3 does."""
        signed = "Credential=key/" in self.headers.get("Authorization", "")
        self.send_response(STATUS.get(self.path.strip("/"), 404) if signed else 403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in http.server
        """Say nothing."""


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The server's address, in the environment with credentials that it knows."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Buckets) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        for name, value in {
            "AWS_ENDPOINT_URL_S3": address,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "ap-northeast-2",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the credentials that it saw first
        yield address
        server.shutdown()
        thread.join()


def check(bucket: str) -> None:
    """Ask for that bucket, and hang up."""
    storage = S3Storage(bucket, "prefix")
    try:
        storage.check()
    finally:
        storage.client.close()


def test_a_bucket_that_answers_is_well(endpoint: str) -> None:
    check("here")


@pytest.mark.parametrize(("bucket", "code"), [("private", "403"), ("absent", "404")])
def test_a_bucket_that_refuses_is_named_with_its_code(endpoint: str, bucket: str, code: str) -> None:
    with pytest.raises(StorageError, match=f"^bucket {bucket}: {code}$"):
        check(bucket)


def test_an_endpoint_where_nobody_listens_is_told(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Buckets) as closed:
        port = closed.server_port
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
    with pytest.raises(StorageError, match=r"^bucket here: EndpointConnectionError$"):
        check("here")


def test_missing_credentials_are_told(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StorageError, match=r"^bucket here: NoCredentialsError$"):
        check("here")


def test_a_name_that_no_bucket_can_have_is_told(endpoint: str) -> None:
    with pytest.raises(StorageError, match=r"^bucket no such bucket: ParamValidationError$"):
        check("no such bucket")


def test_an_endpoint_that_is_no_address_is_told(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "s3.example.com")
    with pytest.raises(StorageError, match=r"^bucket here: "):
        S3Storage("here", "").check()


def test_a_profile_that_is_not_there_is_told(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(StorageError, match=r"^bucket here: ProfileNotFound$"):
        S3Storage("here", "").check()


def test_the_slow_library_is_loaded_at_first_use_only() -> None:
    code = "import sys; from app.storage import open_storage; open_storage('s3://bucket/prefix'); print('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
