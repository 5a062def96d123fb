"""Submissions: one row for each student and assignment, what came before, comments, and every change of a grade."""

from sqlalchemy import Index, String, Text, and_, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.logs import request_id
from app.models.types import BigId, CreatedAt, Key, LongText, OptionalInstant, State, UpdatedAt, references


class Submission(Base):
    """A student's work on an assignment as it stands now; it exists once there is something to say about it."""

    __tablename__ = "submissions"
    __table_args__ = (
        Index("uq_submissions_assignment_id_user_id", "assignment_id", "user_id", unique=True),
        # Small, because most work is graded: counting what waits for a grade reads only this.
        Index(
            "ix_submissions_needs_grading",
            "assignment_id",
            postgresql_where=text("workflow_state IN ('submitted', 'pending_review')"),
            sqlite_where=text("workflow_state IN ('submitted', 'pending_review')"),
        ),
    )

    id: Mapped[Key]
    assignment_id: Mapped[int] = references("assignments.id")
    user_id: Mapped[int] = references("users.id", index=True)
    submission_type: Mapped[str | None] = mapped_column(String(24))
    body: Mapped[LongText]
    url: Mapped[str | None] = mapped_column(String(2048))
    attempt: Mapped[int | None]
    submitted_at: Mapped[OptionalInstant]
    workflow_state: Mapped[State] = mapped_column(default="unsubmitted")
    score: Mapped[float | None]
    grade: Mapped[str | None] = mapped_column(String(40))
    grader_id: Mapped[int | None] = mapped_column(BigId)
    """A user; below 0 the quiz whose number it is without the sign."""
    graded_at: Mapped[OptionalInstant]
    excused: Mapped[bool] = mapped_column(default=False, server_default=false())
    grade_matches_current_submission: Mapped[bool] = mapped_column(default=True, server_default=true())
    entered_score: Mapped[float | None]
    """What the score was before the late policy took something; None: nothing was taken."""
    points_deducted: Mapped[float | None]
    """For being late; None: the graded work was not late."""
    late_policy_status: Mapped[str | None] = mapped_column(String(10))
    """Staff's word against the clock's: none, extended, late or missing."""
    seconds_late_override: Mapped[int | None]
    """Only where the status is late."""
    scored_as_missing: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The score is what the late policy gives missing work, nobody's judgement."""
    counted_at: Mapped[OptionalInstant]
    """When the work that the grade is for was handed in, where that is not the latest attempt."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class SubmissionVersion(Base):
    """An earlier attempt, kept as it was with the grade it had when the next attempt replaced it."""

    __tablename__ = "submission_versions"
    __table_args__ = (Index("uq_submission_versions_submission_id_attempt", "submission_id", "attempt", unique=True),)

    id: Mapped[Key]
    submission_id: Mapped[int] = references("submissions.id")
    attempt: Mapped[int]
    submission_type: Mapped[str | None] = mapped_column(String(24))
    body: Mapped[LongText]
    url: Mapped[str | None] = mapped_column(String(2048))
    submitted_at: Mapped[OptionalInstant]
    workflow_state: Mapped[State]
    score: Mapped[float | None]
    grade: Mapped[str | None] = mapped_column(String(40))
    grader_id: Mapped[int | None] = mapped_column(BigId)
    graded_at: Mapped[OptionalInstant]
    excused: Mapped[bool]
    grade_matches_current_submission: Mapped[bool]
    entered_score: Mapped[float | None]
    points_deducted: Mapped[float | None]
    late_policy_status: Mapped[str | None] = mapped_column(String(10))
    seconds_late_override: Mapped[int | None]


class SubmissionComment(Base):
    """What somebody wrote about a submission; plain text."""

    __tablename__ = "submission_comments"

    id: Mapped[Key]
    submission_id: Mapped[int] = references("submissions.id", index=True)
    author_id: Mapped[int] = references("users.id")
    attempt: Mapped[int | None]
    comment: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]


class GradeChange(Base):
    """Who changed a grade, when, from what to what. Never altered."""

    __tablename__ = "grade_changes"

    id: Mapped[Key]
    submission_id: Mapped[int] = references("submissions.id", index=True)
    grader_id: Mapped[int] = mapped_column(BigId, index=True)
    """A user; below 0 the quiz whose number it is without the sign; 0 the late policy."""
    real_user_id: Mapped[int] = references("users.id")
    """Differs from the grader when an admin acted as them."""
    score_before: Mapped[float | None]
    score_after: Mapped[float | None]
    grade_before: Mapped[str | None] = mapped_column(String(40))
    grade_after: Mapped[str | None] = mapped_column(String(40))
    excused_before: Mapped[bool]
    excused_after: Mapped[bool]
    attempt: Mapped[int | None]
    """The attempt that was graded; 0 where nothing was handed in, null in rows older than this column."""
    request_id: Mapped[str | None] = mapped_column(String(64), default=request_id)
    """Leads to the log line."""
    created_at: Mapped[CreatedAt] = mapped_column(index=True)


NEEDS_GRADING = and_(Submission.workflow_state.in_(("submitted", "pending_review")), Submission.excused.is_(False))

SUBMISSION_COLUMNS = (
    Submission.id,
    Submission.assignment_id,
    Submission.user_id,
    Submission.submission_type,
    Submission.body,
    Submission.url,
    Submission.attempt,
    Submission.submitted_at,
    Submission.workflow_state,
    Submission.score,
    Submission.grade,
    Submission.grader_id,
    Submission.graded_at,
    Submission.excused,
    Submission.grade_matches_current_submission,
    Submission.entered_score,
    Submission.points_deducted,
    Submission.late_policy_status,
    Submission.seconds_late_override,
    Submission.scored_as_missing,
)
