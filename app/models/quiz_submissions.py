"""Taking quizzes: one row for each student and quiz, and one for each of their attempts."""

from typing import Any

from sqlalchemy import JSON, Index, String, false, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.types import CreatedAt, Instant, Key, OptionalInstant, Rows, State, UpdatedAt, references

OPEN = "untaken"
"""The state of an attempt that is under way."""


class QuizSubmission(Base):
    """A student and a quiz: what was granted to them, and which attempt is the latest. Whoever changes an attempt locks this row first."""

    __tablename__ = "quiz_submissions"
    __table_args__ = (Index("uq_quiz_submissions_quiz_id_user_id", "quiz_id", "user_id", unique=True),)

    id: Mapped[Key]
    quiz_id: Mapped[int] = references("quizzes.id")
    user_id: Mapped[int] = references("users.id", index=True)
    attempt: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """0 while there are only extensions."""
    kept_score: Mapped[float | None]
    extra_attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    extra_time: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Minutes, for every attempt."""
    manually_unlocked: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class QuizAttempt(Base):
    """One attempt: the questions as they were when it began, the answers, the scores."""

    __tablename__ = "quiz_attempts"
    __table_args__ = (
        Index("uq_quiz_attempts_quiz_submission_id_attempt", "quiz_submission_id", "attempt", unique=True),
        # Small, because most attempts are over: what has run out of time is found by this alone.
        Index(
            "ix_quiz_attempts_open_end_at",
            "end_at",
            postgresql_where=text("workflow_state = 'untaken'"),
            sqlite_where=text("workflow_state = 'untaken'"),
        ),
    )

    id: Mapped[Key]
    quiz_submission_id: Mapped[int] = references("quiz_submissions.id")
    attempt: Mapped[int]
    workflow_state: Mapped[State] = mapped_column(default=OPEN)
    validation_token: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[Instant]
    end_at: Mapped[OptionalInstant]
    finished_at: Mapped[OptionalInstant]
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Question id -> what the student answered."""
    results: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Question id -> score, whether it is right (null: somebody must judge), comment; once the attempt is over."""
    fudge_points: Mapped[float] = mapped_column(default=0.0)
    score: Mapped[float | None]
    points_possible: Mapped[float]
    quiz_version: Mapped[int]


LATEST = (QuizAttempt.quiz_submission_id == QuizSubmission.id, QuizAttempt.attempt == QuizSubmission.attempt)
"""Joins a submission with its latest attempt."""
QUIZ_SUBMISSION_COLUMNS = (
    QuizSubmission.id,
    QuizSubmission.quiz_id,
    QuizSubmission.user_id,
    QuizSubmission.kept_score,
    QuizSubmission.extra_attempts,
    QuizSubmission.extra_time,
    QuizSubmission.manually_unlocked,
    QuizAttempt.attempt,
    QuizAttempt.workflow_state,
    QuizAttempt.validation_token,
    QuizAttempt.started_at,
    QuizAttempt.end_at,
    QuizAttempt.finished_at,
    QuizAttempt.fudge_points,
    QuizAttempt.score,
    QuizAttempt.points_possible.label("quiz_points_possible"),
    QuizAttempt.quiz_version,
)


def latest_attempts(*more: Any) -> Rows:
    """Submissions with their latest attempts by columns, those without any left out; `more` columns of the attempts besides."""
    return select(*QUIZ_SUBMISSION_COLUMNS, *more).select_from(QuizSubmission).join(QuizAttempt, LATEST[0] & LATEST[1])
