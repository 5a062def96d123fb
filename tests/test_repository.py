"""What the repository promises about itself: sizes, documents, locks."""

import ast
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from app.config import Settings
from commands.names import TASK_DEFINITION, Names, read_definition, resolve

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path for folder in ("app", "commands", "image", "infra", "pipeline", "tests", "migrations") for path in (ROOT / folder).rglob("*.py")
)
LONGEST_FILE = 300
LONGEST_FUNCTION = 45


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_no_file_and_no_function_is_too_long(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= LONGEST_FILE
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    in_migration = "versions" in path.parts  # a table is as long as it is
    long = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions if not in_migration}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FUNCTION} == {}


def code_blocks(name: str) -> list[str]:
    return re.findall(r"```\w+\n(.*?)```", (ROOT / name).read_text(), re.DOTALL)


def commands(name: str) -> set[str]:
    return set(re.findall(r"`((?:[A-Z]+=\S+ )?make [^`]+|flask [^`]+)`", (ROOT / name).read_text()))


def test_both_readmes_name_the_same_commands() -> None:
    assert code_blocks("README.md") == code_blocks("README.ko.md") != []
    assert commands("README.md") == commands("README.ko.md") != set()


@pytest.mark.parametrize("name", ["README.md", "README.ko.md", "docs/operating.md", "docs/api.md", "docs/deploying.md"])
def test_every_target_and_file_that_a_document_names_is_there(name: str) -> None:
    text = (ROOT / name).read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", "\n".join(re.findall(r"`[^`]*`|```.*?```", text, re.DOTALL)))) <= targets
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not ((ROOT / name).parent / link).exists()] == []


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs/operating.md").read_text()
    assert [field.name for field in fields(Settings) if f"`{field.name.upper()}`" not in text] == []


def test_the_commands_of_every_day_use_the_names_of_this_repository() -> None:
    text = (ROOT / "docs/operating.md").read_text().partition("\n## Day to day\n")[2].partition("\n## ")[0]
    names: Names = resolve(read_definition(ROOT / TASK_DEFINITION), {"BASE_URL": "https://lms.example.org"})
    wanted = {
        r"--cluster (\S+)": {names.ecs_cluster},
        r"--(?:services?|service-name) ([a-z]\S*)": {names.ecs_service},
        r"--container (\S+)": {names.ecs_container},
        r"aws logs tail (\S+)": {names.log_group},
        r"--secret-id (\S+)": {names.secret_name, f"{names.secret_name}-database"},
        r"AWS_REGION=(\S+)": {names.aws_region},
    }
    assert {pattern: set(re.findall(pattern, text)) for pattern in wanted} == wanted


def test_a_months_cost_is_the_sum_of_its_parts() -> None:
    text = (ROOT / "docs/operating.md").read_text().partition("\n### A month\n")[2].partition("\n### ")[0]
    parts, total = re.findall(r"\| (\d+\.\d\d) \|$", text, re.MULTILINE), re.findall(r"\| \*\*(\d+\.\d\d)\*\* \|$", text, re.MULTILINE)
    assert len(parts) == 10
    assert [f"{sum(map(float, parts)):.2f}"] == total
    said = f"{float(total[0]):.0f}"
    assert re.findall(r"US\$ (\d+) \(2026-11", (ROOT / "README.md").read_text()) == [said]
    assert re.findall(r"월 약 (\d+)달러입니다\(2026년 11월", (ROOT / "README.ko.md").read_text()) == [said]
    assert f"About US$ {said} " in text


@pytest.mark.parametrize(("lock", "extra"), [("requirements.txt", None), ("requirements-dev.txt", "dev")])
def test_the_locks_hold_every_dependency_with_hashes(lock: str, extra: str | None) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + (project["optional-dependencies"][extra] if extra else [])
    entries = re.split(r"\n(?=[a-z])", (ROOT / lock).read_text())
    locked = {entry.split("==")[0].split("[")[0]: entry for entry in entries if "==" in entry.split("\n")[0]}
    assert [name for name in (re.split(r"[\[>=;]", want)[0] for want in wanted) if name not in locked] == []
    assert [name for name, entry in locked.items() if "--hash=sha256:" not in entry] == []
    assert "://" not in re.sub(r"#.*", "", (ROOT / lock).read_text())


def test_what_runs_in_production_is_what_was_tested() -> None:
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^([a-z][\w.-]*==[\w.]+)", (ROOT / lock).read_text(), re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def lines_of_code(path: Path) -> int:
    """Lines that are neither empty nor a comment nor a docstring, as counters of code count them."""
    text = path.read_text()
    told = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or 0) + 1)
    }
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") and at not in told for at, line in enumerate(text.splitlines(), 1))


def test_the_pipeline_stays_small() -> None:
    assert sum(lines_of_code(path) for path in (ROOT / "pipeline").rglob("*.py")) < 1500
