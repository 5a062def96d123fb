"""Enrolments: who is in a course as what, and the people of a course."""

from typing import Any, Literal

from flask import Blueprint
from pydantic import Field
from sqlalchemy import Select, select

from app.errors import Invalid, NotFound
from app.extensions import db
from app.http.auth import access, caller, require_account_right, require_right, viewer
from app.http.lookup import Ref, find, find_row, living_user, names
from app.http.pagination import page
from app.http.params import Flag, Id, Instant, Params, Short, Text, takes
from app.models.courses import Course
from app.models.enrollments import LISTED, Enrollment
from app.models.sections import Section
from app.models.types import Rows
from app.models.users import User
from app.serializers.enrollments import EnrollmentJSON, enrollment_json
from app.services import enrollments
from app.services.permissions import Access, Right, Role, enrolling, require
from app.services.roster import enrollment_rows
from app.services.totals import totals_of

blueprint = Blueprint("enrollments", __name__, url_prefix="/api/v1")
TYPE = Literal["StudentEnrollment", "TeacherEnrollment", "TaEnrollment", "DesignerEnrollment", "ObserverEnrollment"]
STATE = Literal[
    "active",
    "invited",
    "inactive",
    "completed",
    "rejected",
    "deleted",
    "creation_pending",
    "current_and_invited",
    "current_and_future",
    "current_and_concluded",
]
SEVERAL = {
    "current_and_invited": LISTED,
    "current_and_future": LISTED,
    "current_and_concluded": ("active", "completed"),
    "creation_pending": ("invited",),
}
ROWS = enrollment_rows()


class EnrollmentListParams(Params):
    """Which enrolments."""

    type: list[TYPE] = []
    role: list[TYPE] = []
    state: list[STATE] = []
    """active and invited, if not given."""
    user_id: Text | None = None
    sis_user_id: list[Text] = []


class NewEnrollment(Params):
    """Who, as what, where."""

    user_id: Text
    """An id, `self`, or `sis_user_id:…`."""
    type: TYPE
    enrollment_state: Literal["active", "invited", "inactive"] = "invited"
    course_section_id: Id | None = None
    limit_privileges_to_course_section: Flag | None = None
    associated_user_id: Id | None = None
    """The student that an observer observes."""
    start_at: Instant | None = None
    end_at: Instant | None = None
    reason: Short | None = None
    """Why; kept in the enrolment's history."""


class Reason(Params):
    """Why."""

    reason: Short | None = None


class ReasonParams(Reason):
    """Why, as `reason` or `enrollment[reason]`; kept in the enrolment's history."""

    enrollment: Reason = Field(default_factory=Reason)

    @property
    def why(self) -> str | None:
        """Whichever was sent."""
        return self.reason or self.enrollment.reason


class EnrollParams(Reason):
    """A new enrolment."""

    enrollment: NewEnrollment


class EndEnrollmentParams(ReasonParams):
    """How the enrolment ends."""

    task: Literal["conclude", "delete", "inactivate", "deactivate"] = "conclude"


@blueprint.get("/courses/<ref:course>/enrollments")
@blueprint.get("/sections/<ref:section>/enrollments")
@takes(EnrollmentListParams)
def list_enrollments(params: EnrollmentListParams, course: Ref | None = None, section: Ref | None = None) -> list[EnrollmentJSON]:
    """List the enrolments of a course or of a section; grades to staff, and to each student their own."""
    mine = require_right(Right.READ_ROSTER)
    statement = ROWS.where(Enrollment.course_id == mine.course_id)
    if section is not None:
        statement = statement.where(names(Section, section))
    if mine.section_ids is not None:
        statement = statement.where(Enrollment.course_section_id.in_(mine.section_ids))
    return _page(params, statement, mine)


@blueprint.get("/users/<ref:user>/enrollments")
@takes(EnrollmentListParams)
def list_user_enrollments(params: EnrollmentListParams, user: Ref) -> list[EnrollmentJSON]:
    """List a user's enrolments: your own, or anybody's for an admin."""
    mine = caller()
    found = living_user(user, mine.id)
    require(mine.admin or found == mine.id)
    if not found:
        raise NotFound
    return _page(params, ROWS.where(Enrollment.user_id == found, Course.workflow_state != "deleted"), None)


@blueprint.get("/accounts/<ref:account>/enrollments/<ref:enrollment>")
def get_enrollment(account: Ref, enrollment: Ref) -> EnrollmentJSON:
    """Get an enrolment by its id."""
    require_account_right(Right.READ_ACCOUNT)
    return _one(find(select(Enrollment.id).where(names(Enrollment, enrollment))))


@blueprint.post("/courses/<ref:course>/enrollments")
@blueprint.post("/sections/<ref:section>/enrollments")
@takes(EnrollParams)
def create_enrollment(params: EnrollParams, course: Ref | None = None, section: Ref | None = None) -> EnrollmentJSON:
    """Enrol a user; whoever is in that section in that role already gets the new state."""
    fields = params.enrollment.given()
    wanted = params.enrollment
    mine = require_right(enrolling(wanted.type))
    section_id = wanted.course_section_id if section is None else find(select(Section.id).where(names(Section, section)))
    require(mine.covers(section_id))
    extra: dict[str, Any] = {key: fields[key] for key in ("associated_user_id", "start_at", "end_at") if key in fields}
    if wanted.limit_privileges_to_course_section is not None:
        extra["limit_privileges_to_course_section"] = wanted.limit_privileges_to_course_section
    if mine.section_ids is not None:  # whoever is limited to a section makes only enrolments that are limited to it
        extra["limit_privileges_to_course_section"] = True
    user_id = _user_id(wanted.user_id)
    if wanted.associated_user_id is not None:
        extra["associated_user_id"] = _user_id(str(wanted.associated_user_id))
    extra |= {"by": caller(), "reason": wanted.reason or params.reason}
    made = enrollments.enroll(mine.course_id, user_id, wanted.type, wanted.enrollment_state, section_id, **extra)
    db.session.commit()
    return _one(made.id)


