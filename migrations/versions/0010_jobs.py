"""Jobs: work longer than a request."""

import sqlalchemy as sa
from alembic import op

revision = "0010_jobs"
down_revision = "0009_files"
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
OPEN = sa.text("workflow_state IN ('queued', 'running')")
RECURRING = sa.text("every_seconds IS NOT NULL")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "jobs",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=True),
        sa.Column("course_id", ID, nullable=True),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("real_user_id", ID, nullable=True),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("results", sa.JSON(), nullable=True),
        sa.Column("completion", sa.Double(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("run_at", INSTANT, nullable=False),
        sa.Column("worker", sa.String(length=80), nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_jobs_course_id_courses")),
        sa.ForeignKeyConstraint(["real_user_id"], ["users.id"], name=op.f("fk_jobs_real_user_id_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_jobs_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_course_id", "jobs", ["course_id"], unique=False)
    op.create_index("ix_jobs_open", "jobs", ["run_at"], unique=False, postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_index("ix_jobs_user_id", "jobs", ["user_id"], unique=False)
    op.create_index("uq_jobs_recurring_kind", "jobs", ["kind"], unique=True, postgresql_where=RECURRING, sqlite_where=RECURRING)


def downgrade() -> None:
    """Drop it, with what it holds."""
    op.drop_table("jobs")
