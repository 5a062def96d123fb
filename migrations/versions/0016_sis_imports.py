"""SIS imports: what was sent, in pieces, and what there was to say about it."""

import sqlalchemy as sa
from alembic import op

revision = "0016_sis_imports"
down_revision = "0015_terms"
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sis_imports",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("workflow_state", sa.String(length=30), nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sis_imports_account_id_accounts")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_sis_imports_job_id_jobs")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sis_imports_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sis_imports")),
    )
    op.create_index("ix_sis_imports_account_id_id", "sis_imports", ["account_id", "id"], unique=False)
    op.create_index("ix_sis_imports_job_id", "sis_imports", ["job_id"], unique=False)
    op.create_index("ix_sis_imports_user_id", "sis_imports", ["user_id"], unique=False)
    op.create_table(
        "sis_import_chunks",
        sa.Column("id", ID, nullable=False),
        sa.Column("sis_import_id", ID, nullable=False),
        sa.Column("file", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["sis_import_id"], ["sis_imports.id"], name=op.f("fk_sis_import_chunks_sis_import_id_sis_imports")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sis_import_chunks")),
        sa.UniqueConstraint("sis_import_id", "file", "number", name=op.f("uq_sis_import_chunks_sis_import_id_file_number")),
    )
    op.create_table(
        "sis_import_messages",
        sa.Column("id", ID, nullable=False),
        sa.Column("sis_import_id", ID, nullable=False),
        sa.Column("file", sa.String(length=255), nullable=False),
        sa.Column("row", ID, nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("error", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["sis_import_id"], ["sis_imports.id"], name=op.f("fk_sis_import_messages_sis_import_id_sis_imports")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sis_import_messages")),
    )
    op.create_index("ix_sis_import_messages_sis_import_id", "sis_import_messages", ["sis_import_id"], unique=False)
    # Of the deleted too, whom the unique ones leave out: an import brings them back.
    op.create_index("ix_users_sis_user_id", "users", ["sis_user_id"], unique=False)
    op.create_index("ix_courses_sis_course_id", "courses", ["sis_course_id"], unique=False)
    op.create_index("ix_course_sections_sis_section_id", "course_sections", ["sis_section_id"], unique=False)


def downgrade() -> None:
    """Drop them, with what they hold."""
    op.drop_index("ix_course_sections_sis_section_id", table_name="course_sections")
    op.drop_index("ix_courses_sis_course_id", table_name="courses")
    op.drop_index("ix_users_sis_user_id", table_name="users")
    op.drop_table("sis_import_messages")
    op.drop_table("sis_import_chunks")
    op.drop_table("sis_imports")
