"""A server that speaks S3, with signatures checked.

It is MiniStack (1.5.33), which pins a botocore of its own: the rehearsal's environment has it, or the Python that MINISTACK names. It
checks the signature, expiry, key, content type and content-length-range of a presigned POST, and the signature and expiry of a
presigned GET. It does not check that a bucket is in the region of its address, and it keeps what is posted in memory.
"""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from app.storage.s3 import S3Storage

SECONDS = 30

REHEARSAL = Path(__file__).parents[3] / "build" / "rehearsal" / "venv" / "bin" / "python"


@pytest.fixture(scope="session")
def s3_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where it listens."""
    python = os.environ.get("MINISTACK") or (str(REHEARSAL) if REHEARSAL.exists() else "")
    if not python:
        pytest.skip("no Python here has MiniStack: MINISTACK names none, and `make rehearsals` did not make one yet")
    state = tmp_path_factory.mktemp("ministack")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        "PATH": os.environ["PATH"],
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": "123456789012",
        "MINISTACK_REGION": "ap-northeast-2",
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AUTH": "true",
        "PERSIST_STATE": "0",
        "DOCKER_HOST": f"unix://{state}/no-docker",
        **{name: str(state) for name in ("HOME", "TMPDIR", "STATE_DIR")},
    }
    with (state / "log").open("wb") as log:
        server = subprocess.Popen([python, "-P", "-m", "ministack"], env=environ, cwd=state, stdout=log, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        wait(f"{address}/_ministack/health", server, state / "log")
        yield address
    finally:
        server.terminate()
        server.wait(SECONDS)


def wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until it answers."""
    until = time.monotonic() + SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, OSError):
            assert server.poll() is None and time.monotonic() < until, log.read_text(errors="replace")[-2000:]
            time.sleep(0.1)


@pytest.fixture
def s3(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Storage]:
    """A storage in a bucket of its own."""
    for name, value in {
        "AWS_ENDPOINT_URL_S3": s3_address,
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "ap-northeast-2",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    storage = S3Storage("files", "lms")
    storage.client.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    yield storage
    for found in storage.client.list_objects_v2(Bucket="files").get("Contents", ()):
        storage.client.delete_object(Bucket="files", Key=found["Key"])
    storage.client.delete_bucket(Bucket="files")
    storage.client.close()
    storage.copier.close()
