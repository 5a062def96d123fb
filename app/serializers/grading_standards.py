"""Grading standards as Canvas shows them."""

from typing_extensions import TypedDict

from app.models.types import AnyRow


class SchemeEntryJSON(TypedDict):
    """A letter, and the least that earns it, as a part of 1."""

    name: str
    value: float


class GradingStandardJSON(TypedDict):
    """A grading standard."""

    id: int
    title: str
    context_type: str
    context_id: int
    points_based: bool
    scaling_factor: float
    grading_scheme: list[SchemeEntryJSON]


def grading_standard_json(row: AnyRow) -> GradingStandardJSON:
    """One grading standard."""
    return {
        "id": row.id,
        "title": row.title,
        "context_type": "Account" if row.course_id is None else "Course",
        "context_id": row.account_id if row.course_id is None else row.course_id,
        "points_based": False,
        "scaling_factor": 1.0,
        "grading_scheme": [{"name": name, "value": round(least / 100, 6)} for name, least in row.data],
    }
