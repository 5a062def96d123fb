"""Files and their folders, of a course or of a user, and what files are attached to."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Index, String, false, select, text, true
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.types import BigId, CreatedAt, Key, Name, OptionalInstant, Rows, State, UpdatedAt, references

AVAILABLE = text("workflow_state = 'available'")
ROOT = text("parent_folder_id IS NULL AND workflow_state = 'available'")
COURSE, USER, SUBMISSION, COMMENT, QUIZ, DISCUSSION = "course", "user", "submission", "comment", "quiz", "discussion"
"""What a file was uploaded for."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose folders and files: a course's or a user's."""

    course_id: int | None = None
    user_id: int | None = None

    def owns(self, model: Any) -> ColumnElement[bool]:
        """The condition that it sets on folders, or on the files that lie in folders."""
        found: ColumnElement[bool] = model.user_id == self.user_id if self.course_id is None else model.course_id == self.course_id
        return found


class Folder(Base):
    """A folder; the one without a parent is the root of its course or user."""

    __tablename__ = "folders"
    __table_args__ = (
        Index("uq_folders_course_root", "course_id", unique=True, postgresql_where=ROOT, sqlite_where=ROOT),
        Index("uq_folders_user_root", "user_id", unique=True, postgresql_where=ROOT, sqlite_where=ROOT),
        Index(
            "uq_folders_parent_folder_id_name", "parent_folder_id", "name", unique=True, postgresql_where=AVAILABLE, sqlite_where=AVAILABLE
        ),
    )

    id: Mapped[Key]
    course_id: Mapped[int | None] = references("courses.id", index=True, nullable=True)
    user_id: Mapped[int | None] = references("users.id", index=True, nullable=True)
    parent_folder_id: Mapped[int | None] = references("folders.id", nullable=True)
    name: Mapped[Name]
    position: Mapped[int | None]
    locked: Mapped[bool] = mapped_column(default=False, server_default=false())
    hidden: Mapped[bool] = mapped_column(default=False, server_default=false())
    lock_at: Mapped[OptionalInstant]
    unlock_at: Mapped[OptionalInstant]
    workflow_state: Mapped[State] = mapped_column(default="available")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    @property
    def owner(self) -> Owner:
        """Whose it is."""
        return Owner(self.course_id, self.user_id)


class File(Base):
    """A file: pending until its bytes are there, then available, then deleted."""

    __tablename__ = "files"
    __table_args__ = (
        Index(
            "uq_files_folder_id_display_name", "folder_id", "display_name", unique=True, postgresql_where=AVAILABLE, sqlite_where=AVAILABLE
        ),
        Index("ix_files_unswept", "created_at", postgresql_where=text("upload_open"), sqlite_where=text("upload_open")),
        Index(
            "ix_files_deleted_bytes",
            "deleted_at",
            postgresql_where=text("workflow_state = 'deleted' AND storage_key IS NOT NULL"),
            sqlite_where=text("workflow_state = 'deleted' AND storage_key IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    uuid: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(12))
    course_id: Mapped[int | None] = references("courses.id", index=True, nullable=True)
    user_id: Mapped[int | None] = references("users.id", index=True, nullable=True)
    """Whose quota it counts in, unless it is the course's."""
    uploader_id: Mapped[int] = references("users.id")
    folder_id: Mapped[int | None] = references("folders.id", nullable=True)
    """None for what was uploaded for a submission or a comment."""
    assignment_id: Mapped[int | None] = references("assignments.id", nullable=True)
    student_id: Mapped[int | None] = references("users.id", nullable=True)
    """Whose submission it was uploaded for."""
    quiz_submission_id: Mapped[int | None] = mapped_column(BigId)
    """Of a file for a quiz: whose answer it has been."""
    replaced_by_id: Mapped[int | None] = references("files.id", index=True, nullable=True)
    """The file of the same name that took this one's place: links to the old one lead there."""
    display_name: Mapped[Name]
    content_type: Mapped[Name]
    size: Mapped[int] = mapped_column(BigInteger)
    """While pending: what the uploader said, 0 if nothing."""
    storage_key: Mapped[str | None] = mapped_column(String(40))
    """None once no bytes are kept."""
    upload_open: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether something may still lie where it was uploaded to."""
    on_duplicate: Mapped[str] = mapped_column(String(12), default="overwrite")
    locked: Mapped[bool] = mapped_column(default=False, server_default=false())
    hidden: Mapped[bool] = mapped_column(default=False, server_default=false())
    lock_at: Mapped[OptionalInstant]
    unlock_at: Mapped[OptionalInstant]
    workflow_state: Mapped[State] = mapped_column(default="pending")
    deleted_at: Mapped[OptionalInstant]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    @property
    def owner(self) -> Owner:
        """In whose folders it lies, or in whose quota it counts."""
        return Owner(course_id=self.course_id) if self.purpose == COURSE else Owner(user_id=self.user_id)


class Attachment(Base):
    """A file handed in with one attempt, or sent with one comment."""

    __tablename__ = "attachments"
    __table_args__ = (
        Index("uq_attachments_submission_id_attempt_file_id", "submission_id", "attempt", "file_id", unique=True),
        Index("uq_attachments_comment_id_file_id", "comment_id", "file_id", unique=True),
    )

    id: Mapped[Key]
    file_id: Mapped[int] = references("files.id", index=True)
    submission_id: Mapped[int] = references("submissions.id")
    attempt: Mapped[int | None]
    comment_id: Mapped[int | None] = references("submission_comments.id", nullable=True)


FILE_COLUMNS = (
    File.id,
    File.uuid,
    File.purpose,
    File.course_id,
    File.user_id,
    File.uploader_id,
    File.folder_id,
    File.assignment_id,
    File.student_id,
    File.quiz_submission_id,
    File.display_name,
    File.content_type,
    File.size,
    File.storage_key,
    File.locked,
    File.hidden,
    File.lock_at,
    File.unlock_at,
    File.workflow_state,
    File.created_at,
    File.updated_at,
)


def locked_at(thing: Any, now: dt.datetime) -> bool:
    """Whether a file or folder is locked by itself: by hand, not yet open, or not open any more."""
    too_early = thing.unlock_at is not None and now < thing.unlock_at
    return bool(thing.locked or too_early or (thing.lock_at is not None and now >= thing.lock_at))


def file_rows() -> Rows:
    """Available files by columns, in no order yet."""
    return select(*FILE_COLUMNS).where(File.workflow_state == "available")


def in_folders_of(owner: Owner) -> ColumnElement[bool]:
    """Files in the folders of that course or user, not those that were uploaded for submissions."""
    return owner.owns(File) & (File.purpose == (USER if owner.course_id is None else COURSE))
