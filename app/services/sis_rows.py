"""Rows of SIS files: what is in their cells, and putting several at once into the database without one spoiling the others."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.exc import DataError, IntegrityError

from app.errors import Invalid
from app.extensions import db
from app.services.permissions import Caller

LONGEST = 255
DELETE = "<delete>"
"""In a cell it empties the field; a blank one leaves it."""


class RowError(Exception):
    """The row does not go in; the message says why."""


@dataclass(frozen=True)
class Row:
    """One row: its number in the file, and its cells by column; columns that the file lacks are absent."""

    number: int
    cells: Mapping[str, str]

    def text(self, name: str) -> str | None:
        """What stands there; None for nothing. Raises RowError for what no column takes."""
        value = self.cells.get(name) or None
        if value and len(value) > LONGEST:
            raise RowError(f"{name} is longer than {LONGEST} characters")
        if value and any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
            raise RowError(f"{name} has control characters or several lines")
        return value

    def need(self, name: str) -> str:
        """What stands there. Raises RowError for nothing."""
        value = self.text(name)
        if value is None:
            raise RowError(f"No {name} given")
        return value

    def one_of(self, name: str, choices: Collection[str]) -> str:
        """One of those words, in any case of its letters. Raises RowError."""
        value = self.need(name).lower()
        if value not in choices:
            raise RowError(f"Improper {name} {value!r}; it must be one of {', '.join(choices)}")
        return value

    def optional(self, *names: str) -> dict[str, str | None]:
        """Those that are filled in; `<delete>` is None."""
        found = {name: self.text(name) for name in names}
        return {name: None if value == DELETE else value for name, value in found.items() if value is not None}

    def dates(self) -> dict[str, dt.datetime | None]:
        """`start_at` and `end_at`, as far as the file has them; blank is None. Raises RowError."""
        columns = {"start_date": "start_at", "end_date": "end_at"}
        return {to: self._date(name) for name, to in columns.items() if name in self.cells}

    def _date(self, name: str) -> dt.datetime | None:
        value = self.text(name)
        if value is None or value == DELETE:
            return None
        try:
            found = dt.datetime.fromisoformat(value.upper())
            return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC).replace(microsecond=0)
        except (ValueError, OverflowError) as problem:
            raise RowError(f"Bad date {value!r} for {name}; it must be as 2026-03-01T09:00:00Z") from problem


@dataclass
class Run:
    """What an import is about while its rows go in."""

    account_id: int
    by: Caller
    """Who imports."""
    spent: Callable[[], bool]
    """Whether the time of this batch is over."""
    notes: list[tuple[int, str]] = field(default_factory=list)
    """What there is to say, by row."""
    good: int = 0
    """Rows that went in."""

    def note(self, row: Row, message: str) -> None:
        """Say something about a row."""
        self.notes.append((row.number, message))

    def each(self, rows: Sequence[Row]) -> Iterator[Row]:
        """The rows as long as there is time, and one at least."""
        for number, row in enumerate(rows):
            if number and self.spent():
                return
            yield row

    @contextmanager
    def one(self, row: Row) -> Iterator[None]:
        """A row: what is wrong with it is noted. It must be found wrong before anything is changed."""
        try:
            yield
            self.good += 1
        except RowError as problem:
            self.note(row, str(problem))
        except Invalid as problem:
            self.note(row, " ".join([*problem.fields, str(problem)]))


Put = Callable[[Run, Sequence[Row]], int]
"""Puts rows into the database, as many as there is time for: how many those were."""


def put_safely(put: Put, run: Run, rows: Sequence[Row]) -> int:
    """Put rows; where the database refuses one of them, each alone. How many were dealt with.

    What it refuses was taken by somebody else since it was looked up: looked up again it is found, or it is noted.
    """
    noted, good = len(run.notes), run.good
    try:
        with db.session.begin_nested():
            return put(run, rows)
    except (IntegrityError, DataError):
        del run.notes[noted:]
        run.good = good
    if len(rows) > 1:
        return sum(put_safely(put, run, [row]) for row in run.each(rows))
    try:
        with db.session.begin_nested():
            return put(run, rows)
    except (IntegrityError, DataError):
        del run.notes[noted:]
        run.good = good
        run.note(rows[0], "The database refused it: something in it is taken")
        return 1
