"""Submissions: handed in by students, read and graded by staff, commented by both."""

from collections import defaultdict
from collections.abc import Collection
from typing import Literal

from flask import Blueprint
from pydantic import Field
from sqlalchemy import ColumnElement, Select, asc, desc, func, or_, select

from app.extensions import db
from app.http.auth import caller, require_right, viewer
from app.http.lookup import Ref, find, ids_named, names, user_named
from app.http.pagination import page
from app.http.params import Flag, Html, Id, Instant, Params, Position, Text, WebUrl, takes
from app.models.assignments import Assignment
from app.models.enrollments import Enrollment
from app.models.reads import read
from app.models.submissions import Submission
from app.models.types import AnyRow
from app.models.users import User
from app.resources.submissions import shown
from app.serializers.submissions import StudentSubmissionsJSON, SubmissionJSON
from app.services import attachments, gradebook, submissions
from app.services.module_progress import held_for
from app.services.permissions import Access, Right, require

blueprint = Blueprint("submissions", __name__, url_prefix="/api/v1")
COLLECTION = "/courses/<ref:course>/assignments/<ref:assignment>/submissions"
MOST_SECONDS = 10**9


class IncludeParams(Params):
    """What else to show."""

    include: list[Text] = []
    """submission_comments, submission_history, user, assignment."""


class NewComment(Params):
    """A comment."""

    text_comment: Text | None = None
    attempt: Position | None = None
    file_ids: list[Id] = []
    """Files that the caller uploaded for comments on this submission."""

    @property
    def written(self) -> bool:
        """Whether there is anything to say."""
        return self.text_comment is not None or bool(self.file_ids)


class NewSubmission(Params):
    """The work."""

    submission_type: Literal[
        "online_text_entry", "online_url", "online_upload", "media_recording", "basic_lti_launch", "student_annotation"
    ]
    body: Html | None = None
    """HTML, for online_text_entry."""
    url: WebUrl | None = None
    """For online_url."""
    file_ids: list[Id] = []
    """For online_upload: files that the caller uploaded for this assignment."""


class SubmitParams(IncludeParams):
    """What a student hands in."""

    submission: NewSubmission
    comment: NewComment = Field(default_factory=NewComment)


class Grade(Params):
    """A grade."""

    posted_grade: Text | None = None
    """Points ("8.5"), a percentage ("85%"), a letter ("B+"), complete/incomplete, EX to excuse; blank takes the grade away."""
    excuse: Flag | None = None
    late_policy_status: Literal["none", "extended", "late", "missing"] | None = None
    """Whether the work counts as late or missing, whatever the clock says; null leaves it to the clock."""
    seconds_late_override: int | None = Field(None, ge=0, le=MOST_SECONDS)
    """How late; only with the status late."""


class GradeParams(IncludeParams):
    """A grade, a comment, or both."""

    submission: Grade | None = None
    comment: NewComment = Field(default_factory=NewComment)


class StudentSubmissionsParams(IncludeParams):
    """Whose work on what."""

    student_ids: list[Text] = []
    """Ids, SIS ids, or `all`; the caller, if not given."""
    assignment_ids: list[Id] = []
    grouped: Flag = False
    """One row a student, with all of their work."""
    workflow_state: Literal["unsubmitted", "submitted", "graded", "pending_review"] | None = None
    submitted_since: Instant | None = None
    graded_since: Instant | None = None
    order: Literal["id", "graded_at"] = "id"
    order_direction: Literal["ascending", "descending"] = "ascending"


@blueprint.post(COLLECTION)
@takes(SubmitParams)
def submit(params: SubmitParams, course: Ref, assignment: Ref) -> tuple[SubmissionJSON, Literal[201]]:
    """Hand in one's own work; again for another attempt."""
    mine = require_right(Right.SUBMIT)
    target = _target(mine, assignment, caller().id)
    held = held_for(mine, caller().id, "Assignment", [target.assignment_id], viewer().now)
    require(held.lock(target.assignment_id) is None, held.lock(target.assignment_id))
    work = params.submission
    file_ids = attachments.handed_in(target, caller(), work.file_ids) if work.submission_type == "online_upload" else []
    submissions.hand_in(target, work.submission_type, work.body, work.url, file_ids)
    if params.comment.written:
        submissions.comment(target, caller(), params.comment.text_comment, file_ids=params.comment.file_ids)
    db.session.commit()
    include = {*params.include, *(["submission_comments"] if params.comment.written else [])}
    return _one(mine, target, include), 201


@blueprint.get(COLLECTION)
@takes(IncludeParams)
def list_submissions(params: IncludeParams, course: Ref, assignment: Ref) -> list[SubmissionJSON]:
    """List the work of every active student on an assignment, those too who handed in nothing."""
    mine = require_right(Right.READ_GRADES)
    of_course = (Assignment.course_id == mine.course_id, Assignment.workflow_state != "deleted")
    assignment_id = find(select(Assignment.id).where(names(Assignment, assignment), *of_course))
    students = gradebook.students(mine.course_id, mine.section_ids)
    rows = page(gradebook.rows(mine.course_id, students).where(Assignment.id == assignment_id).order_by(User.id))
    return shown(rows, params.include)


