"""Files, folders, and what files are attached to."""

import sqlalchemy as sa
from alembic import op

revision = "0009_files"
down_revision = "0008_calendar"
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
AVAILABLE = sa.text("workflow_state = 'available'")
ROOT = sa.text("parent_folder_id IS NULL AND workflow_state = 'available'")
UPLOAD_OPEN = sa.text("upload_open")
DELETED_BYTES = sa.text("workflow_state = 'deleted' AND storage_key IS NOT NULL")


def flag(name: str, default: str) -> "sa.Column[bool]":
    """A boolean column."""
    return sa.Column(name, sa.Boolean(), server_default=sa.text(default), nullable=False)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "folders",
        sa.Column("id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=True),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("parent_folder_id", ID, nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        flag("locked", "false"),
        flag("hidden", "false"),
        sa.Column("lock_at", INSTANT, nullable=True),
        sa.Column("unlock_at", INSTANT, nullable=True),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_folders_course_id_courses")),
        sa.ForeignKeyConstraint(["parent_folder_id"], ["folders.id"], name=op.f("fk_folders_parent_folder_id_folders")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_folders_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folders")),
    )
    op.create_index(op.f("ix_folders_course_id"), "folders", ["course_id"])
    op.create_index(op.f("ix_folders_user_id"), "folders", ["user_id"])
    op.create_index("uq_folders_course_root", "folders", ["course_id"], unique=True, postgresql_where=ROOT, sqlite_where=ROOT)
    op.create_index("uq_folders_user_root", "folders", ["user_id"], unique=True, postgresql_where=ROOT, sqlite_where=ROOT)
    op.create_index(
        "uq_folders_parent_folder_id_name",
        "folders",
        ["parent_folder_id", "name"],
        unique=True,
        postgresql_where=AVAILABLE,
        sqlite_where=AVAILABLE,
    )
    op.create_table(
        "files",
        sa.Column("id", ID, nullable=False),
        sa.Column("uuid", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("course_id", ID, nullable=True),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("uploader_id", ID, nullable=False),
        sa.Column("folder_id", ID, nullable=True),
        sa.Column("assignment_id", ID, nullable=True),
        sa.Column("student_id", ID, nullable=True),
        sa.Column("replaced_by_id", ID, nullable=True),
        sa.Column("display_name", sa.String(length=255), nullable=False),
        sa.Column("content_type", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("storage_key", sa.String(length=40), nullable=True),
        flag("upload_open", "true"),
        sa.Column("on_duplicate", sa.String(length=12), nullable=False),
        flag("locked", "false"),
        flag("hidden", "false"),
        sa.Column("lock_at", INSTANT, nullable=True),
        sa.Column("unlock_at", INSTANT, nullable=True),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_files_assignment_id_assignments")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_files_course_id_courses")),
        sa.ForeignKeyConstraint(["folder_id"], ["folders.id"], name=op.f("fk_files_folder_id_folders")),
        sa.ForeignKeyConstraint(["replaced_by_id"], ["files.id"], name=op.f("fk_files_replaced_by_id_files")),
        sa.ForeignKeyConstraint(["student_id"], ["users.id"], name=op.f("fk_files_student_id_users")),
        sa.ForeignKeyConstraint(["uploader_id"], ["users.id"], name=op.f("fk_files_uploader_id_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_files_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    op.create_index(op.f("ix_files_course_id"), "files", ["course_id"])
    op.create_index(op.f("ix_files_replaced_by_id"), "files", ["replaced_by_id"])
    op.create_index(op.f("ix_files_user_id"), "files", ["user_id"])
    op.create_index(
        "uq_files_folder_id_display_name",
        "files",
        ["folder_id", "display_name"],
        unique=True,
        postgresql_where=AVAILABLE,
        sqlite_where=AVAILABLE,
    )
    op.create_index("ix_files_unswept", "files", ["created_at"], postgresql_where=UPLOAD_OPEN, sqlite_where=UPLOAD_OPEN)
    op.create_index("ix_files_deleted_bytes", "files", ["deleted_at"], postgresql_where=DELETED_BYTES, sqlite_where=DELETED_BYTES)
    op.create_table(
        "attachments",
        sa.Column("id", ID, nullable=False),
        sa.Column("file_id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("comment_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["submission_comments.id"], name=op.f("fk_attachments_comment_id_submission_comments")),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_attachments_file_id_files")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_attachments_submission_id_submissions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_file_id"), "attachments", ["file_id"])
    op.create_index("uq_attachments_comment_id_file_id", "attachments", ["comment_id", "file_id"], unique=True)
    op.create_index("uq_attachments_submission_id_attempt_file_id", "attachments", ["submission_id", "attempt", "file_id"], unique=True)


def downgrade() -> None:
    """Drop them, with what they hold."""
    op.drop_table("attachments")
    op.drop_table("files")
    op.drop_table("folders")
