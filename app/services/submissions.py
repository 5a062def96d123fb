"""Handing in, grading and commenting; two at once lose nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from app.errors import Forbidden, Invalid, InvalidGrade
from app.extensions import db
from app.grading.lateness import lock_explanation
from app.grading.notation import EXCUSE, NotAGrade, grade_of, score_of
from app.grading.scheme import DEFAULT_SCHEME
from app.models.submissions import GradeChange, Submission, SubmissionComment, SubmissionVersion
from app.models.types import AnyRow, utc_now
from app.models.writes import insert_unless_there
from app.services import attachments, deductions
from app.services.permissions import Caller

HANDED_IN = ("online_text_entry", "online_url", "online_upload")
"""Kinds of work that are handed in by one request."""
STATUS = ("late_policy_status", "seconds_late_override")
NO_STATUS: Mapping[str, Any] = {}
OF_ONE_ATTEMPT = ("late", "missing")
"""What staff said of the work before; that nothing is late, or that there is more time, goes on."""
LOCKED = (
    select(Submission)
    .where(
        Submission.assignment_id == bindparam("assignment", type_=Submission.assignment_id.type),
        Submission.user_id == bindparam("student", type_=Submission.user_id.type),
    )
    .with_for_update()
)
VERSIONED = (
    "attempt",
    "submission_type",
    "body",
    "url",
    "submitted_at",
    "workflow_state",
    "score",
    "grade",
    "grader_id",
    "graded_at",
    "excused",
    "grade_matches_current_submission",
    "entered_score",
    "points_deducted",
    "late_policy_status",
    "seconds_late_override",
)


def locked_row(assignment_id: int, user_id: int) -> Submission:
    """The submission, made if there is none yet, locked until the transaction ends."""
    values = {"assignment": assignment_id, "student": user_id}
    submission = db.session.scalars(LOCKED, values).first()
    if submission is None:
        insert_unless_there(Submission, assignment_id=assignment_id, user_id=user_id)
        submission = db.session.scalars(LOCKED, values).one()
    return submission


def hand_in(target: AnyRow, kind: str | None, body: str | None, url: str | None, file_ids: Sequence[int] = ()) -> None:
    """A new attempt at the assignment of `target`; the one before is kept. Raises Forbidden while locked, Invalid otherwise."""
    explanation = lock_explanation(target.unlock_at, target.lock_at, utc_now())
    if explanation:
        raise Forbidden(explanation)
    content = _content(target.submission_types, kind, body, url, file_ids) | {"submitted_at": utc_now(), "workflow_state": "submitted"}
    # Most work is handed in once: one statement, and of two at once only one makes the row.
    if target.id is None:
        made = insert_unless_there(Submission, assignment_id=target.assignment_id, user_id=target.student_id, attempt=1, **content)
        if made:
            attachments.attach(made, file_ids, attempt=1)
            return
    submission = locked_row(target.assignment_id, target.student_id)
    attempts = submission.attempt or 0
    if 0 < target.allowed_attempts <= attempts:
        raise Invalid("You have reached the maximum number of allowed attempts for this assignment.")
    if attempts:
        keep_version(submission)
    if submission.excused:
        content["workflow_state"] = "graded"
    elif submission.score is not None:
        _grade_is_for_earlier_work(submission)
    if submission.late_policy_status in OF_ONE_ATTEMPT:
        submission.late_policy_status = submission.seconds_late_override = None
    submission.attempt = attempts + 1
    for key, value in content.items():
        setattr(submission, key, value)
    attachments.attach(submission.id, file_ids, attempt=attempts + 1)


def keep_version(submission: Submission) -> None:
    """Keep the attempt as it is: another takes its place."""
    db.session.add(SubmissionVersion(submission_id=submission.id, **{key: getattr(submission, key) for key in VERSIONED}))


def _grade_is_for_earlier_work(submission: Submission) -> None:
    """It stays until the new work is graded, and costs what that work's lateness costs."""
    if submission.grade_matches_current_submission and not submission.scored_as_missing and submission.late_policy_status != "late":
        submission.counted_at = submission.counted_at or submission.submitted_at
    submission.grade_matches_current_submission = False


