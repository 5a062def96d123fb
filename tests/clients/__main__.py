"""python -m tests.clients [NAME ...]: let each client, or those named, work with the LMS at LMS_URL as the admin whose token is LMS_TOKEN.

Without LMS_URL an LMS of its own is served. Prints a line a check; the exit code is 1 if one failed.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from canvasapi.exceptions import CanvasException

from tests.acceptance.live import Lms, served
from tests.clients import canvas_mcp, canvaslms, kth
from tests.clients.checks import Checks, say

CLIENTS: dict[str, Callable[[Lms, Path, Checks], None]] = {
    "@kth/canvas-api": kth.work,
    "canvaslms": canvaslms.work,
    "canvas-mcp": canvas_mcp.work,
}


@contextmanager
def reached(folder: Path) -> Iterator[Lms]:
    """The LMS that the environment names, or one of our own."""
    if url := os.environ.get("LMS_URL"):
        try:
            lms = Lms(url.rstrip("/"), os.environ.get("LMS_TOKEN", ""), None)
        except (requests.RequestException, CanvasException) as problem:
            sys.exit(f"clients: no LMS at {url} for the admin of LMS_TOKEN: {problem}")
        yield lms
        return
    with served(f"sqlite:///{folder / 'lms.sqlite'}", folder) as lms:
        yield lms


def main(names: list[str]) -> int:
    """Let the clients work; returns the exit code."""
    if unknown := set(names) - CLIENTS.keys():
        sys.stderr.write(f"clients: there is no {', '.join(sorted(unknown))}; there are {', '.join(CLIENTS)}\n")
        return 2
    counts: list[Checks] = []
    with tempfile.TemporaryDirectory() as folder, reached(Path(folder)) as lms:
        for name in names or CLIENTS:
            home = Path(folder) / f"home-{len(counts)}"
            home.mkdir()
            checks = Checks(name)
            with checks.check("works to its end"):
                CLIENTS[name](lms, home, checks)
            counts.append(checks)
    say("\n".join(f"{each.client}: {each.passed} checks passed, {each.failed} failed" for each in counts))
    return 1 if any(each.failed for each in counts) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
