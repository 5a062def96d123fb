"""The audit log of grades: who changed which, when, from what to what."""

from dataclasses import replace
from typing import Any

from flask import Blueprint
from sqlalchemy import ColumnElement, select

from app.errors import Invalid, NotFound
from app.extensions import db
from app.http.auth import access, caller, require_account_right, viewer
from app.http.lookup import Ref, any_user, find, names, ref_in
from app.http.pagination import page
from app.http.params import Id, Instant, Params, Text, takes
from app.models.assignments import Assignment, assignment_rows_ever
from app.models.courses import Course, course_rows
from app.models.submissions import GradeChange, Submission
from app.models.users import USER_COLUMNS, User
from app.serializers.assignments import assignment_json
from app.serializers.courses import course_json
from app.serializers.grade_changes import GradeChangesJSON, grade_change_json, links_json
from app.serializers.users import user_json
from app.services import discussions, grade_changes
from app.services.permissions import Right, require

blueprint = Blueprint("grade_changes", __name__, url_prefix="/api/v1/audit/grade_change")
Conditions = list[ColumnElement[bool]]


class GradeChangeListParams(Params):
    """From when to when."""

    start_time: Instant | None = None
    end_time: Instant | None = None
    include: list[Text] = []
    """current_grade."""


class GradeChangeQueryParams(GradeChangeListParams):
    """Which changes: at least one of course, assignment, student and grader."""

    course_id: Text | None = None
    assignment_id: Id | None = None
    student_id: Text | None = None
    grader_id: Text | None = None


@blueprint.get("/courses/<ref:course>")
@takes(GradeChangeListParams)
def list_course_grade_changes(params: GradeChangeListParams, course: Ref) -> GradeChangesJSON:
    """List the changes of grades in a course, newest first; of a deleted course for admins."""
    mine = access(deleted=caller().admin)
    require(Right.READ_GRADES in mine.rights)
    return _shown(params, [*grade_changes.of_course(mine)])


@blueprint.get("/assignments/<ref:assignment>")
@takes(GradeChangeListParams)
def list_assignment_grade_changes(params: GradeChangeListParams, assignment: Ref) -> GradeChangesJSON:
    """List the changes of the grades on an assignment, a deleted one too."""
    mine = access(deleted=caller().admin)
    require(Right.READ_GRADES in mine.rights)
    return _shown(params, [*grade_changes.of_course(mine), names(Assignment, assignment)])


@blueprint.get("/students/<ref:student>")
@takes(GradeChangeListParams)
def list_student_grade_changes(params: GradeChangeListParams, student: Ref) -> GradeChangesJSON:
    """List the changes of a student's grades in every course; for admins."""
    require_account_right(Right.READ_ACCOUNT)
    return _shown(params, [Submission.user_id == any_user(student, caller().id)])


@blueprint.get("/graders/<ref:grader>")
@takes(GradeChangeListParams)
def list_grader_grade_changes(params: GradeChangeListParams, grader: Ref) -> GradeChangesJSON:
    """List the changes of grades that a grader made in every course; for admins."""
    require_account_right(Right.READ_ACCOUNT)
    return _shown(params, [GradeChange.grader_id == any_user(grader, caller().id)])


@blueprint.get("")
@takes(GradeChangeQueryParams)
def query_grade_changes(params: GradeChangeQueryParams) -> GradeChangesJSON:
    """List the changes of grades that meet all conditions; without `course_id` for admins only."""
    conditions: Conditions = []
    if params.course_id:
        conditions += _of_course(ref_in("course_id", params.course_id))
    else:
        require_account_right(Right.READ_ACCOUNT)
    if params.assignment_id is not None:
        conditions.append(Assignment.id == params.assignment_id)
    if params.student_id:
        conditions.append(Submission.user_id == any_user(ref_in("student_id", params.student_id), caller().id))
    if params.grader_id:
        conditions.append(GradeChange.grader_id == any_user(ref_in("grader_id", params.grader_id), caller().id))
    if not conditions:
        raise Invalid("Must specify at least one query condition")
    return _shown(params, conditions)


def _of_course(ref: Ref) -> Conditions:
    """What the caller may see in the course. Raises NotFound or Forbidden."""
    if caller().admin:
        return [Assignment.course_id == find(select(Course.id).where(names(Course, ref)))]
    mine = next(iter(discussions.accesses(caller(), names(Course, ref)).values()), None)
    if mine is None:
        raise NotFound
    require(Right.READ_GRADES in mine.rights)
    return [*grade_changes.of_course(mine)]


def _shown(params: GradeChangeListParams, conditions: Conditions) -> GradeChangesJSON:
    """A page of events with what they link to: one statement for each kind of thing."""
    if params.start_time is not None:
        conditions.append(GradeChange.created_at >= params.start_time)
    if params.end_time is not None:
        conditions.append(GradeChange.created_at <= params.end_time)
    rows = page(grade_changes.events(*conditions))
    looking = replace(viewer(), staff=True)  # nobody else comes this far
    people = {row.student_id for row in rows} | {row.grader_id for row in rows} | {row.real_user_id for row in rows}
    linked: dict[str, list[Any]] = {"page_views": [], "assignments": [], "courses": [], "users": []}
    if rows:
        works = assignment_rows_ever().where(Assignment.id.in_({row.assignment_id for row in rows})).order_by(Assignment.id)
        courses = course_rows().where(Course.id.in_({row.course_id for row in rows})).order_by(Course.id)
        users = select(*USER_COLUMNS).where(User.id.in_(people)).order_by(User.id)
        linked["assignments"] = [assignment_json(row, looking) for row in db.session.execute(works)]
        linked["courses"] = [course_json(row, looking) for row in db.session.execute(courses)]
        linked["users"] = [user_json(row, looking) for row in db.session.execute(users)]
    events = [grade_change_json(row, current="current_grade" in params.include) for row in rows]
    return {"links": links_json(looking), "events": events, "linked": linked}
