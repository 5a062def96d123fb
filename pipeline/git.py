"""The commits as git knows them: which lies before which, and the migrations of each."""

import io
import re
import subprocess
import tempfile
import zipfile
from pathlib import Path

from commands.report import Failure
from pipeline import schema

MIGRATIONS = "migrations/versions"


def git(*arguments: str) -> bytes:
    """What `git ARGUMENTS` printed. Raises Failure with its last line."""
    done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    if done.returncode:
        raise Failure(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip().rpartition(chr(10))[2]}")
    return done.stdout


def known(commit: str) -> bool:
    """Whether this clone holds it: not so of the zeros that a first push comes after, and of what a forced one threw away."""
    return subprocess.run(["git", "cat-file", "-e", f"{commit}^{{commit}}"], capture_output=True, check=False).returncode == 0


def precedes(old: str, new: str) -> bool:
    """Whether `old` is `new` or an ancestor of it. Raises Failure if this clone is too shallow to tell."""
    if not all(re.fullmatch(r"[0-9a-f]{7,64}", commit) for commit in (old, new)):
        return False  # a label that somebody wrote by hand
    if subprocess.run(["git", "merge-base", "--is-ancestor", old, new], capture_output=True, check=False).returncode == 0:
        return True
    if git("rev-parse", "--is-shallow-repository").strip() == b"true":
        raise Failure(f"this clone does not hold enough history to compare {old[:12]} and {new[:12]}: check out with fetch-depth: 0")
    return False


def between(old: str, new: str) -> list[str]:
    """A line for each commit of `new` that `old` does not have, the newest first."""
    return git("log", "--no-merges", "--format=%h %an: %s", f"{old}..{new}").decode(errors="replace").splitlines()


def migrations(commit: str) -> list[schema.Migration]:
    """The migrations of that commit, from first to last. Raises Failure if this clone does not hold it."""
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(io.BytesIO(git("archive", "--format=zip", commit, MIGRATIONS))).extractall(folder)
        return schema.history([schema.read(path) for path in sorted(Path(folder, MIGRATIONS).glob("[0-9]*.py"))])


def added(before: list[schema.Migration], after: list[schema.Migration]) -> list[schema.Migration]:
    """The migrations of `after` that `before` does not have. Raises Failure if one that may have run was taken out or moved."""
    for at, migration in enumerate(before):
        if [kept.revision for kept in after[at : at + 1]] != [migration.revision]:
            raise Failure(f"the migration {migration.revision} may have run and is not in its place any more: what was merged stays")
    return after[len(before) :]
