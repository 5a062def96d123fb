"""Late policies: made and changed; what they do to scores that are there, and to work that never came, in batches."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, literal, or_, select, update
from sqlalchemy.orm import defer

from app.errors import Invalid
from app.extensions import db
from app.models.assignments import Assignment, submitted_online
from app.models.courses import Course
from app.models.late_policies import LatePolicy
from app.models.submissions import Submission
from app.models.types import AnyRow, utc_now
from app.models.users import User
from app.models.writes import insert_rows_unless_there, insert_unless_there
from app.services import deductions, gradebook, jobs
from app.services.grading_standards import SCHEME
from app.services.permissions import Caller
from app.services.submissions import record_change

FEW = 200
"""Submissions that one request recomputes; more are a job's."""
AT_ONCE = 25
RECOMPUTE = "late_policy_recompute"
COUNTING = (
    "late_submission_deduction_enabled",
    "late_submission_deduction",
    "late_submission_interval",
    "late_submission_minimum_percent_enabled",
    "late_submission_minimum_percent",
    "missing_submission_deduction_enabled",
    "missing_submission_deduction",
)
NEVER = 0
"""The second since when to look where nobody has looked yet: nothing was due before 1970."""
SECOND = dt.timedelta(seconds=1)
EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC) + SECOND
"""Before the second before it there is none; some clients write "no date" as the first of all."""
NOBODY = 0
"""The grader of what the clock has brought."""


Place = Mapping[str, int]
"""How far a recomputing is: `user_id`, the last student of `assignment_id` that is done."""
BEGIN: Place = {"assignment_id": 0, "user_id": 0}


def create(course_id: int, fields: dict[str, Any], caller: Caller) -> LatePolicy:
    """The course's policy; its work is recomputed. Raises Invalid where there is one. The caller has locked the course."""
    now = utc_now()
    made = insert_unless_there(LatePolicy, course_id=course_id, created_at=now, updated_at=now, **fields)
    if made is None:
        raise Invalid("only one late policy per course is allowed")
    refresh(course_id, caller)
    return db.session.get_one(LatePolicy, made)


def change(policy: LatePolicy, fields: dict[str, Any], caller: Caller) -> None:
    """Set what `fields` gives; the course's work is recomputed if that counts. The caller has locked the course."""
    before = [getattr(policy, name) for name in COUNTING]
    for name, value in fields.items():
        setattr(policy, name, value)
    if before != [getattr(policy, name) for name in COUNTING]:
        policy.missing_scored_until = None
        db.session.flush()
        refresh(policy.course_id, caller)


def refresh(course_id: int, caller: Caller, assignment_id: int = 0, *, anew: bool = False, by_name: bool = False) -> None:
    """Recompute the course's work, or one assignment's: at once where it is little, else by a job.

    `anew`: what scores are called changes too; `by_name`: a pass or fail is known by its name alone.
    """
    if not anew and db.session.scalar(select(LatePolicy.id).where(LatePolicy.course_id == course_id)) is None:
        return
    of_all = Submission.assignment_id == assignment_id if assignment_id else Assignment.course_id == course_id
    there = select(Submission.id).join(Assignment, Assignment.id == Submission.assignment_id).where(of_all).limit(FEW + 1)
    if len(db.session.scalars(there).all()) > FEW:
        jobs.enqueue(RECOMPUTE, caller, course_id=course_id, assignment_id=assignment_id, anew=anew, by_name=by_name)
        return
    place: Place | None = BEGIN
    while place is not None:
        place = recompute(course_id, caller, place, assignment_id, anew=anew, by_name=by_name)


