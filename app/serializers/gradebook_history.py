"""The gradebook's history as Canvas shows it."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict

from app.models.types import AnyRow

NOBODY = "Graded on submission"
"""Who graded what a quiz graded."""


class GraderJSON(TypedDict):
    """Who graded, and what."""

    id: int
    name: str
    assignments: list[Any]


class DayJSON(TypedDict):
    """Who graded on one day."""

    date: str
    graders: list[GraderJSON]


class ChangeJSON(TypedDict):
    """What a version says besides what the submission was."""

    assignment_name: str
    user_name: str
    grader: str
    current_grade: str | None
    current_graded_at: dt.datetime | None
    current_grader: str
    previous_grade: str | None
    previous_graded_at: dt.datetime | None
    previous_grader: str | None
    new_grade: str | None
    new_score: float | None
    new_graded_at: dt.datetime
    new_grader: str


def change_json(row: AnyRow, people: Mapping[int, str]) -> ChangeJSON:
    """What was before, what came, and what is now; `people` are names by id."""
    grader = people.get(row.grader_id, NOBODY)
    previous = row.previous_grader_id
    return {
        "assignment_name": row.assignment_name,
        "user_name": row.user_name,
        "grader": grader,
        "current_grade": row.current_grade,
        "current_graded_at": row.current_graded_at,
        "current_grader": people.get(row.current_grader_id, NOBODY),
        "previous_grade": row.previous_grade,
        "previous_graded_at": row.previous_graded_at,
        "previous_grader": None if previous is None else people.get(previous, NOBODY),
        "new_grade": row.grade,
        "new_score": row.score,
        "new_graded_at": row.graded_at,
        "new_grader": grader,
    }
