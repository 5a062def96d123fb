"""The gradebook's history: the days on which grades changed, who changed them, and every version."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import cast

from flask import Blueprint
from sqlalchemy import select
from typing_extensions import TypedDict

from app.extensions import db
from app.http.auth import caller, require_right, viewer
from app.http.lookup import Ref, any_user, find, names, ref_in
from app.http.pagination import asked, cut, page
from app.http.params import Flag, Id, Params, Text, takes
from app.models.assignments import Assignment, assignment_rows_ever
from app.models.submissions import GradeChange, Submission
from app.models.types import AnyRow
from app.models.users import User
from app.resources.files import with_attachments
from app.serializers.assignments import assignment_json
from app.serializers.gradebook_history import NOBODY, ChangeJSON, DayJSON, GraderJSON, change_json
from app.serializers.submissions import SubmissionJSON, submission_json
from app.services import gradebook_history
from app.services.grade_changes import of_course
from app.services.permissions import Right

blueprint = Blueprint("gradebook_history", __name__, url_prefix="/api/v1/courses/<ref:course>/gradebook_history")


class SubmissionVersionJSON(SubmissionJSON, ChangeJSON):
    """A submission as a change of its grade left it."""


class SubmissionHistoryJSON(TypedDict):
    """The versions of one submission, newest first."""

    submission_id: int
    versions: list[SubmissionVersionJSON]


class FeedParams(Params):
    """Which versions."""

    assignment_id: Id | None = None
    user_id: Text | None = None
    """The student."""
    ascending: Flag = False
    """Oldest first."""


@blueprint.get("/days")
def list_days(course: Ref) -> list[DayJSON]:
    """List the days on which grades were changed, newest first, with who changed them and of which assignments."""
    mine = require_right(Right.READ_GRADES)
    zone = gradebook_history.zone_of(mine.course_id)
    days = gradebook_history.days(mine, zone)
    number, size = asked()
    shown = cut(days[(number - 1) * size : number * size + 1], number, size)
    if not shown:
        return []
    found = gradebook_history.graders(mine, zone, gradebook_history.on(shown[-1], zone, shown[0]))
    bodies = _graders(list(found.values()))
    oldest_first: list[DayJSON] = [{"date": day.isoformat(), "graders": graders} for day, graders in zip(found, bodies, strict=True)]
    return oldest_first[::-1]


@blueprint.get("/<date>")
def list_graders(course: Ref, date: str) -> list[GraderJSON]:
    """List who changed grades on that day, with the assignments."""
    mine = require_right(Right.READ_GRADES)
    zone = gradebook_history.zone_of(mine.course_id)
    found = gradebook_history.graders(mine, zone, gradebook_history.day_named(date, zone))
    everybody = sorted((grader, works) for graders in found.values() for grader, works in graders.items())
    number, size = asked()
    return _graders([dict(cut(everybody[(number - 1) * size : number * size + 1], number, size))])[0]


@blueprint.get("/<date>/graders/<ref:grader>/assignments/<ref:assignment>/submissions")
def list_history(course: Ref, date: str, grader: Ref, assignment: Ref) -> list[SubmissionHistoryJSON]:
    """List the submissions whose grades that grader (0: a quiz) changed on that day, each with all of its versions."""
    mine = require_right(Right.READ_GRADES)
    when = gradebook_history.day_named(date, gradebook_history.zone_of(mine.course_id))
    work_id = find(select(Assignment.id).where(names(Assignment, assignment), Assignment.course_id == mine.course_id))
    ids = [row.submission_id for row in page(gradebook_history.graded(mine, when, _grader(grader), work_id))]
    found = defaultdict(list)
    newest = gradebook_history.versions(GradeChange.submission_id.in_(ids)).order_by(GradeChange.id.desc())
    for body in _versions(db.session.execute(newest).all() if ids else []):
        found[body["id"]].append(body)
    return [{"submission_id": id_, "versions": found[id_]} for id_ in ids]


@blueprint.get("/feed")
@takes(FeedParams)
def list_feed(params: FeedParams, course: Ref) -> list[SubmissionVersionJSON]:
    """List every version of every submission, newest first: one for each change of its grade."""
    mine = require_right(Right.READ_GRADES)
    statement = gradebook_history.versions(*of_course(mine))
    if params.assignment_id is not None:
        statement = statement.where(Submission.assignment_id == params.assignment_id)
    if params.user_id:
        statement = statement.where(Submission.user_id == any_user(ref_in("user_id", params.user_id), caller().id))
    return _versions(page(statement.order_by(GradeChange.id if params.ascending else GradeChange.id.desc())))


def _grader(ref: Ref) -> int:
    """The id of the grader, 0 for the quizzes; -1 where there is nobody."""
    if ref == Ref("id", "0"):
        return 0
    return db.session.scalar(select(User.id).where(names(User, ref, caller().id))) or -1


def _versions(rows: Sequence[AnyRow]) -> list[SubmissionVersionJSON]:
    """Submissions as they were, with their files: one statement for those, one for the names."""
    people = gradebook_history.people(rows)
    bodies = with_attachments([submission_json(row, viewer()) for row in rows])
    return [cast("SubmissionVersionJSON", {**body, **change_json(row, people)}) for row, body in zip(rows, bodies, strict=True)]


def _graders(days: Sequence[Mapping[int, list[int]]]) -> list[list[GraderJSON]]:
    """For each of those days its graders with names and assignments: two statements for all of them."""
    people = gradebook_history.names_of({grader for graders in days for grader in graders})
    wanted = {id_ for graders in days for works in graders.values() for id_ in works}
    looking = viewer()
    rows = db.session.execute(assignment_rows_ever().where(Assignment.id.in_(wanted)))
    works = {row.id: assignment_json(row, looking) for row in rows}
    return [
        [{"id": grader, "name": people.get(grader, NOBODY), "assignments": [works[id_] for id_ in ids]} for grader, ids in graders.items()]
        for graders in days
    ]
