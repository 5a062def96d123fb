"""A small threaded HTTP/1.1 server: one thread a connection, keep-alive, bodies streamed."""

import contextlib
import socket
import socketserver
import sys
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from io import BufferedReader
from typing import Any

from tests.rehearsal.aws import wire

IDLE = 60.0  # seconds a client's connection may stay silent
DRAINED = 1024 * 1024  # bytes of an unread body that are read away to keep a connection


class TooLarge(Exception):
    """A body that was to be read whole is larger than allowed."""


class Exchange:
    """One request and the answer to it."""

    def __init__(self, head: wire.Head, stream: wire.Stream, sock: socket.socket) -> None:
        try:
            self.method, self.target, self._version = head.first.split(" ")
        except ValueError as error:
            raise wire.Malformed(f"not a request line: {head.first[:80]!r}") from error
        self.head, self.framing = head, wire.request_framing(head)
        self.keep = self._version == "HTTP/1.1" and not head.says("connection", "close")
        self.answered = False
        self._stream, self._sock = stream, sock
        self._blocks: Iterator[bytes] | None = None

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def client(self) -> tuple[str, int]:
        """Address and port of who asks."""
        peer: tuple[str, int] = self._sock.getpeername()
        return peer

    @property
    def listener(self) -> tuple[str, int]:
        """The own address and port that was asked."""
        own: tuple[str, int] = self._sock.getsockname()
        return own

    def blocks(self) -> Iterator[bytes]:
        """The body as it comes; a client that waits to be asked for it is asked."""
        if self._blocks is None:
            if self.head.says("expect", "100-continue"):
                self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._blocks = wire.read_body(self._stream, self.framing)
        return self._blocks

    def read(self, limit: int) -> bytes:
        """The whole body.

        Raises:
            TooLarge: it has more than `limit` bytes.

        """
        parts, size = [], 0
        for block in self.blocks():
            parts.append(block)
            size += len(block)
            if size > limit:
                raise TooLarge(f"a body of more than {limit} bytes")
        return b"".join(parts)

    def answer(self, status: int, body: bytes = b"", content_type: str = "application/json", **fields: str) -> None:
        """Answer with a body that is at hand; ``x_y`` stands for the header field ``x-y``."""
        head = wire.Head(f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", ()).but(
            content_type=content_type, content_length=str(len(body)), x_amzn_requestid=str(uuid.uuid4()), **fields
        )
        self.pass_on(head, len(body), [body] if body else [])

    def pass_on(self, head: wire.Head, framing: int, blocks: Iterable[bytes]) -> None:
        """Answer with a head without connection fields, and a body as it comes."""
        bodyless = self.method == "HEAD" or wire.status_of(head) in {204, 304}
        if framing == wire.UNTIL_CLOSE and self._version == "HTTP/1.1":
            framing = wire.CHUNKED
        elif framing == wire.CHUNKED and self._version != "HTTP/1.1":
            framing = wire.UNTIL_CLOSE
        if bodyless:
            framing = 0
        self.keep = self.keep and framing != wire.UNTIL_CLOSE
        head = head.but(transfer_encoding="chunked") if framing == wire.CHUNKED else head
        head = head if self.keep else head.but(connection="close")
        self.answered = True
        self._sock.sendall(bytes(head))
        if not bodyless:
            wire.write_body(self._sock.sendall, blocks, framing)

    def drain(self) -> None:
        """Read away what the handler left of the body, so that the next request can follow; else close."""
        if self._blocks is None and self.head.says("expect", "100-continue"):
            self.keep = False
            return
        size = 0
        for block in self.blocks():
            size += len(block)
            if size > DRAINED:
                self.keep = False
                return


class Server(socketserver.ThreadingTCPServer):
    """Listens at once; from :meth:`start` on it serves each connection in its own thread.

    Raises:
        OSError: the address is taken.

    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], *, idle: float = IDLE) -> None:
        self.handle: Callable[[Exchange], None] = Exchange.drain
        self.idle = idle
        try:
            super().__init__(address, _Connection)
        except OSError as error:
            raise OSError(error.errno, f"{error.strerror}: {address[0]}:{address[1]}") from error
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.03}, daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, with the real port if 0 was asked for."""
        return str(self.server_address[0]), int(self.server_address[1])

    def start(self, handle: Callable[[Exchange], None]) -> None:
        """Call `handle` for each request from now on."""
        self.handle = handle
        self._thread.start()

    def close(self) -> None:
        """Accept no more connections."""
        if self._thread.is_alive():
            self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong in one line."""
        sys.stderr.write(f"connection of {client_address}: {sys.exc_info()[1]!r}\n")


class _Connection(socketserver.BaseRequestHandler):
    server: Server
    request: socket.socket

    def handle(self) -> None:
        self.request.settimeout(self.server.idle)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw = self.request.makefile("rb", buffering=0)
        with BufferedReader(raw, wire.BLOCK) as stream, contextlib.suppress(TimeoutError, ConnectionError):
            while self._one(stream):
                pass

    def _one(self, stream: wire.Stream) -> bool:
        try:
            head = wire.read_head(stream)
            if head is None:
                return False
            exchange = Exchange(head, stream, self.request)
        except wire.Malformed:
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            return False
        try:
            self.server.handle(exchange)
            exchange.drain()
        except (TooLarge, wire.Malformed) as error:
            exchange.keep = False
            if not exchange.answered:
                exchange.answer(413 if isinstance(error, TooLarge) else 400)
        return exchange.keep and exchange.answered
