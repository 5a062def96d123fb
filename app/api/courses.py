"""Courses: listed, made, read, changed, ended; and what the caller may do in one."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any, Literal

from flask import Blueprint
from pydantic import Field
from sqlalchemy import ColumnElement, bindparam, exists, or_, select

from app.errors import Invalid, NotFound
from app.extensions import db
from app.http.auth import access, caller, require_account_right, require_right
from app.http.lookup import Ref, account_named, find, find_row, living_user, names, user_named
from app.http.pagination import page
from app.http.params import MOST_ID, Flag, Html, Id, Instant, Params, Short, Text, Title, WebUrl, absent, takes
from app.models.courses import Course, course_rows
from app.models.enrollments import LISTED, Enrollment
from app.models.terms import EnrollmentTerm
from app.models.types import Rows
from app.resources.courses import shown
from app.serializers.courses import CourseJSON
from app.services import assignments, courses, enrollments, terms
from app.services.permissions import Right, require

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
    """term, total_scores, teachers, total_students, syllabus_body, sections, public_description, needs_grading_count,
    course_image, course_progress, favorites."""


class CourseListParams(IncludeParams):
    """Which of a user's courses."""

    enrollment_type: KIND | None = None
    enrollment_role: Text | None = None
    enrollment_state: Literal["active", "invited_or_pending", "completed"] | None = None
    state: list[COURSE_STATE] = []


class AccountCourseListParams(IncludeParams):
    """Which of the account's courses, in which order."""

    search_term: Short | None = None
    state: list[COURSE_STATE] = []
    published: Flag | None = None
    with_enrollments: Flag | None = None
    enrollment_term_id: Short | None = None
    """Of this term only: an id, or sis_term_id:X."""
    sort: Literal["course_name", "sis_course_id", "created_at", "id"] = "id"
    order: Literal["asc", "desc"] = "asc"


class CourseFields(Params):
    """The course."""

    name: Title = absent()
    course_code: Title = absent()
    sis_course_id: Title | None = None
    """Admins only."""
    term_id: Short | None = None
    """An id, or sis_term_id:X; admins only. Also as `enrollment_term_id`."""
    enrollment_term_id: Short | None = None
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
    hide_final_grades: Flag | None = None
    grading_standard_id: int | None = Field(None, ge=0, le=MOST_ID)
    """What letters mean, and that totals have them; 0 is the default scheme."""
    image_url: WebUrl | None = None
    """The course's picture, by its address."""
    image_id: Id | None = None
    """The course's picture: one of its files."""
    remove_image: Flag | None = None


class CreateCourseParams(Params):
    """A new course."""

    course: CourseFields = Field(default_factory=CourseFields)
    offer: Flag = False
    """Publish it at once."""
    enroll_me: Flag = False
    """Enrol the caller as its teacher."""


class ChangedCourse(CourseFields):
    """What changes of the course."""

    event: Literal["offer", "claim", "conclude", "delete", "undelete"] | None = None


class ChangeCourseParams(Params):
    """A changed course."""

    course: ChangedCourse = Field(default_factory=ChangedCourse)
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
    if params.enrollment_term_id is not None:
        term = select(EnrollmentTerm.id).where(_term(params.enrollment_term_id))
        statement = statement.where(Course.enrollment_term_id.in_(term))
    column = SORTS[params.sort]
    rows = page(statement.order_by(column.desc() if params.order == "desc" else column, Course.id))
    return shown(rows, params.include, caller().id)


@blueprint.post("/accounts/<ref:account>/courses")
@takes(CreateCourseParams)
def create_course(params: CreateCourseParams, account: Ref) -> CourseJSON:
    """Create a course, unpublished unless `offer` is set."""
    mine = require_account_right(Right.CREATE_COURSES)
    course = courses.create(account_named(account), _with_term(params.course.given()), publish=params.offer)
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
    fields = _with_term(fields)
    found = find(select(Course).where(Course.id == mine.course_id).with_for_update(key_share=True))
    require(fields.get("enrollment_term_id", found.enrollment_term_id) == found.enrollment_term_id or caller().admin)
    if event:
        courses.bring(found, event, caller())
    elif found.workflow_state == "deleted":
        raise NotFound
    before = found.grading_standard_id
    courses.change(found, fields)
    if found.grading_standard_id != before:
        assignments.show_letters_anew(found.id, caller())
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


def _term(text: str) -> ColumnElement[bool]:
    """The condition that names the term. Raises Invalid where `text` is no reference."""
    try:
        return names(EnrollmentTerm, Ref.parse(text))
    except ValueError as problem:
        raise Invalid.field("enrollment_term_id", str(problem)) from problem


def _with_term(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with the number of the term that they name, if any. Raises Invalid and NotFound."""
    named = [fields.pop(name, None) for name in ("term_id", "enrollment_term_id")]
    given = next(filter(None, named), None)
    return fields if given is None else {**fields, "enrollment_term_id": terms.hold(_term(given))}


def _self_id(user: Ref) -> int:
    """The caller's id, if `user` names them. Raises Forbidden."""
    mine = caller()
    require(user_named(user, mine.id) == mine.id)
    return mine.id


def _of_user(params: CourseListParams, user_id: int) -> list[CourseJSON]:
    """The courses in which the user is enrolled: unpublished ones only for their staff."""
    states = STATES[params.enrollment_state]
    kinds = [f"{params.enrollment_type.capitalize()}Enrollment"] if params.enrollment_type else []
    if params.enrollment_role:
        kinds.append(params.enrollment_role)
    statement = _listed(states, tuple(kinds))
    if params.state:
        statement = statement.where(Course.workflow_state.in_(params.state))
    return shown(page(statement, {"user": user_id}), params.include, user_id, states)


@lru_cache(maxsize=64)
def _listed(states: tuple[str, ...], kinds: tuple[str, ...]) -> Rows:
    """The courses in which the parameter `user` has an enrolment in one of those states, and of each of those kinds at once."""
    user = bindparam("user", type_=Enrollment.user_id.type)
    return course_rows().where(courses.shown_to(user, states, *(Enrollment.type == kind for kind in kinds))).order_by(Course.id)


def _one(course_id: int, include: Collection[str]) -> CourseJSON:
    return shown([find_row(course_rows().where(Course.id == course_id))], include, caller().id)[0]
