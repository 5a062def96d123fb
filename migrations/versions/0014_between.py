"""Graded discussions, files that answer quizzes, and how pages read before."""

import sqlalchemy as sa
from alembic import op

revision = "0014_between"
down_revision = "0013_late_policies"
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns, which the release before leaves null, and the table."""
    op.add_column("discussion_topics", sa.Column("assignment_id", ID, nullable=True))
    op.create_index("uq_discussion_topics_assignment_id", "discussion_topics", ["assignment_id"], unique=True)
    for table in ("discussion_topics", "discussion_entries"):
        op.add_column(table, sa.Column("attachment_id", ID, nullable=True))
        op.create_index(f"ix_{table}_attachment_id", table, ["attachment_id"])
    op.add_column("files", sa.Column("quiz_submission_id", ID, nullable=True))
    op.create_table(
        "page_revisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("page_id", ID, nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("url", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_page_revisions_page_id_pages")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_page_revisions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_revisions")),
    )
    op.create_index("uq_page_revisions_page_id_revision_id", "page_revisions", ["page_id", "revision_id"], unique=True)


def downgrade() -> None:
    """Drop them; discussions that were graded are so no more, their assignments and submissions stay."""
    op.drop_table("page_revisions")
    op.drop_column("files", "quiz_submission_id")
    for table in ("discussion_entries", "discussion_topics"):
        op.drop_index(f"ix_{table}_attachment_id", table)
        op.drop_column(table, "attachment_id")
    op.drop_index("uq_discussion_topics_assignment_id", "discussion_topics")
    op.drop_column("discussion_topics", "assignment_id")
