"""Questions of a quiz, as their authors see them."""

from typing import Annotated, Any, Literal

from flask import Blueprint
from pydantic import AfterValidator, AliasChoices, Field, model_validator
from sqlalchemy import select

from app.extensions import db
from app.grading.quizzes import KINDS
from app.http.auth import caller, require_right
from app.http.lookup import Ref, find, find_row, names
from app.http.pagination import page
from app.http.params import Html, Number, Params, Position, Short, Text, absent, takes
from app.models.quizzes import QUESTION_COLUMNS, Quiz, QuizQuestion
from app.serializers.quizzes import QuizQuestionJSON, quiz_question_json
from app.services import assignment_groups, quiz_questions, quizzes
from app.services.permissions import Right

blueprint = Blueprint("quiz_questions", __name__, url_prefix="/api/v1")
COLLECTION = "/courses/<ref:course>/quizzes/<ref:quiz>/questions"
LEAST_POINTS = 0.001


def _kind(value: str) -> str:
    if value not in KINDS:
        raise ValueError(f"must be one of {', '.join(KINDS)}")
    return value


def _worth_something(points: float) -> float:
    if 0 < points < LEAST_POINTS:
        raise ValueError(f"must be 0 or at least {LEAST_POINTS}")
    return points


Points = Annotated[Number, Field(ge=0, le=1e6), AfterValidator(_worth_something)]
AnswerText = Annotated[Text, Field(max_length=4000)]


def also(*names: str, **more: Any) -> Any:
    """A part of an answer that clients spell in several ways."""
    return Field(None, validation_alias=AliasChoices(*names), **more)


class Variable(Params):
    """One number of a formula."""

    name: Short
    value: Number


class AnswerFields(Params):
    """An answer to choose from, or one that is right."""

    id: int | None = None
    """Of the answer that this one takes the place of."""
    text: AnswerText | None = also("answer_text", "text")
    html: Html | None = also("answer_html", "html")
    comments: AnswerText | None = also("answer_comments", "answer_comment", "comments")
    weight: float | None = also("answer_weight", "weight", ge=0, le=100)
    """100 right, 0 wrong."""
    left: AnswerText | None = also("answer_match_left", "match_left", "left")
    right: AnswerText | None = also("answer_match_right", "match_right", "right")
    blank_id: Short | None = None
    numerical_answer_type: Literal["exact_answer", "range_answer", "precision_answer"] | None = None
    exact: Number | None = also("answer_exact", "exact")
    margin: Number | None = also("answer_error_margin", "margin", "answer_tolerance")
    start: Number | None = also("answer_range_start", "start")
    end: Number | None = also("answer_range_end", "end")
    approximate: Number | None = also("answer_approximate", "approximate")
    precision: int | None = also("answer_precision", "precision", ge=1, le=16)
    variables: list[Variable] | None = None

    @model_validator(mode="before")
    @classmethod
    def _blank_is_nothing(cls, tree: Any) -> Any:
        return {name: value for name, value in tree.items() if value != ""} if isinstance(tree, dict) else tree


class QuestionFields(Params):
    """The question."""

    question_name: Short | None = None
    question_text: Annotated[Html, Field(max_length=64_000)] | None = None
    question_type: Annotated[str, AfterValidator(_kind)] | None = None
    points_possible: Points | None = None
    position: Position | None = None
    correct_comments: Html | None = None
    incorrect_comments: Html | None = None
    neutral_comments: Html | None = None
    matching_answer_incorrect_matches: AnswerText | None = None
    """Lines that match nothing."""
    answers: list[AnswerFields] = absent()

    def written(self) -> dict[str, Any]:
        """What was sent, in plain values."""
        given = self.given()
        if "matching_answer_incorrect_matches" in given:
            given["distractors"] = given.pop("matching_answer_incorrect_matches")
        if given.get("answers") is not None:
            given["answers"] = [answer.model_dump() for answer in self.answers]
        return given


class QuestionParams(Params):
    """A new or changed question."""

    question: QuestionFields = Field(default_factory=QuestionFields)


@blueprint.get(COLLECTION)
def list_questions(course: Ref, quiz: Ref) -> list[QuizQuestionJSON]:
    """List the questions of a quiz with their right answers, for staff."""
    quiz_id = _quiz_id(quiz)
    return [quiz_question_json(row) for row in page(quiz_questions.ordered(select(*QUESTION_COLUMNS), quiz_id))]


@blueprint.post(COLLECTION)
@takes(QuestionParams)
def create_question(params: QuestionParams, course: Ref, quiz: Ref) -> QuizQuestionJSON:
    """Add a question to a quiz; attempts that have begun do not get it."""
    found = _locked_quiz(quiz)
    question = quiz_questions.create(found, params.question.written(), caller())
    db.session.commit()
    return _one(found.id, question.id)


@blueprint.get(f"{COLLECTION}/<ref:question>")
def get_question(course: Ref, quiz: Ref, question: Ref) -> QuizQuestionJSON:
    """Get a question with its right answers."""
    return _one(_quiz_id(quiz), question.id)


@blueprint.put(f"{COLLECTION}/<ref:question>")
@takes(QuestionParams)
def change_question(params: QuestionParams, course: Ref, quiz: Ref, question: Ref) -> QuizQuestionJSON:
    """Change a question; attempts that have begun keep it as it was."""
    found = _locked_quiz(quiz)
    quiz_questions.change(found, _question(found.id, question), params.question.written(), caller())
    db.session.commit()
    return _one(found.id, question.id)


@blueprint.delete(f"{COLLECTION}/<ref:question>")
def delete_question(course: Ref, quiz: Ref, question: Ref) -> tuple[str, Literal[204]]:
    """Delete a question; attempts that have begun keep it."""
    found = _locked_quiz(quiz)
    quiz_questions.remove(found, _question(found.id, question), caller())
    db.session.commit()
    return "", 204


def _quiz_id(quiz: Ref) -> int:
    """Whoever may change questions may read them. Raises NotFound or Forbidden."""
    mine = require_right(Right.MANAGE_ASSIGNMENTS)
    found: int = find_row(quizzes.rows(mine.course_id).where(names(Quiz, quiz))).id
    return found


def _locked_quiz(quiz: Ref) -> Quiz:
    """The quiz, to be changed; its course is locked."""
    assignment_groups.lock_course(require_right(Right.MANAGE_ASSIGNMENTS).course_id)
    return find(select(Quiz).where(Quiz.id == _quiz_id(quiz)).with_for_update(key_share=True))


def _question(quiz_id: int, question: Ref) -> QuizQuestion:
    theirs = select(QuizQuestion).where(QuizQuestion.quiz_id == quiz_id, QuizQuestion.workflow_state != "deleted")
    return find(theirs.where(names(QuizQuestion, question)))


def _one(quiz_id: int, question_id: int) -> QuizQuestionJSON:
    return quiz_question_json(find_row(quiz_questions.ordered(select(*QUESTION_COLUMNS), quiz_id).where(QuizQuestion.id == question_id)))
