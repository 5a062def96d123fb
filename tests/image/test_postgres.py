"""The throw-away PostgreSQL: a real one, on this machine's own address."""

import os
import socket
from contextlib import closing
from ipaddress import IPv4Network
from pathlib import Path

import psutil
import psycopg
import pytest

from image import postgres


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def bad(url: str) -> str:
    """The address with another password."""
    return url.replace("lms:", "lms:not")


def alive(process: psutil.Process) -> bool:
    """Whether it still does anything: one that has ended may wait a moment for its parent to notice."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_server_lets_in_who_knows_the_password_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nowhere")
    with postgres.running("127.0.0.1", free_port(), IPv4Network("127.0.0.0/8")) as server:
        assert os.environ["XDG_RUNTIME_DIR"] == "/nowhere"
        with closing(psycopg.connect(server.url)) as connection:
            assert connection.execute("SELECT current_user, current_database()").fetchone() == ("lms", "lms")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"), closing(psycopg.connect(bad(server.url))):
            pass
        process = psutil.Process(int((server.folder / "data/postmaster.pid").read_text().split()[0]))
        assert alive(process)
        monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert "XDG_RUNTIME_DIR" not in os.environ
    assert not alive(process)
    assert not server.folder.exists()


def test_stopping_what_does_not_run_is_no_fault(tmp_path: Path) -> None:
    postgres.stop(tmp_path)
    assert list(tmp_path.iterdir()) == []
