"""The part of the API about task definitions."""

import time
from typing import Any

from tests.rehearsal.ecs import registration
from tests.rehearsal.ecs.errors import client_error
from tests.rehearsal.ecs.names import last_part
from tests.rehearsal.ecs.state import State


class Definitions:
    """Task definitions: every revision is kept."""

    def __init__(self, state: State) -> None:
        self._state = state

    def register_task_definition(self, body: dict[str, Any]) -> dict[str, Any]:
        """RegisterTaskDefinition: the next revision of the family."""
        tags = body.pop("tags", [])
        definition = registration.complete(body)
        registration.check(definition)
        family = definition["family"]
        revisions = self._state.definitions.setdefault(family, [])
        number = len(revisions) + 1
        arn = self._state.names.arn("task-definition", f"{family}:{number}")
        stored = {
            **definition,
            "taskDefinitionArn": arn,
            "revision": number,
            "status": "ACTIVE",
            "requiresAttributes": [],
            "compatibilities": ["EC2", "FARGATE"],
            "registeredAt": time.time(),
            "registeredBy": f"arn:aws:iam::{self._state.names.account}:root",
        }
        revisions.append(stored)
        self._state.tags[arn] = {tag["key"]: tag["value"] for tag in tags}
        return {"taskDefinition": stored, "tags": tags}

    def find(self, reference: str) -> dict[str, Any]:
        """By ARN, ``family:revision`` or family (its newest active revision).

        Raises ApiError: there is none.
        """
        family, _, number = last_part(reference).partition(":")
        revisions = self._state.definitions.get(family, [])
        if number:
            found = [item for item in revisions if str(item["revision"]) == number]
        else:
            found = [item for item in revisions if item["status"] == "ACTIVE"]
        if not found:
            raise client_error("Unable to describe task definition.")
        return found[-1]

    def active(self, reference: str) -> dict[str, Any]:
        """The same, to be run: it must not be deregistered."""
        family = last_part(reference).partition(":")[0]
        if not self._state.definitions.get(family):
            raise client_error("TaskDefinition not found.")
        found = self.find(reference)
        if found["status"] != "ACTIVE":
            raise client_error("TaskDefinition is inactive")
        return found

    def describe_task_definition(self, body: dict[str, Any]) -> dict[str, Any]:
        """DescribeTaskDefinition."""
        found = self.find(body["taskDefinition"])
        tags = self._state.tags.get(found["taskDefinitionArn"], {})
        shown = {"tags": [{"key": key, "value": value} for key, value in tags.items()]} if "TAGS" in body.get("include", ()) else {}
        return {"taskDefinition": found, **shown}

    def deregister_task_definition(self, body: dict[str, Any]) -> dict[str, Any]:
        """DeregisterTaskDefinition: what runs with it goes on."""
        if ":" not in last_part(body["taskDefinition"]):
            raise client_error("Revision is missing.")
        found = self.find(body["taskDefinition"])
        found.update(status="INACTIVE", deregisteredAt=time.time())
        return {"taskDefinition": found}

    def list_task_definitions(self, body: dict[str, Any]) -> dict[str, Any]:
        """ListTaskDefinitions: of one family or all, ACTIVE unless asked otherwise."""
        status, prefix = body.get("status", "ACTIVE"), body.get("familyPrefix")
        found = [
            item
            for family, revisions in sorted(self._state.definitions.items())
            for item in revisions
            if item["status"] == status and prefix in {None, family}
        ]
        arns = [item["taskDefinitionArn"] for item in found]
        return {"taskDefinitionArns": arns[::-1] if body.get("sort") == "DESC" else arns}
