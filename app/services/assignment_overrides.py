"""Assignment overrides: made, changed, deleted; and whom they reach. Whoever changes them has locked their assignment."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, or_, select, update

from app.errors import Invalid
from app.extensions import db
from app.models.assignment_overrides import AssignmentOverride, AssignmentOverrideStudent, attending, override_rows
from app.models.assignments import Assignment
from app.models.enrollments import Enrollment
from app.models.sections import Section
from app.models.types import AnyRow, Rows
from app.services import late_policies
from app.services.calendar_dates import day_of
from app.services.permissions import Access, Caller, require

TIMES = ("due_at", "unlock_at", "lock_at")
LAST_MINUTE = (23, 59)
"""What is due then is due on that day as a whole."""


def locked(wanted: ColumnElement[bool], course_id: int) -> dict[int, Assignment]:
    """Those assignments of the course, locked so that one request at a time changes their overrides; always in the same order."""
    found = select(Assignment).where(wanted, Assignment.course_id == course_id, Assignment.workflow_state != "deleted")
    return {work.id: work for work in db.session.scalars(found.order_by(Assignment.id).with_for_update(key_share=True))}


def visible(mine: Access) -> Rows:
    """The overrides that the caller sees, by columns: those that reach somebody, or a section, whom they see."""
    student = AssignmentOverrideStudent
    seen = exists().where(student.assignment_override_id == AssignmentOverride.id, student.user_id.in_(_students(mine)))
    section = AssignmentOverride.course_section_id.is_not(None)
    if mine.section_ids is not None:
        section = AssignmentOverride.course_section_id.in_(mine.section_ids)
    return override_rows().where(or_(section, seen)).order_by(AssignmentOverride.id)


def named_students(mine: Access, override_ids: Collection[int]) -> dict[int, list[int]]:
    """By override the students whom it names, as far as the caller sees them."""
    student, found = AssignmentOverrideStudent, defaultdict(list)
    rows = select(student.assignment_override_id, student.user_id).where(student.assignment_override_id.in_(override_ids))
    for override_id, user_id in db.session.execute(rows.where(student.user_id.in_(_students(mine))).order_by(student.user_id)):
        found[override_id].append(user_id)
    return found


def _students(mine: Access) -> Select[int]:
    found = attending(mine.course_id)
    return found if mine.section_ids is None else found.where(Enrollment.course_section_id.in_(mine.section_ids))


def create(assignment: Assignment, fields: dict[str, Any], mine: Access, caller: Caller, *, zone: dt.tzinfo) -> AssignmentOverride:
    """A new override, for students or for a section. Raises Invalid and Forbidden."""
    if fields.get("group_id") is not None:
        raise Invalid.field("group_id", "groups are not there yet")
    section_id, student_ids = fields.get("course_section_id"), fields.get("student_ids")
    if (section_id is None) is (student_ids is None):
        raise Invalid("one of student_ids and course_section_id is required")
    override = AssignmentOverride(assignment_id=assignment.id)
    if section_id is not None:
        override.course_section_id, override.title = section_id, _section(assignment, section_id, mine)
    else:
        override.title = fields.get("title") or _title(student_ids or ())
    _set(override, fields, zone)
    assignment.has_overrides = True
    db.session.add(override)
    db.session.flush()
    if student_ids is not None:
        _name(override, student_ids, mine)
    _recount(assignment, caller)
    return override


def change(
    assignment: Assignment, override: AssignmentOverride, fields: dict[str, Any], mine: Access, caller: Caller, *, zone: dt.tzinfo
) -> None:
    """Set its dates anew: one that `fields` does not give is the assignment's own again. Raises Invalid and Forbidden.

    The title and the students stay as they are unless given; a section's override stays that section's.
    """
    require_all(override, mine)
    if override.course_section_id is None:
        if fields.get("student_ids") is not None:
            _name(override, fields["student_ids"], mine)
        override.title = fields.get("title") or override.title
    _set(override, fields, zone)
    _recount(assignment, caller)


def remove(assignment: Assignment, override: AssignmentOverride, mine: Access, caller: Caller) -> None:
    """Delete the assignment's override. Raises Forbidden."""
    require_all(override, mine)
    _delete(AssignmentOverride.id == override.id)
    left = override_rows().where(AssignmentOverride.assignment_id == assignment.id).limit(1)
    assignment.has_overrides = db.session.execute(left).first() is not None
    _recount(assignment, caller)


def require_all(override: AssignmentOverride, mine: Access) -> None:
    """Raise Forbidden unless the caller sees everybody whom the override reaches."""
    if override.course_section_id is not None:
        require(mine.covers(override.course_section_id))
    elif mine.section_ids is not None:
        theirs = AssignmentOverrideStudent.assignment_override_id == override.id
        attends = AssignmentOverrideStudent.user_id.in_(attending(mine.course_id))
        others = select(AssignmentOverrideStudent.id).where(theirs, attends, AssignmentOverrideStudent.user_id.not_in(_students(mine)))
        require(db.session.scalar(others.limit(1)) is None, "The override reaches students of other sections.")


