"""Assignment groups of a course."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from flask import Blueprint
from pydantic import Field
from sqlalchemy import select

from app.extensions import db
from app.http.auth import access, require_right, viewer
from app.http.lookup import Ref, find, find_row, names
from app.http.pagination import page
from app.http.params import Id, Number, Params, Position, Text, Title, absent, takes
from app.models.assignment_groups import AssignmentGroup, group_rows
from app.models.assignments import Assignment
from app.models.types import AnyRow
from app.resources.files import with_attachments
from app.serializers.assignment_groups import AssignmentGroupJSON, assignment_group_json
from app.serializers.assignments import assignment_json
from app.serializers.submissions import submission_json
from app.services import assignment_groups, assignments, gradebook, module_items
from app.services.module_progress import held_for
from app.services.permissions import Right

blueprint = Blueprint("assignment_groups", __name__, url_prefix="/api/v1/courses/<ref:course>/assignment_groups")


class IncludeParams(Params):
    """What else to show."""

    include: list[Text] = []
    """assignments; with them also submission (the caller's own)."""


class Rules(Params):
    """Which scores of the group do not count."""

    drop_lowest: int = Field(0, ge=0, le=1000)
    drop_highest: int = Field(0, ge=0, le=1000)
    never_drop: list[Id] = []
    """Assignments that the rules leave alone."""


class GroupParams(Params):
    """The group: plain keys, not nested."""

    name: Title = absent()
    position: Position | None = None
    group_weight: Number | None = None
    """Percent of the course's total."""
    rules: Rules | None = None
    sis_source_id: Title | None = None


class DeleteGroupParams(Params):
    """What becomes of its assignments."""

    move_assignments_to: Id | None = None
    """The group they move to; they are deleted, if not given."""


@blueprint.get("")
@takes(IncludeParams)
def list_assignment_groups(params: IncludeParams, course: Ref) -> list[AssignmentGroupJSON]:
    """List the assignment groups of a course, in their order."""
    mine = require_right(Right.READ)
    rows = page(group_rows().where(AssignmentGroup.course_id == mine.course_id).order_by(AssignmentGroup.position, AssignmentGroup.id))
    return _shown(rows, params.include)


@blueprint.post("")
@takes(GroupParams)
def create_assignment_group(params: GroupParams, course: Ref) -> AssignmentGroupJSON:
    """Create an assignment group."""
    mine = require_right(Right.MANAGE_ASSIGNMENTS)
    assignment_groups.lock_course(mine.course_id)
    group = assignment_groups.create(mine.course_id, _fields(params))
    db.session.commit()
    return _one(group.id)


@blueprint.get("/<ref:group>")
@takes(IncludeParams)
def get_assignment_group(params: IncludeParams, course: Ref, group: Ref) -> AssignmentGroupJSON:
    """Get an assignment group."""
    mine = require_right(Right.READ)
    row = find_row(group_rows().where(AssignmentGroup.course_id == mine.course_id, names(AssignmentGroup, group)))
    return _shown([row], params.include)[0]


@blueprint.put("/<ref:group>")
@takes(GroupParams)
def change_assignment_group(params: GroupParams, course: Ref, group: Ref) -> AssignmentGroupJSON:
    """Change an assignment group."""
    require_right(Right.MANAGE_ASSIGNMENTS)
    found = _group(group)
    assignment_groups.change(found, _fields(params))
    db.session.commit()
    return _one(found.id)


@blueprint.delete("/<ref:group>")
@takes(DeleteGroupParams)
def delete_assignment_group(params: DeleteGroupParams, course: Ref, group: Ref) -> AssignmentGroupJSON:
    """Delete an assignment group: its assignments move to `move_assignments_to`, or are deleted with it."""
    require_right(Right.MANAGE_ASSIGNMENTS)
    found = _group(group)
    body = _one(found.id)
    gone = db.session.scalars(select(Assignment.id).where(Assignment.assignment_group_id == found.id)).all()
    assignment_groups.remove(found, params.move_assignments_to)
    if params.move_assignments_to is None:
        module_items.forget(found.course_id, "Assignment", gone)
    db.session.commit()
    return body


def _fields(params: GroupParams) -> dict[str, Any]:
    fields = params.given()
    if params.rules is not None:
        fields |= params.rules.model_dump()  # rules are given whole: what is not named is off
    fields.pop("rules", None)
    return fields


def _group(group: Ref) -> AssignmentGroup:
    """The group, to be changed. Raises NotFound."""
    mine = access()
    assignment_groups.lock_course(mine.course_id)
    found = select(AssignmentGroup).where(
        AssignmentGroup.course_id == mine.course_id, names(AssignmentGroup, group), AssignmentGroup.workflow_state != "deleted"
    )
    return find(found)


def _one(group_id: int) -> AssignmentGroupJSON:
    return assignment_group_json(find_row(group_rows().where(AssignmentGroup.id == group_id)))


def _shown(rows: Sequence[AnyRow], include: Collection[str]) -> list[AssignmentGroupJSON]:
    """Groups, with their assignments and the caller's own submissions where `include` asks for them."""
    bodies = [assignment_group_json(row) for row in rows]
    if "assignments" not in include:
        return bodies
    looking = viewer()
    inside = assignments.rows_for(access(), looking.user_id).where(Assignment.assignment_group_id.in_([row.id for row in rows]))
    found = db.session.execute(inside.order_by(Assignment.position, Assignment.id)).all()
    own = {}
    if "submission" in include:
        theirs = gradebook.of_user(looking.user_id, [row.id for row in found])
        own = {body["assignment_id"]: body for body in with_attachments([submission_json(row, looking) for row in theirs])}
    held = held_for(access(), looking.user_id, "Assignment", [row.id for row in found], looking.now)
    by_group: dict[int, list[Any]] = defaultdict(list)
    for row in found:
        body = assignment_json(row, looking, lock=held.lock(row.id))
        if row.id in own:
            body["submission"] = own[row.id]
        by_group[row.assignment_group_id].append(body)
    for group in bodies:
        group["assignments"] = by_group[group["id"]]
    return bodies
