"""CSV files as they are sent: their rows from any byte on, and which kind a header tells."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

MOST_ROW_BYTES = 64 * 1024
MOST_COLUMNS = 200
LINE_END = re.compile(rb"\r\n|\n|\r")
BOM = b"\xef\xbb\xbf"


class NotUtf8(Exception):
    """The file is in another encoding; the argument is the row where it shows."""


@dataclass(frozen=True)
class Record:
    """One row, and where the next one begins."""

    row: int
    cells: list[str] | None
    """None: it is malformed."""
    end: int
    problem: str = ""


def records(pieces: Callable[[int], bytes | None], piece_bytes: int, offset: int = 0, row: int = 0) -> Iterator[Record]:
    """The rows of a file from a byte on, blank ones left out. `pieces` gives its parts by number.

    Rows are numbered as spreadsheets do: blank ones count, and a cell of several lines is one row. After a malformed row, such as one
    with a quote that never ends, it goes on at the next line. Raises NotUtf8.
    """
    text = _Text(pieces, piece_bytes, offset)
    while True:
        row += 1
        start = text.at
        if start == 0 and text.startswith(BOM):
            text.at = len(BOM)
        lines = text.lines(row)
        try:
            cells = next(csv.reader(lines, strict=True), None)
        except csv.Error as problem:
            text.at = text.first_end
            text.forget()
            yield Record(row, None, text.at, f"The row is malformed: {problem}")
            continue
        if cells is None:
            return
        text.forget()
        if any("\0" in cell for cell in cells):
            yield Record(row, None, text.at, "The row is malformed: it has a NUL character")
        elif any(cell.strip() for cell in cells):
            yield Record(row, [cell.strip() for cell in cells], text.at)


class _Text:
    """The lines of a file, which may go back to the end of a row's first line."""

    def __init__(self, pieces: Callable[[int], bytes | None], piece_bytes: int, offset: int) -> None:
        self._pieces = pieces
        self._next, skip = divmod(offset, piece_bytes)
        self._base, self._data, self._ended = offset - skip, b"", False
        self.at = offset
        self.first_end = offset

    def startswith(self, prefix: bytes) -> bool:
        while len(self._data) < len(prefix) and self._more():
            pass
        return self._data.startswith(prefix)

    def lines(self, row: int) -> Iterator[str]:
        """Those of one row: as many as are asked for. Raises csv.Error for too many."""
        start, first = self.at, True
        while True:
            end = self._line_end()
            if first:
                self.first_end, first = end, False
            if end == self.at:
                return
            if end - start > MOST_ROW_BYTES:
                raise csv.Error(f"it has more than {MOST_ROW_BYTES} bytes; is a quote missing?")
            line = self._data[self.at - self._base : end - self._base]
            self.at = end
            try:
                yield line.decode()
            except UnicodeDecodeError as problem:
                raise NotUtf8(row) from problem

    def forget(self) -> None:
        """What was read will not be asked for again."""
        if self.at - self._base > MOST_ROW_BYTES:
            self._data = self._data[self.at - self._base :]
            self._base = self.at

    def _line_end(self) -> int:
        look = self.at - self._base
        while True:
            found = LINE_END.search(self._data, look)
            # A carriage return that is the last we have may be half of a line end.
            if found and (found.end() < len(self._data) or found.group() != b"\r"):
                return self._base + found.end()
            look = found.start() if found else max(look, len(self._data))
            if look > self.at - self._base + MOST_ROW_BYTES:  # too long for a row, whatever follows
                return self._base + look
            if not self._more():
                return self._base + len(self._data)

    def _more(self) -> bool:
        data = None if self._ended else self._pieces(self._next)
        if not data:
            self._ended = True
            return False
        self._next += 1
        self._data += data
        return True


@dataclass(frozen=True)
class Kind:
    """What a file may be about: the columns that tell, those that it cannot do without, all that are read."""

    name: str
    tells: tuple[str, ...]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All that are read."""
        return self.required + self.optional


USERS = Kind(
    "users",
    ("user_id", "login_id"),
    ("user_id", "login_id", "status"),
    ("full_name", "first_name", "last_name", "short_name", "sortable_name", "email", "password", "integration_id"),
)
TERMS = Kind("terms", ("term_id", "name"), ("term_id", "name", "status"), ("start_date", "end_date"))
COURSES = Kind(
    "courses",
    ("course_id", "short_name"),
    ("course_id", "short_name", "long_name", "status"),
    ("account_id", "term_id", "start_date", "end_date"),
)
SECTIONS = Kind(
    "sections", ("section_id", "name"), ("section_id", "course_id", "name", "status"), ("integration_id", "start_date", "end_date")
)
ENROLLMENTS = Kind(
    "enrollments",
    ("user_id", "role"),
    ("user_id", "role", "status"),
    ("course_id", "section_id", "associated_user_id", "limit_section_privileges", "start_date", "end_date"),
)
OTHERS = (
    Kind("accounts", ("account_id", "parent_account_id")),
    Kind("admins", ("user_id", "account_id")),
    Kind("group_categories", ("group_category_id", "category_name")),
    Kind("groups", ("group_id", "name")),
    Kind("group_memberships", ("group_id", "user_id")),
    Kind("xlists", ("xlist_course_id", "section_id")),
    Kind("user_observers", ("observer_id", "student_id")),
)
"""Told apart, so that what is left out can be named."""
IMPORTED = (TERMS, COURSES, SECTIONS, USERS, ENROLLMENTS)
"""In the order in which they go in, whatever the order of the files."""


class BadHeader(Exception):
    """Nothing of the file can be imported; the message says why."""


def understood(header: Sequence[str]) -> tuple[Kind, dict[str, int]]:
    """The kind of a file, and where its columns are. Raises BadHeader."""
    names = [name.strip().lower() for name in header]
    if len(names) > MOST_COLUMNS:
        raise BadHeader(f"The header has more than {MOST_COLUMNS} columns.")
    known = next((kind for kind in (*IMPORTED, *OTHERS) if _tells(kind, names)), None)
    if known is None:
        raise BadHeader("The header is of no kind of file that is known.")
    if known in OTHERS:
        raise BadHeader(f"Files of {known.name} are not imported.")
    twice = sorted(name for name in known.columns if names.count(name) > 1)
    missing = [name for name in known.required if name not in names]
    if known is ENROLLMENTS and not {"course_id", "section_id"} & set(names):
        missing.append("course_id or section_id")
    if known is USERS and "full_name" not in names and not {"first_name", "last_name"} <= set(names):
        missing.append("full_name, or first_name and last_name")
    if twice or missing:
        raise BadHeader(f"The header has {', '.join(twice)} twice." if twice else f"The header lacks {', '.join(missing)}.")
    return known, {name: names.index(name) for name in known.columns if name in names}


def _tells(kind: Kind, names: Sequence[str]) -> bool:
    if kind is ENROLLMENTS and "account_id" in names and not {"course_id", "section_id"} & set(names):
        return False  # admins
    return set(kind.tells) <= set(names)
