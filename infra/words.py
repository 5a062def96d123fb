"""What a change set would do and what a stack is doing, in words. Nothing here asks anybody."""

import re
from collections.abc import Mapping
from typing import Any

ACTS = {"Add": "makes", "Import": "adopts", "Modify": "changes", "Remove": "removes", "Dynamic": "may change"}
LEFT = ("Retain", "ReplaceAndRetain")
PRECIOUS = (
    "AWS::ECR::Repository",
    "AWS::ECS::Service",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::EC2::VPC",
    "AWS::EC2::Subnet",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
)
"""Where another one in its place means that the LMS is down, or that something is lost."""
RECORDED = "TaskDefinition"
"""The service's property, and the parameter, that only tells a stack what runs."""
FOLLOWS = re.compile(r"cancelled|Call DescribeEvents|The following resource\(s\) failed|^Rollback requested|^User Initiated", re.IGNORECASE)
"""Reasons of failures that came after another one."""

Changes = list[dict[str, Any]]


def thing(kind: str, logical: str, physical: str = "") -> str:
    """A resource as people call it: "RDS DBInstance Database (lms-ecs)"."""
    return f"{kind.removeprefix('AWS::').replace('::', ' ')} {logical}" + (f" ({physical.rpartition('/')[2]})" if physical else "")


def _causes(change: Mapping[str, Any]) -> list[str]:
    found = [detail.get("Target", {}) for detail in change.get("Details", [])]
    return list(dict.fromkeys(target.get("Name") or target.get("Attribute", "") for target in found))


def only_records(changes: Changes) -> bool:
    """Whether these changes do nothing but tell the stack which revision runs."""
    return bool(changes) and all(change["Action"] == "Modify" and _causes(change) == [RECORDED] for change in changes)


def replaced(change: Mapping[str, Any]) -> bool:
    """Whether another one takes its place."""
    return change["Action"] == "Modify" and change.get("Replacement") == "True"


def described(change: Mapping[str, Any]) -> str:
    """One change as a line."""
    line = f"{ACTS[change['Action']]} {thing(change['ResourceType'], change['LogicalResourceId'], change.get('PhysicalResourceId', ''))}"
    if change["Action"] == "Modify":
        causes = ", ".join(_causes(change))
        how = {"True": "ANOTHER ONE TAKES ITS PLACE", "Conditional": "perhaps another one in its place"}
        line += f": {causes} ({how.get(change.get('Replacement', ''), 'in place')})"
    if change["Action"] == "Remove":
        line += ": it stays in the account" if change.get("PolicyAction") in LEFT else ": DELETED"
    return line


def refused(changes: Changes) -> str:
    """Why these changes are not applied; empty if they may be."""
    for change in changes:
        lost = change["Action"] == "Remove" and change.get("PolicyAction") not in LEFT
        if change["ResourceType"] in PRECIOUS and (lost or replaced(change)):
            return f"it {described(change)}: nothing that serves or keeps data is given up by this command"
    return ""


def ended(status: str) -> bool:
    """Whether a stack has come to rest."""
    return not status.endswith("_IN_PROGRESS")


def succeeded(status: str) -> bool:
    """Whether it came to rest as it was meant to."""
    return status in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}


def progress(event: Mapping[str, Any], seconds: float) -> str:
    """One event of a stack as a line: when, what, which."""
    what = event["ResourceStatus"].replace("_", " ").lower()
    named = thing(event["ResourceType"], event["LogicalResourceId"])
    return f"{seconds:5.0f} s  {what}: {named}" + (f": {event['ResourceStatusReason']}" if "FAILED" in event["ResourceStatus"] else "")


def first_error(events: list[dict[str, Any]]) -> str:
    """The failure that the others follow from; `events` are in the order of time, of a stack or, as it names them, of an operation."""
    reasons = [(event, event.get("ValidationStatusReason") or event.get("ResourceStatusReason") or "") for event in events if failed(event)]
    real = [(event, reason) for event, reason in reasons if not FOLLOWS.search(reason)]
    for event, reason in [*real, *reasons]:
        return f"{thing(event['ResourceType'], event['LogicalResourceId'])}: {reason or 'no reason given'}"
    return "no event says why"


def failed(event: Mapping[str, Any]) -> bool:
    """Whether an event tells of a failure."""
    return event.get("ResourceStatus", "").endswith("_FAILED") or event.get("ValidationStatus") == "FAILED"
