"""Calendar events of courses and users."""

import sqlalchemy as sa
from alembic import op

revision = "0008_calendar"
down_revision = "0007_quizzes"
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "calendar_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=True),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("start_at", INSTANT, nullable=True),
        sa.Column("end_at", INSTANT, nullable=True),
        sa.Column("all_day", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("all_day_date", sa.Date(), nullable=True),
        sa.Column("location_name", sa.String(length=2048), nullable=True),
        sa.Column("location_address", sa.String(length=2048), nullable=True),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("(course_id IS NULL) <> (user_id IS NULL)", name=op.f("ck_calendar_events_one_context")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_calendar_events_course_id_courses")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_calendar_events_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_events")),
    )
    op.create_index("ix_calendar_events_course_id_start_at", "calendar_events", ["course_id", "start_at"], unique=False)
    op.create_index("ix_calendar_events_user_id_start_at", "calendar_events", ["user_id", "start_at"], unique=False)


def downgrade() -> None:
    """Drop it, with what it holds."""
    op.drop_table("calendar_events")
