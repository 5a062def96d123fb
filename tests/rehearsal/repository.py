"""The repository that is played: what lies in this checkout, committed or not, as commits of a clone that believes it came from GitHub."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from commands.report import Failure
from tests.github import REPOSITORY
from tests.rehearsal.places import ROOT, STATE

FOLDER = STATE / "repo"
Change = Callable[[Path], None]
"""Something done to the files before they are committed: a fault, in a scenario."""


def git(*arguments: str, folder: Path = FOLDER) -> str:
    """What git printed. Raises Failure with its last line."""
    who = ("user.name=Rehearsal", "user.email=rehearsal@example.com", "commit.gpgsign=false")
    settings = [part for setting in (*who, "safe.directory=*", "core.hooksPath=/dev/null") for part in ("-c", setting)]
    done = subprocess.run(["git", *settings, "-C", str(folder), *arguments], capture_output=True, text=True, env=environment(), check=False)
    if done.returncode:
        raise Failure(f"git {arguments[0]}: {(done.stderr.strip().splitlines() or ['no output'])[-1]}")
    return done.stdout.strip()


def environment() -> dict[str, str]:
    """The environment without git's own variables: a hook that runs the rehearsal must not lend it its index."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def commit(message: str, change: Change | None = None) -> str:
    """Commit the files of this checkout, changed by `change`, on top of what was played before; returns the commit."""
    if not (FOLDER / ".git").exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        git("init", "--quiet", "--initial-branch=main")
        git("remote", "add", "origin", f"https://github.com/{REPOSITORY}.git")
        git("commit", "--quiet", "--allow-empty", "--message", "Before the first push")
    for entry in FOLDER.iterdir():
        if entry.name != ".git":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    for name in git("ls-files", "--cached", "--others", "--exclude-standard", "-z", folder=ROOT).split("\0"):
        if name and (ROOT / name).is_file():
            target = FOLDER / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    if change:
        change(FOLDER)
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message", message)
    git("update-ref", "refs/remotes/origin/main", "HEAD")  # as a checkout on GitHub has it
    return git("rev-parse", "HEAD")


def tag(name: str, commit: str = "HEAD") -> str:
    """Tag a commit as people do for `git push --follow-tags`; returns the tag."""
    git("tag", "--annotate", "--message", name, name, commit)
    return name


def go_to(commit: str) -> None:
    """Let main and the files be that commit: what is committed next follows it."""
    if git("rev-parse", "HEAD") != commit:
        git("checkout", "--quiet", "-B", "main", commit)
