"""What a change set and a stack say, in words."""

from typing import Any

import pytest

from infra import words


def change(action: str, kind: str = "Logs::LogGroup", *properties: str, **more: Any) -> dict[str, Any]:
    details = [{"Target": {"Attribute": "Properties", "Name": name}} for name in properties]
    return {"Action": action, "ResourceType": f"AWS::{kind}", "LogicalResourceId": "It", "Details": details, **more}


def event(status: str, reason: str = "", kind: str = "ECS::Service", **more: Any) -> dict[str, Any]:
    return {"ResourceStatus": status, "ResourceStatusReason": reason, "ResourceType": f"AWS::{kind}", "LogicalResourceId": "It", **more}


@pytest.mark.parametrize(
    ("what", "line"),
    [
        (change("Add"), "makes Logs LogGroup It"),
        (change("Import", PhysicalResourceId="/ecs/lms"), "adopts Logs LogGroup It (lms)"),
        (change("Modify", "ECS::Service", "A", "B", "A", Replacement="False"), "changes ECS Service It: A, B (in place)"),
        (change("Modify", "ECS::Service", "A", Replacement="Conditional"), "changes ECS Service It: A (perhaps another one in its place)"),
        (change("Modify", "ECS::Service", "A", Replacement="True"), "changes ECS Service It: A (ANOTHER ONE TAKES ITS PLACE)"),
        ({**change("Modify"), "Details": [{"Target": {"Attribute": "Tags"}}]}, "changes Logs LogGroup It: Tags (in place)"),
        (change("Remove", PolicyAction="Retain"), "removes Logs LogGroup It: it stays in the account"),
        (change("Remove", PolicyAction="Delete"), "removes Logs LogGroup It: DELETED"),
        (change("Dynamic"), "may change Logs LogGroup It"),
    ],
)
def test_a_change_is_a_line(what: dict[str, Any], line: str) -> None:
    assert words.described(what) == line


@pytest.mark.parametrize(
    ("changes", "only"),
    [
        ([], False),
        ([change("Modify", "ECS::Service", "TaskDefinition")], True),
        ([change("Modify", "ECS::Service", "TaskDefinition", "DesiredCount")], False),
        ([change("Modify", "ECS::Service", "TaskDefinition"), change("Add")], False),
    ],
)
def test_to_be_told_what_runs_is_no_change(changes: words.Changes, only: bool) -> None:
    assert words.only_records(changes) is only


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (
            change("Modify", "RDS::DBInstance", "DBName", Replacement="True"),
            "it changes RDS DBInstance It: DBName (ANOTHER ONE TAKES ITS PLACE): ",
        ),
        (change("Remove", "ECS::Service", PolicyAction="Delete"), "it removes ECS Service It: DELETED: nothing that serves"),
        (change("Remove", "S3::Bucket", PolicyAction="Retain"), ""),
        (change("Remove", "EC2::Route"), ""),
        (change("Modify", "EC2::Route", "A", Replacement="True"), ""),
        (change("Modify", "RDS::DBInstance", "DBInstanceClass", Replacement="False"), ""),
    ],
)
def test_what_serves_or_keeps_data_is_not_given_up(what: dict[str, Any], why: str) -> None:
    assert words.refused([change("Add"), what]).startswith(why) and bool(words.refused([what])) is bool(why)


@pytest.mark.parametrize(
    ("status", "ended", "well"),
    [
        ("CREATE_COMPLETE", True, True),
        ("UPDATE_COMPLETE", True, True),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", False, False),
        ("ROLLBACK_COMPLETE", True, False),
        ("UPDATE_ROLLBACK_FAILED", True, False),
        ("CREATE_IN_PROGRESS", False, False),
    ],
)
def test_a_stack_rests_well_or_badly(status: str, ended: bool, well: bool) -> None:
    assert (words.ended(status), words.succeeded(status)) == (ended, well)


def test_progress_says_when_what_and_why() -> None:
    assert words.progress(event("CREATE_IN_PROGRESS", "Resource creation Initiated"), 12.4) == "   12 s  create in progress: ECS Service It"
    assert words.progress(event("CREATE_FAILED", "no"), 1) == "    1 s  create failed: ECS Service It: no"


CANCELLED = event("CREATE_FAILED", "Resource creation cancelled", "EC2::VPC")
REAL = event("CREATE_FAILED", "the name is taken")
STACK = event("CREATE_FAILED", "The following resource(s) failed to create: [It].", "CloudFormation::Stack")
CHECKED = event("CREATE_FAILED", "Validation failed with 1 error(s). Call DescribeEvents to retrieve", "CloudFormation::Stack")
FOUND = {"ValidationStatus": "FAILED", "ValidationStatusReason": "exists", "ResourceType": "AWS::S3::Bucket", "LogicalResourceId": "It"}


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([CANCELLED, REAL, STACK], "ECS Service It: the name is taken"),
        ([STACK, CANCELLED], "CloudFormation Stack It: The following resource(s) failed to create: [It]."),
        ([CHECKED, FOUND], "S3 Bucket It: exists"),
        ([event("DELETE_FAILED")], "ECS Service It: no reason given"),
        ([event("CREATE_COMPLETE")], "no event says why"),
    ],
)
def test_the_first_real_error_is_told(events: list[dict[str, Any]], error: str) -> None:
    assert words.first_error(events) == error
