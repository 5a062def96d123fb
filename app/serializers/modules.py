"""Modules as Canvas shows them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.models.types import AnyRow
from app.serializers.viewer import Viewer


class ModuleJSON(TypedDict):
    """A module."""

    id: int
    name: str
    position: int
    unlock_at: dt.datetime | None
    require_sequential_progress: bool
    publish_final_grade: bool
    prerequisite_module_ids: list[int]
    published: bool
    workflow_state: str
    items_count: int
    items_url: str
    state: NotRequired[str]
    completed_at: NotRequired[dt.datetime | None]
    items: NotRequired[list[Any]]


class PlacesJSON(TypedDict):
    """An item that stands for what was asked for, and its neighbours."""

    prev: Any
    current: Any
    next: Any
    mastery_path: None


class SequenceJSON(TypedDict):
    """Where something stands in the modules."""

    items: list[PlacesJSON]
    modules: list[ModuleJSON]


def module_json(row: AnyRow, viewer: Viewer, *, prerequisite_ids: Sequence[int], items_count: int) -> ModuleJSON:
    """One module; state, completed_at and items are composed by the route."""
    return {
        "id": row.id,
        "name": row.name,
        "position": row.position,
        "unlock_at": row.unlock_at,
        "require_sequential_progress": row.require_sequential_progress,
        "publish_final_grade": row.publish_final_grade,
        "prerequisite_module_ids": list(prerequisite_ids),
        "published": row.workflow_state == "active",
        "workflow_state": row.workflow_state,
        "items_count": items_count,
        "items_url": f"{viewer.base_url}/api/v1/courses/{row.course_id}/modules/{row.id}/items",
    }
