"""A server under limits: started, waited for, measured, stopped."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import psutil

from tests.bench.limits import Limits

ROOT = Path(__file__).parents[2]
GUNICORN = [str(Path(sys.executable).parent / "gunicorn"), "--config", str(ROOT / "gunicorn.conf.py")]
SECONDS = 60
"""What a start may take."""


@dataclass
class Served:
    """A running server."""

    process: psutil.Process
    port: int
    first_answer_seconds: float
    """From exec to the first answer."""

    def _family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """What the server has used, all processes together."""
        return sum(times.user + times.system for times in (each.cpu_times() for each in self._family()))

    def memory_mib(self) -> float:
        """What the server holds, all processes together; shared pages count once."""
        return float(sum(each.memory_full_info().pss for each in self._family())) / 2**20


@contextmanager
def served(app: str, port: int, environ: Mapping[str, str], limits: Limits, log: Path, folder: Path = ROOT) -> Iterator[Served]:
    """Serve `app` from `folder` with the LMS's own gunicorn settings."""
    with log.open("ab") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*GUNICORN, "--chdir", str(folder), app],
            env=environ,
            cwd=ROOT,
            stdout=output,
            stderr=output,
            preexec_fn=limits.enter,  # noqa: PLW1509 - this process has one thread
        )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - began > SECONDS:
                raise SystemExit(f"bench: {app} does not answer; the end of its log:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.01)
        yield Served(psutil.Process(process.pid), port, time.perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    """Whether the LMS is healthy; the floor knows no such path, and any answer of its will do."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status != 503
    except OSError:
        return False
    finally:
        connection.close()
