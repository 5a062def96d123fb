"""Assignment groups as Canvas shows them."""

from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.models.types import AnyRow


class RulesJSON(TypedDict):
    """Which scores do not count."""

    drop_lowest: NotRequired[int]
    drop_highest: NotRequired[int]
    never_drop: NotRequired[list[int]]


class AssignmentGroupJSON(TypedDict):
    """A part of the course's grade."""

    id: int
    name: str
    position: int
    group_weight: float
    sis_source_id: str | None
    integration_data: dict[str, Any]
    rules: RulesJSON
    assignments: NotRequired[list[Any]]


def assignment_group_json(row: AnyRow) -> AssignmentGroupJSON:
    """One group."""
    rules: RulesJSON = {}
    if row.drop_lowest:
        rules["drop_lowest"] = row.drop_lowest
    if row.drop_highest:
        rules["drop_highest"] = row.drop_highest
    if row.never_drop:
        rules["never_drop"] = row.never_drop
    return {
        "id": row.id,
        "name": row.name,
        "position": row.position,
        "group_weight": row.group_weight,
        "sis_source_id": row.sis_source_id,
        "integration_data": {},
        "rules": rules,
    }
