"""The history of enrolments: who changed which, when, from what to what, and why."""

from flask import Blueprint
from sqlalchemy import select

from app.http.auth import access, caller, viewer
from app.http.lookup import Ref, any_user, find_row, names, ref_in
from app.http.pagination import page
from app.http.params import Instant, Params, Text, takes
from app.models.enrollment_history import EnrollmentChange
from app.models.enrollments import Enrollment
from app.models.types import Rows
from app.serializers.enrollment_history import EnrollmentChangeJSON, enrollment_change_json
from app.services import enrollment_history
from app.services.permissions import Access, Right, Role, enrolling, require

blueprint = Blueprint("enrollment_history", __name__, url_prefix="/api/v1/courses/<ref:course>")


class HistoryParams(Params):
    """From when to when."""

    start_time: Instant | None = None
    end_time: Instant | None = None


class CourseHistoryParams(HistoryParams):
    """Whose enrolments."""

    user_id: Text | None = None
    """An id, `self`, or `sis_user_id:…`."""


@blueprint.get("/enrollment_history")
@takes(CourseHistoryParams)
def list_enrollment_history(params: CourseHistoryParams, course: Ref) -> list[EnrollmentChangeJSON]:
    """List what happened to the enrolments of a course, newest first; those of staff to whoever may manage staff."""
    mine = _managing()
    statement = enrollment_history.rows().where(EnrollmentChange.course_id == mine.course_id)
    if Right.MANAGE_STAFF not in mine.rights:
        statement = statement.where(Enrollment.type.in_((Role.STUDENT, Role.OBSERVER)))
    if mine.section_ids is not None:
        statement = statement.where(Enrollment.course_section_id.in_(mine.section_ids))
    if params.user_id:
        statement = statement.where(EnrollmentChange.user_id == any_user(ref_in("user_id", params.user_id), viewer().user_id))
    return _page(params, statement)


@blueprint.get("/enrollments/<ref:enrollment>/history")
@takes(HistoryParams)
def list_history_of_enrollment(params: HistoryParams, course: Ref, enrollment: Ref) -> list[EnrollmentChangeJSON]:
    """List what happened to one enrolment, newest first, a deleted one too."""
    mine = _managing()
    columns = (Enrollment.id, Enrollment.type, Enrollment.course_section_id)
    found = find_row(select(*columns).where(names(Enrollment, enrollment), Enrollment.course_id == mine.course_id))
    require(enrolling(found.type) in mine.rights)
    require(mine.covers(found.course_section_id))
    return _page(params, enrollment_history.rows().where(EnrollmentChange.enrollment_id == found.id))


def _managing() -> Access:
    """The caller's access to the course, a deleted one for admins. Raises NotFound, and Forbidden for who may not manage students."""
    mine = access(deleted=caller().admin)
    require(Right.MANAGE_STUDENTS in mine.rights)
    return mine


def _page(params: HistoryParams, statement: Rows) -> list[EnrollmentChangeJSON]:
    if params.start_time is not None:
        statement = statement.where(EnrollmentChange.created_at >= params.start_time)
    if params.end_time is not None:
        statement = statement.where(EnrollmentChange.created_at <= params.end_time)
    return [enrollment_change_json(row) for row in page(statement.order_by(EnrollmentChange.id.desc()))]
