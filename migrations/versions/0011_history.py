"""What happened to enrolments; which attempt a grade was for, and the days of grading."""

import sqlalchemy as sa
from alembic import op

revision = "0011_history"
down_revision = "0010_jobs"
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table, the columns and the index."""
    op.create_table(
        "enrollment_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("enrollment_id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("event", sa.String(length=24), nullable=False),
        sa.Column("state_before", sa.String(length=20), nullable=True),
        sa.Column("state_after", sa.String(length=20), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=True),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("real_user_id", ID, nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_enrollment_changes_actor_id_users")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_enrollment_changes_course_id_courses")),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollments.id"], name=op.f("fk_enrollment_changes_enrollment_id_enrollments")),
        sa.ForeignKeyConstraint(["real_user_id"], ["users.id"], name=op.f("fk_enrollment_changes_real_user_id_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_enrollment_changes_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollment_changes")),
    )
    op.create_index(op.f("ix_enrollment_changes_enrollment_id"), "enrollment_changes", ["enrollment_id"], unique=False)
    op.create_index(op.f("ix_enrollment_changes_user_id"), "enrollment_changes", ["user_id"], unique=False)
    op.create_index("ix_enrollment_changes_course_id_id", "enrollment_changes", ["course_id", "id"], unique=False)
    op.add_column("grade_changes", sa.Column("attempt", sa.Integer(), nullable=True))
    op.add_column("grade_changes", sa.Column("request_id", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_grade_changes_created_at"), "grade_changes", ["created_at"], unique=False)


def downgrade() -> None:
    """Drop them, with what they hold."""
    op.drop_index(op.f("ix_grade_changes_created_at"), table_name="grade_changes")
    op.drop_column("grade_changes", "request_id")
    op.drop_column("grade_changes", "attempt")
    op.drop_table("enrollment_changes")
