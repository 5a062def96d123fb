"""Late policies as Canvas shows them."""

import datetime as dt

from typing_extensions import TypedDict

from app.models.types import AnyRow


class LatePolicyJSON(TypedDict):
    """A course's late policy; all numbers are percentages of an assignment's points."""

    id: int
    course_id: int
    missing_submission_deduction_enabled: bool
    missing_submission_deduction: float
    late_submission_deduction_enabled: bool
    late_submission_deduction: float
    late_submission_interval: str
    late_submission_minimum_percent_enabled: bool
    late_submission_minimum_percent: float
    created_at: dt.datetime
    updated_at: dt.datetime


class OneLatePolicyJSON(TypedDict):
    """Under its name."""

    late_policy: LatePolicyJSON


def late_policy_json(row: AnyRow) -> OneLatePolicyJSON:
    """One late policy."""
    return {
        "late_policy": {
            "id": row.id,
            "course_id": row.course_id,
            "missing_submission_deduction_enabled": row.missing_submission_deduction_enabled,
            "missing_submission_deduction": row.missing_submission_deduction,
            "late_submission_deduction_enabled": row.late_submission_deduction_enabled,
            "late_submission_deduction": row.late_submission_deduction,
            "late_submission_interval": row.late_submission_interval,
            "late_submission_minimum_percent_enabled": row.late_submission_minimum_percent_enabled,
            "late_submission_minimum_percent": row.late_submission_minimum_percent,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }
    }
