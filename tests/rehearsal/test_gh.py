"""The stand-in for gh does what gh does with a release, and is what a play finds on its path."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github import REPOSITORY, GitHub, serve
from tests.rehearsal import play

TOKEN = "t0ken"


@pytest.fixture
def hub() -> Iterator[GitHub]:
    """A GitHub to which the tag v1.0.0 was pushed."""
    with serve(token=TOKEN) as github:
        github.tags = {"v1.0.0"}
        yield github


def gh(hub: GitHub, folder: Path, *arguments: str, token: str = TOKEN) -> tuple[int, str, str]:
    """Exit code and what was said, run as a step would."""
    play._lay_out_gh(folder / "gh")
    environment = {"GITHUB_API_URL": hub.url, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": token}
    done = subprocess.run([folder / "gh", *arguments], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr.splitlines()[-1] if done.stderr else ""


def test_a_release_is_made_once_and_then_seen(hub: GitHub, tmp_path: Path) -> None:
    create = ("release", "create", "v1.0.0", "--verify-tag", "--generate-notes")
    assert gh(hub, tmp_path, "release", "view", "v1.0.0") == (1, "", "release not found")
    assert gh(hub, tmp_path, *create) == (0, f"https://github.com/{REPOSITORY}/releases/tag/v1.0.0\n", "")
    assert gh(hub, tmp_path, "release", "view", "v1.0.0")[0] == 0
    assert gh(hub, tmp_path, *create) == (1, "", "HTTP 422: Unprocessable Entity")
    assert [(one["tag_name"], one["generate_release_notes"]) for one in hub.releases] == [("v1.0.0", True)]


def test_a_tag_that_was_not_pushed_gets_no_release(hub: GitHub, tmp_path: Path) -> None:
    code, _, said = gh(hub, tmp_path, "release", "create", "v9.9.9", "--verify-tag")
    assert (code, said) == (1, "tag v9.9.9 doesn't exist in the repo, aborting due to --verify-tag flag")
    assert hub.releases == []


def test_who_may_not_is_refused(hub: GitHub, tmp_path: Path) -> None:
    assert gh(hub, tmp_path, "release", "create", "v1.0.0", token="other")[0] == 1
    assert hub.releases == []
