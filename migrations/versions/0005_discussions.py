"""Discussion topics and announcements, their entries, what each person marked, and each course's settings."""

import sqlalchemy as sa
from alembic import op

revision = "0005_discussions"
down_revision = "0004_submissions"
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, and that of the settings."""
    op.create_table(
        "discussion_topics",
        sa.Column("id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("discussion_type", sa.String(length=20), nullable=False),
        sa.Column("is_announcement", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("posted_at", INSTANT, nullable=True),
        sa.Column("delayed_post_at", INSTANT, nullable=True),
        sa.Column("lock_at", INSTANT, nullable=True),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("pinned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("require_initial_post", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("allow_rating", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_discussion_topics_course_id_courses")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_discussion_topics_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discussion_topics")),
    )
    op.create_index("ix_discussion_topics_course_id_is_announcement", "discussion_topics", ["course_id", "is_announcement"], unique=False)
    op.create_index(op.f("ix_discussion_topics_user_id"), "discussion_topics", ["user_id"], unique=False)
    op.create_table(
        "discussion_entries",
        sa.Column("id", ID, nullable=False),
        sa.Column("topic_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("editor_id", ID, nullable=True),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("root_entry_id", ID, nullable=True),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["discussion_entries.id"], name=op.f("fk_discussion_entries_parent_id_discussion_entries")),
        sa.ForeignKeyConstraint(
            ["root_entry_id"], ["discussion_entries.id"], name=op.f("fk_discussion_entries_root_entry_id_discussion_entries")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["discussion_topics.id"], name=op.f("fk_discussion_entries_topic_id_discussion_topics")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_discussion_entries_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discussion_entries")),
    )
    op.create_index(op.f("ix_discussion_entries_parent_id"), "discussion_entries", ["parent_id"], unique=False)
    op.create_index(op.f("ix_discussion_entries_root_entry_id"), "discussion_entries", ["root_entry_id"], unique=False)
    op.create_index("ix_discussion_entries_topic_id_user_id", "discussion_entries", ["topic_id", "user_id"], unique=False)
    op.create_index(op.f("ix_discussion_entries_user_id"), "discussion_entries", ["user_id"], unique=False)
    op.create_table(
        "discussion_topic_participants",
        sa.Column("id", ID, nullable=False),
        sa.Column("topic_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("read", sa.Boolean(), nullable=True),
        sa.Column("subscribed", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["discussion_topics.id"], name=op.f("fk_discussion_topic_participants_topic_id_discussion_topics")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_discussion_topic_participants_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discussion_topic_participants")),
    )
    op.create_index(op.f("ix_discussion_topic_participants_user_id"), "discussion_topic_participants", ["user_id"], unique=False)
    op.create_index(
        "uq_discussion_topic_participants_topic_id_user_id", "discussion_topic_participants", ["topic_id", "user_id"], unique=True
    )
    op.create_table(
        "discussion_entry_participants",
        sa.Column("id", ID, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("read", sa.Boolean(), nullable=True),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["discussion_entries.id"], name=op.f("fk_discussion_entry_participants_entry_id_discussion_entries")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_discussion_entry_participants_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discussion_entry_participants")),
    )
    op.create_index(op.f("ix_discussion_entry_participants_user_id"), "discussion_entry_participants", ["user_id"], unique=False)
    op.create_index(
        "uq_discussion_entry_participants_entry_id_user_id", "discussion_entry_participants", ["entry_id", "user_id"], unique=True
    )
    op.create_table(
        "course_discussion_settings",
        sa.Column("id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.Column("allow_student_discussion_topics", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_course_discussion_settings_course_id_courses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_discussion_settings")),
    )
    op.create_index("uq_course_discussion_settings_course_id", "course_discussion_settings", ["course_id"], unique=True)


def downgrade() -> None:
    """Drop them, with what they hold."""
    op.drop_table("course_discussion_settings")
    op.drop_table("discussion_entry_participants")
    op.drop_table("discussion_topic_participants")
    op.drop_table("discussion_entries")
    op.drop_table("discussion_topics")
