"""Taking quizzes: begin, answer, complete; and what staff see of it."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint
from sqlalchemy import ColumnElement, or_, select

from app.errors import Forbidden, Invalid
from app.extensions import db
from app.http.auth import access, caller, require_right, viewer
from app.http.html import safe_html
from app.http.lookup import Ref, find_row, names
from app.http.pagination import page
from app.http.params import Id, Number, Params, Position, Short, Text, takes
from app.models.quiz_submissions import OPEN, QuizAttempt, QuizSubmission, latest_attempts
from app.models.quizzes import Quiz
from app.models.submissions import Submission
from app.models.types import AnyRow, Rows, utc_now
from app.serializers.quiz_submissions import (
    QuizSubmissionsJSON,
    SubmissionQuestionsJSON,
    TimeJSON,
    quiz_submission_json,
    submission_question_json,
)
from app.services import gradebook, quiz_attempts, quiz_files, quiz_grades, quizzes
from app.services.module_progress import held_for
from app.services.permissions import Access, Right, learner_or_none, require

blueprint = Blueprint("quiz_submissions", __name__, url_prefix="/api/v1")
QUIZ = "/courses/<ref:course>/quizzes/<ref:quiz>"
COLLECTION = f"{QUIZ}/submissions"
QUESTIONS = "/quiz_submissions/<ref:quiz_submission>/questions"
AT_ONCE = 100
"""Attempts out of time that one reader waits for."""


class StartParams(Params):
    """How to get in."""

    access_code: Short = ""


class AttemptParams(Params):
    """Which attempt, with the token that its beginning gave."""

    attempt: Position
    validation_token: Short


class AnswerFields(Params):
    """An answer, in the form that its kind of question takes; null takes it back."""

    id: Id
    answer: Any = None


class AnswerParams(AttemptParams):
    """Answers to some of the questions."""

    quiz_questions: list[AnswerFields]


class JudgedQuestion(Params):
    """What staff says of one answer."""

    score: Number | None = None
    comment: Text | None = None


class JudgedAttempt(Params):
    """What staff says of one attempt."""

    attempt: Position | None = None
    """The latest, if not said."""
    fudge_points: Number | None = None
    questions: dict[str, JudgedQuestion] = {}
    """By the number of the question."""


class JudgeParams(Params):
    """What staff says of attempts."""

    quiz_submissions: list[JudgedAttempt]


@blueprint.post(COLLECTION)
@takes(StartParams)
def start_quiz(params: StartParams, course: Ref, quiz: Ref) -> QuizSubmissionsJSON:
    """Begin an attempt at a quiz."""
    mine = require_right(Right.SUBMIT)
    row = _quiz(mine, quiz)
    lock = held_for(mine, caller().id, "Quiz", [row.id], viewer().now).lock(row.id)
    require(lock is None, lock)
    _end_overdue(row.id)
    submission = quiz_attempts.start(row, caller().id, params.access_code, utc_now())
    db.session.commit()
    return _shown([_row(submission.id)])


@blueprint.get(COLLECTION)
def list_quiz_submissions(course: Ref, quiz: Ref) -> QuizSubmissionsJSON:
    """List the latest attempts of all students; without staff rights, one's own and one's observed students'."""
    mine = require_right(Right.READ)
    row = _quiz(mine, quiz)
    _end_overdue(row.id)
    return _shown(page(_rows().where(QuizSubmission.quiz_id == row.id, _visible(mine)).order_by(QuizSubmission.id)))


@blueprint.get(f"{QUIZ}/submission")
def get_own_quiz_submission(course: Ref, quiz: Ref) -> QuizSubmissionsJSON:
    """Get one's own latest attempt; an empty list where there is none."""
    mine = require_right(Right.READ)
    row = _quiz(mine, quiz)
    _end_overdue(row.id)
    return _shown(db.session.execute(_rows().where(QuizSubmission.quiz_id == row.id, QuizSubmission.user_id == caller().id)))


