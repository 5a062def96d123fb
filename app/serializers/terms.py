"""Terms as Canvas shows them."""

import datetime as dt

from typing_extensions import TypedDict

from app.models.types import AnyRow


class EnrollmentTermJSON(TypedDict):
    """A term of the account."""

    id: int
    name: str
    sis_term_id: str | None
    sis_import_id: int | None
    start_at: dt.datetime | None
    end_at: dt.datetime | None
    created_at: dt.datetime
    workflow_state: str
    grading_period_group_id: int | None


class EnrollmentTermsJSON(TypedDict):
    """Several terms."""

    enrollment_terms: list[EnrollmentTermJSON]


def term_json(row: AnyRow) -> EnrollmentTermJSON:
    """One term."""
    return {
        "id": row.id,
        "name": row.name,
        "sis_term_id": row.sis_term_id,
        "sis_import_id": None,
        "start_at": row.start_at,
        "end_at": row.end_at,
        "created_at": row.created_at,
        "workflow_state": row.workflow_state,
        "grading_period_group_id": None,
    }
