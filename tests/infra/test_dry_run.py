"""`apply --dry-run`: what would change is shown, handed on, and left undone."""

import re
from pathlib import Path
from typing import Any

import pytest

from infra import apply
from tests.infra.test_main import GONE, LOSS, NOT_THERE, cloud, cloudformation, proposed, quick, run, service, stack
from tests.pipeline.conftest import Script
from tests.pipeline.verbs import OUTPUTS

__all__ = ["quick"]
LOGS: dict[str, Any] = {"Action": "Modify", "LogicalResourceId": "Logs", "ResourceType": "AWS::Logs::LogGroup", "Replacement": "False"}
LOGS |= {"Details": [{"Target": {"Attribute": "Properties", "Name": "RetentionInDays"}}]}
RECORD = LOGS | {"Details": [{"Target": {"Attribute": "Properties", "Name": "TaskDefinition"}}]}
CHANGES_NOTHING = {"describe_stacks", "get_template_summary", "create_change_set", "describe_change_set", "delete_change_set"}
"""What it may ask CloudFormation for."""


def dry(monkeypatch: pytest.MonkeyPatch, folder: Path, formation: Script, ecs: list[Any]) -> tuple[int, str, str]:
    """Exit code, outputs and step summary of a dry run."""
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        (folder / name).touch()
        monkeypatch.setenv(name, str(folder / name))
    code = run(monkeypatch, cloud(formation, ecs), "--ci", "--dry-run")
    assert {call for call, _ in formation.asked} <= CHANGES_NOTHING
    assert set(re.findall(r"^(\w+)<<", (folder / "GITHUB_OUTPUT").read_text(), re.M)) == (OUTPUTS["apply"] if code == 0 else set())
    return code, (folder / "GITHUB_OUTPUT").read_text(), (folder / "GITHUB_STEP_SUMMARY").read_text()


def test_what_would_change_is_shown_in_words_and_dropped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    formation = cloudformation(describe_stacks=[stack("UPDATE_COMPLETE")], describe_change_set=[proposed("CREATE_COMPLETE", LOGS)])
    code, output, summary = dry(monkeypatch, tmp_path, formation, [service()])
    assert (code, "\ntrue\n" in output) == (0, True)
    assert formation.requests("delete_change_set")[0]["StackName"] == "lms-ecs-network", "by its ARN alone the infra role would be refused"
    assert summary == "### lms-ecs-network\n- changes Logs LogGroup Logs: RetentionInDays (in place)\n"
    assert formation.requests("delete_change_set") == formation.requests("describe_change_set")[:1]


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "FAILED"])
def test_where_nothing_would_change_nobody_is_asked(status: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = proposed(status, RECORD, StatusReason="No updates are to be performed.")
    formation = cloudformation(describe_stacks=[stack("UPDATE_COMPLETE")], describe_change_set=[found])
    code, output, summary = dry(monkeypatch, tmp_path, formation, [service()])
    assert (code, "\nfalse\n" in output, summary) == (0, True, "")


@pytest.mark.parametrize("there", [GONE, stack("ROLLBACK_COMPLETE"), stack("REVIEW_IN_PROGRESS")])
def test_a_stack_that_is_not_there_would_be_made_and_is_not_even_begun(there: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    formation = cloudformation(describe_stacks=[there])
    code, output, summary = dry(monkeypatch, tmp_path, formation, [NOT_THERE])
    assert (code, "\ntrue\n" in output) == (0, True)
    assert summary == "### lms-ecs-network\n- makes all of it: what exactly is known when the stacks before it are there\n"
    assert {call for call, _ in formation.asked} == {"describe_stacks"}


def test_what_would_be_refused_is_red_already(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    formation = cloudformation(describe_stacks=[stack("UPDATE_COMPLETE")], describe_change_set=[proposed("CREATE_COMPLETE", LOSS)])
    code, output, summary = dry(monkeypatch, tmp_path, formation, [service()])
    assert (code, output, "ANOTHER ONE TAKES ITS PLACE" in summary) == (1, "", True)
    assert formation.requests("delete_change_set") == formation.requests("describe_change_set")[:1]


def test_every_stack_is_shown_even_if_the_first_would_change(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    formation = cloudformation(describe_stacks=[GONE])
    monkeypatch.setattr(apply, "STACKS", ("foundation", "network", "data"))
    monkeypatch.setattr("infra.account.STACKS", ("foundation", "network", "data"))
    assert dry(monkeypatch, tmp_path, formation, [NOT_THERE])[2].count("makes all of it") == 2
