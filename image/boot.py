"""boot: start the image that was built as Fargate will, before anybody sees it.

With the task definition's CPU, memory, user, read-only root, environment, port, health check and stop time-out; with an empty
PostgreSQL that its own migrations fill, and a bucket that only says that it is there. What stops a deploy at start-up stops it
here, on the runner, with the log at hand.
"""

import re
import shlex
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from commands.names import TASK_DEFINITION, container_of, read_definition
from commands.report import Failure, say, summary
from commands.verbs import Found, Options, option, takes
from image import postgres
from image.docker import compressed_bytes, docker, inspect, logs
from pipeline import migrate, smoke

LARGEST_MB = 70
"""Compressed, in millions of bytes: a larger image starts later, and so do the tasks that a failing one is replaced by."""
LABEL = "nations-lab-lms.boot=1"
"""Of everything that a boot makes on the engine, so that what an interrupted one leaves can be found."""
ADDRESS = "http://boot.test"
"""The BASE_URL of the booted container: requests name its host."""
EXCEPTION = re.compile(r"[A-Za-z_.]+(Error|Exception): |lms: ")
"""A line in which Python names an exception, or the app the setting that is missing."""


@dataclass(frozen=True)
class Boot:
    """What was measured."""

    healthy_seconds: float
    stop_seconds: float
    memory_mib: float
    megabytes: float

    def __str__(self) -> str:
        return (
            f"healthy {self.healthy_seconds:.1f} s after start, {self.memory_mib:.0f} MiB used, "
            f"stopped in {self.stop_seconds:.1f} s, {self.megabytes:.1f} MB compressed"
        )