def _content(allowed: list[str], kind: str | None, body: str | None, url: str | None, file_ids: Sequence[int]) -> dict[str, Any]:
    if kind not in HANDED_IN:
        raise Invalid.field("submission_type", f"must be one of {', '.join(HANDED_IN)}")
    if kind not in allowed:
        raise Invalid.field("submission_type", "is not a type that this assignment takes")
    if kind == "online_text_entry":
        if not (body or "").strip():
            raise Invalid.field("body", "can't be blank")
        return {"submission_type": kind, "body": body, "url": None}
    if kind == "online_upload":
        if not file_ids:
            raise Invalid.field("file_ids", "can't be blank")
        return {"submission_type": kind, "body": None, "url": None}
    if not url:
        raise Invalid.field("url", "can't be blank")
    return {"submission_type": kind, "body": None, "url": url}


def grade(target: AnyRow, caller: Caller, posted: str | None, excuse: bool | None, status: Mapping[str, Any] = NO_STATUS) -> Submission:
    """Give, take away (`posted` "") or excuse; set late_policy_status and seconds_late_override, where `status` has them.

    None leaves as it is. Raises InvalidGrade; every change is recorded.
    """
    # Locked before the submission, as a change of the assignment does: its points may have changed since `target` was read.
    rules, policy = deductions.locked_rules(target.assignment_id, target.student_id)
    kind, points = rules.grading_type, rules.points_possible
    scheme = rules.scheme or DEFAULT_SCHEME
    submission = locked_row(target.assignment_id, target.student_id)
    if posted is not None and posted.strip().casefold() == EXCUSE:
        posted, excuse = None, True
    before = (submission.score, submission.grade, submission.excused)
    if excuse:
        _set(submission, caller, score=None, grade=None, excused=True)
        submission.late_policy_status = submission.seconds_late_override = None
    elif posted is not None:
        try:
            score = score_of(posted, kind, points, scheme)
        except NotAGrade as problem:
            raise InvalidGrade(str(problem)) from problem
        shown = grade_of(score, kind, points, scheme)
        if shown is not None and kind == "pass_fail" and not points:
            shown = "incomplete" if posted.strip().casefold() in ("fail", "incomplete") else "complete"
        _set(submission, caller, score=score, grade=shown, excused=False)
    elif excuse is False and submission.excused:
        _set(submission, caller, score=None, grade=None, excused=False)
    _say(submission, status)
    deductions.settle(submission, rules, policy, utc_now())
    after = (submission.score, submission.grade, submission.excused)
    if after != before:
        record_change(submission, caller, before, after)
    return submission


def _say(submission: Submission, status: Mapping[str, Any]) -> None:
    """Keep staff's word on how late the work is; the seconds go with the status late."""
    for name, value in status.items():
        setattr(submission, name, value)
    if submission.late_policy_status != "late":
        submission.seconds_late_override = None


def _set(submission: Submission, caller: Caller, *, score: float | None, grade: str | None, excused: bool) -> None:
    deductions.clear(submission)
    submission.score, submission.grade, submission.excused = score, grade, excused
    decided = excused or score is not None
    submission.workflow_state = "graded" if decided else "submitted" if submission.attempt else "unsubmitted"
    submission.graded_at = utc_now() if decided else None
    submission.grader_id = caller.id if decided else None
    submission.grade_matches_current_submission = True


def record_change(submission: Submission, caller: Caller, before: tuple[Any, ...], after: tuple[Any, ...]) -> None:
    """Keep that a grade changed from `before` to `after`, each (score, grade, excused), and by whom."""
    names = ("score", "grade", "excused")
    values = {f"{name}_before": value for name, value in zip(names, before, strict=True)}
    values |= {f"{name}_after": value for name, value in zip(names, after, strict=True)}
    values |= {"grader_id": caller.id, "real_user_id": caller.real_id, "attempt": submission.attempt or 0}
    db.session.add(GradeChange(submission_id=submission.id, **values))


def comment(target: AnyRow, caller: Caller, text: str | None, attempt: int | None = None, file_ids: Sequence[int] = ()) -> None:
    """Write a comment on the submission, or send files, or both. Raises Invalid for a blank one."""
    files = attachments.commented(target, caller, file_ids)
    if files and not (text or "").strip():
        text = "See attached files."
    if not text or not text.strip():
        raise Invalid.field("text_comment", "can't be blank")
    submission = locked_row(target.assignment_id, target.student_id)
    written = SubmissionComment(submission_id=submission.id, author_id=caller.id, comment=text, attempt=attempt or submission.attempt)
    db.session.add(written)
    if files:
        db.session.flush()
        attachments.attach(submission.id, files, comment_id=written.id)
