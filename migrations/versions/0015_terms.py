"""Terms, grading standards, settings of courses, favourites, and marks that students and staff leave."""

import sqlalchemy as sa
from alembic import op

revision = "0015_terms"
down_revision = "0014_between"
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
ALIVE = sa.text("workflow_state <> 'deleted'")


def upgrade() -> None:
    """Make the tables and columns, and the default term, whose id is 1."""
    terms = op.create_table(
        "enrollment_terms",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sis_term_id", sa.String(length=255), nullable=True),
        sa.Column("start_at", INSTANT, nullable=True),
        sa.Column("end_at", INSTANT, nullable=True),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_enrollment_terms_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollment_terms")),
    )
    op.create_index(
        "uq_enrollment_terms_sis_term_id", "enrollment_terms", ["sis_term_id"], unique=True, postgresql_where=ALIVE, sqlite_where=ALIVE
    )
    # The id is not said: the first is 1, and the next are counted from it.
    op.execute(
        sa.insert(terms).values(
            account_id=1, name="Default Term", workflow_state="active", created_at=sa.func.now(), updated_at=sa.func.now()
        )
    )
    op.create_table(
        "grading_standards",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("course_id", ID, nullable=True),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_grading_standards_account_id_accounts")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_grading_standards_course_id_courses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_standards")),
    )
    op.create_index(op.f("ix_grading_standards_course_id"), "grading_standards", ["course_id"])
    op.create_table(
        "course_favorites",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_course_favorites_course_id_courses")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_course_favorites_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_favorites")),
    )
    op.create_index("uq_course_favorites_user_id_course_id", "course_favorites", ["user_id", "course_id"], unique=True)
    op.create_table(
        "submission_marks",
        sa.Column("id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_submission_marks_submission_id_submissions")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_submission_marks_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_marks")),
    )
    op.create_index("uq_submission_marks_submission_id_user_id", "submission_marks", ["submission_id", "user_id"], unique=True)
    # No foreign keys: SQLite cannot add columns with them, and the rows they name are never really deleted.
    op.add_column("courses", sa.Column("enrollment_term_id", ID, server_default=sa.text("1"), nullable=False))
    op.add_column("courses", sa.Column("grading_standard_id", ID, nullable=True))
    op.add_column("courses", sa.Column("settings", sa.JSON(), nullable=True))
    op.add_column("assignments", sa.Column("grading_standard_id", ID, nullable=True))
    op.add_column("enrollments", sa.Column("last_attended_at", INSTANT, nullable=True))
    op.create_index(op.f("ix_courses_enrollment_term_id"), "courses", ["enrollment_term_id"])


def downgrade() -> None:
    """Drop them, with what they hold."""
    op.drop_index(op.f("ix_courses_enrollment_term_id"), "courses")
    op.drop_column("enrollments", "last_attended_at")
    op.drop_column("assignments", "grading_standard_id")
    op.drop_column("courses", "settings")
    op.drop_column("courses", "grading_standard_id")
    op.drop_column("courses", "enrollment_term_id")
    op.drop_table("submission_marks")
    op.drop_table("course_favorites")
    op.drop_table("grading_standards")
    op.drop_table("enrollment_terms")
