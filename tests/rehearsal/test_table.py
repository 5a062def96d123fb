"""The table of bad deploys, and how a play of one is judged, without an engine."""

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.pipeline.verdict_cases import CASES
from tests.rehearsal.live import Seen, judge
from tests.rehearsal.places import ROOT
from tests.rehearsal.play import Play, Step
from tests.rehearsal.scenarios import NAMED, TABLE, Scenario, elsewhere, guessed

GOOD, OTHER = "a" * 40, "b" * 40
ENDED = Play(
    "bad", Path("log"), [Step("ship", "Guard", 1, False)], ["verdict: guard: on hold: 5ca1ab1e: wrong marks", "::error::held: why"], code=1
)
SEEN = Seen(Counter({"api": 9, GOOD: 9}), [], GOOD, touched=False)


def test_every_scenario_has_a_name_of_its_own_and_something_that_is_wrong() -> None:
    assert len(NAMED) == len(TABLE)
    for scenario in TABLE:
        assert scenario.change or scenario.account or scenario.variables, scenario.name


@pytest.mark.parametrize("scenario", [one for one in TABLE if one.change], ids=lambda one: one.name)
def test_a_bad_commit_changes_files_that_are_there_and_python_still_reads_them(scenario: Scenario, tmp_path: Path) -> None:
    files = ["app/__init__.py", "gunicorn.conf.py", "wsgi.py", "task-definition.json", "migrations/.current-head"]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    (tmp_path / "migrations" / "versions").mkdir()
    assert scenario.change
    scenario.change(tmp_path)
    assert [name for name in files if (tmp_path / name).read_text() != (ROOT / name).read_text()]
    for path in tmp_path.rglob("*.py"):
        compile(path.read_text(), str(path), "exec")
    if scenario.name != "not-json":
        json.loads((tmp_path / "task-definition.json").read_text())


def test_the_docs_say_of_every_scenario_what_it_proves() -> None:
    rows = [line.split(" | ") for line in (ROOT / "docs" / "operating.md").read_text().splitlines() if line.startswith("| `")]
    told = {row[0].strip("| `"): row[1] for row in rows if len(row) == 4}
    assert {name: told.get(name) for name in NAMED} == {scenario.name: scenario.verdict for scenario in TABLE}


def test_only_known_verdicts_are_expected() -> None:
    assert {scenario.verdict for scenario in TABLE} <= {verdict for _, verdict, _ in CASES.values()}


def test_a_deploy_that_ended_as_it_must_is_in_order() -> None:
    assert judge(NAMED["hold"], ENDED, SEEN, GOOD) == []


@pytest.mark.parametrize(
    ("played", "seen", "wrong"),
    [
        (replace(ENDED, code=0), SEEN, "ended green"),
        (replace(ENDED, steps=[Step("ship", "Prepare", 1, False)]), SEEN, "Prepare was red first, not Guard"),
        (replace(ENDED, steps=[]), SEEN, "no step was red first"),
        (replace(ENDED, lines=[ENDED.lines[0], "::error::unknown: why"]), SEEN, "'unknown', not 'held'"),
        (replace(ENDED, lines=["5ca1ab1e: wrong marks", "verdict: no", "::error::held: why"]), SEEN, "does not show '5ca1ab1e"),
        (ENDED, SEEN._replace(failures=["502"]), "1 requests failed: ['502']"),
        (ENDED, SEEN._replace(answered=Counter({GOOD: 1, OTHER: 1})), "others answered"),
        (ENDED, SEEN._replace(answered=Counter()), "no request was answered"),
        (ENDED, SEEN._replace(serving=OTHER), f"{OTHER} serves afterwards"),
        (ENDED, SEEN._replace(touched=True), "though nothing was deployed"),
    ],
)
def test_whatever_went_otherwise_is_named(played: Play, seen: Seen, wrong: str) -> None:
    found = judge(NAMED["hold"], played, seen, GOOD)
    assert len(found) == 1
    assert wrong in found[0]


def test_where_the_new_version_is_well_it_may_answer_beside_the_old_one() -> None:
    scenario, seen = NAMED["health-command"], SEEN._replace(answered=Counter({GOOD: 9, "bad": 3}), touched=True)
    lines = ["verdict: | /health 200", "::error::health check command missing: why"]
    assert judge(scenario, replace(ENDED, steps=[Step("ship", "Watch", 1, False)], lines=lines), seen, GOOD) == []


def test_a_database_that_is_elsewhere_or_has_another_password_keeps_the_rest_of_its_address() -> None:
    url = "postgresql://lms:secret@169.254.170.2:5432/lms"
    assert (elsewhere(url), guessed(url)) == (
        "postgresql://lms:secret@169.254.170.2:9/lms",
        "postgresql://lms:guessed@169.254.170.2:5432/lms",
    )
