"""A quarter of a CPU and 512 MiB for a server and its children; pinned to one core where control groups cannot be made."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
PERIOD_MICROSECONDS = 100_000
MEMORY_BYTES = 512 * 1024 * 1024


@dataclass
class Limits:
    """How a server is held; `folders` are its control groups, none where it is only pinned."""

    cpus: float
    name: str = field(default_factory=lambda: f"lms-bench-{os.getpid()}")
    folders: list[Path] = field(default_factory=list)

    def __enter__(self) -> "Limits":
        """Make the control groups, of whichever version there is."""
        quota = int(self.cpus * PERIOD_MICROSECONDS)
        try:
            if (CGROUPS / "cgroup.controllers").exists():
                self._group("", {"cpu.max": f"{quota} {PERIOD_MICROSECONDS}", "memory.max": str(MEMORY_BYTES)})
            else:
                self._group("cpu", {"cpu.cfs_period_us": str(PERIOD_MICROSECONDS), "cpu.cfs_quota_us": str(quota)})
                self._group("memory", {"memory.limit_in_bytes": str(MEMORY_BYTES)})
        except OSError:
            self.__exit__()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove them; whatever ran in them must have ended."""
        while self.folders:
            self.folders.pop().rmdir()

    def _group(self, controller: str, values: dict[str, str]) -> None:
        folder = CGROUPS / controller / self.name
        folder.mkdir()
        self.folders.append(folder)
        for name, value in values.items():
            (folder / name).write_text(value)

    @property
    def told(self) -> str:
        """What holds the server, in words."""
        return f"{self.cpus} CPU and 512 MiB" if self.folders else "one core (no right to make a control group)"

    @property
    def enter(self) -> Callable[[], None]:
        """What the server's process does before anything else."""
        folders, core = list(self.folders), max(os.sched_getaffinity(0))

        def enter() -> None:
            for folder in folders:
                (folder / "cgroup.procs").write_text(str(os.getpid()))
            if not folders:
                os.sched_setaffinity(0, {core})

        return enter