@blueprint.get(f"{COLLECTION}/<ref:user>")
@takes(IncludeParams)
def get_submission(params: IncludeParams, course: Ref, assignment: Ref, user: Ref) -> SubmissionJSON:
    """Get one student's work: your own, your observed student's, or anybody's for staff."""
    mine = require_right(Right.READ)
    user_id = user_named(user, caller().id)
    require(Right.READ_GRADES in mine.rights or user_id == caller().id or user_id in mine.observed_ids)
    return shown([_target(mine, assignment, user_id)], params.include)[0]


@blueprint.put(f"{COLLECTION}/<ref:user>")
@takes(GradeParams)
def grade_submission(params: GradeParams, course: Ref, assignment: Ref, user: Ref) -> SubmissionJSON:
    """Grade, excuse or comment one student's work; a student may comment their own."""
    mine = require_right(Right.READ)
    user_id = user_named(user, caller().id)
    grades = Right.GRADE in mine.rights
    require(grades or (Right.SUBMIT in mine.rights and user_id == caller().id and params.submission is None))
    target = _target(mine, assignment, user_id)
    if params.submission is not None:
        given = params.submission.given()
        posted = (given["posted_grade"] or "") if "posted_grade" in given else None
        said = {name: value for name, value in given.items() if name in submissions.STATUS}
        submissions.grade(target, caller(), posted, given.get("excuse"), said)
    if params.comment.written:
        submissions.comment(target, caller(), params.comment.text_comment, params.comment.attempt, params.comment.file_ids)
    db.session.commit()
    return _one(mine, target, {*params.include, "submission_comments"})


@blueprint.get("/courses/<ref:course>/students/submissions")
@takes(StudentSubmissionsParams)
def list_students_submissions(params: StudentSubmissionsParams, course: Ref) -> list[SubmissionJSON] | list[StudentSubmissionsJSON]:
    """List the work of several students on several assignments; without staff rights, one's own and one's observed students'."""
    mine = require_right(Right.READ)
    students = _students(mine, params.student_ids)
    wanted = [] if mine.staff else [Assignment.workflow_state == "published"]
    if params.assignment_ids:
        wanted.append(Assignment.id.in_(params.assignment_ids))
    if params.workflow_state:
        wanted.append(func.coalesce(Submission.workflow_state, "unsubmitted") == params.workflow_state)
    if params.submitted_since:
        wanted.append(Submission.submitted_at > params.submitted_since)
    if params.graded_since:
        wanted.append(Submission.graded_at > params.graded_since)
    if params.grouped:
        return _grouped(mine, params, students, wanted)
    direction = desc if params.order_direction == "descending" else asc
    first = (Submission.graded_at.is_(None), direction(Submission.graded_at)) if params.order == "graded_at" else ()
    order = (*first, direction(User.id), direction(Assignment.id))
    places = gradebook.places(mine.course_id, students).where(*wanted).order_by(*order)
    return shown(page(places, whole=lambda picked: gradebook.at_places(picked, order)), params.include)


def _grouped(
    mine: Access, params: StudentSubmissionsParams, students: Select[int], wanted: list[ColumnElement[bool]]
) -> list[StudentSubmissionsJSON]:
    """A page of students, and everything of theirs in one statement."""
    people = page(select(User.id).where(User.id.in_(students)).order_by(User.id))
    ids = [row.id for row in people]
    rows = read(gradebook.rows(mine.course_id, ids).where(*wanted).order_by(Assignment.id)).all()
    sections = {row.user_id: row.course_section_id for row in db.session.execute(gradebook.sections(mine.course_id, ids))}
    theirs = defaultdict(list)
    for body in shown(rows, params.include):
        theirs[body["user_id"]].append(body)
    return [{"user_id": user_id, "section_id": sections.get(user_id), "submissions": theirs[user_id]} for user_id in ids]


def _students(mine: Access, asked: Collection[str]) -> Select[int]:
    """The ids of the active students that were asked for. Raises Forbidden for somebody else's work."""
    students = gradebook.students(mine.course_id)
    if mine.section_ids is not None:
        students = students.where(or_(Enrollment.course_section_id.in_(mine.section_ids), Enrollment.user_id == caller().id))
    own = {caller().id, *mine.observed_ids}
    if "all" in asked:
        return students if Right.READ_GRADES in mine.rights else students.where(Enrollment.user_id.in_(own))
    ids = set(ids_named(User, asked, caller().id, "student_ids").values()) or {caller().id}
    require(Right.READ_GRADES in mine.rights or ids <= own)
    return students.where(Enrollment.user_id.in_(ids))


def _target(mine: Access, assignment: Ref, user_id: int) -> AnyRow:
    """One student's work on one assignment, in one statement. Raises NotFound, and Forbidden for a draft or another section's student."""
    row = gradebook.target(mine.course_id, assignment.id, user_id)
    require(mine.staff or row.assignment_state == "published")
    require(row.assigned, "The assignment is not assigned to this student.")
    require(user_id == caller().id or gradebook.covers(mine, user_id))
    return row


def _one(mine: Access, target: AnyRow, include: Collection[str]) -> SubmissionJSON:
    row = gradebook.target(mine.course_id, target.assignment_id, target.student_id)
    return shown([row], include)[0]
