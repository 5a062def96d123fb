"""Quizzes of a course."""

from typing import Literal

from flask import Blueprint
from pydantic import Field
from sqlalchemy import select

from app.extensions import db
from app.http.auth import caller, require_right, viewer
from app.http.lookup import Ref, find, find_row, names
from app.http.pagination import page
from app.http.params import Flag, Html, Id, Instant, Params, SearchTerm, Short, Title, absent, takes
from app.models.quizzes import Quiz
from app.models.types import AnyRow
from app.serializers.quizzes import QuizJSON, QuizPermissionsJSON, quiz_json
from app.services import assignment_groups, module_items, quizzes
from app.services.module_progress import Holding, held_for
from app.services.permissions import Access, Right, learner_or_none, require

blueprint = Blueprint("quizzes", __name__, url_prefix="/api/v1")
COLLECTION = "/courses/<ref:course>/quizzes"
MOST_MINUTES = 525_600


class QuizListParams(Params):
    """Which quizzes."""

    search_term: SearchTerm | None = None
    """Part of the title."""


class QuizFields(Params):
    """The quiz."""

    title: Title = absent()
    description: Html | None = None
    quiz_type: Literal["assignment", "practice_quiz", "graded_survey", "survey"] | None = None
    """assignment (if not said) and graded_survey own an assignment."""
    time_limit: int | None = Field(None, ge=1, le=MOST_MINUTES)
    """Minutes."""
    allowed_attempts: int | None = Field(None, ge=-1, le=1000)
    """-1: as often as they like."""
    scoring_policy: Literal["keep_highest", "keep_latest"] | None = None
    shuffle_answers: Flag | None = None
    show_correct_answers: Flag | None = None
    """After an attempt is over."""
    one_question_at_a_time: Flag | None = None
    access_code: Short | None = None
    due_at: Instant | None = None
    lock_at: Instant | None = None
    unlock_at: Instant | None = None
    published: Flag | None = None
    assignment_group_id: Id | None = None


class QuizParams(Params):
    """A new or changed quiz."""

    quiz: QuizFields = Field(default_factory=QuizFields)


@blueprint.get(COLLECTION)
@takes(QuizListParams)
def list_quizzes(params: QuizListParams, course: Ref) -> list[QuizJSON]:
    """List the quizzes of a course; students see published ones only."""
    mine = require_right(Right.READ)
    statement = quizzes.rows(mine.course_id, learner_or_none(mine, caller().id))
    if not mine.staff:
        statement = statement.where(quizzes.seen())
    if params.search_term:
        statement = statement.where(quizzes.title().icontains(params.search_term, autoescape=True))
    rows = page(statement.order_by(Quiz.id))
    held = _held(mine, [row.id for row in rows])
    return [_shown(mine, row, held) for row in rows]


@blueprint.post(COLLECTION)
@takes(QuizParams)
def create_quiz(params: QuizParams, course: Ref) -> QuizJSON:
    """Create a quiz, unpublished unless told otherwise."""
    mine = require_right(Right.MANAGE_ASSIGNMENTS)
    assignment_groups.lock_course(mine.course_id)
    quiz = quizzes.create(mine.course_id, params.quiz.given())
    db.session.commit()
    return _one(mine, quiz.id)


@blueprint.get(f"{COLLECTION}/<ref:quiz>")
def get_quiz(course: Ref, quiz: Ref) -> QuizJSON:
    """Get a quiz; that a student read it counts where a module asks for it."""
    mine = require_right(Right.READ)
    row = find_row(quizzes.rows(mine.course_id, learner_or_none(mine, caller().id)).where(names(Quiz, quiz)))
    require(mine.staff or (row.workflow_state == "published" and row.assigned))
    held = _held(mine, [row.id])
    if row.unlock_at is None or row.unlock_at <= viewer().now:
        module_items.viewed(mine, caller().id, held, row.id)
    return _shown(mine, row, held)


@blueprint.put(f"{COLLECTION}/<ref:quiz>")
@takes(QuizParams)
def change_quiz(params: QuizParams, course: Ref, quiz: Ref) -> QuizJSON:
    """Change a quiz, and its assignment with it; attempts that have begun go on as they began."""
    mine = require_right(Right.MANAGE_ASSIGNMENTS)
    found = _locked(mine, quiz)
    before = found.assignment_id
    quizzes.change(found, params.quiz.given(), caller())
    if before is not None and found.assignment_id is None:
        module_items.forget(mine.course_id, "Assignment", [before])
    db.session.commit()
    return _one(mine, found.id)


@blueprint.delete(f"{COLLECTION}/<ref:quiz>")
def delete_quiz(course: Ref, quiz: Ref) -> QuizJSON:
    """Delete a quiz and its assignment; attempts are kept, but count no more."""
    mine = require_right(Right.MANAGE_ASSIGNMENTS)
    found = _locked(mine, quiz)
    body = _one(mine, found.id)
    quizzes.remove(found)
    module_items.forget(mine.course_id, "Quiz", [found.id])
    db.session.commit()
    return body


def _locked(mine: Access, quiz: Ref) -> Quiz:
    """The quiz, to be changed; its course is locked. Raises NotFound."""
    assignment_groups.lock_course(mine.course_id)
    there = find_row(quizzes.rows(mine.course_id).where(names(Quiz, quiz)))
    return find(select(Quiz).where(Quiz.id == there.id).with_for_update(key_share=True))


def _one(mine: Access, quiz_id: int) -> QuizJSON:
    return _shown(mine, find_row(quizzes.rows(mine.course_id).where(Quiz.id == quiz_id)), _held(mine, [quiz_id]))


def _held(mine: Access, ids: list[int]) -> Holding:
    """How modules lock those quizzes for the caller."""
    return held_for(mine, caller().id, "Quiz", ids, viewer().now)


def _shown(mine: Access, row: AnyRow, held: Holding) -> QuizJSON:
    manages = Right.MANAGE_ASSIGNMENTS in mine.rights
    grades = Right.READ_GRADES in mine.rights
    permissions: QuizPermissionsJSON = {
        "read": True,
        "submit": Right.SUBMIT in mine.rights,
        "update": manages,
        "delete": manages,
        "manage": manages,
        "grade": Right.GRADE in mine.rights,
        "read_statistics": grades,
    }
    return quiz_json(row, viewer(), permissions, held.lock(row.id))
