"""The tests of the release before on this schema: red when a migration takes away what it uses, green when one only adds."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline import git
from tests import compat
from tests.pipeline.commits import Commits

ROOT = Path(__file__).parents[1]
ONE = ["tests/app/api/test_courses.py", "-k", "postgresql and taught_at_once"]
HEAD = (ROOT / "migrations/.current-head").read_text().strip()
MIGRATION = f'''"""A branch's own."""

import sqlalchemy as sa
from alembic import op

revision = "9000_branch"
down_revision = "{HEAD}"
contract = False


def upgrade() -> None:
    """Change it."""
    '''


@pytest.fixture
def branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commits:
    """A repository of its own with these files, committed or not, as the current folder."""
    for name in [name for name in os.environ if name.startswith(("GIT_", "GITHUB_", "PYTEST_", "MIGRATIONS_DIR"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    made = Commits(tmp_path / "repository")
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (made.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, made.folder / name)
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "base")
    return made


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ('op.add_column("courses", sa.Column("motto", sa.Text(), nullable=True))', 0, "works with 9000_branch"),
        ('op.drop_column("courses", "name")', 1, "does not work with 9000_branch: add first"),
    ],
    ids=["adds", "takes away"],
)
def test_the_release_before_runs_on_the_schema_of_a_branch(
    change: str, code: int, said: str, branch: Commits, capfd: pytest.CaptureFixture[str]
) -> None:
    base = branch.git("rev-parse", "HEAD")
    (branch.folder / git.MIGRATIONS / "9000_branch.py").write_text(MIGRATION + change + "\n")
    assert compat.main([base, *ONE]) == code
    shown = "".join(capfd.readouterr())
    assert said in shown
    assert ("1 passed" in shown) == (code == 0), shown
    assert ("UndefinedColumn" in shown) == (code == 1), shown
    assert branch.git("worktree", "list").count("\n") == 0


def test_without_new_migrations_nothing_runs(branch: Commits, capfd: pytest.CaptureFixture[str]) -> None:
    base = branch.git("rev-parse", "HEAD")
    assert compat.main([base]) == 0
    assert capfd.readouterr().out == f"compat: no new migrations since {base[:12]}\n"


@pytest.mark.parametrize("base", ["", "0" * 40, "5ca1ab1e" * 5])
def test_without_a_base_nothing_runs(base: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert compat.main([base]) == 0
    assert capsys.readouterr().out == f"compat: no release before to look at: this clone does not hold {base or 'any base'}\n"


def test_a_selection_without_a_test_is_red(branch: Commits, capfd: pytest.CaptureFixture[str]) -> None:
    base = branch.git("rev-parse", "HEAD")
    (branch.folder / git.MIGRATIONS / "9000_branch.py").write_text(MIGRATION + "pass\n")
    assert compat.main([base, "tests/app/api/test_courses.py", "-k", "there_is_no_such_test"]) == 1
    assert " deselected" in capfd.readouterr().out


def test_another_lock_gets_an_environment_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("requirements-dev.txt").write_text("here")
    tree = tmp_path / "tree"
    (tree / ".venv").mkdir(parents=True)
    (tree / "requirements-dev.txt").write_text("there")
    (tree / "Makefile").write_text(".venv/.dev:\n\t@mkdir -p .venv/bin && touch .venv/bin/python $@\n")
    assert compat.python(tree) == str(tree / ".venv/bin/python")
    assert (tree / ".venv/.dev").exists()
