"""Marks: who has read a submission's grade and comments, and when."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.extensions import Base
from app.models.types import Key, OptionalInstant, references


class SubmissionMark(Base):
    """One person's mark on a submission. There is no row until they set one."""

    __tablename__ = "submission_marks"
    __table_args__ = (Index("uq_submission_marks_submission_id_user_id", "submission_id", "user_id", unique=True),)

    id: Mapped[Key]
    submission_id: Mapped[int] = references("submissions.id")
    user_id: Mapped[int] = references("users.id")
    read_at: Mapped[OptionalInstant]
    """Null where it was marked as unread again."""
