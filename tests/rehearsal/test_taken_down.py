"""After everything else: what the rehearsal leaves behind. Needs a Docker engine."""

import contextlib
import os
from pathlib import Path

import pytest

from image.docker import docker
from tests.rehearsal import __main__ as rehearsal
from tests.rehearsal.engine import LABEL
from tests.rehearsal.live import Live
from tests.rehearsal.places import NOTES, STATE

pytestmark = pytest.mark.engine


def running(mark: str) -> list[str]:
    """The processes whose command line holds `mark`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if mark.encode() in (line := path.read_bytes()) and path.parent.name != str(os.getpid()):
                found.append(line.decode())
    return found


def test_nothing_is_left_behind(live: Live) -> None:
    private = "engine_pid" in NOTES.read()
    rehearsal.down()
    assert not STATE.exists()
    assert running("tests.rehearsal.aws") == []
    assert running(str(STATE)) == [], "PostgreSQL and a private engine name their folder"
    assert str(STATE) not in Path("/proc/mounts").read_text()
    if not private:
        assert docker("ps", "--all", "--quiet", "--filter", f"label={LABEL}") == ""
        assert docker("network", "ls", "--quiet", "--filter", f"label={LABEL}") == ""