def environment(container: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """The environment of the booted container: the task definition's own, with `given` in place of what only the cloud knows.

    Raises Failure if the task definition names a secret that `given` has no value for.
    """
    plain = {entry["name"]: entry["value"] for entry in container.get("environment", [])}
    secret = [entry["name"] for entry in container.get("secrets", [])]
    if missing := [name for name in secret if name not in given]:
        raise Failure(f"the task definition has the secret {missing[0]}, which the boot test has no value for")
    return plain | {name: value for name, value in given.items() if name in plain or name in secret or name.startswith("AWS_")}


def limits(definition: Mapping[str, Any]) -> list[str]:
    """Flags of `docker run` for what every task of this definition gets: CPU, memory, user, root, scratch volumes."""
    container = container_of(definition)
    memory = f"{definition['memory']}m"
    flags = ["--cpus", str(int(definition["cpu"]) / 1024), "--memory", memory, "--memory-swap", memory]
    if container.get("readonlyRootFilesystem"):
        flags.append("--read-only")
    if container.get("linuxParameters", {}).get("initProcessEnabled"):
        flags.append("--init")
    if user := container.get("user"):
        flags += ["--user", user]
    for mount in container.get("mountPoints", []):
        flags += ["--mount", f"type=volume,destination={mount['containerPath']}"]
    return flags


def health_flags(check: Mapping[str, Any]) -> list[str]:
    """Flags of `docker run` for a task definition's health check. Raises Failure on a command that ECS would not run."""
    kind, *command = check["command"]
    if kind not in ("CMD", "CMD-SHELL") or not command:
        raise Failure(f"the health check's command must begin with CMD or CMD-SHELL: {check['command']}")
    return [
        *("--health-cmd", command[0] if kind == "CMD-SHELL" else shlex.join(command)),
        *("--health-interval", f"{check.get('interval', 30)}s"),
        *("--health-timeout", f"{check.get('timeout', 5)}s"),
        *("--health-retries", str(check.get("retries", 3))),
        *("--health-start-period", f"{check.get('startPeriod', 0)}s"),
    ]


def patience(check: Mapping[str, Any]) -> float:
    """Seconds after which a container that is not healthy has failed, as ECS counts them, and one interval more."""
    return float(check.get("startPeriod", 0) + (check.get("retries", 3) + 1) * check.get("interval", 30))


def verdict(state: Mapping[str, Any]) -> str:
    """Why a container is not healthy, from the engine's state of it; empty while it may still become so."""
    if state.get("OOMKilled"):
        return "out of memory: the kernel ended it"
    if state["Status"] in ("exited", "dead"):
        return f"it exited with {state['ExitCode']} before it was healthy"
    health = state.get("Health", {})
    if health.get("Status") == "unhealthy":
        said = (health.get("Log") or [{}])[-1]
        return f"its health check fails (exit code {said.get('ExitCode')}): {str(said.get('Output', '')).strip()[-200:] or 'no output'}"
    return ""


class _Bucket(BaseHTTPRequestHandler):
    """Says of every bucket that it is there."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def bucket(address: str) -> Iterator[str]:
    """Storage that has every bucket, at an address of this machine: its URL."""
    with ThreadingHTTPServer((address, 0), _Bucket) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{address}:{server.server_address[1]}"
        finally:
            server.shutdown()


@contextmanager
def surroundings() -> Iterator[tuple[str, dict[str, str]]]:
    """A network with a database and a bucket on it: its name, and the settings by which a container finds them."""
    network = docker("network", "create", "--label", LABEL, f"lms-boot-{int(time.time() * 1000)}")
    try:
        config = inspect(network)["IPAM"]["Config"][0]
        address = config["Gateway"].partition("/")[0]
        with bucket(address) as storage, postgres.running(address, 5432, IPv4Network(config["Subnet"])) as server:
            yield (
                network,
                {
                    "DATABASE_URL": server.url,
                    "SECRET_KEY": "only for the boot of an image on a runner",
                    "BASE_URL": ADDRESS,
                    "AWS_ENDPOINT_URL_S3": storage,
                    "AWS_ACCESS_KEY_ID": "boot",
                    "AWS_SECRET_ACCESS_KEY": "boot",
                    "AWS_REGION": "us-east-1",
                },
            )
    finally:
        docker("network", "rm", network)


def boot(image: str, definition: Mapping[str, Any], commit: str) -> Boot:
    """Migrate, start, ask and stop `image`. Raises Failure, with the container's log before it, if any of that goes wrong."""
    container = container_of(definition)
    declared = inspect(image)["Config"].get("Volumes") or {}
    if missing := [mount["containerPath"] for mount in container.get("mountPoints", []) if mount["containerPath"] not in declared]:
        raise Failure(f"the Dockerfile needs VOLUME {missing[0]}: else it belongs to root on Fargate, and the app cannot write there")
    megabytes = compressed_bytes(image) / 1e6
    if megabytes > LARGEST_MB:
        raise Failure(f"the image has {megabytes:.1f} MB compressed, more than {LARGEST_MB}")
    with surroundings() as (network, given):
        settings = [flag for name, value in environment(container, given).items() for flag in ("--env", f"{name}={value}")]
        common = ["--label", LABEL, "--network", network, *limits(definition), *settings]
        _migrate(image, common)
        ports = ["--publish", f"127.0.0.1::{container['portMappings'][0]['containerPort']}"]
        began = time.monotonic()
        running = docker("run", "--detach", *common, *health_flags(container["healthCheck"]), *ports, image)
        try:
            healthy = _wait(running, began, patience(container["healthCheck"]))
            _ask(f"http://{docker('port', running).split(' -> ')[1].splitlines()[0]}", commit)
            memory = _memory(running)
            stop = _stop(running, int(container.get("stopTimeout", 30)))
        except Failure as problem:
            raise Failure(f"{problem}; its last words: {_last_words(running)}") from problem
        finally:
            docker("rm", "--force", "--volumes", running)
    return Boot(healthy, stop, memory, megabytes)


def _migrate(image: str, common: Sequence[str]) -> None:
    running = docker("run", "--detach", *common, image, *migrate.COMMAND)
    try:
        code = docker("wait", running)
        if code != "0":
            raise Failure(f"the image cannot migrate an empty database: exit code {code}: {_last_words(running)}")
    finally:
        docker("rm", "--force", "--volumes", running)


def last_words(log: str) -> str:
    """The line of a log that names what went wrong: its last exception, else its last line."""
    lines = log.strip().splitlines()
    exceptions = [line for line in lines if EXCEPTION.match(line)]
    return (exceptions or lines or ["it wrote nothing"])[-1][-300:]


def _last_words(running: str) -> str:
    """Shows the container's log and returns what it died of."""
    text = logs(running)
    say(text.strip())
    return last_words(text)


def _wait(running: str, began: float, seconds: float) -> float:
    while time.monotonic() - began < seconds:
        state = inspect(running)["State"]
        if problem := verdict(state):
            raise Failure(f"the image does not boot: {problem}")
        if state.get("Health", {}).get("Status") == "healthy":
            return time.monotonic() - began
        time.sleep(0.2)
    raise Failure(f"the image does not boot: not healthy after {seconds:.0f} s")


def _ask(address: str, commit: str) -> None:
    """By the port of the task definition: a health check may well ask another."""
    host = {"Host": urlsplit(ADDRESS).netloc}
    smoke.smoke(address, commit, pause=0, times=1, headers=host)


def _memory(running: str) -> float:
    usage = docker("stats", "--no-stream", "--format", "{{.MemUsage}}", running).partition("/")[0].strip()
    return float(usage.removesuffix("MiB")) if usage.endswith("MiB") else 0.0


def _stop(running: str, seconds: int) -> float:
    began = time.monotonic()
    docker("stop", "-t", str(seconds), running)
    if code := inspect(running)["State"]["ExitCode"]:
        raise Failure(f"the container did not end cleanly within its stopTimeout of {seconds} s: exit code {code}")
    return time.monotonic() - began


@takes(option("image", help="name or id of a local image"), option("--commit", help="the commit it must say it is"))
def main(options: Options, found: Found) -> None:
    """Boot an image of the local engine as Fargate will: limits, read-only root, environment, port, health check, stop time-out."""
    measured = boot(options.image, read_definition(Path(TASK_DEFINITION)), options.commit)
    say(f"boot: {measured}")
    summary(f"Image `{options.commit[:12]}`: {measured}.")