def recompute(
    course_id: int, caller: Caller, place: Place, assignment_id: int = 0, *, anew: bool = False, by_name: bool = False
) -> Place | None:
    """Recompute some of the work from `place` on; where to go on, or None at the end. Each grade that changes is recorded.

    The assignment is locked before its work is read, and graders lock it before they read the policy: none of them is missed.
    """
    of_course = (Assignment.course_id == course_id, Assignment.workflow_state != "deleted", Assignment.id >= place["assignment_id"])
    found = select(Assignment.id).where(*of_course, *([Assignment.id == assignment_id] if assignment_id else []))
    locked = db.session.scalar(found.order_by(Assignment.id).limit(1).with_for_update(key_share=True))
    if locked is None:
        return None
    after = place["user_id"] if locked == place["assignment_id"] else 0
    rules = {row.student_id: row for row in _to_recompute(locked, after, anew=anew)}
    policy, now = deductions.policy_of(course_id), utc_now()
    for submission in _locked(locked, list(rules)):
        before = (submission.score, submission.grade, submission.excused)
        if anew:
            _rename(submission, rules[submission.user_id], by_name=by_name)
        deductions.settle(submission, rules[submission.user_id], policy, now)
        _record(submission, caller, before)
    db.session.flush()
    if len(rules) < AT_ONCE:
        return None if assignment_id else {"assignment_id": locked + 1, "user_id": 0}
    return {"assignment_id": locked, "user_id": max(rules)}


def _to_recompute(assignment_id: int, after: int, *, anew: bool) -> list[AnyRow]:
    """Some of the assignment's work that may come out otherwise, by student."""
    found = (
        gradebook.of_assignment(assignment_id)
        .where(Submission.user_id > after)
        .add_columns(Submission.counted_at, SCHEME.label("scheme"))
        .subquery()
    )
    late = or_(found.c.submitted_at > found.c.due_at, found.c.counted_at > found.c.due_at)
    touched = or_(found.c.points_deducted.is_not(None), found.c.scored_as_missing, found.c.late_policy_status.is_not(None))
    scored = found.c.score.is_not(None)
    wanted = or_(scored if anew else and_(scored, or_(late, touched)), found.c.late_policy_status == "missing")
    return list(db.session.execute(select(found).where(wanted).order_by(found.c.student_id).limit(AT_ONCE)))


def _locked(assignment_id: int, user_ids: list[int]) -> list[Submission]:
    """Those students' submissions, locked in the order of students, in which everybody locks several; without their texts."""
    theirs = select(Submission).where(Submission.assignment_id == assignment_id, Submission.user_id.in_(user_ids))
    theirs = theirs.options(defer(Submission.body)).order_by(Submission.user_id)
    return list(db.session.scalars(theirs.with_for_update().execution_options(populate_existing=True)))


def _rename(submission: Submission, rules: AnyRow, *, by_name: bool) -> None:
    """Call the score what the assignment calls it now; a pass out of no points gets those that there are."""
    if submission.score is None or submission.scored_as_missing:
        return  # what missing work gets is given anew
    if by_name and submission.grade in ("complete", "incomplete"):
        submission.score = (rules.points_possible or 0.0) if submission.grade == "complete" else 0.0
    else:
        submission.grade = deductions.shown(submission.score, rules)


def _record(submission: Submission, caller: Caller, before: tuple[Any, ...]) -> None:
    after = (submission.score, submission.grade, submission.excused)
    if after != before:
        record_change(submission, caller, before, after)


def look_again(course_id: int, due_at: dt.datetime | None) -> None:
    """Something was due then for somebody which was not before: whoever has missed it gets what missing work gets."""
    if due_at is None or due_at > utc_now():
        return
    before = (max(due_at, EARLIEST) - SECOND).replace(microsecond=0)
    _look_from(before, LatePolicy.course_id == course_id, LatePolicy.missing_scored_until > before)


def _look_from(instant: dt.datetime, *conditions: Any) -> None:
    """Note from when on somebody must look for missing work; that is no change of the policy."""
    noted = update(LatePolicy).where(*conditions).values(missing_scored_until=instant, updated_at=LatePolicy.updated_at)
    db.session.execute(noted, execution_options={"synchronize_session": False})


