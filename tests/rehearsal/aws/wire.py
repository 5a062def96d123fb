"""HTTP/1.1 messages on a byte stream: heads, and bodies that are passed on block by block, never held whole."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

BLOCK = 64 * 1024
MAX_HEAD = 64 * 1024
CHUNKED, UNTIL_CLOSE = -1, -2  # framings of a body beside a length in bytes
# RFC 9110, 7.6.1: these speak of one connection and are not passed on.
HOP_BY_HOP = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)


class Stream(Protocol):
    """What is read from: a buffered reader over a socket."""

    def readline(self, size: int | None = -1, /) -> bytes:
        """A line, or less of it at the end or at `size`."""
        ...

    def read1(self, size: int = -1, /) -> bytes:
        """What is there, at most `size` bytes; nothing at the end."""
        ...


class Malformed(Exception):
    """What came is no HTTP message."""


class Truncated(ConnectionError):
    """The peer closed the connection in the middle of a message."""


@dataclass(frozen=True)
class Head:
    """The first line and the header fields of a message, in their order."""

    first: str
    fields: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """The value of a field, whatever its case; several are joined by commas, none is an empty string."""
        return ", ".join(value for key, value in self.fields if key.lower() == name)

    def says(self, name: str, token: str) -> bool:
        """Whether a comma-separated field holds this token (lower case)."""
        return token in (part.strip() for part in self.get(name).lower().split(","))

    def for_next_hop(self) -> "Head":
        """The same head without the fields that speak of one connection."""
        named = {part.strip() for part in self.get("connection").lower().split(",")}
        return Head(self.first, tuple(pair for pair in self.fields if pair[0].lower() not in HOP_BY_HOP | named))

    def but(self, **fields: str) -> "Head":
        """The same head with some fields replaced or added; ``x_y`` stands for ``x-y``."""
        new = {name.replace("_", "-").lower(): value for name, value in fields.items()}
        return Head(self.first, (*(pair for pair in self.fields if pair[0].lower() not in new), *new.items()))

    def without(self, *names: str) -> "Head":
        """The same head without some fields (lower case)."""
        return Head(self.first, tuple(pair for pair in self.fields if pair[0].lower() not in names))

    def __bytes__(self) -> bytes:
        return "".join([self.first, "\r\n", *(f"{name}: {value}\r\n" for name, value in self.fields), "\r\n"]).encode("latin-1")


def read_head(stream: Stream) -> Head | None:
    """The next head on the stream; None if the peer closed before its first byte.

    Raises:
        Malformed: a line is no header field, or the head exceeds 64 KiB.
        Truncated: the peer closed in the middle.

    """
    first = stream.readline(MAX_HEAD)
    if not first:
        return None
    fields, size = [], len(first)
    while (line := _line(stream)) != b"":
        name, colon, value = line.decode("latin-1").partition(":")
        size += len(line)
        if not colon or not name or name != name.strip() or size > MAX_HEAD:
            raise Malformed(f"not a header field: {line[:80]!r}")
        fields.append((name, value.strip()))
    return Head(first.decode("latin-1").rstrip("\r\n"), tuple(fields))


def _line(stream: Stream) -> bytes:
    line = stream.readline(MAX_HEAD)
    if not line.endswith(b"\n"):
        raise Truncated("the connection was closed inside a message")
    return line.rstrip(b"\r\n")


def request_framing(head: Head) -> int:
    """How the body of a request ends: a length in bytes, or CHUNKED.

    Raises:
        Malformed: neither can be read.

    """
    return CHUNKED if head.says("transfer-encoding", "chunked") else _length(head.get("content-length") or "0")


def response_framing(head: Head, *, method: str) -> int:
    """How the body of an answer to `method` ends: a length in bytes, CHUNKED or UNTIL_CLOSE.

    Raises:
        Malformed: the status or the length cannot be read.

    """
    if method == "HEAD" or status_of(head) in {204, 304}:
        return 0
    if head.says("transfer-encoding", "chunked"):
        return CHUNKED
    return _length(head.get("content-length")) if head.get("content-length") else UNTIL_CLOSE


def status_of(head: Head) -> int:
    """The status of an answer.

    Raises:
        Malformed: there is none.

    """
    parts = head.first.split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/1.") or not parts[1].isdigit():
        raise Malformed(f"not a status line: {head.first[:80]!r}")
    return int(parts[1])


def _length(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Malformed(f"not a length: {text[:80]!r}")
    return int(text)


def read_body(stream: Stream, framing: int) -> Iterator[bytes]:
    """The blocks of a body as they come; trailers of a chunked body are dropped.

    Raises:
        Malformed: a chunk's size cannot be read.
        Truncated: the peer closed before the end.

    """
    if framing == UNTIL_CLOSE:
        while block := stream.read1(BLOCK):
            yield block
    elif framing == CHUNKED:
        yield from _chunks(stream)
    else:
        yield from _exactly(stream, framing)


def _exactly(stream: Stream, left: int) -> Iterator[bytes]:
    while left:
        block = stream.read1(min(BLOCK, left))
        if not block:
            raise Truncated(f"the connection was closed {left} bytes before the end of a body")
        left -= len(block)
        yield block


def _chunks(stream: Stream) -> Iterator[bytes]:
    while size := _chunk_size(_line(stream)):
        yield from _exactly(stream, size)
        _line(stream)
    while _line(stream):
        pass


def _chunk_size(line: bytes) -> int:
    try:
        return int(line.split(b";")[0], 16)
    except ValueError as error:
        raise Malformed(f"not the size of a chunk: {line[:80]!r}") from error


def write_body(send: Callable[[bytes], None], blocks: Iterable[bytes], framing: int) -> None:
    """Send a body in the framing that its head announced."""
    for block in blocks:
        send(b"%x\r\n%b\r\n" % (len(block), block) if framing == CHUNKED else block)
    if framing == CHUNKED:
        send(b"0\r\n\r\n")
