"""Courses: listed, made, read, changed, ended; and what the caller may do in one."""

from collections.abc import Collection, Sequence
from typing import Literal

from flask import Blueprint
from pydantic import Field
from sqlalchemy import ColumnElement, and_, exists, or_, select

from app.errors import NotFound
from app.extensions import db
from app.http.auth import access, caller, require_account_right, require_right, viewer
from app.http.lookup import Ref, account_named, find, find_row, living_user, user_named
from app.http.pagination import page
from app.http.params import Flag, Html, Instant, Params, Short, Text, Title, absent, takes
from app.models.courses import Course, course_rows
from app.models.enrollments import LISTED, Enrollment
from app.models.types import AnyRow
from app.serializers.courses import CourseJSON, course_enrollment_json, course_json, course_section_json, teacher_json
from app.services import course_embeds, courses, enrollments
from app.services.permissions import STAFF, Right, require
from app.services.totals import totals_of

blueprint = Blueprint("courses", __name__, url_prefix="/api/v1")
KIND = Literal["student", "teacher", "ta", "observer", "designer"]
COURSE_STATE = Literal["unpublished", "available", "completed", "deleted"]
STATES = {"active": ("active",), "invited_or_pending": ("invited",), "completed": ("completed",), None: LISTED}
SORTS = {"course_name": Course.name, "sis_course_id": Course.sis_course_id, "created_at": Course.created_at, "id": Course.id}
NEEDED: dict[str | None, Right] = {"delete": Right.DELETE_COURSE, "undelete": Right.DELETE_COURSE}
"""The right that an event takes, where it is not that of changing the course."""


class IncludeParams(Params):
    """What else to show."""

    include: list[Text] = []
    """term, total_scores, teachers, total_students, syllabus_body, sections, public_description, needs_grading_count."""


class CourseListParams(IncludeParams):
    """Which of a user's courses."""

    enrollment_type: KIND | None = None
    enrollment_role: Text | None = None
    enrollment_state: Literal["active", "invited_or_pending", "completed"] | None = None
    state: list[COURSE_STATE] = []


class AccountCourseListParams(IncludeParams):
    """Which of the account's courses, in which order."""

    search_term: Text | None = None
    state: list[COURSE_STATE] = []
    published: Flag | None = None
    with_enrollments: Flag | None = None
    sort: Literal["course_name", "sis_course_id", "created_at", "id"] = "id"
    order: Literal["asc", "desc"] = "asc"


class CourseFields(Params):
    """The course."""

    name: Title = absent()
    course_code: Title = absent()
    sis_course_id: Title | None = None
    """Admins only."""
    start_at: Instant | None = None
    end_at: Instant | None = None
    is_public: Flag | None = None
    is_public_to_auth_users: Flag | None = None
    syllabus_body: Html | None = None
    public_description: Text | None = None
    apply_assignment_group_weights: Flag | None = None
    default_view: Literal["feed", "wiki", "modules", "assignments", "syllabus"] | None = None
    time_zone: Short | None = Field(None, max_length=64)
    license: Short | None = Field(None, max_length=40)


class CreateCourseParams(Params):
    """A new course."""

    course: CourseFields = CourseFields()
    offer: Flag = False
    """Publish it at once."""
    enroll_me: Flag = False
    """Enrol the caller as its teacher."""


class ChangedCourse(CourseFields):
    """What changes of the course."""

    event: Literal["offer", "claim", "conclude", "delete", "undelete"] | None = None


class ChangeCourseParams(Params):
    """A changed course."""

    course: ChangedCourse = ChangedCourse()
    offer: Flag = False


class EndCourseParams(Params):
    """How the course ends."""

    event: Literal["conclude", "delete"]


class PermissionsParams(Params):
    """Which rights to tell of; all, if none is named."""

    permissions: list[Text] = []


@blueprint.get("/courses")
@takes(CourseListParams)
def list_courses(params: CourseListParams) -> list[CourseJSON]:
    """List the caller's courses; students see published ones only."""
    return _of_user(params, caller().id)


