"""Sections as Canvas shows them."""

import datetime as dt
from collections.abc import Container
from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.models.types import AnyRow


class SectionJSON(TypedDict):
    """A section."""

    id: int
    course_id: int
    name: str
    start_at: dt.datetime | None
    end_at: dt.datetime | None
    created_at: dt.datetime
    restrict_enrollments_to_section_dates: bool | None
    nonxlist_course_id: int | None
    sis_section_id: str | None
    sis_course_id: str | None
    sis_import_id: int | None
    integration_id: str | None
    total_students: NotRequired[int]
    students: NotRequired[list[Any] | None]


def section_json(row: AnyRow, include: Container[str] = ()) -> SectionJSON:
    """One section. `include` may name total_students."""
    body: SectionJSON = {
        "id": row.id,
        "course_id": row.course_id,
        "name": row.name,
        "start_at": row.start_at,
        "end_at": row.end_at,
        "created_at": row.created_at,
        "restrict_enrollments_to_section_dates": row.restrict_enrollments_to_section_dates,
        "nonxlist_course_id": None,
        "sis_section_id": row.sis_section_id,
        "sis_course_id": row.sis_course_id,
        "sis_import_id": None,
        "integration_id": row.integration_id,
    }
    return {**body, "total_students": row.total_students} if "total_students" in include else body
