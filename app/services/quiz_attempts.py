"""Taking quizzes: attempts begun, answered, completed once, by the student or by the clock.

Whoever changes an attempt first locks its `QuizSubmission`; then come the assignment, then the submission, as where work is graded.
"""

import datetime as dt
import hmac
import secrets
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Select, select

from app.errors import Conflict, Forbidden, Invalid
from app.extensions import db
from app.grading import quiz_answers, quizzes
from app.grading.lateness import lock_explanation
from app.models.quiz_submissions import LATEST, OPEN, QuizAttempt, QuizSubmission
from app.models.quizzes import QUESTION_COLUMNS, SURVEYS, Quiz
from app.models.types import AnyRow
from app.models.writes import insert_unless_there
from app.services import quiz_grades
from app.services.permissions import Caller
from app.services.quiz_questions import ordered

GRACE = dt.timedelta(seconds=30)
"""An answer that was on its way when the time ran out still counts."""
SHUFFLED = ("multiple_choice_question", "multiple_answers_question", "multiple_dropdowns_question", "matching_question")
RANDOM = secrets.SystemRandom()
Attempt = tuple[QuizSubmission, QuizAttempt]


def start(quiz: AnyRow, user_id: int, access_code: str, now: dt.datetime) -> QuizSubmission:
    """Begin an attempt at the quiz of that row. Raises Forbidden where it is locked, Conflict where one is open or none is left."""
    unlocked = select(QuizSubmission.manually_unlocked).where(QuizSubmission.quiz_id == quiz.id, QuizSubmission.user_id == user_id)
    explanation = lock_explanation(quiz.unlock_at, quiz.lock_at, now)
    if explanation and not db.session.scalar(unlocked):
        raise Forbidden(explanation.replace("assignment", "quiz"))
    if quiz.access_code and not same(quiz.access_code, access_code):
        raise Forbidden("The access code is not right.")
    submission = locked_for(quiz.id, user_id)
    latest = attempt_of(submission)
    if latest is not None and latest.workflow_state == OPEN:
        if latest.end_at is None or now <= latest.end_at:
            raise Conflict("A quiz submission already exists for this user and quiz.")
        complete((submission, latest), now)  # whoever begins anew sends no more answers to the one before
    if quiz.allowed_attempts != -1 and submission.attempt >= quiz.allowed_attempts + submission.extra_attempts:
        raise Conflict("There are no attempts left.")
    questions = [snapshot(row, shuffle=quiz.shuffle_answers) for row in db.session.execute(ordered(select(*QUESTION_COLUMNS), quiz.id))]
    submission.attempt += 1
    attempt = QuizAttempt(
        quiz_submission_id=submission.id,
        attempt=submission.attempt,
        validation_token=secrets.token_hex(32),
        started_at=now,
        end_at=end_of(quiz, submission, now),
        questions=questions,
        answers={},
        results={},
        fudge_points=0.0,
        points_possible=quizzes.total(question["points_possible"] for question in questions),
        quiz_version=quiz.version_number,
    )
    db.session.add(attempt)
    db.session.flush()
    return submission


def end_of(quiz: AnyRow, submission: QuizSubmission, started_at: dt.datetime) -> dt.datetime | None:
    """When an attempt ends by itself: its time is over, or the quiz is locked."""
    ends = []
    if quiz.time_limit:
        ends.append(started_at + dt.timedelta(minutes=quiz.time_limit + submission.extra_time))
    if quiz.lock_at is not None and not submission.manually_unlocked:
        ends.append(quiz.lock_at)
    return min(ends, default=None)


def snapshot(row: AnyRow, *, shuffle: bool) -> dict[str, Any]:
    """A question as one attempt asks it: in which order the answers come and which numbers a formula has is decided now."""
    question = dict(row._mapping)
    answers = list(question["answers"])
    if question["question_type"] == "calculated_question" and answers:
        chosen = RANDOM.choice(answers)
        for variable in chosen["variables"]:
            question["question_text"] = question["question_text"].replace(f"[{variable['name']}]", f"{variable['value']:.15g}")
        answers = [chosen]
    if shuffle and question["question_type"] in SHUFFLED:
        RANDOM.shuffle(answers)
    matches = list(question["matches"])
    RANDOM.shuffle(matches)  # in the order of the answers they would tell which belongs to which
    return {**question, "answers": answers, "matches": matches}


def locked_for(quiz_id: int, user_id: int) -> QuizSubmission:
    """The student's row, made if there is none yet, locked until the transaction ends."""
    insert_unless_there(QuizSubmission, quiz_id=quiz_id, user_id=user_id)
    found = select(QuizSubmission).where(QuizSubmission.quiz_id == quiz_id, QuizSubmission.user_id == user_id)
    return db.session.scalars(_fresh(found)).one()


def locked(submission_id: int) -> Attempt:
    """A submission with its latest attempt, locked until the transaction ends."""
    submission = db.session.scalars(_fresh(select(QuizSubmission).where(QuizSubmission.id == submission_id))).one()
    attempt = attempt_of(submission)
    if attempt is None:
        raise Invalid("There is no attempt yet.")
    return submission, attempt


