"""Assignment overrides as Canvas shows them."""

import datetime as dt
from collections.abc import Sequence
from typing import NotRequired

from typing_extensions import TypedDict

from app.models.types import AnyRow


class OverrideJSON(TypedDict):
    """An override. A date that it leaves to the assignment is not there; null is "no date"."""

    id: int
    assignment_id: int
    title: str
    due_at: NotRequired[dt.datetime | None]
    all_day: NotRequired[bool]
    all_day_date: NotRequired[dt.date | None]
    unlock_at: NotRequired[dt.datetime | None]
    lock_at: NotRequired[dt.datetime | None]
    student_ids: NotRequired[list[int]]
    course_section_id: NotRequired[int]


def override_json(row: AnyRow, student_ids: Sequence[int] = ()) -> OverrideJSON:
    """One override with those of its students whom the reader sees."""
    body: OverrideJSON = {"id": row.id, "assignment_id": row.assignment_id, "title": row.title}
    if row.due_at_overridden:
        body |= {"due_at": row.due_at, "all_day": row.all_day, "all_day_date": row.all_day_date}
    if row.unlock_at_overridden:
        body["unlock_at"] = row.unlock_at
    if row.lock_at_overridden:
        body["lock_at"] = row.lock_at
    if row.course_section_id is None:
        body["student_ids"] = list(student_ids)
    else:
        body["course_section_id"] = row.course_section_id
    return body
