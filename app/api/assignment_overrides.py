"""Assignment overrides: other dates of an assignment for some students, or for those of a section."""

from collections.abc import Sequence
from typing import Any, Literal

from flask import Blueprint
from sqlalchemy import select

from app.errors import Invalid, NotFound
from app.extensions import db
from app.http.auth import access, caller, require_right
from app.http.lookup import Ref, find, find_row, names
from app.http.pagination import page, unpaged
from app.http.params import Id, Instant, Params, Short, takes
from app.models.assignment_overrides import AssignmentOverride, override_rows
from app.models.assignments import Assignment
from app.models.types import AnyRow
from app.serializers.assignment_overrides import OverrideJSON, override_json
from app.services import assignment_overrides
from app.services.calendar_events import zone_of
from app.services.permissions import Right

blueprint = Blueprint("assignment_overrides", __name__, url_prefix="/api/v1")
COLLECTION = "/courses/<ref:course>/assignments/<ref:assignment>/overrides"
BATCH = "/courses/<ref:course>/assignments/overrides"


class OverrideFields(Params):
    """The override. A date that is not given is the assignment's own; null is "no date"."""

    student_ids: list[Id] | None = None
    """For these students."""
    course_section_id: Id | None = None
    """For the students of this section; it cannot be changed later."""
    group_id: Id | None = None
    """Refused: there are no groups yet."""
    title: Short | None = None
    """Of an override for students; a section's has the section's name."""
    due_at: Instant | None = None
    unlock_at: Instant | None = None
    lock_at: Instant | None = None


class OverrideParams(Params):
    """A new or changed override."""

    assignment_override: OverrideFields = OverrideFields()


class Named(Params):
    """Which override."""

    id: Id
    assignment_id: Id


class BatchParams(Params):
    """Which overrides."""

    assignment_overrides: list[Named]


class NewInBatch(OverrideFields):
    """A new override."""

    assignment_id: Id


class NewBatchParams(Params):
    """New overrides."""

    assignment_overrides: list[NewInBatch]


class ChangedInBatch(NewInBatch):
    """A changed override."""

    id: Id


class ChangedBatchParams(Params):
    """Changed overrides."""

    assignment_overrides: list[ChangedInBatch]


@blueprint.get(COLLECTION)
def list_overrides(course: Ref, assignment: Ref) -> list[OverrideJSON]:
    """List the overrides of an assignment, as far as the caller sees whom they reach."""
    mine = require_right(Right.READ_DRAFTS)
    of_course = (Assignment.course_id == mine.course_id, Assignment.workflow_state != "deleted")
    assignment_id = find(select(Assignment.id).where(names(Assignment, assignment), *of_course))
    return _shown(page(assignment_overrides.visible(mine).where(AssignmentOverride.assignment_id == assignment_id)))


@blueprint.post(COLLECTION)
@takes(OverrideParams)
def create_override(params: OverrideParams, course: Ref, assignment: Ref) -> tuple[OverrideJSON, Literal[201]]:
    """Create an override: for `student_ids[]`, or for `course_section_id`."""
    mine = require_right(Right.MANAGE_ASSIGNMENTS)
    work = _locked(assignment)
    made = assignment_overrides.create(work, params.assignment_override.given(), mine, caller(), zone=zone_of(caller().id))
    return _kept([made.id])[0], 201


@blueprint.get(f"{COLLECTION}/<ref:override>")
def get_override(course: Ref, assignment: Ref, override: Ref) -> OverrideJSON:
    """Get an override."""
    mine = require_right(Right.READ_DRAFTS)
    rows = assignment_overrides.visible(mine).join(Assignment, Assignment.id == AssignmentOverride.assignment_id)
    of_course = (Assignment.course_id == mine.course_id, Assignment.workflow_state != "deleted")
    return _shown([find_row(rows.where(names(Assignment, assignment), names(AssignmentOverride, override), *of_course))])[0]


@blueprint.put(f"{COLLECTION}/<ref:override>")
@takes(OverrideParams)
def change_override(params: OverrideParams, course: Ref, assignment: Ref, override: Ref) -> OverrideJSON:
    """Change an override: the dates as a whole, so that one that is not given is the assignment's own again."""
    mine = require_right(Right.MANAGE_ASSIGNMENTS)
    work = _locked(assignment)
    found = _override(work.id, override)
    assignment_overrides.change(work, found, params.assignment_override.given(), mine, caller(), zone=zone_of(caller().id))
    return _kept([found.id])[0]


