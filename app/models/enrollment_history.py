"""What happened to enrolments."""

from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.logs import request_id
from app.models.types import CreatedAt, Key, State, references


class EnrollmentChange(Base):
    """Who changed an enrolment, when, from what to what, and why. Never altered."""

    __tablename__ = "enrollment_changes"
    __table_args__ = (Index("ix_enrollment_changes_course_id_id", "course_id", "id"),)

    id: Mapped[Key]
    enrollment_id: Mapped[int] = references("enrollments.id", index=True)
    course_id: Mapped[int] = references("courses.id")
    user_id: Mapped[int] = references("users.id", index=True)
    """Who is enrolled."""
    event: Mapped[str] = mapped_column(String(24))
    state_before: Mapped[str | None] = mapped_column(String(20))
    """Null where the enrolment was made."""
    state_after: Mapped[State]
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Field -> [before, after], of what else changed; instants as the API writes them."""
    reason: Mapped[str | None] = mapped_column(String(255))
    actor_id: Mapped[int | None] = references("users.id", nullable=True)
    """Null where no user did it, but the system."""
    real_user_id: Mapped[int | None] = references("users.id", nullable=True)
    """Differs from the actor when an admin acted as them."""
    request_id: Mapped[str | None] = mapped_column(String(64), default=request_id)
    created_at: Mapped[CreatedAt]
