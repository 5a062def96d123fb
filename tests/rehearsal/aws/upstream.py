"""The other side of a proxy: pooled keep-alive connections to one address."""

import contextlib
import select
import socket
import threading
from collections.abc import Iterable, Iterator
from io import BufferedReader

from tests.rehearsal.aws import wire

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
POOLED = 64  # idle connections kept


class NoAnswer(Exception):
    """The other side gave no (whole) head of an answer: it refused, closed, or was silent for too long (`late`)."""

    def __init__(self, why: str, *, late: bool = False, untouched: bool = False) -> None:
        super().__init__(why)
        self.late = late
        self.untouched = untouched  # it closed before the first byte of an answer


class _Broken(Exception):
    """The other side took no more of a request; it may have answered before its end."""


class Connection:
    """One connection to the other side."""

    def __init__(self, address: tuple[str, int], *, connect_timeout: float, timeout: float) -> None:
        self.sock = socket.create_connection(address, connect_timeout)
        self.sock.settimeout(timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = BufferedReader(self.sock.makefile("rb", buffering=0), wire.BLOCK)

    def stale(self) -> bool:
        """An idle connection that can be read was closed (or is out of step)."""
        poll = select.poll()  # not select(): that one fails above 1024 files
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Close both the stream and the socket."""
        self.stream.close()
        self.sock.close()


class Answer:
    """The head of an answer, and its body still on the wire."""

    def __init__(self, head: wire.Head, *, method: str, connection: Connection, pool: "Pool") -> None:
        self.status, self.head = wire.status_of(head), head.for_next_hop()
        self.framing = wire.response_framing(head, method=method)
        self._connection, self._pool, self._released = connection, pool, False
        self._reusable = self.framing != wire.UNTIL_CLOSE and not head.says("connection", "close") and head.first.startswith("HTTP/1.1")

    def blocks(self) -> Iterator[bytes]:
        """The body; once it is whole, the connection goes back to the pool."""
        yield from wire.read_body(self._connection.stream, self.framing)
        self._release(whole=True)

    def read(self) -> bytes:
        """The whole body."""
        with contextlib.closing(self):
            return b"".join(self.blocks())

    def close(self) -> None:
        """Give up what was not read of the body, and with it the connection; to be called in any case."""
        self._release(whole=self.framing == 0)

    def _release(self, *, whole: bool) -> None:
        if not self._released:
            self._released = True
            self._pool.give_back(self._connection, reusable=whole and self._reusable)


class Pool:
    """Sends requests to one address. Times in seconds; `timeout` is for each silence of the other side."""

    def __init__(self, address: tuple[str, int], *, connect_timeout: float = 10, timeout: float = 60) -> None:
        self._address, self._connect_timeout, self._timeout = address, connect_timeout, timeout
        self._idle: list[Connection] = []
        self._closed = False
        self._lock = threading.Lock()

    def send(self, head: wire.Head, framing: int = 0, blocks: Iterable[bytes] = ()) -> Answer:
        """Send a request (a head without connection fields) and wait for the head of its answer.

        A pooled connection that turns out to be dead is replaced by a fresh one if that repeats nothing: the request
        may be repeated by its method and has no body, and no byte of an answer had come.

        Raises:
            NoAnswer: the other side refused, closed or was silent for too long.

        """
        connection = self._pooled()
        if connection:
            try:
                return self._ask(connection, head, framing, blocks)
            except NoAnswer as error:
                if not error.untouched or framing != 0 or _method(head) not in IDEMPOTENT:
                    raise
        return self._ask(self._fresh(), head, framing, blocks)

    def give_back(self, connection: Connection, *, reusable: bool) -> None:
        """Keep a connection for the next request, or close it."""
        with self._lock:
            if reusable and not self._closed and len(self._idle) < POOLED:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Keep no connection any more: close the idle ones now, and those in use when they come back."""
        with self._lock:
            idle, self._idle, self._closed = self._idle, [], True
        for connection in idle:
            connection.close()

    def _pooled(self) -> Connection | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if not connection.stale():
                return connection
            connection.close()

    def _fresh(self) -> Connection:
        try:
            return Connection(self._address, connect_timeout=self._connect_timeout, timeout=self._timeout)
        except OSError as error:
            raise NoAnswer(f"cannot connect: {error}", late=isinstance(error, TimeoutError)) from error

    def _ask(self, connection: Connection, head: wire.Head, framing: int, blocks: Iterable[bytes]) -> Answer:
        try:
            with contextlib.suppress(_Broken):
                _write(connection.sock, head, framing, blocks)
            answer = Answer(_read_answer(connection), method=_method(head), connection=connection, pool=self)
        except wire.Malformed as error:
            connection.close()
            raise NoAnswer(str(error)) from error
        except BaseException:
            connection.close()
            raise
        return answer


def _method(head: wire.Head) -> str:
    return head.first.partition(" ")[0]


def _write(sock: socket.socket, head: wire.Head, framing: int, blocks: Iterable[bytes]) -> None:
    """Send a request. Errors of `blocks` are those of the client, and stay as they are."""

    def send(data: bytes) -> None:
        try:
            sock.sendall(data)
        except TimeoutError as error:
            raise NoAnswer("the other side does not read", late=True) from error
        except OSError as error:
            raise _Broken from error

    send(bytes(head.but(transfer_encoding="chunked") if framing == wire.CHUNKED else head))
    wire.write_body(send, blocks, framing)


def _read_answer(connection: Connection) -> wire.Head:
    """The head of the answer, after any interim one."""
    untouched = True
    try:
        while True:
            untouched = untouched and not connection.stream.peek(1)
            head = wire.read_head(connection.stream)
            if head is None:
                raise NoAnswer("the other side closed the connection", untouched=untouched)
            if wire.status_of(head) >= 200:
                return head
    except TimeoutError as error:
        raise NoAnswer("the other side is silent", late=True) from error
    except OSError as error:
        raise NoAnswer(f"the other side broke off: {error}", untouched=untouched) from error