@blueprint.get(f"{COLLECTION}/<ref:submission>")
def get_quiz_submission(course: Ref, quiz: Ref, submission: Ref) -> QuizSubmissionsJSON:
    """Get a student's latest attempt."""
    return _shown([_found(quiz, submission)])


@blueprint.get(f"{COLLECTION}/<ref:submission>/time")
def get_quiz_time(course: Ref, quiz: Ref, submission: Ref) -> TimeJSON:
    """Tell how many seconds an attempt has still to go."""
    row = _found(quiz, submission)
    is_open = row.workflow_state == OPEN and row.end_at is not None
    left = max(int((row.end_at - utc_now()).total_seconds()), 0) if is_open else 0 if row.end_at else None
    return {"end_at": row.end_at, "time_left": left}


@blueprint.post(f"{COLLECTION}/<ref:submission>/complete")
@takes(AttemptParams)
def complete_quiz(params: AttemptParams, course: Ref, quiz: Ref, submission: Ref) -> QuizSubmissionsJSON:
    """Complete one's attempt: it is scored, and cannot be changed any more."""
    row = _found(quiz, submission)
    found = _open(access(), row, params)
    quiz_attempts.complete(found, utc_now())
    db.session.commit()
    return _shown([_row(row.id)])


@blueprint.put(f"{COLLECTION}/<ref:submission>")
@takes(JudgeParams)
def judge_quiz(params: JudgeParams, course: Ref, quiz: Ref, submission: Ref) -> QuizSubmissionsJSON:
    """Score answers, comment them, or give points besides; attempts that waited for it are complete then."""
    mine = require_right(Right.GRADE)
    row = _found(quiz, submission)
    require(gradebook.covers(mine, row.user_id))
    theirs, latest = quiz_attempts.locked(row.id)
    quiz_of = db.session.get_one(Quiz, theirs.quiz_id)
    for given in params.quiz_submissions:
        attempt = latest if given.attempt is None else quiz_attempts.attempt_of(theirs, given.attempt)
        if attempt is None:
            raise Invalid.field("attempt", "is not an attempt of this student")
        quiz_grades.judge(attempt, given.fudge_points, {key: value.given() for key, value in given.questions.items()})
        quiz_grades.post(quiz_of, theirs, attempt, caller(), handed_in=False)
    db.session.commit()
    return _shown([_row(row.id)])


@blueprint.get(QUESTIONS)
def list_submission_questions(quiz_submission: Ref) -> SubmissionQuestionsJSON:
    """List the questions of an attempt with one's answers; what is right only once it is over, and only if the quiz says so."""
    mine = require_right(Right.READ)
    row = _own_or_graded(mine, quiz_submission)
    _end_overdue(row.quiz_id)
    return _questions(mine, row)


@blueprint.post(QUESTIONS)
@takes(AnswerParams)
def answer_questions(params: AnswerParams, quiz_submission: Ref) -> SubmissionQuestionsJSON:
    """Answer questions, or change answers, while the attempt is open."""
    mine = require_right(Right.SUBMIT)
    row = _own_or_graded(mine, quiz_submission)
    _, attempt = _open(mine, row, params)
    answered = quiz_attempts.answer(attempt, [(given.id, given.answer) for given in params.quiz_questions], safe_html)
    quiz_files.attach(attempt, mine.course_id, caller(), answered)
    db.session.commit()
    kept = attempt.answers
    bodies = [submission_question_json(question, kept.get(str(question["id"])), None, show_right=False) for question in answered]
    return {"quiz_submission_questions": bodies}


def _open(mine: Access, row: AnyRow, params: AttemptParams) -> quiz_attempts.Attempt:
    """One's own open attempt, locked. Raises Forbidden or Invalid; one whose time is over is completed with what was saved."""
    require(row.user_id == caller().id and Right.SUBMIT in mine.rights)
    now = utc_now()
    found = quiz_attempts.locked(row.id)
    if quiz_attempts.overdue(found[1], now):
        quiz_attempts.complete(found, now)
        db.session.commit()
        raise Forbidden("The time is over: the quiz submission is complete.")
    quiz_attempts.require_open(found, params.attempt, params.validation_token)
    return found


