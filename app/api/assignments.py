"""Assignments of a course."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, Literal

from flask import Blueprint
from pydantic import Field
from sqlalchemy import ColumnElement, and_, bindparam, exists, select

from app.extensions import db
from app.http.auth import access, caller, require_right, viewer
from app.http.lookup import Ref, find, find_row, names, user_named
from app.http.pagination import page
from app.http.params import Flag, Html, Id, Instant, Params, Points, Position, Short, Text, Title, absent, takes
from app.models.assignment_groups import AssignmentGroup
from app.models.assignments import ASSIGNED, Assignment, assignment_rows, dated_rows, student_rows, submitted_online
from app.models.discussions import DiscussionTopic, topic_rows
from app.models.enrollments import Enrollment
from app.models.submissions import NEEDS_GRADING, Submission
from app.models.types import AnyRow, Rows, utc_now
from app.models.users import User
from app.resources.assignment_overrides import with_overrides
from app.resources.files import with_attachments
from app.serializers.assignments import AssignmentJSON, assignment_json, statistics_json
from app.serializers.discussions import TopicJSON, topic_json
from app.serializers.submissions import submission_json
from app.services import (
    assignment_groups,
    assignments,
    course_settings,
    discussions,
    gradebook,
    graded_discussions,
    module_items,
)
from app.services.module_progress import Holding, held_for
from app.services.permissions import Right, learner, learner_or_none, require

blueprint = Blueprint("assignments", __name__, url_prefix="/api/v1")
COLLECTION = "/courses/<ref:course>/assignments"
SUBMISSION_TYPE = Literal[
    "online_text_entry",
    "online_url",
    "online_upload",
    "online_quiz",
    "discussion_topic",
    "media_recording",
    "external_tool",
    "on_paper",
    "none",
    "not_graded",
]
BUCKET = Literal["past", "overdue", "undated", "ungraded", "unsubmitted", "upcoming", "future"]
FEWEST_SCORES = 5
"""Students are not told the statistics of fewer scores: they would tell who has which."""


class IncludeParams(Params):
    """What else to show."""

    include: list[Text] = []
    """submission (the caller's own), overrides (for staff), all_dates, score_statistics."""


class AssignmentListParams(IncludeParams):
    """Which assignments, in which order."""

    search_term: Short | None = None
    order_by: Literal["position", "name", "due_at"] = "position"
    bucket: BUCKET | None = None
    assignment_ids: list[Id] = []


class AssignmentFields(Params):
    """The assignment."""

    name: Title = absent()
    description: Html | None = None
    submission_types: list[SUBMISSION_TYPE] | None = None
    allowed_extensions: list[Short] | None = None
    points_possible: Points | None = None
    grading_type: Literal["points", "percent", "letter_grade", "gpa_scale", "pass_fail", "not_graded"] | None = None
    grading_standard_id: Id | None = None
    """What letters mean; null: as in the course."""
    due_at: Instant | None = None
    lock_at: Instant | None = None
    unlock_at: Instant | None = None
    published: Flag | None = None
    assignment_group_id: Id | None = None
    position: Position | None = None
    omit_from_final_grade: Flag | None = None
    allowed_attempts: int | None = Field(None, ge=-1, le=1_000_000)
    """-1: as often as they like."""
    peer_reviews: Flag | None = None
    only_visible_to_overrides: Flag | None = None
    """Assigned only to those whom an override reaches."""


class AssignmentParams(Params):
    """A new or changed assignment."""

    assignment: AssignmentFields = Field(default_factory=AssignmentFields)


@blueprint.get(COLLECTION)
@blueprint.get("/courses/<ref:course>/assignment_groups/<ref:group>/assignments")
@takes(AssignmentListParams)
def list_assignments(params: AssignmentListParams, course: Ref, group: Ref | None = None) -> list[AssignmentJSON]:
    """List the assignments of a course, or of one of its groups; students see published ones only."""
    mine = require_right(Right.READ)
    student_id = learner(mine, caller().id)
    statement = _listed(params, student_id, staff=mine.staff, dated=not mine.staff)
    if group is not None:
        statement = statement.where(Assignment.assignment_group_id == _group_id(mine.course_id, group))
    return _shown(page(statement, {"course": mine.course_id, "student": student_id}), params.include, caller().id)


@blueprint.get("/users/<ref:user>/courses/<ref:course>/assignments")
@takes(AssignmentListParams)
def list_user_assignments(params: AssignmentListParams, user: Ref, course: Ref) -> list[AssignmentJSON]:
    """List the assignments of a course as they concern one user."""
    mine = require_right(Right.READ)
    user_id = user_named(user, caller().id)
    require(user_id == caller().id or Right.READ_GRADES in mine.rights or user_id in mine.observed_ids)
    require(user_id == caller().id or gradebook.covers(mine, user_id))
    if user_id != caller().id:
        find(select(Enrollment.id).where(Enrollment.course_id == mine.course_id, Enrollment.user_id == user_id))
    statement = _listed(params, user_id, staff=mine.staff, dated=True)
    return _shown(page(statement, {"course": mine.course_id, "student": user_id}), params.include, user_id)


@blueprint.post(COLLECTION)
@takes(AssignmentParams)
def create_assignment(params: AssignmentParams, course: Ref) -> AssignmentJSON:
    """Create an assignment, unpublished unless told otherwise."""
    mine = require_right(Right.MANAGE_ASSIGNMENTS)
    assignment_groups.lock_course(mine.course_id)
    assignment = assignments.create(mine.course_id, params.assignment.given())
    graded_discussions.follow(assignment, caller())
    db.session.commit()
    return _one(assignment.id)


@blueprint.get(f"{COLLECTION}/<ref:assignment>")
@takes(IncludeParams)
def get_assignment(params: IncludeParams, course: Ref, assignment: Ref) -> AssignmentJSON:
    """Get an assignment; that a student read it counts where a module asks for it."""
    mine = require_right(Right.READ)
    student = learner_or_none(mine, caller().id)
    rows = assignment_rows() if student is None else dated_rows(student, staff=True).add_columns(ASSIGNED.label("assigned"))
    row = find_row(rows.where(Assignment.course_id == mine.course_id, names(Assignment, assignment)))
    require(mine.staff or (row.workflow_state == "published" and row.assigned))
    held = _held([row])
    if row.unlock_at is None or row.unlock_at <= viewer().now:
        module_items.viewed(mine, caller().id, held, row.id)
    return _shown([row], params.include, caller().id, held)[0]


@blueprint.put(f"{COLLECTION}/<ref:assignment>")
@takes(AssignmentParams)
def change_assignment(params: AssignmentParams, course: Ref, assignment: Ref) -> AssignmentJSON:
    """Change an assignment; grades are shown anew when its points, grading type or standard change."""
    require_right(Right.MANAGE_ASSIGNMENTS)
    found = _assignment(assignment)
    assignments.change(found, params.assignment.given(), caller())
    graded_discussions.follow(found, caller())
    db.session.commit()
    return _one(found.id)


@blueprint.delete(f"{COLLECTION}/<ref:assignment>")
def delete_assignment(course: Ref, assignment: Ref) -> AssignmentJSON:
    """Delete an assignment, with the quiz or discussion that it belongs to; what was handed in is kept, but counts no more."""
    require_right(Right.MANAGE_ASSIGNMENTS)
    found = _assignment(assignment)
    body = _one(found.id)
    assignments.remove(found)
    module_items.forget(found.course_id, "Assignment", [found.id])
    db.session.commit()
    return {**body, "workflow_state": "deleted"}


def _group_id(course_id: int, group: Ref) -> int:
    found = select(AssignmentGroup.id).where(AssignmentGroup.course_id == course_id, names(AssignmentGroup, group))
    return find(found.where(AssignmentGroup.workflow_state != "deleted"))


def _assignment(assignment: Ref) -> Assignment:
    """The assignment, to be changed. Raises NotFound."""
    mine = access()
    assignment_groups.lock_course(mine.course_id)
    found = select(Assignment).where(
        Assignment.course_id == mine.course_id, names(Assignment, assignment), Assignment.workflow_state != "deleted"
    )
    return find(found.with_for_update(key_share=True))


def _one(assignment_id: int) -> AssignmentJSON:
    return _shown([find_row(assignment_rows().where(Assignment.id == assignment_id))], (), caller().id)[0]


def _listed(params: AssignmentListParams, user_id: int, *, staff: bool, dated: bool) -> Rows:
    """Those that are asked for, in the order asked for, by the dates that are shown."""
    statement = _ordered(params.order_by, staff=staff, dated=dated)
    if params.search_term:
        statement = statement.where(Assignment.name.icontains(params.search_term, autoescape=True))
    if params.assignment_ids:
        statement = statement.where(Assignment.id.in_(params.assignment_ids))
    if params.bucket:
        statement = statement.where(_in_bucket(params.bucket, user_id, statement.selected_columns.due_at))
    return statement


@cache
def _ordered(order_by: str, *, staff: bool, dated: bool) -> Rows:
    """Those of the parameter `course`; `dated` as they concern the parameter `student`."""
    course, student = bindparam("course", type_=Assignment.course_id.type), bindparam("student", type_=User.id.type)
    statement = (student_rows(student, staff=staff) if dated else assignment_rows()).where(Assignment.course_id == course)
    due_at = statement.selected_columns.due_at
    if order_by == "position":
        in_group = statement.join(AssignmentGroup, AssignmentGroup.id == Assignment.assignment_group_id)
        return in_group.order_by(AssignmentGroup.position, AssignmentGroup.id, Assignment.position, Assignment.id)
    # Undated last, on both databases.
    return statement.order_by(*((due_at.is_(None), due_at) if order_by == "due_at" else (Assignment.name,)), Assignment.id)


def _in_bucket(bucket: str, user_id: int, due_at: ColumnElement[Any]) -> ColumnElement[bool]:
    now = utc_now()
    handed_in = exists().where(Submission.assignment_id == Assignment.id, Submission.user_id == user_id, Submission.attempt.is_not(None))
    waiting = exists().where(Submission.assignment_id == Assignment.id, NEEDS_GRADING)
    if not viewer().staff:
        waiting = exists().where(Submission.assignment_id == Assignment.id, Submission.user_id == user_id, NEEDS_GRADING)
    online = submitted_online()
    buckets: dict[str, ColumnElement[bool]] = {
        "past": due_at < now,
        "overdue": and_(due_at < now, ~handed_in, online),
        "undated": due_at.is_(None),
        "ungraded": waiting,
        "unsubmitted": and_(~handed_in, online),
        "upcoming": due_at >= now,
        "future": due_at >= now,
    }
    return buckets[bucket]


def _held(rows: Sequence[AnyRow]) -> Holding:
    """How modules lock those assignments for the caller."""
    return held_for(access(), caller().id, "Assignment", [row.id for row in rows], viewer().now)


def _shown(rows: Sequence[AnyRow], include: Collection[str], user_id: int, held: Holding | None = None) -> list[AssignmentJSON]:
    """Assignments with what `include` asks for: one statement for each kind of thing."""
    looking = viewer()
    held = held or _held(rows)
    bodies = [assignment_json(row, looking, include, held.lock(row.id)) for row in rows]
    ids = [row.id for row in rows]
    if looking.staff and user_id == caller().id:
        with_overrides(bodies, rows, include)
    discussed = [row.id for row in rows if row.submission_types == assignments.DISCUSSED]
    if discussed:
        topics = _topics(discussed, held)
        for body in bodies:
            if body["id"] in topics:
                body["discussion_topic"] = topics[body["id"]]
    if "submission" in include:
        theirs = with_attachments([submission_json(row, looking) for row in gradebook.of_user(user_id, ids)])
        own = {body["assignment_id"]: body for body in theirs}
        for body in bodies:
            body["submission"] = own.get(body["id"])
    if "score_statistics" in include:
        grader = Right.READ_GRADES in access().rights
        fewest = 1 if grader else FEWEST_SCORES
        scores: dict[int, list[float]] = defaultdict(list)
        hidden = not grader and course_settings.stored(access().course_id)["hide_distribution_graphs"]
        for assignment_id, score, number in () if hidden else db.session.execute(gradebook.scores(ids)):
            scores[assignment_id].extend([score] * number)
        for body in bodies:
            body["score_statistics"] = statistics_json(scores[body["id"]], fewest)
    return bodies


def _topics(assignment_ids: Collection[int], held: Holding) -> dict[int, TopicJSON]:
    """The discussions of those assignments that the caller may see, by assignment."""
    mine, looking = access(), viewer()
    if Right.READ_FORUM not in mine.rights:
        return {}
    found = topic_rows(caller().id, mine.observed_ids, learner(mine, caller().id)).where(DiscussionTopic.assignment_id.in_(assignment_ids))
    topics = {}
    for row in db.session.execute(found):
        if discussions.moderates(mine) or discussions.posted(row):
            unread = None if discussions.moderates(mine) else held.lock(row.assignment_id) or discussions.early(row)
            topics[row.assignment_id] = topic_json(row, looking, discussions.permissions(row, mine, caller()), unread)
    return topics
