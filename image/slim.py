"""Cuts off what no loader reads from compiled modules: symbols and debug tables. Run by the Dockerfile, whose base has no `strip`.

A shared object is loaded by its program headers alone. What lies behind the last segment, and the section table that points there,
is for debuggers and linkers.
"""

import struct
import sys
from pathlib import Path

ELF64_LITTLE = b"\x7fELF\x02\x01"
HEADERS_AT, SECTIONS_AT, HEADER_SIZE_AT, SECTION_COUNTS_AT = 32, 40, 54, 58
OFFSET_AT, LENGTH_AT = 8, 32
"""In a program header: where the segment lies in the file."""


def slim(data: bytes) -> bytes:
    """That shared object without what lies behind its segments; anything else as it is."""
    if not data.startswith(ELF64_LITTLE):
        return data
    (table,) = struct.unpack_from("<Q", data, HEADERS_AT)
    size, count = struct.unpack_from("<HH", data, HEADER_SIZE_AT)
    end = table + size * count
    for at in range(table, end, size):
        (offset,), (length,) = struct.unpack_from("<Q", data, at + OFFSET_AT), struct.unpack_from("<Q", data, at + LENGTH_AT)
        end = max(end, offset + length)
    kept = bytearray(data[:end])
    struct.pack_into("<Q", kept, SECTIONS_AT, 0)
    struct.pack_into("<HHH", kept, SECTION_COUNTS_AT, 0, 0, 0)
    return bytes(kept)


def main(folder: Path) -> None:
    """Every shared object below `folder`."""
    saved = 0
    for path in sorted(folder.rglob("*.so*")):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            kept = slim(data)
            saved += len(data) - len(kept)
            path.write_bytes(kept)
    sys.stdout.write(f"{saved / 1e6:.1f} MB of symbols and debug tables cut off\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
