"""Submissions, their earlier attempts, comments, and every change of a grade."""

import sqlalchemy as sa
from alembic import op

revision = "0004_submissions"
down_revision = "0003_assignments"
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "submissions",
        sa.Column("id", ID, nullable=False),
        sa.Column("assignment_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("submission_type", sa.String(length=24), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("url", sa.String(length=2048), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("submitted_at", INSTANT, nullable=True),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("grade", sa.String(length=40), nullable=True),
        sa.Column("grader_id", ID, nullable=True),
        sa.Column("graded_at", INSTANT, nullable=True),
        sa.Column("excused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("grade_matches_current_submission", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_submissions_assignment_id_assignments")),
        sa.ForeignKeyConstraint(["grader_id"], ["users.id"], name=op.f("fk_submissions_grader_id_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_submissions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
    )
    op.create_index(
        "ix_submissions_needs_grading",
        "submissions",
        ["assignment_id"],
        unique=False,
        postgresql_where=sa.text("workflow_state IN ('submitted', 'pending_review')"),
        sqlite_where=sa.text("workflow_state IN ('submitted', 'pending_review')"),
    )
    op.create_index(op.f("ix_submissions_user_id"), "submissions", ["user_id"], unique=False)
    op.create_index("uq_submissions_assignment_id_user_id", "submissions", ["assignment_id", "user_id"], unique=True)
    op.create_table(
        "submission_versions",
        sa.Column("id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("submission_type", sa.String(length=24), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("url", sa.String(length=2048), nullable=True),
        sa.Column("submitted_at", INSTANT, nullable=True),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("grade", sa.String(length=40), nullable=True),
        sa.Column("grader_id", ID, nullable=True),
        sa.Column("graded_at", INSTANT, nullable=True),
        sa.Column("excused", sa.Boolean(), nullable=False),
        sa.Column("grade_matches_current_submission", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_submission_versions_submission_id_submissions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_versions")),
    )
    op.create_index("uq_submission_versions_submission_id_attempt", "submission_versions", ["submission_id", "attempt"], unique=True)
    op.create_table(
        "submission_comments",
        sa.Column("id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_submission_comments_author_id_users")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_submission_comments_submission_id_submissions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_comments")),
    )
    op.create_index(op.f("ix_submission_comments_submission_id"), "submission_comments", ["submission_id"], unique=False)
    op.create_table(
        "grade_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("grader_id", ID, nullable=False),
        sa.Column("real_user_id", ID, nullable=False),
        sa.Column("score_before", sa.Double(), nullable=True),
        sa.Column("score_after", sa.Double(), nullable=True),
        sa.Column("grade_before", sa.String(length=40), nullable=True),
        sa.Column("grade_after", sa.String(length=40), nullable=True),
        sa.Column("excused_before", sa.Boolean(), nullable=False),
        sa.Column("excused_after", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["grader_id"], ["users.id"], name=op.f("fk_grade_changes_grader_id_users")),
        sa.ForeignKeyConstraint(["real_user_id"], ["users.id"], name=op.f("fk_grade_changes_real_user_id_users")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_grade_changes_submission_id_submissions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grade_changes")),
    )
    op.create_index(op.f("ix_grade_changes_grader_id"), "grade_changes", ["grader_id"], unique=False)
    op.create_index(op.f("ix_grade_changes_submission_id"), "grade_changes", ["submission_id"], unique=False)


def downgrade() -> None:
    """Drop them, with what they hold."""
    op.drop_table("grade_changes")
    op.drop_table("submission_comments")
    op.drop_table("submission_versions")
    op.drop_table("submissions")