def _questions(mine: Access, row: AnyRow) -> SubmissionQuestionsJSON:
    columns = (QuizAttempt.questions, QuizAttempt.answers, QuizAttempt.results, QuizAttempt.workflow_state)
    attempt = find_row(select(*columns).where(QuizAttempt.quiz_submission_id == row.id, QuizAttempt.attempt == row.attempt))
    over = attempt.workflow_state != OPEN
    show_right = Right.READ_GRADES in mine.rights or (over and row.show_correct_answers)
    bodies = []
    for question in attempt.questions:
        key = str(question["id"])
        result = attempt.results.get(key) if over else None
        bodies.append(submission_question_json(question, attempt.answers.get(key), result, show_right=show_right))
    return {"quiz_submission_questions": bodies}


def _quiz(mine: Access, quiz: Ref) -> AnyRow:
    """The quiz of the path. Raises NotFound, or Forbidden for a draft."""
    row = find_row(quizzes.rows(mine.course_id, learner_or_none(mine, caller().id)).where(names(Quiz, quiz)))
    require(mine.staff or (row.workflow_state == "published" and row.assigned))
    return row


def _rows() -> Rows:
    """Latest attempts with what else is shown of them."""
    more = (Quiz.allowed_attempts, Quiz.course_id, Quiz.show_correct_answers, Submission.id.label("submission_id"))
    own = (Submission.assignment_id == Quiz.assignment_id) & (Submission.user_id == QuizSubmission.user_id)
    return latest_attempts(*more).join(Quiz, Quiz.id == QuizSubmission.quiz_id).outerjoin(Submission, own)


def _row(submission_id: int) -> AnyRow:
    return find_row(_rows().where(QuizSubmission.id == submission_id))


def _visible(mine: Access) -> ColumnElement[bool]:
    """Whose attempts the caller may read: students of their sections for staff, otherwise their own and their observed students'."""
    own = QuizSubmission.user_id.in_({caller().id, *mine.observed_ids})
    if Right.READ_GRADES not in mine.rights:
        return own
    return or_(own, QuizSubmission.user_id.in_(gradebook.students(mine.course_id, mine.section_ids)))


def _found(quiz: Ref, submission: Ref) -> AnyRow:
    """A student's latest attempt at the quiz of the path, over if its time is. Raises NotFound or Forbidden."""
    mine = require_right(Right.READ)
    quiz_id = _quiz(mine, quiz).id
    _end_overdue(quiz_id)
    row = find_row(_rows().where(QuizSubmission.quiz_id == quiz_id, names(QuizSubmission, submission)))
    require(row.user_id == caller().id or row.user_id in mine.observed_ids or Right.READ_GRADES in mine.rights)
    require(row.user_id == caller().id or gradebook.covers(mine, row.user_id))
    return row


def _own_or_graded(mine: Access, submission: Ref) -> AnyRow:
    """One's own latest attempt, or any for whoever reads grades. Raises NotFound or Forbidden."""
    row = find_row(_rows().where(names(QuizSubmission, submission)))
    require(row.user_id == caller().id or (Right.READ_GRADES in mine.rights and gradebook.covers(mine, row.user_id)))
    of_quiz = find_row(quizzes.rows(mine.course_id, learner_or_none(mine, caller().id)).where(Quiz.id == row.quiz_id))
    require(mine.staff or (of_quiz.workflow_state == "published" and of_quiz.assigned))
    return row


def _end_overdue(quiz_id: int) -> None:
    """Complete the quiz's attempts whose time is over, before they are read."""
    now = utc_now()
    if quiz_attempts.any_overdue(now, quiz_id):
        db.session.commit()  # a read has no transaction yet: the next statement begins one
        quiz_attempts.end_overdue(now, AT_ONCE, quiz_id)
        db.session.commit()


def _shown(rows: Iterable[AnyRow]) -> QuizSubmissionsJSON:
    looking = viewer()
    return {"quiz_submissions": [quiz_submission_json(row, looking) for row in rows]}