def _fresh(statement: Select[QuizSubmission]) -> Select[QuizSubmission]:
    return statement.with_for_update().execution_options(populate_existing=True)


def attempt_of(submission: QuizSubmission, number: int | None = None) -> QuizAttempt | None:
    """The attempt of that number, or the latest; the submission is locked."""
    wanted = submission.attempt if number is None else number
    found = select(QuizAttempt).where(QuizAttempt.quiz_submission_id == submission.id, QuizAttempt.attempt == wanted)
    return db.session.scalars(found.execution_options(populate_existing=True)).first()


def same(known: str, given: str) -> bool:
    """Whether they are equal; how long it takes does not tell how far they are."""
    return hmac.compare_digest(known.encode(), given.encode())


def require_open(found: Attempt, number: int, token: str) -> None:
    """Raises Forbidden for another's token, Invalid where that attempt is over or not the latest."""
    _, attempt = found
    if not same(attempt.validation_token, token):
        raise Forbidden("The validation token is not right.")
    if number != attempt.attempt:
        raise Invalid.field("attempt", "is not the latest attempt")
    if attempt.workflow_state != OPEN:
        raise Invalid("The quiz submission is already complete.")


def answer(attempt: QuizAttempt, given: Collection[tuple[int, Any]], clean: Callable[[str], str]) -> list[dict[str, Any]]:
    """Keep answers by question id, essays made safe by `clean`; the questions that were answered. Raises Invalid: then none is kept."""
    asked = {question["id"]: question for question in attempt.questions}
    answers = dict(attempt.answers)
    for question_id, raw in given:
        question = asked.get(question_id)
        if question is None:
            raise Invalid.field("id", f"{question_id} is not a question of this quiz submission")
        try:
            value = quiz_answers.read(question, raw)
            if value is not None and question["question_type"] == "essay_question":
                value = clean(value)
        except ValueError as problem:
            raise Invalid.field("answer", f"question {question_id}: {problem}") from problem
        answers[str(question_id)] = value
    attempt.answers = {key: value for key, value in answers.items() if value is not None}
    return [asked[question_id] for question_id, _ in given]


def overdue(attempt: QuizAttempt, now: dt.datetime) -> bool:
    """Whether the attempt's time is over, with what is granted to answers on their way."""
    return attempt.workflow_state == OPEN and attempt.end_at is not None and now > attempt.end_at + GRACE


def any_overdue(now: dt.datetime, quiz_id: int) -> bool:
    """Whether `end_overdue` would find something of that quiz."""
    found = select(QuizSubmission.id).join(QuizAttempt, LATEST[0] & LATEST[1]).where(*_overdue(now), QuizSubmission.quiz_id == quiz_id)
    return db.session.scalar(found.limit(1)) is not None


def end_overdue(now: dt.datetime, limit: int, quiz_id: int | None = None) -> int:
    """Complete attempts whose time is over with what was saved, of one quiz, `limit` at most; how many they were.

    Called again until it says 0 it has ended all. Two at once share the work: what another has locked is left to them.
    One quiz at a time is one assignment at a time: two who lock several could wait for each other.
    """
    if quiz_id is None:
        quizzes_of = select(QuizSubmission.quiz_id).join(QuizAttempt, LATEST[0] & LATEST[1])
        quiz_id = db.session.scalar(quizzes_of.where(*_overdue(now)).order_by(QuizAttempt.end_at).limit(1))
        if quiz_id is None:
            return 0
    theirs = select(QuizSubmission, QuizAttempt).join(QuizAttempt, LATEST[0] & LATEST[1])
    theirs = theirs.where(*_overdue(now), QuizSubmission.quiz_id == quiz_id).order_by(QuizSubmission.user_id).limit(limit)
    # Locks the attempts too: one that somebody completed while this waited is looked at again, and left out.
    found = db.session.execute(theirs.with_for_update(skip_locked=True).execution_options(populate_existing=True)).all()
    for submission, attempt in found:
        complete((submission, attempt), now)
    return len(found)


def _overdue(now: dt.datetime) -> tuple[Any, ...]:
    return QuizAttempt.workflow_state == OPEN, QuizAttempt.end_at < now - GRACE


def complete(found: Attempt, now: dt.datetime) -> None:
    """Score what was answered and post the result; both are locked, and the attempt is open."""
    submission, attempt = found
    quiz = db.session.get_one(Quiz, submission.quiz_id)
    survey = quiz.quiz_type in SURVEYS
    results = {}
    for question in attempt.questions:
        earned = quizzes.score(question, attempt.answers.get(str(question["id"])), survey=survey)
        results[str(question["id"])] = {"score": earned.score, "correct": earned.correct, "comment": None}
    attempt.results = results
    attempt.finished_at = now if attempt.end_at is None else min(now, attempt.end_at)
    quiz_grades.add_up(attempt)
    student = submission.user_id
    quiz_grades.post(quiz, submission, attempt, Caller(id=-quiz.id, admin=False, real_id=student, token_id=0), handed_in=True)
