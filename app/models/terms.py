"""Terms: when courses are taught. The migration that makes this table makes the default term, whose id is 1."""

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.types import CreatedAt, Key, Name, OptionalInstant, State, UpdatedAt, references

DEFAULT_TERM_ID = 1
ALIVE = text("workflow_state <> 'deleted'")


class EnrollmentTerm(Base):
    """A stretch of the year that courses belong to: active or deleted."""

    __tablename__ = "enrollment_terms"

    id: Mapped[Key]
    account_id: Mapped[int] = references("accounts.id")
    name: Mapped[Name]
    sis_term_id: Mapped[str | None] = mapped_column(String(255))
    start_at: Mapped[OptionalInstant]
    end_at: Mapped[OptionalInstant]
    workflow_state: Mapped[State] = mapped_column(default="active")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


Index("uq_enrollment_terms_sis_term_id", EnrollmentTerm.sis_term_id, unique=True, postgresql_where=ALIVE, sqlite_where=ALIVE)
