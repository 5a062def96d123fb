"""A small git repository for the tests of what git decides."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Commits:
    """A repository; whoever makes it stands in it from then on."""

    folder: Path
    made: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir()
        os.chdir(self.folder)  # the fixture's monkeypatch goes back
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        """What git printed."""
        who = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
        return subprocess.run(["git", *who, *arguments], cwd=self.folder, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self, *migrations: str) -> str:
        """A commit with exactly these migrations, in their order; one with a ! takes something away. Returns its hash."""
        folder = self.folder / "migrations/versions"
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        below = "None"
        for name in migrations:
            revision = name.rstrip("!")
            lines = (f"revision = {revision!r}", f"down_revision = {below}", f"contract = {name.endswith('!')}")
            (folder / f"{revision}.py").write_text("\n".join(lines))
            below = repr(revision)
        self.made += 1  # two commits that say the same in the same second are one
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", f"commit {self.made}")
        return self.git("rev-parse", "HEAD")