def forget_section(section_id: int) -> None:
    """The section is deleted: so are its overrides.

    Its assignments are not locked for that, as whoever makes an override locks the assignment first and then the section:
    that one `has_overrides` may stay though there are none left.
    """
    _delete(AssignmentOverride.course_section_id == section_id)


def _recount(assignment: Assignment, caller: Caller) -> None:
    """Late and missing work of the assignment is judged anew, by the dates that there are now."""
    db.session.flush()
    late_policies.refresh(assignment.course_id, caller, assignment.id)
    there = override_rows().where(AssignmentOverride.assignment_id == assignment.id)
    dates = [assignment.due_at, *(row.due_at for row in db.session.execute(there))]
    late_policies.look_again(assignment.course_id, min((date for date in dates if date is not None), default=None))


def _set(override: AssignmentOverride, fields: dict[str, Any], zone: dt.tzinfo) -> None:
    for name in TIMES:
        setattr(override, name, fields.get(name))
        setattr(override, f"{name}_overridden", name in fields)
    override.all_day, override.all_day_date = False, None
    if override.due_at is not None:
        try:
            local = override.due_at.astimezone(zone)
        except OverflowError as problem:
            raise Invalid.field("due_at", "is too far away") from problem
        override.all_day, override.all_day_date = (local.hour, local.minute) == LAST_MINUTE, day_of(override.due_at, zone)


def _title(student_ids: Collection[int]) -> str:
    count = len(set(student_ids))
    return "1 student" if count == 1 else f"{count} students"


def _section(assignment: Assignment, section_id: int, mine: Access) -> str:
    """The name of that section, for which there is no override yet. Raises Invalid and Forbidden."""
    known = select(Section).where(Section.id == section_id, Section.course_id == assignment.course_id, Section.workflow_state != "deleted")
    # Locked, so that it is not deleted before its override is there.
    section = db.session.scalar(known.with_for_update(read=True))
    if section is None:
        raise Invalid.field("course_section_id", "is not a section of this course")
    require(mine.covers(section_id))
    taken = override_rows().where(AssignmentOverride.assignment_id == assignment.id, AssignmentOverride.course_section_id == section_id)
    if db.session.execute(taken).first() is not None:
        raise Invalid.field("course_section_id", "has an override of this assignment already")
    return section.name


def _name(override: AssignmentOverride, student_ids: Iterable[int], mine: Access) -> None:
    """Make those the students of the override. Raises Invalid for who is none, or has another override of the assignment."""
    wanted, student = set(student_ids), AssignmentOverrideStudent
    if not wanted:
        raise Invalid.field("student_ids", "can't be blank")
    known = set(db.session.scalars(_students(mine).where(Enrollment.user_id.in_(wanted))))
    if wanted - known:
        raise Invalid.field("student_ids", f"{min(wanted - known)} is not a student of this course")
    rows = db.session.execute(
        select(student.assignment_override_id, student.user_id).where(
            student.assignment_id == override.assignment_id, or_(student.user_id.in_(wanted), student.assignment_override_id == override.id)
        )
    ).all()
    elsewhere = {row.user_id for row in rows if row.assignment_override_id != override.id}
    if elsewhere:
        raise Invalid.field("student_ids", f"{min(elsewhere)} is in another override of this assignment already")
    present = {row.user_id for row in rows}
    gone = (student.assignment_override_id == override.id, student.user_id.in_(present - wanted))
    db.session.execute(delete(student).where(*gone), execution_options={"synchronize_session": False})
    for user_id in sorted(wanted - present):
        db.session.add(student(assignment_override_id=override.id, assignment_id=override.assignment_id, user_id=user_id))


def _delete(which: ColumnElement[bool]) -> None:
    theirs = AssignmentOverrideStudent.assignment_override_id.in_(select(AssignmentOverride.id).where(which))
    db.session.execute(delete(AssignmentOverrideStudent).where(theirs), execution_options={"synchronize_session": False})
    gone = update(AssignmentOverride).where(which).values(workflow_state="deleted")
    db.session.execute(gone, execution_options={"synchronize_session": False})


def by_assignment(mine: Access, assignment_ids: Collection[int]) -> dict[int, list[AnyRow]]:
    """The overrides that the caller sees, by assignment."""
    found = defaultdict(list)
    for row in db.session.execute(visible(mine).where(AssignmentOverride.assignment_id.in_(assignment_ids))):
        found[row.assignment_id].append(row)
    return found
