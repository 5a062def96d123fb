"""Quizzes and their questions."""

from typing import Any

from sqlalchemy import JSON, Index, String, Text, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.types import CreatedAt, Key, LongText, OptionalInstant, State, UpdatedAt, references

GRADED = ("assignment", "graded_survey")
"""Kinds of quiz that own an assignment."""
SURVEYS = ("graded_survey", "survey")
"""Kinds of quiz in which every answer is right."""


class Quiz(Base):
    """A quiz. What a graded one shares with its assignment (title, dates, group, state) stands in the assignment only, and here is null."""

    __tablename__ = "quizzes"

    id: Mapped[Key]
    course_id: Mapped[int] = references("courses.id", index=True)
    assignment_id: Mapped[int | None] = references("assignments.id", nullable=True)
    title: Mapped[str | None] = mapped_column(String(255))
    description: Mapped[LongText]
    quiz_type: Mapped[str] = mapped_column(String(20))
    time_limit: Mapped[int | None]
    """Minutes."""
    shuffle_answers: Mapped[bool] = mapped_column(default=False, server_default=false())
    allowed_attempts: Mapped[int] = mapped_column(default=1)
    scoring_policy: Mapped[str] = mapped_column(String(20), default="keep_highest")
    show_correct_answers: Mapped[bool] = mapped_column(default=True, server_default=true())
    one_question_at_a_time: Mapped[bool] = mapped_column(default=False, server_default=false())
    access_code: Mapped[str | None] = mapped_column(String(255))
    due_at: Mapped[OptionalInstant]
    lock_at: Mapped[OptionalInstant]
    unlock_at: Mapped[OptionalInstant]
    workflow_state: Mapped[State] = mapped_column(default="unpublished")
    question_count: Mapped[int] = mapped_column(default=0)
    points_possible: Mapped[float] = mapped_column(default=0.0)
    question_types: Mapped[list[str]] = mapped_column(JSON, default=list)
    version_number: Mapped[int] = mapped_column(default=1)
    """Goes up with every change of the quiz or its questions."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    __table_args__ = (Index("uq_quizzes_assignment_id", "assignment_id", unique=True),)


class QuizQuestion(Base):
    """One question as its author wrote it."""

    __tablename__ = "quiz_questions"
    __table_args__ = (
        Index(
            "ix_quiz_questions_quiz_id_position",
            "quiz_id",
            "position",
            postgresql_where=text("workflow_state <> 'deleted'"),
            sqlite_where=text("workflow_state <> 'deleted'"),
        ),
    )

    id: Mapped[Key]
    quiz_id: Mapped[int] = references("quizzes.id")
    position: Mapped[int]
    question_name: Mapped[str] = mapped_column(String(255))
    question_text: Mapped[str] = mapped_column(Text)
    question_type: Mapped[str] = mapped_column(String(40))
    points_possible: Mapped[float]
    correct_comments: Mapped[LongText]
    incorrect_comments: Mapped[LongText]
    neutral_comments: Mapped[LongText]
    answers: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    matches: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    workflow_state: Mapped[State] = mapped_column(default="active")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


QUESTION_COLUMNS = (
    QuizQuestion.id,
    QuizQuestion.quiz_id,
    QuizQuestion.position,
    QuizQuestion.question_name,
    QuizQuestion.question_text,
    QuizQuestion.question_type,
    QuizQuestion.points_possible,
    QuizQuestion.correct_comments,
    QuizQuestion.incorrect_comments,
    QuizQuestion.neutral_comments,
    QuizQuestion.answers,
    QuizQuestion.matches,
)