@blueprint.delete(f"{COLLECTION}/<ref:override>")
def delete_override(course: Ref, assignment: Ref, override: Ref) -> OverrideJSON:
    """Delete an override."""
    mine = require_right(Right.MANAGE_ASSIGNMENTS)
    work = _locked(assignment)
    found = _override(work.id, override)
    body = _some([found.id])[0]
    assignment_overrides.remove(work, found, mine, caller())
    db.session.commit()
    return body


@blueprint.get(BATCH)
@takes(BatchParams)
@unpaged
def list_course_overrides(params: BatchParams, course: Ref) -> list[OverrideJSON | None]:
    """Get several overrides of a course in the order asked for; null for what is not there."""
    mine = require_right(Right.READ_DRAFTS)
    rows = assignment_overrides.visible(mine).join(Assignment, Assignment.id == AssignmentOverride.assignment_id)
    of_course = (Assignment.course_id == mine.course_id, Assignment.workflow_state != "deleted")
    wanted = AssignmentOverride.id.in_({given.id for given in params.assignment_overrides})
    bodies = {(body["id"], body["assignment_id"]): body for body in _shown(db.session.execute(rows.where(wanted, *of_course)).all())}
    return [bodies.get((given.id, given.assignment_id)) for given in params.assignment_overrides]


@blueprint.post(BATCH)
@takes(NewBatchParams)
@unpaged
def create_course_overrides(params: NewBatchParams, course: Ref) -> tuple[list[OverrideJSON], Literal[201]]:
    """Create several overrides of a course's assignments: all of them, or none."""
    mine = require_right(Right.MANAGE_ASSIGNMENTS)
    works = _all_locked(params.assignment_overrides)
    zone = zone_of(caller().id)
    made = [
        assignment_overrides.create(works[given.assignment_id], given.given(), mine, caller(), zone=zone).id
        for given in params.assignment_overrides
    ]
    return _kept(made), 201


@blueprint.put(BATCH)
@takes(ChangedBatchParams)
@unpaged
def change_course_overrides(params: ChangedBatchParams, course: Ref) -> list[OverrideJSON]:
    """Change several overrides of a course's assignments: all of them, or none."""
    mine = require_right(Right.MANAGE_ASSIGNMENTS)
    works = _all_locked(params.assignment_overrides)
    wanted = select(AssignmentOverride).where(AssignmentOverride.id.in_({given.id for given in params.assignment_overrides}))
    wanted = wanted.where(AssignmentOverride.workflow_state == "active")
    found = {(override.id, override.assignment_id): override for override in db.session.scalars(wanted)}
    zone = zone_of(caller().id)
    for given in params.assignment_overrides:
        override = found.get((given.id, works[given.assignment_id].id))
        if override is None:
            raise NotFound
        assignment_overrides.change(works[given.assignment_id], override, given.given(), mine, caller(), zone=zone)
    return _kept([given.id for given in params.assignment_overrides])


def _locked(assignment: Ref) -> Assignment:
    """The assignment, so that nobody else changes its overrides meanwhile. Raises NotFound."""
    found = assignment_overrides.locked(names(Assignment, assignment), access().course_id)
    if not found:
        raise NotFound
    return next(iter(found.values()))


def _all_locked(given: Sequence[NewInBatch]) -> dict[int, Assignment]:
    """The assignments that they name, by id. Raises Invalid for none and NotFound."""
    if not given:
        raise Invalid.field("assignment_overrides", "can't be blank")
    wanted = {one.assignment_id for one in given}
    found = assignment_overrides.locked(Assignment.id.in_(wanted), access().course_id)
    if found.keys() != wanted:
        raise NotFound
    return found


def _override(assignment_id: int, override: Ref) -> AssignmentOverride:
    """The override, to be changed. Raises NotFound where there is none that the caller sees."""
    rows = assignment_overrides.visible(access()).where(AssignmentOverride.assignment_id == assignment_id)
    row = find_row(rows.where(names(AssignmentOverride, override)))
    return db.session.get_one(AssignmentOverride, row.id)


def _some(ids: Sequence[int]) -> list[OverrideJSON]:
    """Those overrides, in that order."""
    rows = db.session.execute(override_rows().where(AssignmentOverride.id.in_(ids))).all()
    bodies = {body["id"]: body for body in _shown(rows)}
    return [bodies[override_id] for override_id in ids]


def _kept(ids: Sequence[int]) -> list[OverrideJSON]:
    """Those overrides as they are when what the request did to them is kept: somebody else may delete them right after that."""
    db.session.flush()
    bodies = _some(ids)
    db.session.commit()
    return bodies


def _shown(rows: Sequence[AnyRow]) -> list[OverrideJSON]:
    """Overrides with their students: one more statement."""
    students: dict[int, Any] = assignment_overrides.named_students(access(), [row.id for row in rows])
    return [override_json(row, students.get(row.id, ())) for row in rows]
