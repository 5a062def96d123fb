"""What a job's own OIDC token says of it, and the verdict that shows it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from commands import github
from commands.report import Failure
from commands.trust import AUDIENCE, ISSUER
from pipeline import __main__ as command
from tests.pipeline.conftest import Workflow
from tests.pipeline.hub import NUMBERED
from tests.rehearsal.aws.oidc import Issuer


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The endpoint that gives a job its token; the list holds the claims, or what is answered instead, then what was asked."""
    claims = {
        "sub": f"{NUMBERED}:environment:production",
        "aud": AUDIENCE,
        "ref": "refs/heads/main",
        "actor": "somebody",
        "head_ref": "\u00ff?>",
    }
    held: list[Any] = [{"value": Issuer().sign(claims, 0)}]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            held.append((self.path, self.headers["Authorization"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(held[0]).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"http://127.0.0.1:{server.server_address[1]}/token?api-version=2.0")
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "r3quest")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield held
        server.shutdown()
        thread.join()


def test_a_jobs_own_token_says_its_subject_and_no_more(token: list[Any]) -> None:
    assert github.claims() == {"sub": f"{NUMBERED}:environment:production", "aud": AUDIENCE, "ref": "refs/heads/main"}
    assert token[1:] == [("/token?api-version=2.0&audience=sts.amazonaws.com", "Bearer r3quest")]


@pytest.mark.parametrize("answered", [{"message": "no"}, {"value": "x"}, {"value": "a.b.c"}, {"value": "a.e30.c"}])
def test_an_answer_that_is_no_token_is_a_failure_of_one_line(answered: dict[str, str], token: list[Any]) -> None:
    token[0] = answered
    with pytest.raises(Failure, match=r"^this job's token: \w+: does the job have `id-token: write`\?$"):
        github.claims()


def test_a_job_without_a_token_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL", raising=False)
    with pytest.raises(Failure, match="this job's token: ValueError"):
        github.claims()


def test_a_refused_subject_is_in_the_verdict_with_the_line_to_paste(
    token: list[Any], workflow: Workflow, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["verdict", "--steps", "role=failure"]) == 1
    lines = capsys.readouterr().out.splitlines()
    sub = f"{NUMBERED}:environment:production"
    assert {f"verdict: this job's sub: {sub}", f"verdict: this job's aud: {AUDIENCE}", "verdict: this job's ref: refs/heads/main"} <= set(
        lines
    )
    assert any(f'fix: Put this into the role\'s trust policy: "{ISSUER}:sub": "{sub}".' in line for line in lines)
    assert "somebody" not in "".join(lines)


def test_a_verdict_without_a_token_keeps_what_it_knows(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL", raising=False)
    assert command.main(["verdict", "--steps", "role=failure"]) == 1
    said = capsys.readouterr().out
    assert "verdict: not read: this job's token: ValueError" in said
    assert "repositories made since July 2026 are OWNER@ID/NAME@ID there" in said
