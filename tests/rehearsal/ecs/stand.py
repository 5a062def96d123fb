"""What the tests with an engine stand on: neighbours of ECS that are as small as can be, and an image with faults to choose."""

import http.client
import http.server
import io
import json
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

PORT = 8000
PROGRAM = """
import http.server, os, signal, sys, threading, time
E = os.environ
print("begun", E.get("NAME", ""), flush=True)
if "EAT_MEMORY" in E:
    eaten = b"x" * (int(E["EAT_MEMORY"]) << 20)
if "EXIT_AFTER" in E:
    threading.Timer(float(E["EXIT_AFTER"]), lambda: (print("no more", flush=True), os._exit(3))).start()
def term(*_):
    print("terminated", flush=True)
    if "IGNORE_TERM" not in E:
        os._exit(0)
signal.signal(signal.SIGTERM, term)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = repr(dict(E)).encode() if self.path == "/environment" else E.get("NAME", "").encode()
        self.send_response(503 if E.get("HEALTH") == "503" and self.path == "/health" else 200)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("", int(E.get("PORT", 8000))), Handler).serve_forever()
"""
DOCKERFILE = """
FROM python:3.13-slim-trixie
COPY program.py /program.py
RUN mkdir -m 1777 /scratch
VOLUME /scratch
HEALTHCHECK CMD ["false"]
CMD ["python", "-S", "-E", "/program.py"]
"""
CHECK = (
    f'python -S -E -c "import socket; s = socket.create_connection((\\"127.0.0.1\\", {PORT}), 2); '
    's.sendall(b\\"GET /health HTTP/1.0\\\\r\\\\n\\\\r\\\\n\\"); raise SystemExit(b\\" 200 \\" not in s.recv(64))"'
)


def build_context() -> io.BytesIO:
    """The image's Dockerfile and program as Docker wants them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, text in (("Dockerfile", DOCKERFILE), ("program.py", PROGRAM)):
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    packed.seek(0)
    return packed


@dataclass
class Balancer:
    """A load balancer that asks each target for ``/health`` when somebody asks it."""

    delay: float = 1.0
    targets: dict[tuple[str, int], str] = field(default_factory=dict)
    log: list[tuple[float, str, str]] = field(default_factory=list)

    def register(self, target_group_arn: str, address: str, port: int) -> None:
        """Begin."""
        self.targets[address, port] = "initial"
        self.log.append((time.time(), "register", address))

    def deregister(self, target_group_arn: str, address: str, port: int) -> None:
        """End."""
        self.targets.pop((address, port), None)
        self.log.append((time.time(), "deregister", address))

    def health(self, target_group_arn: str, address: str, port: int) -> str:
        """Ask now; the first refusals are the target's youth."""
        known = self.targets.get((address, port))
        if known is None:
            return "unused"
        status = fetch(address, "/health", port)[0]
        now = "healthy" if status == 200 else "unhealthy" if status else known
        if (address, port) in self.targets:
            self.targets[address, port] = now
        return now

    def deregistration_delay(self, target_group_arn: str) -> float:
        """As the test wants."""
        return self.delay


def fetch(address: str, path: str, port: int = PORT) -> tuple[int, str]:
    """Status (0 if nobody answers) and body."""
    connection = http.client.HTTPConnection(address, port, timeout=1)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


class Roles:
    """Hands every task the same credentials' address."""

    def environment(self, task_arn: str, role_arn: str) -> dict[str, str]:
        """As Fargate names it; no role called ``refused`` can be assumed."""
        from tests.rehearsal.ecs.ports import RoleRefused

        if role_arn.endswith("/refused"):
            raise RoleRefused(role_arn)
        return {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": f"/v2/credentials/{task_arn[-8:]}"}

    def forget(self, task_arn: str) -> None:
        """Nothing is remembered."""


class Callable(Protocol):
    """What stands behind the HTTP server: ECS."""

    def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """One call."""
        ...


@contextmanager
def served(ecs: Callable) -> Iterator[str]:
    """The API over HTTP, for a real client; gives its address."""
    from tests.rehearsal.ecs.errors import ApiError

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
            try:
                status, answer = 200, ecs.call(self.headers["X-Amz-Target"].rpartition(".")[2], body)
            except ApiError as error:
                status, answer = error.status, {"__type": error.code, "message": error.message}
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
