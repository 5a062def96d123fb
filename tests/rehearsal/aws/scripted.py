"""Servers for the tests that do exactly what a test says, byte by byte."""

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType

from tests.rehearsal.aws import wire

Script = Callable[[wire.Head, bytes], bytes | None]


def reply(body: bytes = b"ok", status: str = "200 OK", *fields: str) -> bytes:
    """An answer with Content-Length."""
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", ""]).encode() + body


class Backend:
    """Answers each request with the bytes of `script`; None closes the connection instead. Health checks get `health`."""

    def __init__(self, script: Script = lambda head, body: reply(), *, health: str = "200 OK") -> None:
        self._script, self.health = script, health
        self.seen: list[tuple[wire.Head, bytes]] = []
        self.peers: set[tuple[str, int]] = set()  # one for each connection
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: list[socket.socket] = []
        self.address: tuple[str, int] = self._listener.getsockname()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Backend":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._thread.join(2)

    def cut(self) -> None:
        """Close all connections."""
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self._open.append(sock)
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with sock, sock.makefile("rb") as stream, contextlib.suppress(OSError, wire.Malformed):
            while head := wire.read_head(stream):
                checked = head.get("user-agent").startswith("ELB-HealthChecker")
                body = b"".join(wire.read_body(stream, wire.request_framing(head)))
                answer = reply(b"", self.health) if checked else self._script(head, body)
                if not checked:
                    self.seen.append((head, body))
                    self.peers.add(sock.getpeername())
                if answer is None:
                    return
                sock.sendall(answer)


def ask(address: tuple[str, int], request: bytes) -> bytes:
    """Send bytes on a connection of their own, and give all that comes back until it is closed."""
    with socket.create_connection(address, 5) as sock:
        sock.sendall(request)
        parts = []
        while block := sock.recv(65536):
            parts.append(block)
    return b"".join(parts)
