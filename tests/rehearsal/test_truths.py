"""What docs/operating.md says of the rehearsal: where it is AWS, by which tests, and where it is not."""

import ast
import re

import pytest

from tests.rehearsal.places import ROOT

TEXT = (ROOT / "docs" / "operating.md").read_text()
NAMED = re.findall(r"`([\w/]+\.py)::(test_\w+)`", TEXT)
LISTED = {
    "rolling deployments only": "rolling deployments only",
    "with ROLLBACK only": "stopped with ROLLBACK only",
    "Fargate tasks only": "Fargate only",
    "one container per task": "one container a task",
    "empty task volumes only": "empty volumes only",
    "log driver awslogs only": "awslogs only",
    "from Secrets Manager by full ARN only": "secrets by full ARN only",
}
"""What this ECS says when it refuses something that AWS has, and what the table says of it."""


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_test_that_is_named_is_there(file: str, name: str) -> None:
    tree = ast.parse((ROOT / "tests" / "rehearsal" / file).read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_line_of_the_table_names_a_test() -> None:
    table = TEXT.partition("| as at AWS | by |\n|---|---|\n")[2].split("\n\n")[0].strip().splitlines()
    assert len(table) >= 9
    assert [line for line in table if "::test_" not in line] == []


def test_what_this_ecs_refuses_though_aws_would_not_is_listed() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "tests" / "rehearsal" / "ecs").glob("*.py"))
    refusals = re.findall(r'"The rehearsal (?:has|runs|stops|resolves) ([^"]*)"', sources)
    assert refusals
    assert [said for said in refusals if not any(words in said for words in LISTED)] == [], "the table must name these, too"
    row = next(line for line in TEXT.splitlines() if line.startswith("| ECS |"))
    assert [words for words in LISTED.values() if words not in row] == []