@blueprint.delete("/courses/<ref:course>/enrollments/<ref:enrollment>")
@takes(EndEnrollmentParams)
def end_enrollment(params: EndEnrollmentParams, course: Ref, enrollment: Ref) -> EnrollmentJSON:
    """Conclude, deactivate or delete an enrolment: `task=conclude|delete|inactivate|deactivate`."""
    found = _managed(enrollment)
    enrollments.end(found, params.task, caller(), params.why)
    db.session.commit()
    return _one(found.id)


@blueprint.put("/courses/<ref:course>/enrollments/<ref:enrollment>/reactivate")
@takes(ReasonParams)
def reactivate_enrollment(params: ReasonParams, course: Ref, enrollment: Ref) -> EnrollmentJSON:
    """Bring an inactive enrolment back."""
    found = _managed(enrollment)
    enrollments.reactivate(found, caller(), params.why)
    db.session.commit()
    return _one(found.id)


@blueprint.post("/courses/<ref:course>/enrollments/<ref:enrollment>/<any(accept,reject):answer>")
@takes(ReasonParams)
def answer_invitation(params: ReasonParams, course: Ref, enrollment: Ref, answer: str) -> dict[str, bool]:
    """Accept or reject one's own invitation to a course."""
    found = find(_in_course(enrollment))
    require(found.user_id == caller().id)
    enrollments.answer_invitation(found, accept=answer == "accept", by=caller(), reason=params.why)
    db.session.commit()
    return {"success": True}


def _in_course(enrollment: Ref) -> Select[Enrollment]:
    return (
        select(Enrollment)
        .where(names(Enrollment, enrollment), Enrollment.course_id == access().course_id, Enrollment.workflow_state != "deleted")
        .with_for_update()
    )


def _managed(enrollment: Ref) -> Enrollment:
    """The enrolment, if the caller may manage ones of its type in its section. Raises NotFound or Forbidden."""
    mine = access()
    require(Right.MANAGE_STUDENTS in mine.rights or Right.MANAGE_STAFF in mine.rights)
    found = find(_in_course(enrollment))
    require(enrolling(found.type) in mine.rights)
    require(mine.covers(found.course_section_id))
    return found


def _user_id(text: str, *, lock: bool = True) -> int:
    """The id of the living user that `text` names, locked so that they are not deleted before they are enrolled.

    Raises Invalid where it is no reference, NotFound where there is nobody.
    """
    try:
        ref = Ref.parse(text)
    except ValueError as problem:
        raise Invalid.field("user_id", str(problem)) from problem
    found = select(User.id).where(names(User, ref, caller().id), User.workflow_state != "deleted")
    return find(found.with_for_update(read=True) if lock else found)


def _page(params: EnrollmentListParams, statement: Rows, mine: Access | None) -> list[EnrollmentJSON]:
    kinds = params.type or params.role
    states = [state for wanted in params.state for state in SEVERAL.get(wanted, (wanted,))] or list(LISTED)
    if mine is not None and not mine.staff:
        states = [state for state in states if state == "active"]
        if params.sis_user_id or (params.user_id not in (None, "self") and not str(params.user_id).isdigit()):
            raise NotFound  # logins and SIS ids are not for students to look people up by
    elif mine is None and not caller().admin:
        states = [state for state in states if state != "deleted"]
    statement = statement.where(Enrollment.workflow_state.in_(states))
    if kinds:
        statement = statement.where(Enrollment.type.in_(kinds))
    if params.user_id:
        statement = statement.where(Enrollment.user_id == _user_id(params.user_id, lock=False))
    if params.sis_user_id:
        statement = statement.where(User.sis_user_id.in_(params.sis_user_id))
    rows = page(statement.order_by(Enrollment.id))
    all_grades = caller().admin or (mine is not None and Right.READ_GRADES in mine.rights)
    observed = mine.observed_ids if mine else frozenset()
    readable = [row for row in rows if row.type == Role.STUDENT and (all_grades or row.user_id == caller().id or row.user_id in observed)]
    totals = totals_of({(row.course_id, row.user_id) for row in readable}, staff=all_grades)
    graded = {row.id for row in readable}
    looking = viewer()
    return [enrollment_json(row, looking, totals[row.course_id, row.user_id] if row.id in graded else None) for row in rows]


def _one(enrollment_id: int) -> EnrollmentJSON:
    row = find_row(ROWS.where(Enrollment.id == enrollment_id))
    staff = caller().admin or row.user_id != caller().id
    totals = totals_of([(row.course_id, row.user_id)], staff=staff) if row.type == Role.STUDENT else {}
    return enrollment_json(row, viewer(), totals.get((row.course_id, row.user_id)))
