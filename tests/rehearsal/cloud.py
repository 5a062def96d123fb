"""The processes of one rehearsal beside the engine: the embedded AWS and the PostgreSQL that the tasks use."""

import json
import secrets
import shutil
import socket
import time
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import requests

from commands.report import Failure
from image import postgres
from tests.rehearsal.engine import GATEWAY, NETWORK, SUBNET
from tests.rehearsal.places import NOTES, STATE, VENV, end, last_line, spawn
from tests.rehearsal.policies import OWNER_ID, REPOSITORY_ID

SECONDS = 60


@dataclass(frozen=True)
class Cloud:
    """Where the embedded AWS is reached."""

    endpoint: str
    balancer: str
    oidc_url: str
    oidc_token: str

    @classmethod
    def noted(cls) -> "Cloud":
        """The one that runs. Raises Failure if none does."""
        return cls(**NOTES["cloud"])


def answers() -> bool:
    """Whether the embedded AWS that was noted still runs: notes survive a restart of the machine, processes do not."""
    try:
        return requests.get(f"{Cloud.noted().endpoint}/_ministack/health", timeout=5).ok
    except requests.RequestException:
        return False


def free_port(preferred: int, address: str = "127.0.0.1") -> int:
    """`preferred` if nobody listens there, else any free port of that address."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise Failure(f"no free port at {address}")


def start_aws(workflows: Path) -> Cloud:
    """Start the embedded AWS as a process of its own; it ends with `stop_aws`. Raises Failure with its last line if it does not come up."""
    ready, log = STATE / "ready.json", STATE / "aws.log"
    ready.unlink(missing_ok=True)
    NOTES.write(cloud=None)
    options = {
        "state": STATE,
        "docker-host": NOTES["docker_host"],
        "network": NETWORK,
        "gateway": GATEWAY,
        "port": free_port(4566),
        "balancer-port": free_port(8080),
        "workflows": workflows,
        "identifiers": f"{OWNER_ID}:{REPOSITORY_ID}",
    }
    arguments = ["--enforce", *(part for name, value in options.items() for part in (f"--{name}", str(value)))]
    process = spawn([VENV / "bin" / "python", "-m", "tests.rehearsal.aws", *arguments], log)
    NOTES.write(aws_pid=process.pid)
    deadline = time.monotonic() + SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Failure(f"the embedded AWS did not start: {last_line(log)}")
        time.sleep(0.1)
    found: dict[str, Any] = json.loads(ready.read_text())
    NOTES.write(registry=found["endpoint"].removeprefix("http://"))
    cloud = {name: found[name] for name in ("endpoint", "balancer", "oidc_url", "oidc_token")}
    NOTES.write(cloud=cloud)
    return Cloud(**cloud)


def start_database() -> str:
    """Start the PostgreSQL of the tasks; returns its URL as they reach it."""
    folder = STATE / "postgres"
    shutil.rmtree(folder, ignore_errors=True)  # of a set-up that did not come to its end
    folder.mkdir(parents=True)
    port = free_port(5432, GATEWAY)
    NOTES.write(postgres=str(folder))
    return postgres.start(folder, GATEWAY, port, IPv4Network(SUBNET), secrets.token_hex(12)).url


def stop() -> None:
    """End both, whatever of them runs; the tasks' containers end with the embedded AWS. So does what an interrupted boot left."""
    notes = NOTES.read()
    for left in (STATE / "tmp").glob("pg*"):
        postgres.stop(left)
    if pid := notes.get("aws_pid"):
        end(int(pid), "tests.rehearsal.aws")
    if folder := notes.get("postgres"):
        postgres.stop(Path(folder))
