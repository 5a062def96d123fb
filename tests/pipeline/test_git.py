"""What git says of commits: their order, and their migrations."""

import os
import re

import pytest

from commands.report import Failure
from pipeline import git
from pipeline.schema import Migration
from tests.pipeline.commits import Commits


def test_an_ancestor_precedes_and_nothing_else_does(commits: Commits) -> None:
    first = commits.commit("1")
    second = commits.commit("1")
    commits.git("checkout", "--quiet", "-b", "aside", first)
    aside = commits.commit("1")
    assert [git.precedes(first, second), git.precedes(first, aside), git.precedes(first, first)] == [True] * 3
    assert [git.precedes(second, first), git.precedes(second, aside), git.precedes(aside, second)] == [False] * 3


def test_a_merged_branch_precedes(commits: Commits) -> None:
    first = commits.commit("1")
    commits.git("checkout", "--quiet", "-b", "aside")
    aside = commits.commit("1")
    commits.git("checkout", "--quiet", "main")
    commits.commit("1")
    commits.git("merge", "--quiet", "--no-ff", "aside", "--message", "merge")
    head = commits.git("rev-parse", "HEAD")
    assert git.precedes(aside, head)
    assert git.precedes(first, head)


@pytest.mark.parametrize("commit", ["", "old", "--all", "HEAD", "0" * 40])
def test_what_is_no_commit_of_ours_precedes_nothing(commit: str, commits: Commits) -> None:
    head = commits.commit("1")
    assert not git.precedes(commit, head)
    assert not git.precedes(head, commit)


def test_a_shallow_clone_that_cannot_tell_says_so(commits: Commits) -> None:
    first = commits.commit("1")
    second, third = commits.commit("1"), commits.commit("1")
    commits.git("clone", "--quiet", "--depth", "2", f"file://{commits.folder}", "shallow")
    os.chdir(commits.folder / "shallow")
    assert git.precedes(second, third)
    told = f"this clone does not hold enough history to compare {first[:12]} and {third[:12]}: check out with fetch-depth: 0"
    with pytest.raises(Failure) as refused:
        git.precedes(first, third)
    assert str(refused.value) == told


def test_the_migrations_of_a_commit_are_its_own(commits: Commits) -> None:
    old = commits.commit("0001_a", "0002_b!")
    commits.commit("0001_a", "0002_b!", "0003_c")
    assert git.migrations(old) == [Migration("0001_a", None, False), Migration("0002_b", "0001_a", True)]
    assert [migration.revision for migration in git.migrations("HEAD")] == ["0001_a", "0002_b", "0003_c"]


def test_a_commit_that_is_not_here_is_named_by_git(commits: Commits) -> None:
    commits.commit("1")
    with pytest.raises(Failure, match=r"^git archive: fatal: .*0000"):
        git.migrations("0" * 40)


def line(*revisions: str) -> list[Migration]:
    """Migrations of these names."""
    return [Migration(revision, None, False) for revision in revisions]


@pytest.mark.parametrize(("before", "after", "new"), [("", "ab", "ab"), ("ab", "ab", ""), ("ab", "abcd", "cd"), ("", "", "")])
def test_what_was_added_comes_last(before: str, after: str, new: str) -> None:
    assert git.added(line(*before), line(*after)) == line(*new)


@pytest.mark.parametrize(("before", "after", "moved"), [("ab", "a", "b"), ("abc", "axbc", "b"), ("ab", "ba", "a"), ("a", "", "a")])
def test_a_migration_that_was_taken_out_or_moved_is_named(before: str, after: str, moved: str) -> None:
    with pytest.raises(Failure, match=re.escape(f"the migration {moved} may have run and is not in its place any more")):
        git.added(line(*before), line(*after))