@blueprint.get("/users/<ref:user>/courses")
@takes(CourseListParams)
def list_user_courses(params: CourseListParams, user: Ref) -> list[CourseJSON]:
    """List a user's courses: your own, or anybody's for an admin."""
    mine = caller()
    user_id = living_user(user, mine.id)
    require(mine.admin or user_id == mine.id)
    if not user_id:
        raise NotFound
    return _of_user(params, user_id)


@blueprint.get("/accounts/<ref:account>/courses")
@takes(AccountCourseListParams)
def list_account_courses(params: AccountCourseListParams, account: Ref) -> list[CourseJSON]:
    """List the courses of the account."""
    require_account_right(Right.CREATE_COURSES)
    statement = course_rows().where(Course.account_id == account_named(account))
    statement = statement.where(Course.workflow_state.in_(params.state) if params.state else Course.workflow_state != "deleted")
    if params.search_term:
        columns = (Course.name, Course.course_code, Course.sis_course_id)
        statement = statement.where(or_(*(column.icontains(params.search_term, autoescape=True) for column in columns)))
    if params.published is not None:
        published = Course.workflow_state.in_(("available", "completed"))
        statement = statement.where(published if params.published else ~published)
    if params.with_enrollments is not None:
        enrolled = exists().where(Enrollment.course_id == Course.id, Enrollment.workflow_state == "active")
        statement = statement.where(enrolled if params.with_enrollments else ~enrolled)
    column = SORTS[params.sort]
    rows = page(statement.order_by(column.desc() if params.order == "desc" else column, Course.id))
    return _shown(rows, params.include, caller().id)


@blueprint.post("/accounts/<ref:account>/courses")
@takes(CreateCourseParams)
def create_course(params: CreateCourseParams, account: Ref) -> CourseJSON:
    """Create a course, unpublished unless `offer` is set."""
    mine = require_account_right(Right.CREATE_COURSES)
    course = courses.create(account_named(account), params.course.given(), publish=params.offer)
    if params.enroll_me:
        enrollments.enroll(course.id, mine.id, "TeacherEnrollment", "active", by=mine)
    db.session.commit()
    return _one(course.id, ())


@blueprint.get("/courses/<ref:course>")
@blueprint.get("/accounts/<ref:account>/courses/<ref:course>")
@takes(IncludeParams)
def get_course(params: IncludeParams, course: Ref, account: Ref | None = None) -> CourseJSON:
    """Get a course."""
    mine = require_right(Right.READ)
    return _one(mine.course_id, params.include)


@blueprint.put("/courses/<ref:course>")
@takes(ChangeCourseParams)
def change_course(params: ChangeCourseParams, course: Ref) -> CourseJSON:
    """Change a course, or bring it to another state by `course[event]`."""
    fields = params.course.given()
    event = fields.pop("event", None) or ("offer" if params.offer else None)
    mine = access(deleted=caller().admin)
    require(NEEDED.get(event, Right.MANAGE_COURSE) in mine.rights)
    require("sis_course_id" not in fields or caller().admin, "only an admin may change SIS ids")
    found = find(select(Course).where(Course.id == mine.course_id).with_for_update(key_share=True))
    if event:
        courses.bring(found, event, caller())
    elif found.workflow_state == "deleted":
        raise NotFound
    courses.change(found, fields)
    db.session.commit()
    return _one(mine.course_id, ("syllabus_body", "public_description"))


@blueprint.delete("/courses/<ref:course>")
@takes(EndCourseParams)
def end_course(params: EndCourseParams, course: Ref) -> dict[str, bool]:
    """Conclude or delete a course: `event=conclude|delete`."""
    mine = require_right(NEEDED.get(params.event, Right.MANAGE_COURSE))
    found = find(select(Course).where(Course.id == mine.course_id).with_for_update(key_share=True))
    courses.bring(found, params.event, caller())
    db.session.commit()
    return {params.event: True}


