"""Does the release before work on this schema? python -m tests.compat BASE [PYTEST OPTION...]; by default all of SELECTION.

A deploy migrates first and rolls then: for minutes the tasks of the release before answer on the schema of the next, and after a
rollback they do so for days. So the tests of BASE run, from a work tree of it, on what the migrations here make.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from commands.report import Failure, fail, say
from pipeline import git, guard, schema

SELECTION = ("tests/app/api", "tests/app/jobs", "-k", "postgresql", "-n", "3", "--dist", "worksteal", "--maxfail", "10")
"""What a running task does: it answers requests and works on jobs, on PostgreSQL. Together they send every statement of the app.

Not the models' tests, which hold the schema against the models: a column that is new would fail there, and harm nobody.
Not SQLite, which no release runs on. Two minutes on two idle cores; ten failures say enough.
"""
LOCK = "requirements-dev.txt"


@contextmanager
def work_tree(commit: str) -> Iterator[Path]:
    """The files of that commit in a folder of their own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="compat") as folder:
        tree = Path(folder, "base")
        git.git("worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            git.git("worktree", "remove", "--force", str(tree))


def python(tree: Path) -> str:
    """What its tests run with: this environment if it is locked to the same, else one of its own, made as it says itself."""
    if (tree / LOCK).read_bytes() == Path(LOCK).read_bytes():
        return sys.executable
    make = shutil.which("make") or "make"
    if subprocess.run([make, "--no-print-directory", ".venv/.dev", f"PYTHON={sys.executable}"], cwd=tree, check=False).returncode:
        raise Failure("the base's environment cannot be made")
    return str(tree / ".venv/bin/python")


def run(base: str, options: Sequence[str]) -> None:
    """Raises Failure if that commit's tests fail on the schema of the migrations here. Nothing to do if none of these is new to it."""
    if not git.known(base):
        return say(f"compat: no release before to look at: this clone does not hold {base or 'any base'}")
    here = [schema.read(path) for path in sorted(Path(git.MIGRATIONS).glob("[0-9]*.py"))]
    new = git.added(git.migrations(base), schema.history(here))
    if not new:
        return say(f"compat: no new migrations since {base[:12]}")
    names = ", ".join(guard.shown(new))
    say(f"compat: the tests of {base[:12]} on a schema with {names}")
    with work_tree(base) as tree:
        command = [python(tree), "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
        environment = os.environ | {"MIGRATIONS_DIR": str(Path("migrations").resolve())}
        if subprocess.run(command, cwd=tree, env=environment, check=False).returncode:
            raise Failure(f"{base[:12]}, which may still run, does not work with {names}: add first, and take away in a later release")
    return say(f"compat: {base[:12]} works with {names}")


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    try:
        run(arguments[0], arguments[1:] or SELECTION)
    except Failure as problem:
        fail(problem)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
