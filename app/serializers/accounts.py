"""Accounts as Canvas shows them."""

from typing_extensions import TypedDict

from app.models.types import AnyRow


class AccountJSON(TypedDict):
    """The organisation."""

    id: int
    name: str
    workflow_state: str
    parent_account_id: int | None
    root_account_id: int | None
    default_time_zone: str
    uuid: str
    sis_account_id: str | None
    default_storage_quota_mb: int | None
    default_user_storage_quota_mb: int | None
    default_group_storage_quota_mb: int | None


def account_json(row: AnyRow) -> AccountJSON:
    """One account."""
    return {
        "id": row.id,
        "name": row.name,
        "workflow_state": row.workflow_state,
        "parent_account_id": None,
        "root_account_id": None,
        "default_time_zone": row.default_time_zone,
        "uuid": row.uuid,
        "sis_account_id": row.sis_account_id,
        "default_storage_quota_mb": None,
        "default_user_storage_quota_mb": None,
        "default_group_storage_quota_mb": None,
    }