def score_missing(now: dt.datetime, place: Place) -> Place | None:
    """Score some missing work from `place` on, in courses whose policy does so; where to go on, or None at the end.

    A place has the course, the assignment and the last student that is done, and since and until when what was due is looked at.
    """
    enabled = select(LatePolicy.course_id, LatePolicy.missing_scored_until).join(Course, Course.id == LatePolicy.course_id)
    enabled = enabled.where(LatePolicy.missing_submission_deduction_enabled, Course.workflow_state == "available")
    enabled = enabled.where(LatePolicy.course_id >= place.get("course_id", 0)).order_by(LatePolicy.course_id).limit(1)
    policy = db.session.execute(enabled).first()
    if policy is None:
        return None
    if place.get("course_id") != policy.course_id or "until" not in place:
        since = NEVER if policy.missing_scored_until is None else int(policy.missing_scored_until.timestamp())
        place = {"course_id": policy.course_id, "since": since, "until": int(now.timestamp()), **BEGIN}
    graded = (Assignment.grading_type != "not_graded", Assignment.workflow_state == "published", submitted_online())
    of_course = select(Assignment.id).where(Assignment.course_id == policy.course_id, *graded)
    assignment_id = db.session.scalar(of_course.where(Assignment.id >= place["assignment_id"]).order_by(Assignment.id).limit(1))
    if assignment_id is None:
        # Unless somebody said meanwhile that there is more to look at.
        noted = LatePolicy.missing_scored_until
        unchanged = noted.is_(None) if place["since"] == NEVER else noted == _instant(place["since"])
        _look_from(_instant(place["until"]), LatePolicy.course_id == policy.course_id, unchanged)
        return {"course_id": policy.course_id + 1}
    if assignment_id != place["assignment_id"]:
        place = {**place, "assignment_id": assignment_id, "user_id": 0}
    missing = _missing(place)
    if missing:
        _score(assignment_id, missing, policy.course_id, now)
    if len(missing) < AT_ONCE:
        return {**place, "assignment_id": assignment_id + 1, "user_id": 0}
    return {**place, "user_id": missing[-1]}


def _instant(timestamp: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(timestamp, dt.UTC)


def _missing(place: Place) -> list[int]:
    """Students who have let that assignment pass, and have no score for it: some of them, in order."""
    rows = gradebook.rows(place["course_id"], gradebook.students(place["course_id"])).where(Assignment.id == place["assignment_id"])
    found = rows.subquery()
    nothing = (found.c.score.is_(None), found.c.submitted_at.is_(None), found.c.excused.is_not(True), found.c.late_policy_status.is_(None))
    let_pass = (found.c.due_at > _instant(place["since"]), found.c.due_at < _instant(place["until"]))
    wanted = select(found.c.student_id).where(found.c.student_id > place["user_id"], *nothing, *let_pass)
    return list(db.session.scalars(wanted.order_by(found.c.student_id).limit(AT_ONCE)))


def _score(assignment_id: int, user_ids: list[int], course_id: int, now: dt.datetime) -> None:
    """Give those students what the policy gives them, unless it is settled otherwise by now."""
    db.session.execute(select(Assignment.id).where(Assignment.id == assignment_id).with_for_update(read=True))
    made = literal(now, Submission.created_at.type)
    row = select(literal(assignment_id, Submission.assignment_id.type), User.id, literal("unsubmitted"), made, made)
    columns = ("assignment_id", "user_id", "workflow_state", "created_at", "updated_at")
    insert_rows_unless_there(Submission, columns, row.where(User.id.in_(user_ids)).order_by(User.id))
    policy = deductions.policy_of(course_id)
    theirs = gradebook.of_assignment(assignment_id).where(User.id.in_(user_ids))
    rules = {row.student_id: row for row in db.session.execute(theirs.add_columns(SCHEME.label("scheme")))}
    for submission in _locked(assignment_id, user_ids):
        before = (submission.score, submission.grade, submission.excused)
        deductions.settle(submission, rules[submission.user_id], policy, now)
        _record(submission, Caller(id=NOBODY, admin=False, real_id=submission.user_id, token_id=0), before)
    db.session.flush()
