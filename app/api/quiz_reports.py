"""What staff grant to those who take a quiz, and how they did."""

from flask import Blueprint
from pydantic import Field

from app.errors import Invalid
from app.extensions import db
from app.http.auth import require_right
from app.http.lookup import Ref, find_row, names
from app.http.params import Flag, Id, Params, takes
from app.models.quizzes import Quiz
from app.models.types import AnyRow, utc_now
from app.serializers.quiz_reports import QuizExtensionsJSON, QuizStatisticsJSON, quiz_extension_json, quiz_statistics_json
from app.services import gradebook, quiz_attempts, quiz_grades, quizzes
from app.services.permissions import Access, Right

blueprint = Blueprint("quiz_reports", __name__, url_prefix="/api/v1")
QUIZ = "/courses/<ref:course>/quizzes/<ref:quiz>"
MOST_MINUTES = 10_080
AT_ONCE = 100


class ExtensionFields(Params):
    """What one student is granted."""

    user_id: Id
    extra_attempts: int | None = Field(None, ge=0, le=1000)
    extra_time: int | None = Field(None, ge=0, le=MOST_MINUTES)
    """Minutes, for every attempt that begins from now on."""
    manually_unlocked: Flag | None = None
    """May take the quiz though it is locked."""
    extend_from_now: int | None = Field(None, ge=0, le=1440)
    """The open attempt ends in so many minutes."""
    extend_from_end_at: int | None = Field(None, ge=0, le=1440)
    """The open attempt ends so many minutes later."""


class ExtensionParams(Params):
    """What students are granted."""

    quiz_extensions: list[ExtensionFields]


@blueprint.post(f"{QUIZ}/extensions")
@takes(ExtensionParams)
def extend_quiz(params: ExtensionParams, course: Ref, quiz: Ref) -> QuizExtensionsJSON:
    """Grant students more attempts, more time, or entry to a locked quiz."""
    mine = require_right(Right.GRADE)
    row = _quiz(mine, quiz)
    by_user = {given.user_id: given for given in params.quiz_extensions}
    students = set(db.session.scalars(gradebook.students(mine.course_id, mine.section_ids)))
    if not by_user.keys() <= students:
        raise Invalid.field("user_id", f"{min(by_user.keys() - students)} is not a student whom you may grant that")
    bodies = []
    for user_id, given in sorted(by_user.items()):  # in one order: two who lock several would wait for each other
        submission = quiz_attempts.locked_for(row.id, user_id)
        attempt = quiz_attempts.attempt_of(submission)
        quiz_grades.extend(submission, attempt, given.given(), utc_now())
        bodies.append(quiz_extension_json(submission, attempt))
    db.session.commit()
    return {"quiz_extensions": bodies}


@blueprint.get(f"{QUIZ}/statistics")
def get_quiz_statistics(course: Ref, quiz: Ref) -> QuizStatisticsJSON:
    """Tell how students did: scores, times, and how many had each question right, in their latest finished attempts."""
    mine = require_right(Right.READ_GRADES)
    row = _quiz(mine, quiz)
    now = utc_now()
    if quiz_attempts.any_overdue(now, row.id):
        db.session.commit()  # a read has no transaction yet: the next statement begins one
        quiz_attempts.end_overdue(now, AT_ONCE, row.id)
        db.session.commit()
    attempts = db.session.execute(quiz_grades.finished(row.id, gradebook.students(mine.course_id, mine.section_ids)))
    questions = db.session.execute(quiz_grades.questions(row.id)).all()
    return {"quiz_statistics": [quiz_statistics_json(row, attempts, questions, now)]}


def _quiz(mine: Access, quiz: Ref) -> AnyRow:
    return find_row(quizzes.rows(mine.course_id).where(names(Quiz, quiz)))
