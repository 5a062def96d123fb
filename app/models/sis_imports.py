"""SIS imports: what was sent, how far it is, what there was to say about it."""

from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, String, Text, UniqueConstraint, and_, case, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.jobs import FAILED, Job
from app.models.types import BigId, CreatedAt, Key, OptionalInstant, Rows, UpdatedAt, references

CREATED, IMPORTING, IMPORTED, IMPORTED_WITH_MESSAGES, FAILED_WITH_MESSAGES, ABORTED = (
    "created",
    "importing",
    "imported",
    "imported_with_messages",
    "failed_with_messages",
    "aborted",
)
UNDER_WAY = (CREATED, IMPORTING)
CHUNK_BYTES = 64 * 1024


class SisImport(Base):
    """One import: its job says where to go on, this what everybody may know."""

    __tablename__ = "sis_imports"
    __table_args__ = (Index("ix_sis_imports_account_id_id", "account_id", "id"),)

    id: Mapped[Key]
    account_id: Mapped[int] = references("accounts.id")
    user_id: Mapped[int] = references("users.id", index=True)
    job_id: Mapped[int] = references("jobs.id", index=True)
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """`name` and `size` (bytes) of each, in the order in which they came."""
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    """Rows that went in, by kind."""
    warnings: Mapped[int] = mapped_column(default=0)
    errors: Mapped[int] = mapped_column(default=0)
    progress: Mapped[int] = mapped_column(default=0)
    """Percent."""
    workflow_state: Mapped[str] = mapped_column(String(30), default=CREATED)
    started_at: Mapped[OptionalInstant]
    ended_at: Mapped[OptionalInstant]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class SisImportChunk(Base):
    """A piece of a file that is to be imported, gone once it is over.

    Kept in the database, not in the storage: whichever process works on the import finds it, it is there if and only if the import is,
    a worker reads on from any byte of it, and nothing is left over in a bucket. A few dozen rows of 64 KiB cost the database nothing.
    """

    __tablename__ = "sis_import_chunks"
    __table_args__ = (UniqueConstraint("sis_import_id", "file", "number"),)

    id: Mapped[Key]
    sis_import_id: Mapped[int] = references("sis_imports.id")
    file: Mapped[int]
    number: Mapped[int]
    """From 0; all but a file's last have CHUNK_BYTES."""
    data: Mapped[bytes] = mapped_column(LargeBinary)


class SisImportMessage(Base):
    """What there was to say about one row, or about a file."""

    __tablename__ = "sis_import_messages"

    id: Mapped[Key]
    sis_import_id: Mapped[int] = references("sis_imports.id", index=True)
    file: Mapped[str] = mapped_column(String(255))
    row: Mapped[int | None] = mapped_column(BigId)
    """Of the file, its header being row 1; None: the whole file."""
    message: Mapped[str] = mapped_column(Text)
    error: Mapped[bool] = mapped_column(default=False)
    """It ended the import."""


STATE = case(
    (and_(SisImport.workflow_state.in_(UNDER_WAY), Job.workflow_state == FAILED), FAILED_WITH_MESSAGES), else_=SisImport.workflow_state
)
"""An import whose job was given up has failed."""


def import_rows() -> Rows:
    """Imports by columns, in no order yet."""
    columns = [column for column in SisImport.__table__.columns if column.name not in ("workflow_state", "ended_at")]
    gave_up = case((STATE == FAILED_WITH_MESSAGES, Job.message)).label("gave_up")
    ended_at = func.coalesce(SisImport.ended_at, Job.ended_at, type_=SisImport.ended_at.type).label("ended_at")
    return select(*columns, STATE.label("workflow_state"), ended_at, gave_up).join(Job, Job.id == SisImport.job_id)
