"""SIS imports as Canvas shows them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from app.models.types import AnyRow

KINDS = (
    "accounts",
    "terms",
    "abstract_courses",
    "courses",
    "sections",
    "xlists",
    "users",
    "enrollments",
    "admins",
    "group_categories",
    "groups",
    "group_memberships",
    "user_observers",
    "change_sis_ids",
)


class SisImportDataJSON(TypedDict):
    """What was sent, and how many rows of each kind went in."""

    import_type: str
    supplied_batches: list[str]
    counts: dict[str, int]


class SisImportJSON(TypedDict):
    """One import."""

    id: int
    created_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    updated_at: dt.datetime
    progress: int
    workflow_state: str
    data: SisImportDataJSON
    processing_warnings: list[list[str]]
    processing_errors: list[list[str]]
    errors_attachment: None
    user: Mapping[str, Any] | None
    csv_attachments: list[Any]
    batch_mode: bool
    batch_mode_term_id: None
    multi_term_batch_mode: bool
    skip_deletes: bool
    override_sis_stickiness: bool
    add_sis_stickiness: bool
    clear_sis_stickiness: bool
    diffing_data_set_identifier: None
    diffed_against_import_id: None
    change_threshold: None


class SisImportsJSON(TypedDict):
    """Several imports."""

    sis_imports: list[SisImportJSON]


class SisImportErrorJSON(TypedDict):
    """What there was to say about a row, or about a file."""

    sis_import_id: int
    file: str
    message: str
    row: int | None
    row_info: None


class SisImportErrorsJSON(TypedDict):
    """Several of them."""

    sis_import_errors: list[SisImportErrorJSON]


def sis_import_json(row: AnyRow, messages: Sequence[AnyRow], user: Mapping[str, Any] | None) -> SisImportJSON:
    """One import with the first of its messages, and who sent it."""
    errors = [_message(message) for message in messages if message.error]
    if row.gave_up:
        errors.append(["", row.gave_up])
    counts = {kind: row.counts.get(kind, 0) for kind in KINDS} | {"error_count": len(errors), "warning_count": row.warnings}
    return {
        "id": row.id,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "updated_at": row.updated_at,
        "progress": row.progress,
        "workflow_state": row.workflow_state,
        "data": {"import_type": "instructure_csv", "supplied_batches": [kind for kind in KINDS if kind in row.counts], "counts": counts},
        "processing_warnings": [_message(message) for message in messages if not message.error],
        "processing_errors": errors,
        "errors_attachment": None,
        "user": user,
        "csv_attachments": [],
        "batch_mode": False,
        "batch_mode_term_id": None,
        "multi_term_batch_mode": False,
        "skip_deletes": False,
        "override_sis_stickiness": True,
        "add_sis_stickiness": False,
        "clear_sis_stickiness": False,
        "diffing_data_set_identifier": None,
        "diffed_against_import_id": None,
        "change_threshold": None,
    }


def _message(message: AnyRow) -> list[str]:
    return [message.file, message.message if message.row is None else f"{message.message} (row {message.row})"]


def sis_import_error_json(row: AnyRow) -> SisImportErrorJSON:
    """One message."""
    return {"sis_import_id": row.sis_import_id, "file": row.file, "message": row.message, "row": row.row, "row_info": None}
