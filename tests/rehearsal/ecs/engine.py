"""Docker, as far as a task needs it. The only file that knows Docker's library."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import docker
import docker.errors
import docker.types
import requests

from tests.rehearsal.ecs.launch import LABEL, SECOND, TASK_LABEL, ContainerSpec, split_image


class ImageNotFound(Exception):
    """The registry does not have the image."""


class EngineError(Exception):
    """Docker refused; the message is its own."""


@dataclass(frozen=True)
class ContainerState:
    """What Docker knows of a container."""

    running: bool
    exit_code: int
    out_of_memory: bool
    health: str | None
    """``starting``, ``healthy``, ``unhealthy``; None without a health check."""
    address: str
    error: str


class Engine:
    """One Docker engine and the network that tasks live in. Safe to use from several threads."""

    def __init__(self, host: str, network: str) -> None:
        self._api = docker.APIClient(base_url=host, version="auto", timeout=120, num_pools=64)
        self._network = network
        self._stream: Any = None

    def close(self) -> None:
        """Hang up: :meth:`events` ends."""
        if self._stream is not None:
            self._stream.close()
        self._api.close()

    def pull(self, image: str, credentials: Mapping[str, str] | None) -> str | None:
        """Fetch an image; returns its manifest's digest (``sha256:…``) if the registry told one.

        Raises ImageNotFound: the registry answered, and has no such image.
        EngineError: any other cause.
        """
        try:
            for line in self._api.pull(image, auth_config=dict(credentials) if credentials else None, stream=True, decode=True):
                if "error" in line:
                    raise _pull_error(line["error"])
        except docker.errors.APIError as error:
            raise _pull_error(_explanation(error)) from error
        repository, _, pinned = split_image(image)
        digests = [digest.partition("@") for digest in self._api.inspect_image(image).get("RepoDigests") or ()]
        return pinned or next((digest for name, _, digest in digests if name == repository), None)

    def create(self, spec: ContainerSpec) -> str:
        """Make the container without starting it; returns its id."""
        host = self._api.create_host_config(
            nano_cpus=spec.nano_cpus,
            mem_limit=spec.memory,
            memswap_limit=spec.memory,
            read_only=spec.read_only,
            init=spec.init,
            mounts=[docker.types.Mount(mount.path, None, type="volume", read_only=mount.read_only) for mount in spec.mounts],
            cap_drop=list(spec.drop),
            ulimits=[docker.types.Ulimit(name=name, soft=soft, hard=hard) for name, soft, hard in spec.ulimits],
        )
        try:
            made = self._api.create_container(
                spec.image,
                name=spec.name,
                command=_listed(spec.command),
                entrypoint=_listed(spec.entry_point),
                environment=dict(spec.environment),
                labels=dict(spec.labels),
                user=spec.user,
                working_dir=spec.working_directory,
                healthcheck=_health_check(spec),
                host_config=host,
                networking_config={"EndpointsConfig": {self._network: {}}},
            )
        except docker.errors.APIError as error:
            raise EngineError(_explanation(error)) from error
        return str(made["Id"])

    def start(self, container: str) -> None:
        """Start it.

        Raises EngineError: its program cannot be run at all.
        """
        try:
            self._api.start(container)
        except docker.errors.APIError as error:
            raise EngineError(_explanation(error)) from error

    def state(self, container: str) -> ContainerState:
        """How the container fares; a removed one has exited with 137."""
        try:
            found = self._api.inspect_container(container)
        except docker.errors.NotFound:
            return ContainerState(running=False, exit_code=137, out_of_memory=False, health=None, address="", error="No such container")
        state = found["State"]
        network = found["NetworkSettings"]["Networks"].get(self._network) or {}
        return ContainerState(
            running=state["Running"],
            exit_code=state["ExitCode"],
            out_of_memory=state["OOMKilled"],
            health=(state.get("Health") or {}).get("Status"),
            address=network.get("IPAddress", ""),
            error=state.get("Error", ""),
        )

    def stop(self, container: str, patience: int) -> None:
        """SIGTERM, and SIGKILL after `patience` seconds; returns when it has stopped. A container that is gone is stopped."""
        try:
            self._api.stop(container, timeout=patience)
        except docker.errors.NotFound:
            return
        except docker.errors.APIError as error:
            raise EngineError(_explanation(error)) from error

    def remove(self, container: str) -> None:
        """Remove it with its volumes, whatever it does."""
        try:
            self._api.remove_container(container, v=True, force=True)
        except docker.errors.APIError as error:
            if error.status_code not in {404, 409}:  # gone, or just being removed
                raise EngineError(_explanation(error)) from error

    def logs(self, container: str) -> Iterator[tuple[datetime, str]]:
        """Every line that it writes, with its time, until it stops."""
        rest = b""
        for chunk in self._api.logs(container, stream=True, follow=True, timestamps=True):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (_log_line(line) for line in lines)
        if rest:
            yield _log_line(rest)

    def events(self) -> Iterator[str]:
        """Ids of tasks whose container began, ended or changed its health; ends when the engine hangs up."""
        try:
            self._stream = self._api.events(decode=True, filters={"type": "container", "label": f"{LABEL}=1"})
            for event in self._stream:
                if event["Action"].partition(":")[0] in {"die", "health_status", "oom"}:
                    yield event["Actor"]["Attributes"].get(TASK_LABEL, "")
        except (requests.RequestException, docker.errors.DockerException):
            return


def _listed(words: tuple[str, ...] | None) -> list[str] | None:
    return list(words) if words else None


def _health_check(spec: ContainerSpec) -> dict[str, Any]:
    check = spec.check
    times = {"interval": check.interval, "timeout": check.timeout, "start_period": check.start_period}
    return {"test": list(check.command), "retries": check.retries, **{name: seconds * SECOND for name, seconds in times.items()}}


def _explanation(error: Exception) -> str:
    return str(getattr(error, "explanation", None) or error).strip()


def _pull_error(message: str) -> Exception:
    return ImageNotFound(message) if "manifest unknown" in message or "not found" in message else EngineError(message)


def _log_line(line: bytes) -> tuple[datetime, str]:
    stamp, _, text = line.decode(errors="replace").partition(" ")
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    try:
        moment = datetime.fromisoformat(f"{whole}.{fraction[:6] or 0}").replace(tzinfo=UTC)
    except ValueError:
        return datetime.now(UTC), line.decode(errors="replace")
    return moment, text
