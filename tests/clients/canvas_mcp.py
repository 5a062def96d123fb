"""Stub."""
from pathlib import Path
from tests.acceptance.live import Lms
from tests.clients.checks import Checks


def work(lms: Lms, home: Path, checks: Checks) -> None:
    """Nothing yet."""
