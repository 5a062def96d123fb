"""What GitHub reads beside the workflows: who must agree to a change, and which new versions it proposes."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
OWNER = re.compile(r"@[A-Za-z0-9](?:-?[A-Za-z0-9])*(?:/[\w-]+)?")
OWNED = {"/.github/", "/commands/", "/pipeline/", "/infra/", "/image/"}
LOCKS = [path for path in ROOT.rglob("requirements*.txt") if not {".venv", "build", "node_modules"} & set(path.relative_to(ROOT).parts)]


def owners(text: str) -> dict[str, list[str]]:
    """Each pattern with its owners. Raises ValueError on a line that GitHub would leave out without a word."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        pattern, *names = line.partition("#")[0].split() or [""]
        if pattern and (not names or pattern[0] in "!" or re.search(r"[\[\]\\]", pattern) or not all(map(OWNER.fullmatch, names))):
            raise ValueError(line)
        if pattern:
            found[pattern] = names
    return found


def updates() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
    return found


def folders(ecosystem: str) -> set[str]:
    return {folder for it in updates() if it["package-ecosystem"] == ecosystem for folder in it.get("directories", [it.get("directory")])}


def test_whatever_ships_has_owners() -> None:
    found = owners((ROOT / ".github/CODEOWNERS").read_text())
    assert set(found) == OWNED
    teams = {name for names in found.values() for name in names}
    assert all("/" in team for team in teams)
    assert [team for team in teams if team.startswith("@ORG/") and team not in (ROOT / "docs/deploying.md").read_text()] == []


@pytest.mark.parametrize("line", ["/image/", "/image/ somebody", "!/image/ @a/b", "/[ab]/ @a/b", "/image/ @-a/b", "/image/ @a/b/c"])
def test_a_line_that_github_would_leave_out_is_found(line: str) -> None:
    with pytest.raises(ValueError, match=re.escape(line)):
        owners(f"# who\n{line}\n")


def test_every_lock_and_every_action_is_looked_at_for_new_versions() -> None:
    assert folders("pip") == {f"/{path.parent.relative_to(ROOT)}".replace("/.", "/") for path in LOCKS}
    actions = {f"/{path.parent.relative_to(ROOT)}" for path in (ROOT / ".github/actions").glob("*/action.yml")}
    assert folders("github-actions") == {"/", *actions}
    assert folders("docker") == {"/"}


def test_new_versions_wait_for_a_week() -> None:
    assert [it["package-ecosystem"] for it in updates() if it["cooldown"]["default-days"] < 7] == []
