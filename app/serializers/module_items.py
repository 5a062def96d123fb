"""Module items as Canvas shows them."""

import datetime as dt
from collections.abc import Mapping
from typing import NotRequired, Protocol

from typing_extensions import TypedDict

from app.grading.lateness import lock_explanation
from app.models.types import AnyRow
from app.serializers.viewer import Viewer


class Walk(Protocol):
    """How far a student is."""

    @property
    def met(self) -> Mapping[int, bool]:
        """Item with a requirement -> whether it is met."""
        ...

    def locks(self, module_id: int, position: int) -> bool:
        """Whether the item there cannot be opened yet."""
        ...


class RequirementJSON(TypedDict):
    """What a student has to do about an item."""

    type: str
    min_score: NotRequired[float]
    min_percentage: NotRequired[float]
    completed: NotRequired[bool]


class DetailsJSON(TypedDict):
    """What is worth knowing of the thing that an item stands for."""

    points_possible: float | None
    due_at: dt.datetime | None
    unlock_at: dt.datetime | None
    lock_at: dt.datetime | None
    locked_for_user: bool
    lock_explanation: NotRequired[str]


class ModuleItemJSON(TypedDict):
    """A step of a module."""

    id: int
    module_id: int
    position: int
    title: str
    indent: int
    type: str
    content_id: NotRequired[int]
    page_url: NotRequired[str]
    html_url: NotRequired[str]
    url: NotRequired[str]
    external_url: NotRequired[str | None]
    new_tab: NotRequired[bool]
    published: bool
    completion_requirement: NotRequired[RequirementJSON]
    content_details: NotRequired[DetailsJSON]


def module_item_json(row: AnyRow, viewer: Viewer, path: str | None, walk: Walk | None, *, details: bool) -> ModuleItemJSON:
    """One item. `path` leads from the course to what it stands for; `walk` is the student's, None where no student is meant."""
    locked = walk is not None and not viewer.staff and walk.locks(row.module_id, row.position)
    course = f"/courses/{row.course_id}"
    body: ModuleItemJSON = {
        "id": row.id,
        "module_id": row.module_id,
        "position": row.position,
        "title": row.title,
        "indent": row.indent,
        "type": row.type,
        "published": bool(row.published),
    }
    if row.type != "SubHeader":
        body["html_url"] = f"{viewer.base_url}{course}/modules/items/{row.id}"
    if path is not None:
        body["content_id"] = row.content_id
        body["url"] = f"{viewer.base_url}/api/v1{course}/{path}/{row.name}"
        if row.type == "Page":
            body["page_url"] = row.name
    elif row.type != "SubHeader":
        body |= {"external_url": None if locked else row.external_url, "new_tab": row.new_tab}
    if row.requirement is not None:
        body["completion_requirement"] = _requirement(row, walk.met.get(row.id, False) if walk is not None else None)
    if details:
        body["content_details"] = _details(row, viewer, locked=locked)
    return body


def _requirement(row: AnyRow, met: bool | None) -> RequirementJSON:
    asked: RequirementJSON = {"type": row.requirement}
    if row.requirement == "min_score":
        asked["min_score"] = row.requirement_score
    if row.requirement == "min_percentage":
        asked["min_percentage"] = row.requirement_score
    if met is not None:
        asked["completed"] = met
    return asked


def _details(row: AnyRow, viewer: Viewer, *, locked: bool) -> DetailsJSON:
    body: DetailsJSON = {
        "points_possible": row.points_possible,
        "due_at": row.due_at,
        "unlock_at": row.unlock_at,
        "lock_at": row.lock_at,
        "locked_for_user": locked,
    }
    if not viewer.staff:
        by_module = "This item is part of a module that is not unlocked yet." if locked else None
        explanation = by_module or lock_explanation(row.unlock_at, row.lock_at, viewer.now)
        explanation = explanation and explanation.replace("assignment", row.type.lower())
        if explanation is not None:
            body |= {"locked_for_user": True, "lock_explanation": explanation}
    return body
