"""What every part of the rehearsal uses: its folders below build/rehearsal, its notes, its processes, a line for each step."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.report import Failure, say

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "rehearsal"
VENV = BUILD / "venv"
"""Tools with pinned versions; they stay when the rehearsal is taken down, as .venv does."""
STATE = Path(os.environ.get("REHEARSAL_STATE", BUILD / "state")).resolve()
"""Everything that one rehearsal makes; taken down, it is gone."""


@dataclass(frozen=True)
class Notes:
    """What one rehearsal must know to be used again and to be taken down: a JSON file, written anew at each step."""

    file: Path

    def read(self) -> dict[str, Any]:
        """Everything noted; empty before the first note."""
        return dict(json.loads(self.file.read_text())) if self.file.exists() else {}

    def write(self, **values: Any) -> None:
        """Note these as well."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(self.read() | values, indent=1))

    def __getitem__(self, name: str) -> Any:
        notes = self.read()
        if notes.get(name) is None:
            raise Failure(f"no rehearsal is up here (nothing noted of {name}): run make rehearse")
        return notes[name]


NOTES = Notes(STATE / "notes.json")


@contextmanager
def step(name: str) -> Iterator[list[str]]:
    """Print one line with the step's seconds when it ends; the block may append what it found to the list."""
    began = time.monotonic()
    found: list[str] = []
    try:
        yield found
    except BaseException:
        say(f"{time.monotonic() - began:7.1f} s  {name}: failed")
        raise
    say(f"{time.monotonic() - began:7.1f} s  {name}{': ' if found else ''}{', '.join(found)}")


def wait_for(what: str, seconds: float, ready: Any, every: float = 0.1) -> None:
    """Call `ready` until it is true. Raises Failure, naming `what`, when `seconds` have passed."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise Failure(f"{what} was not ready after {seconds:.0f} s")
        time.sleep(every)


_STARTED: dict[int, "subprocess.Popen[bytes]"] = {}
"""The processes that this one started: only a parent can wait for them."""


def spawn(command: Sequence[str | Path], log: Path) -> "subprocess.Popen[bytes]":
    """Start a process that outlives this one, its output in `log`; `end` ends it."""
    with log.open("ab") as output:
        process = subprocess.Popen(list(command), cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    _STARTED[process.pid] = process
    return process


def last_line(log: Path) -> str:
    """The last line of a log."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1][-300:] if lines else "no output"


def end(pid: int, mark: str, seconds: float = 60) -> None:
    """End a process whose command line holds `mark`, by SIGKILL after `seconds`; nothing if it is gone, or its number somebody else's."""

    def runs() -> bool:
        if process := _STARTED.get(pid):
            return process.poll() is None
        command = Path(f"/proc/{pid}/cmdline")  # empty for one that has ended and was not waited for
        return command.exists() and mark.encode() in command.read_bytes()

    deadline = time.monotonic() + seconds
    if runs():
        os.kill(pid, signal.SIGTERM)
    while runs():
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)  # `spawn` made it the first of its group: what it started must not outlive it
            deadline = float("inf")
        time.sleep(0.1)
