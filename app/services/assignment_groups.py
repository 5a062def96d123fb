"""Assignment groups: made, changed, deleted with or without their assignments."""

from typing import Any

from sqlalchemy import func, select, update

from app.errors import Invalid
from app.extensions import db
from app.models.assignment_groups import AssignmentGroup
from app.models.assignments import Assignment
from app.models.courses import Course
from app.models.writes import make_room

DEFAULT_NAME = "Assignments"


def lock_course(course_id: int) -> None:
    """Let nobody else change the course's groups and assignments until the transaction ends.

    Taken before any of their rows, it keeps two first assignments from making two groups, an assignment out of a group that is
    being deleted, and two who reorder from waiting for each other. Work is handed in and graded without it.
    """
    db.session.execute(select(Course.id).where(Course.id == course_id).with_for_update(key_share=True))


def create(course_id: int, fields: dict[str, Any]) -> AssignmentGroup:
    """A new group: at `position` where one is given, else last."""
    given = {key: value for key, value in fields.items() if value is not None}
    given["position"] = place(AssignmentGroup, given.get("position"), *_in(course_id))
    group = AssignmentGroup(course_id=course_id, **{"name": DEFAULT_NAME, **given})
    db.session.add(group)
    db.session.flush()
    return group


def change(group: AssignmentGroup, fields: dict[str, Any]) -> None:
    """Set what `fields` gives."""
    if fields.get("position") is not None:
        make_room(AssignmentGroup, fields["position"], *_in(group.course_id))
    for key, value in fields.items():
        if value is not None or key == "sis_source_id":
            setattr(group, key, value)


def remove(group: AssignmentGroup, move_to: int | None) -> None:
    """Delete softly: its assignments move to the group `move_to`, or are deleted with it. Raises Invalid for an unknown group."""
    theirs = update(Assignment).where(Assignment.assignment_group_id == group.id)
    if move_to is None:
        db.session.execute(theirs.values(workflow_state="deleted"))
    else:
        if move_to == group.id:
            raise Invalid.field("move_assignments_to", "is the group that is being deleted")
        db.session.execute(theirs.values(assignment_group_id=existing(group.course_id, move_to, "move_assignments_to")))
    group.workflow_state = "deleted"


def existing(course_id: int, group_id: int, field: str) -> int:
    """`group_id`, if it is a group of the course. Raises Invalid for `field` if not."""
    if db.session.scalar(select(AssignmentGroup.id).where(AssignmentGroup.id == group_id, *_in(course_id))) is None:
        raise Invalid.field(field, "is not an assignment group of this course")
    return group_id


def first(course_id: int) -> int:
    """The id of the course's first group; one named "Assignments" is made where there is none."""
    found = db.session.scalar(
        select(AssignmentGroup.id).where(*_in(course_id)).order_by(AssignmentGroup.position, AssignmentGroup.id).limit(1)
    )
    return found or create(course_id, {"name": DEFAULT_NAME}).id


def place(model: Any, position: int | None, *scope: Any) -> int:
    """Where a new row goes: `position`, the others moved down, or after the last."""
    if position is None:
        last: int = db.session.scalar(select(func.coalesce(func.max(model.position), 0)).where(*scope)) or 0
        return last + 1
    make_room(model, position, *scope)
    return position


def _in(course_id: int) -> tuple[Any, ...]:
    return AssignmentGroup.course_id == course_id, AssignmentGroup.workflow_state != "deleted"
