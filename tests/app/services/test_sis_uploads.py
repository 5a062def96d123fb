"""Archives that are not what they should be, and tables read from any byte on."""

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import Invalid
from app.models.sis_imports import CHUNK_BYTES
from app.services import sis_uploads
from app.services.sis_tables import MOST_ROW_BYTES, Record, records
from app.services.sis_uploads import pieces
from tests.app.jobs.importing import USERS, zipped

MEGABYTE = 1024 * 1024


def unpacked(body: bytes) -> dict[str, bytes]:
    """The files of an archive, put together again."""
    found: dict[str, bytes] = {}
    for piece in pieces(io.BytesIO(body), "one.csv", None):
        assert len(piece.data) <= CHUNK_BYTES
        found[piece.name] = found.get(piece.name, b"") + piece.data
    return found


def test_what_is_in_an_archive_comes_out_but_for_what_a_mac_adds() -> None:
    files = {
        "z/users.csv": USERS * 5000,
        "../../etc/a.csv": "a",
        "empty.csv": "",
        "__MACOSX/z/._users.csv": "x",
        ".DS_Store": "x",
        "folder/": "",
    }
    wanted = {name: text.encode() for name, text in files.items() if name in ("z/users.csv", "../../etc/a.csv", "empty.csv")}
    assert unpacked(zipped(files)) == wanted
    assert unpacked(b"a,b") == {"one.csv": b"a,b"}


def empty() -> bytes:
    return zipped({"folder/": ""})


def many() -> bytes:
    return zipped({f"{number}.csv": "a" for number in range(51)})


def thousands() -> bytes:
    return zipped({f"{number}.csv": "a" for number in range(5000)})


def tight() -> bytes:
    return zipped({"a.csv": b"\0" * 30 * MEGABYTE})


def large() -> bytes:
    line = bytes(range(32, 127)) * 16 + bytes(range(126, 31, -1))
    return zipped({f"{number}.csv": b"".join(bytes([number % 90 + 33]) + line for _ in range(7000)) for number in range(6)})


def nested() -> bytes:
    return zipped({"a.csv": USERS, "b.zip": zipped({"c.csv": USERS})})


def commented() -> bytes:
    body = io.BytesIO(zipped({"a.csv": "a"}))
    with zipfile.ZipFile(body, "a") as archive:
        archive.comment = b"a comment"
    return body.getvalue()


def cut() -> bytes:
    return zipped({"a.csv": USERS * 100})[:-30]


def damaged() -> bytes:
    body = bytearray(zipped({"a.csv": "".join(f"{number}," for number in range(9000))}))
    body[400:420] = bytes(20)
    return bytes(body)


def encrypted() -> bytes:
    body = bytearray(zipped({"a.csv": "a"}))
    body[6] |= 1
    at = body.index(b"PK\1\2")
    body[at + 8] |= 1
    return bytes(body)


def of_another_kind() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.csv", "a")
    return body.getvalue()


def boundless() -> bytes:
    """It says in the format for huge archives that its list of members is in the middle of nowhere."""
    body = zipped({"a.csv": "a"})
    return body[:-22] + b"PK\6\7" + struct.pack("<LQL", 0, 2**40, 1) + body[-22:]


@pytest.mark.parametrize(
    "archive",
    [
        many,
        thousands,
        tight,
        large,
        nested,
        commented,
        cut,
        damaged,
        encrypted,
        of_another_kind,
        boundless,
        lambda: zipped({"folder/": ""}),
    ],
    ids=lambda made: made.__name__,
)
def test_an_archive_that_is_too_much_or_broken_is_refused_in_little_memory(archive: Callable[[], bytes]) -> None:
    body = archive()
    tracemalloc.start()
    try:
        with pytest.raises(Invalid):
            for _ in pieces(io.BytesIO(body), "x", None):
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * MEGABYTE


def test_what_an_archive_says_of_its_sizes_counts_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sis_uploads, "MOST_BYTES", 100_000)
    body = bytearray(zipped({"a.csv": "".join(f"{number}\n" for number in range(40_000))}))
    at = body.index(b"PK\1\2")
    body[at + 24 : at + 28] = struct.pack("<L", 10)
    with pytest.raises(Invalid):
        unpacked(bytes(body))


def read(text: bytes, size: int, offset: int = 0, row: int = 0) -> list[Record]:
    """The rows of a file that is kept in pieces of that size."""
    return list(records(lambda number: text[number * size : (number + 1) * size] or None, size, offset, row))


CELL = st.one_of(st.text('ab ,가"', max_size=5), st.sampled_from(['"x"', '"a\nb"', '"a""b"', '"a\r\nb"', '"open', "\0"]))
LINES = st.lists(st.tuples(st.lists(CELL, max_size=4).map(",".join), st.sampled_from(["\n", "\r\n", "\r", "\n\n"])), max_size=8)


@settings(max_examples=60, deadline=None)
@given(lines=LINES, size=st.integers(1, 20), bom=st.booleans())
def test_rows_are_the_same_in_pieces_of_any_size_and_from_any_row_on(lines: list[tuple[str, str]], size: int, *, bom: bool) -> None:
    text = ("\ufeff" * bom + "".join(line + end for line, end in lines)).encode()
    whole = read(text, 10_000)
    assert read(text, size) == whole
    for at, record in enumerate(whole):
        assert read(text, size, record.end, record.row) == whole[at + 1 :]
    assert [record.end for record in whole] == sorted({record.end for record in whole})


def test_a_line_without_end_is_malformed_and_what_follows_is_read_in_little_memory() -> None:
    text = b"a,b\n" + b"x" * 20 * MEGABYTE + b"\nc,d\n"
    tracemalloc.start()
    try:
        found = read(text, CHUNK_BYTES)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (found[0].cells, found[-1].cells) == (["a", "b"], ["c", "d"])
    assert all(record.cells is None for record in found[1:-2]) and len(found) < 3 * 20 * MEGABYTE // MOST_ROW_BYTES
    assert peak < 3 * MEGABYTE
