"""Jobs: work longer than a request, done in batches by a worker."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Index, String, Text, and_, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.types import CreatedAt, Instant, Key, Number, OptionalInstant, State, UpdatedAt, references

QUEUED, RUNNING, COMPLETED, FAILED = "queued", "running", "completed", "failed"
OPEN = text("workflow_state IN ('queued', 'running')")
RECURRING = text("every_seconds IS NOT NULL")


class Job(Base):
    """A piece of work: what was asked, how far it is, and which worker has it until when."""

    __tablename__ = "jobs"
    __table_args__ = (
        # Small, because most jobs are over: looking for work reads only this.
        Index("ix_jobs_open", "run_at", postgresql_where=OPEN, sqlite_where=OPEN),
        Index("uq_jobs_recurring_kind", "kind", unique=True, postgresql_where=RECURRING, sqlite_where=RECURRING),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(40))
    """Which handler does it; a worker leaves kinds that it does not know to a newer release's."""
    every_seconds: Mapped[int | None]
    """Set: it starts again that long after it ended."""
    course_id: Mapped[int | None] = references("courses.id", index=True, nullable=True)
    """What it is about; None: the account."""
    user_id: Mapped[int | None] = references("users.id", index=True, nullable=True)
    """Who asked, as whom they acted; None: nobody, it recurs."""
    real_user_id: Mapped[int | None] = references("users.id", nullable=True)
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What was asked; never altered."""
    state: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Where the next batch goes on; committed with what the batch did, so that nothing is done twice."""
    results: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    completion: Mapped[Number] = mapped_column(default=0.0)
    """Percent."""
    message: Mapped[str | None] = mapped_column(Text)
    workflow_state: Mapped[State] = mapped_column(default=QUEUED)
    run_at: Mapped[Instant]
    """Not before."""
    worker: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[OptionalInstant]
    """Until when the worker has it; each batch moves it on, and whoever finds it past takes the job over."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Batches begun in a row of which none was finished."""
    started_at: Mapped[OptionalInstant]
    ended_at: Mapped[OptionalInstant]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


def due(now: dt.datetime) -> Any:
    """Jobs that wait for a worker: queued and due, or held by one that was not heard of until its lease ended."""
    return or_(
        and_(Job.workflow_state == QUEUED, Job.run_at <= now),
        and_(Job.workflow_state == RUNNING, Job.lease_until < now),
    )
