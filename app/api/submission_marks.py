"""Marks: submissions that were read, and when students last attended."""

import datetime as dt
from typing import Literal

from flask import Blueprint
from sqlalchemy import select, update
from typing_extensions import TypedDict

from app.errors import NotFound
from app.extensions import db
from app.http.auth import caller, require_right
from app.http.lookup import Ref, find, names, user_named
from app.http.params import Instant, Params, takes
from app.models.enrollments import Enrollment
from app.models.types import utc_now
from app.models.users import User
from app.services import gradebook, submission_marks
from app.services.permissions import Right, require

blueprint = Blueprint("submission_marks", __name__, url_prefix="/api/v1")
READ = "/courses/<ref:course>/assignments/<ref:assignment>/submissions/<ref:user>/read"


class AttendedParams(Params):
    """When."""

    date: Instant


class AttendedJSON(TypedDict):
    """When the student last attended."""

    date: dt.datetime


@blueprint.put(READ)
def mark_as_read(course: Ref, assignment: Ref, user: Ref) -> tuple[str, Literal[204]]:
    """Mark a submission's grade as read by the caller."""
    return _mark(assignment, user, utc_now())


@blueprint.delete(READ)
def mark_as_unread(course: Ref, assignment: Ref, user: Ref) -> tuple[str, Literal[204]]:
    """Mark a submission's grade as unread by the caller."""
    return _mark(assignment, user, None)


@blueprint.put("/courses/<ref:course>/users/<ref:user>/last_attended")
@takes(AttendedParams)
def set_last_attended(params: AttendedParams, course: Ref, user: Ref) -> AttendedJSON:
    """Set when a student last attended the course."""
    mine = require_right(Right.GRADE)
    student_id = find(select(User.id).where(names(User, user, caller().id), User.workflow_state != "deleted"))
    require(gradebook.covers(mine, student_id))
    theirs = (Enrollment.course_id == mine.course_id, Enrollment.user_id == student_id, Enrollment.workflow_state != "deleted")
    set_date = update(Enrollment).where(*theirs, Enrollment.type == "StudentEnrollment").values(last_attended_at=params.date)
    if not db.session.execute(set_date.returning(Enrollment.id), execution_options={"synchronize_session": False}).all():
        raise NotFound
    db.session.commit()
    return {"date": params.date}


def _mark(assignment: Ref, user: Ref, read_at: dt.datetime | None) -> tuple[str, Literal[204]]:
    """Where nothing was handed in or graded there is nothing to mark. Raises Forbidden for the work of others."""
    mine = require_right(Right.READ)
    target = gradebook.target(mine.course_id, assignment.id, user_named(user, caller().id))
    grader = Right.READ_GRADES in mine.rights and gradebook.covers(mine, target.student_id)
    require(grader or (target.assignment_state == "published" and target.student_id in {caller().id, *mine.observed_ids}))
    if target.id is not None:
        submission_marks.mark(target.id, caller().id, read_at)
        db.session.commit()
    return "", 204
