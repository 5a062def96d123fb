"""Which migrations an image carries, read from their files: its newest, and the oldest release that the schema still serves."""

import ast
from dataclasses import dataclass
from pathlib import Path

from commands.report import Failure, output
from commands.verbs import Found, Options


@dataclass(frozen=True)
class Migration:
    """What a migration says of itself."""

    revision: str
    down_revision: str | None
    contract: bool
    """Whether it takes away what the release before still uses."""


@dataclass(frozen=True)
class Schema:
    """The labels `schema.head` and `schema.floor` of an image."""

    head: str
    floor: str
    """The last contract migration, or the first of all: code that does not know it cannot work on this schema."""


def read(path: Path) -> Migration:
    """What that file says. Raises Failure if it leaves something out."""
    found: dict[str, object] = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Constant):
            found[node.targets[0].id] = node.value.value
    revision, down, contract = found.get("revision"), found.get("down_revision"), found.get("contract")
    if not isinstance(revision, str) or not isinstance(contract, bool) or "down_revision" not in found:
        raise Failure(f"{path.name} must set revision, down_revision and contract (True or False)", file=str(path))
    return Migration(revision, down if isinstance(down, str) else None, contract)


def history(migrations: list[Migration]) -> list[Migration]:
    """The migrations from first to last. Raises Failure unless they form one line."""
    after = {migration.down_revision: migration for migration in migrations}
    line: list[Migration] = []
    step = after.get(None)
    while step is not None and len(line) < len(migrations):
        line.append(step)
        step = after.get(step.revision)
    if len(line) != len(migrations) or not line:
        raise Failure("the migrations do not form one line from the first to one head")
    return line


def of(line: list[Migration]) -> Schema:
    """Head and floor of a line of migrations."""
    contracts = [migration.revision for migration in line if migration.contract]
    return Schema(head=line[-1].revision, floor=contracts[-1] if contracts else line[0].revision)


def load(folder: Path) -> Schema:
    """Head and floor of the migrations in that folder. Raises Failure if they are not in order."""
    return of(history([read(path) for path in sorted(folder.glob("[0-9]*.py"))]))


def main(_: Options, found: Found) -> None:
    """Print the newest migration and the oldest that running code must know: the labels of an image."""
    labels = load(Path("migrations/versions"))
    output({"head": labels.head, "floor": labels.floor})
