"""MiniStack as a child process: in memory, on a free loopback port, without Docker."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

STARTED, STOPPED = 30.0, 10.0  # seconds until it counts as failed
CHILD = str(Path(__file__).with_name("ministack_child.py"))  # with -P: its folder must hide no module of MiniStack's
INHERITED = ("PATH", "LANG", "VIRTUAL_ENV", "PYTHONPATH")


class NotStarted(Exception):
    """MiniStack ended or did not answer in time; the message holds the end of its log."""


def variables(base: Mapping[str, str], *, account: str, region: str, port: int, state: Path, enforce: bool) -> dict[str, str]:
    """The environment of the process: nothing of ours but the path, so that no AWS or Docker setting reaches it."""
    return {name: base[name] for name in INHERITED if name in base} | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": account,
        "MINISTACK_REGION": region,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AUTH": str(enforce).lower(),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "0",
        "DOCKER_HOST": f"unix://{state}/no-docker",  # it would sweep containers of its own away, and start some
        "HOME": str(state),
        "TMPDIR": str(state),
        "STATE_DIR": str(state / "state"),
    }


class MiniStack:
    """A running MiniStack; `state` is a folder for its log and whatever it writes.

    With `enforce` it checks signatures and the identity policies of assumed roles; the account's root may do everything.

    Raises:
        NotStarted: it did not come up within 30 seconds.

    """

    def __init__(self, *, account: str, region: str, state: Path, enforce: bool = False) -> None:
        self.port = _free_port()
        self._log = state / "ministack.log"
        environment = variables(os.environ, account=account, region=region, port=self.port, state=state, enforce=enforce)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", CHILD],
                env=environment,
                cwd=state,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return "127.0.0.1", self.port

    def running(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    def close(self) -> None:
        """Stop it, by force after ten seconds."""
        self._process.terminate()
        try:
            self._process.wait(STOPPED)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        until = time.monotonic() + STARTED
        while time.monotonic() < until and self.running():
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_ministack/health", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise NotStarted(f"MiniStack did not start:\n{self._log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
