"""What is sent to be imported: one CSV file, or a zip of several, within bounds that no archive gets around."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, NamedTuple

from app.errors import Invalid
from app.models.sis_imports import CHUNK_BYTES

MEGABYTE = 1024 * 1024
MOST_SENT = 20 * MEGABYTE
MOST_BYTES = 50 * MEGABYTE
"""Of all files together, unpacked: hundreds of thousands of rows."""
MOST_FILES = 50
MOST_RATIO = 200
"""How many times its packed size a file may have, once it is large; tables reach a tenth of that."""
DIRECTORY_BYTES = 64 * 1024
"""Python's zipfile reads the whole list of members at once, and takes a kilobyte of memory for each."""
END_BYTES, LOCATOR_BYTES = 22, 20
END, LOCATOR_64, MEMBER = b"PK\5\6", b"PK\6\7", b"PK\3\4"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


class Piece(NamedTuple):
    """A part of a file, in order; an empty file is one empty piece."""

    file: int
    name: str
    """A label only."""
    number: int
    data: bytes


def pieces(body: IO[bytes], name: str, extension: str | None) -> Iterator[Piece]:
    """The files in pieces of CHUNK_BYTES. Raises Invalid, in the middle too: whoever keeps them undoes it then."""
    zipped = body.read(4) in (MEMBER, END)
    if extension is not None and zipped != (extension == "zip"):
        raise Invalid.field("extension", f"the file is {'a' if zipped else 'no'} zip")
    if not zipped:
        body.seek(0)
        yield from _cut(body, 0, name)
        return
    _require_small_directory(body)
    try:
        with zipfile.ZipFile(body) as archive:
            yield from _unpacked(archive)
    except BROKEN as problem:
        raise Invalid.field("attachment", f"is not a zip that can be read: {problem}") from problem


def _unpacked(archive: zipfile.ZipFile) -> Iterator[Piece]:
    members = [member for member in archive.infolist() if _wanted(member)]
    if not 0 < len(members) <= MOST_FILES:
        raise Invalid.field("attachment", f"has {len(members)} files; 1 to {MOST_FILES} can be imported")
    total = 0
    for file, member in enumerate(members):
        label = member.filename[-100:]
        if member.compress_type not in METHODS or member.flag_bits & 1:
            raise Invalid.field("attachment", f"has an encrypted file, or one that is packed in a way which is not read here: {label!r}")
        size = 0
        with archive.open(member) as source:
            for piece in _cut(source, file, label):
                if piece.number == 0 and piece.data.startswith(MEMBER):
                    raise Invalid.field("attachment", f"has a zip in it: {label!r}")
                size += len(piece.data)
                # What the archive says of its sizes counts for nothing.
                if total + size > MOST_BYTES or size > max(MEGABYTE, member.compress_size * MOST_RATIO):
                    raise Invalid.field("attachment", f"unpacks to too much: {MOST_BYTES} bytes at most, and {MOST_RATIO} for each packed")
                yield piece
        total += size


def _wanted(member: zipfile.ZipInfo) -> bool:
    """Not folders, nor what a Mac adds."""
    path = PurePosixPath(member.filename)
    return not member.is_dir() and not path.name.startswith(".") and "__MACOSX" not in path.parts


def _cut(source: IO[bytes], file: int, name: str) -> Iterator[Piece]:
    number = 0
    data = source.read(CHUNK_BYTES)
    while data or number == 0:
        yield Piece(file, name, number, data)
        number, data = number + 1, source.read(CHUNK_BYTES)


def _require_small_directory(body: IO[bytes]) -> None:
    """Look at the end of the archive before zipfile does: it believes the size that stands there, and reads that much."""
    size = body.seek(0, 2)
    body.seek(max(size - END_BYTES - LOCATOR_BYTES, 0))
    tail = body.read()
    end = tail[-END_BYTES:]
    plain = end[:4] == END and end[-2:] == b"\0\0" and not tail.startswith(LOCATOR_64)
    if not plain or int.from_bytes(end[12:16], "little") > DIRECTORY_BYTES:
        raise Invalid.field("attachment", "is not a plain zip of a few files: cut short, with a comment, or in the format for huge ones")
    body.seek(0)
