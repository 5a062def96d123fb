"""Head and floor of the migrations that an image carries."""

from pathlib import Path

import pytest

from commands.report import Failure
from pipeline import schema
from pipeline.schema import Migration, Schema

ROOT = Path(__file__).parents[2]


def line(*contracts: bool) -> list[Migration]:
    """Migrations 1, 2, 3 ... of which some take something away."""
    return [Migration(str(at), str(at - 1) if at > 1 else None, contract) for at, contract in enumerate(contracts, 1)]


@pytest.mark.parametrize(
    ("contracts", "expected"),
    [
        ((False,), Schema("1", "1")),
        ((False, False, False), Schema("3", "1")),
        ((False, True, False), Schema("3", "2")),
        ((False, True, True, False), Schema("4", "3")),
        ((False, False, True), Schema("3", "3")),
    ],
)
def test_the_floor_is_the_last_that_took_something_away(contracts: tuple[bool, ...], expected: Schema) -> None:
    assert schema.of(line(*contracts)) == expected


def test_the_history_is_in_order_whatever_the_files_are_called() -> None:
    first, second, third = line(False, False, False)
    assert schema.history([third, first, second]) == [first, second, third]


@pytest.mark.parametrize(
    "migrations",
    [
        [],
        [Migration("2", "1", False)],
        [Migration("1", None, False), Migration("2", "1", False), Migration("3", "1", False)],
        [Migration("1", None, False), Migration("2", None, False)],
        [Migration("1", None, False), Migration("2", "3", False), Migration("3", "2", False)],
    ],
    ids=["none", "no first", "two heads", "two firsts", "a circle"],
)
def test_migrations_must_form_one_line(migrations: list[Migration]) -> None:
    with pytest.raises(Failure, match="do not form one line"):
        schema.history(migrations)


@pytest.mark.parametrize("missing", ["revision", "down_revision", "contract"])
def test_a_migration_that_leaves_something_out_is_named(missing: str, tmp_path: Path) -> None:
    lines = {"revision": 'revision = "2"', "down_revision": 'down_revision = "1"', "contract": "contract = False"}
    path = tmp_path / "0002_more.py"
    path.write_text("\n".join(text for name, text in lines.items() if name != missing))
    with pytest.raises(Failure, match=r"0002_more\.py must set revision, down_revision and contract") as refused:
        schema.read(path)
    assert refused.value.file == str(path)


@pytest.mark.parametrize("contract", ['"yes"', "1", "None", "bool()"])
def test_a_contract_is_true_or_false(contract: str, tmp_path: Path) -> None:
    path = tmp_path / "0001.py"
    path.write_text(f'revision = "1"\ndown_revision = None\ncontract = {contract}\n')
    with pytest.raises(Failure, match="True or False"):
        schema.read(path)


def test_a_file_is_read_and_never_run(tmp_path: Path) -> None:
    (tmp_path / "0001_first.py").write_text('import nowhere\nrevision = "1"\ndown_revision = None\ncontract = False\na, b = 1, 2\n')
    (tmp_path / "0002_less.py").write_text('revision = "2"\ndown_revision = "1"\ncontract = True\n')
    (tmp_path / "notes.py").write_text("not Python")
    assert schema.load(tmp_path) == Schema("2", "2")


def test_our_own_migrations_are_in_order() -> None:
    files = sorted(path.stem for path in (ROOT / "migrations/versions").glob("0*.py"))
    assert schema.load(ROOT / "migrations/versions").head == files[-1]
