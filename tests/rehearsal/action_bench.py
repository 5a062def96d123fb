"""A bench for actions: plays one script of an action against a scripted AWS and writes down all that it did.

The same bench plays the real actions and their stand-ins, so that a test can lay the two notes side by side.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any
from urllib.parse import parse_qsl, urlsplit

JSONObject = dict[str, Any]
Answer = tuple[int, JSONObject | str]
"""HTTP status and body: an object travels as JSON, a text as XML."""
Script = Mapping[str, Sequence[Answer]]
"""What the scripted AWS answers to each action, call after call; the last answer repeats."""

FASTER = """
// Waiters poll every 15 s: let a second last a hundredth, on the clock and in every timer alike.
const start = Date.now(), now = Date.now, wait = setTimeout;
Date.now = () => start + (now() - start) * 100;
globalThis.setTimeout = (act, ms, ...rest) => wait(act, ms > 400 ? ms / 100 : ms, ...rest);
globalThis.setTimeout.__proto__ = wait;
"""
DOCKER = """#!/bin/sh
echo "$@" >>"$BENCH/docker.txt"
case "$*" in *refused*) echo "denied: wrong password" >&2; exit 1;; esac
"""


@dataclass
class Outcome:
    """All that a script did, in the order in which it did it."""

    exit_code: int
    calls: list[tuple[str, Any]]
    outputs: dict[str, str]
    exported: dict[str, str]
    state: dict[str, str]
    commands: list[str]
    docker: list[str]
    summary: str
    sent: list[tuple[dict[str, str], str]]

    def errors(self) -> list[str]:
        """The texts of the error annotations."""
        return [line.removeprefix("::error::") for line in self.commands if line.startswith("::error::")]


@dataclass
class ScriptedAws:
    """An AWS (and GitHub's token endpoint) that answers from a script and remembers what it was asked."""

    script: Script
    calls: list[tuple[str, Any]] = field(default_factory=list)
    sent: list[tuple[dict[str, str], str]] = field(default_factory=list)
    """Headers (lower case) and body of each POST, as they came."""
    url: str = ""

    def answer(self, action: str, body: object) -> Answer:
        """Remember the call; the next answer of the script, or a refusal if it has none."""
        turn = sum(1 for name, _ in self.calls if name == action)
        self.calls.append((action, body))
        answers = self.script.get(action) or [(400, {"__type": "NotInTheScript", "message": action})]
        return answers[min(turn, len(answers) - 1)]


@contextmanager
def scripted_aws(script: Script) -> Iterator[ScriptedAws]:
    """Serve `script` on a free port of this machine until the block ends."""
    aws = ScriptedAws(script)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(aws.answer("GET", dict(parse_qsl(urlsplit(self.path).query))))

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            aws.sent.append(({name.lower(): value for name, value in self.headers.items()}, raw))
            form = dict(parse_qsl(raw)) if "X-Amz-Target" not in self.headers else {}
            action = form.pop("Action", None) or self.headers["X-Amz-Target"].rpartition(".")[2]
            self.reply(aws.answer(action, form or json.loads(raw)))

        def reply(self, answer: Answer) -> None:
            status, body = answer
            text = body if isinstance(body, str) else json.dumps(body)
            self.send_response(status)
            self.send_header("Content-Type", "text/xml" if isinstance(body, str) else "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay quiet: the calls are in `ScriptedAws.calls`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    aws.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield aws
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def play(
    script: Path,
    inputs: Mapping[str, str],
    folder: Path,
    answers: Script | None = None,
    env: Mapping[str, str] | None = None,
    *,
    cancelled_after: str = "",
) -> Outcome:
    """Run an action's script as a runner would, in the empty folder `folder`, with time a hundred times as fast.

    A run that is `cancelled_after` a call is one that the runner interrupts (SIGINT) soon after it made that call.
    """
    folder.mkdir(parents=True)
    (folder / "faster.cjs").write_text(FASTER)
    (folder / "docker").write_text(DOCKER)
    (folder / "docker").chmod(0o755)
    files = {name: folder / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")}
    for path in files.values():
        path.touch()
    with scripted_aws(answers or {}) as aws:
        environ = _environ(folder, aws.url) | {name: str(path) for name, path in files.items()} | dict(env or {})
        environ |= {f"INPUT_{name.upper()}": value for name, value in inputs.items()}
        with subprocess.Popen([_node(), str(script)], env=environ, cwd=folder, stdout=PIPE, stderr=DEVNULL, text=True) as process:
            while cancelled_after and process.poll() is None:
                time.sleep(0.3)
                if any(action == cancelled_after for action, _ in aws.calls):
                    process.send_signal(signal.SIGINT)
            try:
                written, _ = process.communicate(timeout=60)
            finally:
                process.kill()
    stdout, docker = written.splitlines(), folder / "docker.txt"
    return Outcome(
        process.returncode,
        aws.calls,
        outputs=_pairs(files["GITHUB_OUTPUT"].read_text()),
        exported=_pairs(files["GITHUB_ENV"].read_text()),
        state=_pairs(files["GITHUB_STATE"].read_text()),
        commands=[line for line in stdout if line.startswith("::") and not line.startswith("::debug::")],
        docker=docker.read_text().splitlines() if docker.exists() else [],
        summary=files["GITHUB_STEP_SUMMARY"].read_text(),
        sent=aws.sent,
    )


def _node() -> str:
    node = shutil.which("node")
    assert node, "node 24 is not on PATH"
    return node


def _environ(folder: Path, url: str) -> dict[str, str]:
    """What a runner sets, and an AWS that is ours whatever this machine's own settings are."""
    return {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "HOME": str(folder),
        "BENCH": str(folder),
        "NODE_OPTIONS": f"--require {folder / 'faster.cjs'}",
        "AWS_ENDPOINT_URL": url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(folder),
        "RUNNER_TEMP": str(folder),
        "GITHUB_REPOSITORY": "example/lms",
        "GITHUB_WORKFLOW": "ship",
        "GITHUB_ACTION": "credentials",
        "GITHUB_ACTOR": "someone",
        "GITHUB_SHA": "0" * 40,
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_RUN_ID": "7",
        "GITHUB_SERVER_URL": "https://github.com",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{url}/token?environment=production",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "local",
    }


def _pairs(text: str) -> dict[str, str]:
    """The names and values of a file of workflow commands in its heredoc form; a later value wins."""
    return {name: value for name, _, value in re.findall(r"^(\S+?)<<(\S+)\n(.*?)\n?\2\n", text, re.MULTILINE | re.DOTALL)}
