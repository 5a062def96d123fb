"""Grading standards: which letter a percentage earns, as a course or the account says it."""

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.types import CreatedAt, Key, Name, State, references


class GradingStandard(Base):
    """One scheme, of a course or of the account. Never altered: grades were given by it."""

    __tablename__ = "grading_standards"

    id: Mapped[Key]
    account_id: Mapped[int | None] = references("accounts.id", nullable=True)
    course_id: Mapped[int | None] = references("courses.id", index=True, nullable=True)
    title: Mapped[Name]
    data: Mapped[list[tuple[str, float]]] = mapped_column(JSON)
    """(letter, lowest percentage that earns it), best first; the last begins at 0."""
    workflow_state: Mapped[State] = mapped_column(default="active")
    created_at: Mapped[CreatedAt]
