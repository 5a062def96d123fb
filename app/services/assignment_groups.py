"""Assignment groups: made, changed, deleted with or without their assignments."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select, update

from app.errors import Invalid
from app.extensions import db
from app.models.assignment_groups import AssignmentGroup
from app.models.assignments import Assignment
from app.models.courses import Course
from app.models.discussions import DiscussionTopic
from app.services.positions import close_gaps, insert_at, move, take_out

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
    _require_own(course_id, given.get("never_drop"))
    given["position"] = insert_at(AssignmentGroup, given.get("position"), *_in(course_id))
    group = AssignmentGroup(course_id=course_id, **{"name": DEFAULT_NAME, **given})
    db.session.add(group)
    db.session.flush()
    return group


def change(group: AssignmentGroup, fields: dict[str, Any]) -> None:
    """Set what `fields` gives."""
    _require_own(group.course_id, fields.get("never_drop"))
    if fields.get("position") is not None:
        move(AssignmentGroup, group, fields["position"], *_in(group.course_id))
    for key, value in fields.items():
        if key != "position" and (value is not None or key == "sis_source_id"):
            setattr(group, key, value)


def _require_own(course_id: int, assignment_ids: Collection[int] | None) -> None:
    """Raises Invalid for what is not, and was not, an assignment of the course."""
    if assignment_ids:
        found = db.session.scalars(select(Assignment.id).where(Assignment.id.in_(assignment_ids), Assignment.course_id == course_id))
        if not set(assignment_ids).issubset(found):
            raise Invalid.field("rules[never_drop]", "names what is no assignment of this course")


def remove(group: AssignmentGroup, move_to: int | None) -> None:
    """Delete softly: its assignments move to the group `move_to`, or are deleted with it. Raises Invalid for an unknown group."""
    if move_to is None:
        theirs = select(Assignment.id).where(Assignment.assignment_group_id == group.id)
        topics = update(DiscussionTopic).where(DiscussionTopic.assignment_id.in_(theirs))
        db.session.execute(topics.values(workflow_state="deleted"), execution_options={"synchronize_session": False})
        db.session.execute(update(Assignment).where(Assignment.assignment_group_id == group.id).values(workflow_state="deleted"))
    else:
        if move_to == group.id:
            raise Invalid.field("move_assignments_to", "is the group that is being deleted")
        _move_into(group.id, existing(group.course_id, move_to, "move_assignments_to"))
    take_out(AssignmentGroup, group.position, *_in(group.course_id), AssignmentGroup.id != group.id)
    group.workflow_state = "deleted"


def _move_into(group_id: int, other_id: int) -> None:
    """What is in one group comes after what is in the other."""
    last = db.session.scalar(select(func.max(Assignment.position)).where(*inside(other_id))) or 0
    theirs = update(Assignment).where(Assignment.assignment_group_id == group_id)
    db.session.execute(theirs.values(assignment_group_id=other_id, position=Assignment.position + last))
    close_gaps(Assignment, *inside(other_id))


def inside(group_id: int) -> tuple[Any, ...]:
    """The assignments of a group."""
    return Assignment.assignment_group_id == group_id, Assignment.workflow_state != "deleted"


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


def _in(course_id: int) -> tuple[Any, ...]:
    return AssignmentGroup.course_id == course_id, AssignmentGroup.workflow_state != "deleted"
