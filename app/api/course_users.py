"""The people of a course."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, Literal

from flask import Blueprint
from sqlalchemy import bindparam, exists

from app.errors import NotFound
from app.extensions import db
from app.http.auth import require_right, viewer
from app.http.lookup import Ref, find_row, names
from app.http.pagination import page
from app.http.params import Id, Params, SearchTerm, Text, takes
from app.models.enrollments import LISTED, Enrollment
from app.models.reads import among
from app.models.types import AnyRow, Rows
from app.models.users import User, matching, user_rows
from app.serializers.enrollments import enrollment_json
from app.serializers.users import UserJSON, user_json
from app.services.permissions import Access, Right
from app.services.roster import enrollment_rows
from app.services.totals import totals_of

blueprint = Blueprint("course_users", __name__, url_prefix="/api/v1/courses/<ref:course>")
KIND = Literal["student", "student_view", "teacher", "ta", "observer", "designer"]
STATE = Literal["active", "invited", "rejected", "completed", "inactive"]


class IncludeParams(Params):
    """What else to show."""

    include: list[Text] = []
    """email, enrollments, avatar_url, bio."""


class CourseUserListParams(IncludeParams):
    """Which people."""

    enrollment_type: list[KIND] = []
    enrollment_role: list[Text] = []
    enrollment_state: list[STATE] = []
    """active and invited, if not given."""
    search_term: SearchTerm | None = None
    """At least 2 characters of a name, login, e-mail or SIS id."""
    user_ids: list[Id] = []


@blueprint.get("/users")
@blueprint.get("/search_users")
@takes(CourseUserListParams)
def list_course_users(params: CourseUserListParams, course: Ref) -> list[UserJSON]:
    """List the people of a course, each once; e-mail addresses and logins to staff only."""
    mine = require_right(Right.READ_ROSTER)
    states = (params.enrollment_state or LISTED) if mine.staff else ("active",)
    kinds = [f"{kind.split('_')[0].capitalize()}Enrollment" for kind in params.enrollment_type] + params.enrollment_role
    statement = _people(tuple(sorted(set(states))), tuple(sorted(set(kinds))), limited=mine.section_ids is not None)
    if params.user_ids:
        statement = statement.where(User.id.in_(params.user_ids))
    if params.search_term:
        statement = statement.where(
            matching(params.search_term) if mine.staff else User.name.icontains(params.search_term, autoescape=True)
        )
    return _shown(page(statement, _values(mine)), params.include, mine)


@blueprint.get("/users/<ref:user>")
@takes(IncludeParams)
def get_course_user(params: IncludeParams, course: Ref, user: Ref) -> UserJSON:
    """Get one person of a course."""
    mine = require_right(Right.READ_ROSTER)
    if not mine.staff and user.kind not in ("id", "self"):
        raise NotFound  # logins and SIS ids are not for students to look people up by
    states = ("active", "invited", "inactive", "completed") if mine.staff else ("active",)
    people = _people(states, (), limited=mine.section_ids is not None)
    row = find_row(people.where(names(User, user, viewer().user_id)), _values(mine))
    return _shown([row], params.include, mine)[0]


@lru_cache(maxsize=64)
def _people(states: tuple[str, ...], kinds: tuple[str, ...], *, limited: bool) -> Rows:
    """Who is in the course that the parameter `course` says: in those states, of those kinds, if any; `limited` to `sections`."""
    course = bindparam("course", type_=Enrollment.course_id.type)
    conditions = [Enrollment.course_id == course, Enrollment.user_id == User.id, Enrollment.workflow_state.in_(states)]
    if kinds:
        conditions.append(Enrollment.type.in_(kinds))
    if limited:
        conditions.append(among(Enrollment.course_section_id, "sections"))
    return user_rows().where(exists().where(*conditions)).order_by(User.id)


def _values(mine: Access) -> dict[str, Any]:
    """What the parameters of those statements are."""
    return {"course": mine.course_id} if mine.section_ids is None else {"course": mine.course_id, "sections": mine.section_ids}


def _shown(rows: Sequence[AnyRow], include: Collection[str], mine: Access) -> list[UserJSON]:
    looking = viewer()
    bodies = [user_json(row, looking, include) for row in rows]
    if "enrollments" in include:
        theirs = _enrollments([row.id for row in rows], mine)
        for body in bodies:
            body["enrollments"] = theirs[body["id"]]
    return bodies


def _enrollments(user_ids: Collection[int], mine: Access) -> dict[int, list[Any]]:
    shown = Enrollment.workflow_state != "deleted" if mine.staff else Enrollment.workflow_state == "active"
    statement = enrollment_rows().where(Enrollment.course_id == mine.course_id, Enrollment.user_id.in_(user_ids), shown)
    if mine.section_ids is not None:
        statement = statement.where(Enrollment.course_section_id.in_(mine.section_ids))
    rows = db.session.execute(statement.order_by(Enrollment.id)).all()
    looking = viewer()
    may_read = {
        row.user_id
        for row in rows
        if row.type == "StudentEnrollment" and (Right.READ_GRADES in mine.rights or row.user_id == looking.user_id)
    }
    totals = totals_of({(mine.course_id, user_id) for user_id in may_read}, staff=Right.READ_GRADES in mine.rights)
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        graded = row.type == "StudentEnrollment" and row.user_id in may_read
        found[row.user_id].append(enrollment_json(row, looking, totals[row.course_id, row.user_id] if graded else None))
    return found
