"""What preflight judges by the kind of deploy, or by whether anything was deployed before."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from commands.names import Names
from pipeline import preflight
from pipeline.preflight import Finding, Subject
from tests.pipeline.conftest import Script
from tests.pipeline.whole_cloud import SERVICE, alarmed, clients

RUNS = "arn:aws:ecs:ap-northeast-2:471112588210:task-definition/lms-ecs-task:7"


def look(on: Subject, check: str) -> Finding:
    """What that one check finds."""
    return next(preflight.judge(on, *one) for one in preflight.CHECKS if one[0] == check)


@pytest.mark.parametrize(
    ("kind", "states", "state"),
    [
        ("push", ("ALARM", "OK"), "NG"),
        ("release", ("ALARM", "OK"), "NG"),
        ("rollback", ("ALARM", "OK"), "SKIP"),
        ("rollback", ("OK",), "NG"),
    ],
    ids=["push", "release", "what fires may end by going back", "but an alarm must be there"],
)
def test_an_alarm_keeps_nobody_from_going_back(
    kind: str, states: tuple[str, ...], state: str, names: Names, definition: dict[str, Any], tmp_path: Path
) -> None:
    on = Subject(clients(tmp_path).__getitem__, names, definition, "85", deepcopy(SERVICE), kind)
    alarmed(*states)(on)
    assert look(on, "safety/alarms").state == state


@pytest.mark.parametrize(("label", "state"), [("a" * 40, "NG"), ("", "OK")], ids=["scaled down", "before its first deploy"])
def test_a_service_that_somebody_scaled_to_nothing_is_named(label: str, state: str, names: Names, definition: dict[str, Any]) -> None:
    container = {"image": "x/lms-ecs:none", "dockerLabels": {"commit": label} if label else {}}
    idle = deepcopy(SERVICE) | {"desiredCount": 0, "taskDefinition": RUNS}
    answers = {"describe_services": [{"services": [idle]}]}
    ecs = Script("ecs", **answers, describe_task_definition=[{"taskDefinition": {"containerDefinitions": [container]}}])
    found = look(Subject({"ecs": ecs}.__getitem__, names, definition, "85"), "service/state")
    assert found.state == state
    assert found.fix == ("aws ecs update-service --cluster lms-ecs --service lms-ecs-service --desired-count 2" if label else "")
