"""What a client's work came to: a line a check."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Checks:
    """The checks of one client."""

    client: str
    passed: int = 0
    failed: int = 0

    @contextmanager
    def check(self, what: str) -> Iterator[None]:
        """Say whether the block came to its end; go on in either case."""
        try:
            yield
        except Exception as problem:
            where = traceback.extract_tb(problem.__traceback__)[-1]
            self.note(what, f"{type(problem).__name__}: {problem}"[:600] + f" ({where.filename.rpartition('/')[2]}:{where.lineno})")
        else:
            self.note(what)

    def note(self, what: str, problem: str | None = None) -> None:
        """One check, that failed if there is a problem."""
        self.passed += problem is None
        self.failed += problem is not None
        say(f"{'ok    ' if problem is None else 'FAILED'} {self.client}: {what}" + (f": {problem}" if problem else ""))


def equal(found: object, wanted: object) -> None:
    """Raises AssertionError, that shows both, where they differ."""
    assert found == wanted, f"{found!r} is not {wanted!r}"


def has(text: str, *parts: str) -> None:
    """Raises AssertionError, that shows the text, if it lacks one of them."""
    lacking = [part for part in parts if part not in text]
    assert not lacking, f"no {lacking} in {text!r}"


def say(line: str) -> None:
    """Print it at once."""
    print(line, flush=True)
