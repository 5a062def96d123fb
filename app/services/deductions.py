"""What a course's late policy makes of one student's work: the one place where scores meet due dates."""

import datetime as dt
from typing import Any

from sqlalchemy import bindparam, select

from app.extensions import db
from app.grading.late_policy import Policy, deduction, left, missing_score
from app.grading.lateness import Timing, is_missing, seconds_late, timing
from app.grading.notation import grade_of
from app.grading.scheme import DEFAULT_SCHEME
from app.models.assignments import NOT_SUBMITTED_ONLINE, Assignment
from app.models.late_policies import LatePolicy
from app.models.reads import read
from app.models.submissions import Submission
from app.models.types import AnyRow
from app.services import gradebook
from app.services.grading_standards import SCHEME

POLICY = (
    LatePolicy.late_submission_deduction_enabled,
    LatePolicy.late_submission_deduction,
    LatePolicy.late_submission_interval,
    LatePolicy.late_submission_minimum_percent_enabled,
    LatePolicy.late_submission_minimum_percent,
    LatePolicy.missing_submission_deduction_enabled,
    LatePolicy.missing_submission_deduction,
)
"""In the order of `Policy`."""
HOLD = select(Assignment.id).where(Assignment.id == bindparam("assignment", type_=Assignment.id.type)).with_for_update(read=True)
RULES = gradebook.OF_USER.add_columns(*POLICY, SCHEME.label("scheme")).outerjoin(LatePolicy, LatePolicy.course_id == Assignment.course_id)


def locked_rules(assignment_id: int, user_id: int) -> tuple[AnyRow, Policy]:
    """What the assignment is out of and when it is due for that student, and its course's policy; they stay so until the transaction ends.

    Read after the lock is there: whoever changes them locks the assignment before recomputing what is graded by then.
    """
    read(HOLD, {"assignment": assignment_id})
    row = read(RULES, {"student": user_id, "assignments": [assignment_id]}).one()
    return row, _policy(row)


def policy_of(course_id: int) -> Policy:
    """The course's policy; one that takes nothing where it has none."""
    row = db.session.execute(select(*POLICY).where(LatePolicy.course_id == course_id)).first()
    return Policy() if row is None else _policy(row)


def _policy(row: Any) -> Policy:
    values = [getattr(row, column.key) for column in POLICY]
    return Policy() if values[0] is None else Policy(*values)


def shown(score: float | None, rules: AnyRow) -> str | None:
    """What that score is called by those rules, which have grading_type, points_possible and scheme."""
    return grade_of(score, rules.grading_type, rules.points_possible, rules.scheme or DEFAULT_SCHEME)


def clear(submission: Submission) -> None:
    """Forget what the policy has done: the score is about to be given anew."""
    submission.entered_score = submission.points_deducted = submission.counted_at = None
    submission.scored_as_missing = False


def settle(submission: Submission, rules: AnyRow, policy: Policy, now: dt.datetime) -> None:
    """Score and deduction follow what was entered, by how late the graded work was; missing work gets what the policy gives it.

    `rules` has due_at, points_possible, grading_type, scheme, submission_types and assignment_state, for this student.
    The same facts give the same result, however often it is called.
    """
    counted_at = submission.submitted_at if submission.grade_matches_current_submission else None
    if submission.counted_at is not None:
        counted_at = submission.counted_at
    if not submission.grade_matches_current_submission and submission.counted_at is None:
        return  # the grade is for what is not there any more: it stays until the new work is graded
    stands = _timing(submission, rules, counted_at, now)
    if stands.missing and policy.missing_enabled and rules.grading_type != "not_graded":
        if submission.score is None or submission.scored_as_missing:
            _score_as_missing(submission, rules, policy, now)
            return
    elif submission.scored_as_missing:
        clear(submission)
        submission.score = submission.grade = submission.graded_at = None
        submission.workflow_state = "submitted" if submission.attempt else "unsubmitted"
    _deduct(submission, rules, policy, stands)


def _timing(submission: Submission, rules: AnyRow, counted_at: dt.datetime | None, now: dt.datetime) -> Timing:
    missing = rules.assignment_state == "published" and is_missing(
        submitted=submission.submitted_at is not None,
        graded=submission.score is not None and not submission.scored_as_missing,
        excused=submission.excused,
        submitted_online=not NOT_SUBMITTED_ONLINE.issuperset(rules.submission_types),
        due_at=rules.due_at,
        now=now,
    )
    late_by = seconds_late(counted_at, rules.due_at, submission.submission_type)
    status, override = submission.late_policy_status, submission.seconds_late_override
    return timing(status, override, excused=submission.excused, late_by=late_by, missing=missing)


def _score_as_missing(submission: Submission, rules: AnyRow, policy: Policy, now: dt.datetime) -> None:
    score = missing_score(policy, possible=rules.points_possible, grading_type=rules.grading_type)
    if submission.scored_as_missing and submission.score == score:
        return
    clear(submission)
    submission.score, submission.scored_as_missing = score, True
    submission.grade = shown(score, rules)
    submission.workflow_state, submission.graded_at, submission.grader_id = "graded", now, None
    submission.grade_matches_current_submission = True


def _deduct(submission: Submission, rules: AnyRow, policy: Policy, stands: Timing) -> None:
    entered = submission.score if submission.entered_score is None else submission.entered_score
    if entered is None or not stands.late:
        lost = None
    else:
        possible, kind = rules.points_possible, rules.grading_type
        lost = deduction(policy, entered=entered, possible=possible, grading_type=kind, seconds_late=stands.seconds_late)
    score = left(entered, lost) if entered is not None and lost else entered
    submission.points_deducted = lost
    submission.entered_score = entered if lost else None
    if score != submission.score:
        submission.score = score
        submission.grade = shown(score, rules)
