"""Files in a folder of this machine: for development, not for production, where a task's disk dies with it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.storage.problems import StorageError, TooLargeError


class Sink:
    """An open file that takes `most` bytes and no more."""

    def __init__(self, fd: int, most: int) -> None:
        self.file = os.fdopen(fd, "w+b")
        self.left = most

    def write(self, data: bytes) -> int:
        """Append. Raises TooLargeError before the first byte too many."""
        self.left -= len(data)
        if self.left < 0:
            raise TooLargeError
        return self.file.write(data)

    def seek(self, offset: int) -> int:
        """Go back: whoever parses forms does so when a file is complete."""
        return self.file.seek(offset)


@dataclass(frozen=True)
class LocalStorage:
    """A folder, made when it is first needed."""

    folder: str

    def check(self) -> None:
        """Write and remove an empty file."""
        with self._told():
            Path(self.folder).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                pass

    def upload_form(self, key: str, content_type: str, most: int, seconds: int, then: str) -> None:
        """The app takes uploads."""

    def link(self, key: str, content_type: str, disposition: str, seconds: int) -> None:
        """The app gives files out."""

    def size(self, key: str) -> int | None:
        """Of the file of that name."""
        with self._told():
            try:
                return self.path(key).stat().st_size
            except FileNotFoundError:
                return None

    def copy(self, source: str, target: str) -> None:
        """By a second file: who writes the first anew does not change it."""
        with self._told():
            with self._beside(target) as (fd, name), os.fdopen(fd, "wb") as copy, self.path(source).open("rb") as original:
                shutil.copyfileobj(original, copy)
            Path(name).replace(self.path(target))

    def put(self, key: str, content: bytes) -> None:
        """In place of what was there."""
        with self.writing(key, len(content)) as sink:
            sink.write(content)

    def delete(self, key: str) -> None:
        """Of that name."""
        with self._told():
            self.path(key).unlink(missing_ok=True)

    @contextmanager
    def writing(self, key: str, most: int) -> Iterator[Sink]:
        """A file to write to, in place of what was there once it is complete. Raises TooLargeError; then nothing changes."""
        with self._told(), self._beside(key) as (fd, name):
            sink = Sink(fd, most)
            with sink.file:
                yield sink
            Path(name).replace(self.path(key))

    def path(self, key: str) -> Path:
        """Where it is on the disk."""
        return Path(self.folder).absolute() / key

    @contextmanager
    def _beside(self, key: str) -> Iterator[tuple[int, str]]:
        """A new file in the same folder, removed again if anything goes wrong."""
        self.path(key).parent.mkdir(parents=True, exist_ok=True)
        fd, name = tempfile.mkstemp(dir=self.path(key).parent, prefix=".")
        try:
            yield fd, name
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            raise StorageError(f"cannot write to {self.folder}: {problem.strerror}") from problem
