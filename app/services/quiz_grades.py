"""What attempts at quizzes are worth: added up, judged by staff, posted to the assignment; and what staff grant to students."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from app.errors import Invalid
from app.extensions import db
from app.grading import quizzes
from app.models.quiz_submissions import LATEST, OPEN, QuizAttempt, QuizSubmission
from app.models.quizzes import Quiz, QuizQuestion
from app.models.types import AnyRow, Rows, utc_now
from app.services import deductions
from app.services.permissions import Caller
from app.services.submissions import OF_ONE_ATTEMPT, keep_version, locked_row, record_change

PENDING = "pending_review"


def add_up(attempt: QuizAttempt) -> None:
    """Its score and state follow its results."""
    results = attempt.results.values()
    attempt.score = quizzes.total([*(result["score"] for result in results), attempt.fudge_points])
    attempt.workflow_state = PENDING if any(result["correct"] is None for result in results) else "complete"


def judge(attempt: QuizAttempt, fudge_points: float | None, questions: dict[str, dict[str, Any]]) -> None:
    """Set what staff gives: points besides, and scores and comments by question id. Raises Invalid."""
    if attempt.workflow_state == OPEN:
        raise Invalid.field("attempt", "is not complete yet")
    if fudge_points is not None:
        attempt.fudge_points = fudge_points
    asked = {str(question["id"]): question for question in attempt.questions}
    results = dict(attempt.results)
    for question_id, given in questions.items():
        if question_id not in asked:
            raise Invalid.field("questions", f"{question_id[:20]} is not a question of this attempt")
        result = dict(results[question_id])
        if given.get("score") is not None:
            result |= {"score": given["score"], "correct": given["score"] >= asked[question_id]["points_possible"]}
        if "comment" in given:
            result["comment"] = given["comment"]
        results[question_id] = result
    attempt.results = results
    add_up(attempt)


def post(quiz: Quiz, submission: QuizSubmission, attempt: QuizAttempt, grader: Caller, *, handed_in: bool) -> None:
    """Keep the score that counts, and tell the quiz's assignment; every change of its grade is recorded."""
    db.session.flush()
    of_all = select(QuizAttempt.score, QuizAttempt.workflow_state, QuizAttempt.finished_at).where(
        QuizAttempt.quiz_submission_id == submission.id, QuizAttempt.workflow_state != OPEN
    )
    finished = db.session.execute(of_all.order_by(QuizAttempt.attempt)).all()
    submission.kept_score = quizzes.kept([row.score or 0.0 for row in finished], quiz.scoring_policy)
    if quiz.assignment_id is None:
        return
    # Locked before the submission, as where work is graded.
    rules, policy = deductions.locked_rules(quiz.assignment_id, submission.user_id)
    work = locked_row(quiz.assignment_id, submission.user_id)
    before = (work.score, work.grade, work.excused)
    if handed_in:
        if work.attempt:
            keep_version(work)
        if work.late_policy_status in OF_ONE_ATTEMPT:
            work.late_policy_status = work.seconds_late_override = None
        work.attempt, work.submission_type, work.submitted_at = attempt.attempt, "online_quiz", attempt.finished_at
    pending = any(row.workflow_state == PENDING for row in finished)
    work.workflow_state = PENDING if pending and not work.excused else "graded"
    if not work.excused:
        deductions.clear(work)
        work.score, work.grade = submission.kept_score, deductions.shown(submission.kept_score, rules)
        work.grader_id, work.graded_at, work.grade_matches_current_submission = grader.id, utc_now(), True
        work.counted_at = _counted_at(quiz, submission.kept_score, finished)
        deductions.settle(work, rules, policy, utc_now())
    after = (work.score, work.grade, work.excused)
    if after != before:
        record_change(work, grader, before, after)


def _counted_at(quiz: Quiz, kept_score: float | None, finished: Sequence[AnyRow]) -> dt.datetime | None:
    """When the attempt was handed in whose score counts: of equal ones the first, unless the latest counts."""
    if quiz.scoring_policy == "keep_latest":
        return None
    return next((row.finished_at for row in finished if (row.score or 0.0) == kept_score), None)


def extend(submission: QuizSubmission, attempt: QuizAttempt | None, given: dict[str, Any], now: dt.datetime) -> None:
    """Set what staff grants: attempts, minutes, entry after the lock. More time for the open attempt is the caller's to ask for."""
    for name in ("extra_attempts", "extra_time", "manually_unlocked"):
        if given.get(name) is not None:
            setattr(submission, name, given[name])
    if attempt is None or attempt.workflow_state != OPEN or attempt.end_at is None:
        return
    if given.get("extend_from_now"):
        attempt.end_at = now + dt.timedelta(minutes=given["extend_from_now"])
    elif given.get("extend_from_end_at"):
        try:
            attempt.end_at += dt.timedelta(minutes=given["extend_from_end_at"])
        except OverflowError as problem:
            raise Invalid.field("extend_from_end_at", "leads too far away") from problem


def finished(quiz_id: int, students: Select[int]) -> Rows:
    """What the latest finished attempts of those students earned, without what they were asked and answered."""
    columns = (QuizAttempt.score, QuizAttempt.started_at, QuizAttempt.finished_at, QuizAttempt.results)
    found = select(*columns).select_from(QuizSubmission).join(QuizAttempt, LATEST[0] & LATEST[1])
    return found.where(QuizSubmission.quiz_id == quiz_id, QuizAttempt.workflow_state != OPEN, QuizSubmission.user_id.in_(students))


def questions(quiz_id: int) -> Rows:
    """The questions that statistics name."""
    columns = (QuizQuestion.id, QuizQuestion.question_type, QuizQuestion.question_text, QuizQuestion.position)
    found = select(*columns).where(QuizQuestion.quiz_id == quiz_id, QuizQuestion.workflow_state != "deleted")
    return found.order_by(QuizQuestion.position, QuizQuestion.id)
