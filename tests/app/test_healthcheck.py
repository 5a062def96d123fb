"""The container's health check, run as the image runs it: by path, with nothing but the standard library's core."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "app" / "healthcheck.py"


@contextmanager
def server(status: int) -> Iterator[int]:
    """The port of a server on 127.0.0.1 that answers GET /health with `status`, and anything else with 404."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield http.server_port
        http.shutdown()


def check(port: int) -> int:
    run = subprocess.run([sys.executable, "-S", "-E", str(SCRIPT)], env={"PORT": str(port)}, timeout=20, check=False)
    return run.returncode


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (404, 1), (500, 1)])
def test_only_200_is_healthy(status: int, code: int) -> None:
    with server(status) as port:
        assert check(port) == code


def test_nobody_listening_is_not_healthy() -> None:
    with server(200) as port:
        pass
    assert check(port) == 1


def test_it_loads_no_slow_module() -> None:
    loaded = "import runpy, sys; runpy.run_path(sys.argv[1]); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-S", "-E", "-c", loaded, str(SCRIPT)], capture_output=True, text=True, check=True, timeout=20)
    assert not {"http", "urllib", "ssl", "email", "app"} & {name.partition(".")[0] for name in run.stdout.split()}
