"""Files in a folder of this machine: for development, not for production, where a task's disk dies with it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.storage.problems import StorageError


@dataclass(frozen=True)
class LocalStorage:
    """A folder, made when it is first needed."""

    folder: str

    def check(self) -> None:
        """Write and remove an empty file."""
        try:
            Path(self.folder).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except OSError as problem:
            raise StorageError(f"cannot write to {self.folder}: {problem.strerror}") from problem
