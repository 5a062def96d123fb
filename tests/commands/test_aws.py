"""The edge to AWS: who is asked where, how often, and what a refusal says."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.exceptions import EndpointConnectionError

from commands import aws
from commands.report import Failure
from tests.pipeline.conftest import refusal


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An AWS that is always too busy: what it was asked. Nobody waits between attempts."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.headers["X-Amz-Target"])
            body = b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'
            self.send_response(400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setattr("time.sleep", lambda _: None)
        yield asked
        server.shutdown()
        thread.join()


def test_a_busy_aws_is_asked_again_and_then_named(busy: list[str]) -> None:
    ecs = aws.client("ecs", "eu-west-1")
    with pytest.raises(Failure) as refused, aws.named("describe the service"):
        ecs.describe_services(cluster="c", services=["s"])
    ecs.close()
    assert ecs.meta.region_name == "eu-west-1"
    assert str(refused.value) == "describe the service: ThrottlingException: Rate exceeded"
    assert busy == ["AmazonEC2ContainerServiceV20141113.DescribeServices"] * aws.ATTEMPTS


def test_a_refusal_without_words_is_named_by_its_code() -> None:
    problem = refusal("AccessDenied")
    del problem.response["Error"]["Message"]
    with pytest.raises(Failure, match=r"^start the task: AccessDenied$"), aws.named("start the task"):
        raise problem


def test_an_aws_that_cannot_be_reached_is_named() -> None:
    with pytest.raises(Failure, match=r'^start the task: Could not connect to the endpoint URL: "https://x"'), aws.named("start the task"):
        raise EndpointConnectionError(endpoint_url="https://x")


def test_what_is_no_refusal_stays_what_it_is() -> None:
    with pytest.raises(KeyError), aws.named("start the task"):
        raise KeyError("a bug")
    with aws.named("nothing happens"):
        pass