@blueprint.get("/courses/<ref:course>/permissions")
@takes(PermissionsParams)
def get_permissions(params: PermissionsParams, course: Ref) -> dict[str, bool]:
    """Tell which rights the caller has in the course: those named in `permissions[]`, or all."""
    rights = access().rights
    return {name: name in rights for name in params.permissions or [right.value for right in Right]}


def _self_id(user: Ref) -> int:
    """The caller's id, if `user` names them. Raises Forbidden."""
    mine = caller()
    require(user_named(user, mine.id) == mine.id)
    return mine.id


def _of_user(params: CourseListParams, user_id: int) -> list[CourseJSON]:
    """The courses in which the user is enrolled: unpublished ones only for their staff."""
    states = STATES[params.enrollment_state]
    conditions: list[ColumnElement[bool]] = [
        Enrollment.course_id == Course.id,
        Enrollment.user_id == user_id,
        Enrollment.workflow_state.in_(states),
    ]
    if params.enrollment_type:
        conditions.append(Enrollment.type == f"{params.enrollment_type.capitalize()}Enrollment")
    if params.enrollment_role:
        conditions.append(Enrollment.type == params.enrollment_role)
    drafts = and_(Course.workflow_state == "unpublished", Enrollment.type.in_([str(role) for role in STAFF]))
    conditions.append(or_(Course.workflow_state.in_(("available", "completed")), drafts))
    statement = course_rows().where(exists().where(*conditions))
    if params.state:
        statement = statement.where(Course.workflow_state.in_(params.state))
    return _shown(page(statement.order_by(Course.id)), params.include, user_id, states)


def _one(course_id: int, include: Collection[str]) -> CourseJSON:
    return _shown([find_row(course_rows().where(Course.id == course_id))], include, caller().id)[0]


def _shown(rows: Sequence[AnyRow], include: Collection[str], user_id: int, states: Collection[str] = LISTED) -> list[CourseJSON]:
    """Courses with the user's own enrolments and what `include` asks for: one statement for each kind of thing."""
    ids = [row.id for row in rows]
    looking = viewer()
    mine = course_embeds.enrollments_of(user_id, ids, states)
    # An enrolment that gives no rights (an invitation, one that is over) shows the course, not what is in it.
    closed = set() if looking.admin else {course_id for course_id, held in mine.items() if not any(row.in_force for row in held)}
    bodies = {row.id: course_json(row, looking, () if row.id in closed else include) for row in rows}
    student_in = [(course_id, user_id) for course_id, held in mine.items() if any(row.type == "StudentEnrollment" for row in held)]
    totals = totals_of(student_in) if "total_scores" in include else {}
    for course_id, body in bodies.items():
        held = mine.get(course_id, [])
        of_student = totals.get((course_id, user_id))
        body["enrollments"] = [course_enrollment_json(row, of_student if row.type == "StudentEnrollment" else None) for row in held]
        if "sections" in include:
            body["sections"] = [course_section_json(row) for row in held]
    _embed({course_id: body for course_id, body in bodies.items() if course_id not in closed}, include)
    return list(bodies.values())


def _embed(bodies: dict[int, CourseJSON], include: Collection[str]) -> None:
    if "teachers" in include:
        teachers = course_embeds.teachers_of(bodies)
        for course_id, body in bodies.items():
            body["teachers"] = [teacher_json(row, viewer()) for row in teachers.get(course_id, [])]
    if "total_students" in include:
        counts = course_embeds.student_counts(bodies)
        for course_id, body in bodies.items():
            body["total_students"] = counts.get(course_id, 0)
    if "needs_grading_count" in include:
        waiting = course_embeds.needs_grading_counts([course_id for course_id, body in bodies.items() if _grades(body)])
        for course_id, body in bodies.items():
            if _grades(body):
                body["needs_grading_count"] = waiting.get(course_id, 0)


def _grades(body: CourseJSON) -> bool:
    """Whether the caller is told how much work waits for a grade."""
    return caller().admin or any(held["type"] in ("teacher", "ta") for held in body.get("enrollments", []))
