"""Courses, their sections and who is enrolled."""

import sqlalchemy as sa
from alembic import op

revision = "0002_courses"
down_revision = "0001_users"
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "courses",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("course_code", sa.String(length=255), nullable=False),
        sa.Column("sis_course_id", sa.String(length=255), nullable=True),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("start_at", INSTANT, nullable=True),
        sa.Column("end_at", INSTANT, nullable=True),
        sa.Column("is_public", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_public_to_auth_users", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("syllabus_body", sa.Text(), nullable=True),
        sa.Column("public_description", sa.Text(), nullable=True),
        sa.Column("apply_assignment_group_weights", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("default_view", sa.String(length=20), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("license", sa.String(length=40), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_courses_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
    )
    op.create_index(op.f("ix_courses_account_id"), "courses", ["account_id"], unique=False)
    op.create_index(
        "uq_courses_sis_course_id",
        "courses",
        ["sis_course_id"],
        unique=True,
        postgresql_where=sa.text("workflow_state <> 'deleted'"),
        sqlite_where=sa.text("workflow_state <> 'deleted'"),
    )
    op.create_table(
        "course_sections",
        sa.Column("id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sis_section_id", sa.String(length=255), nullable=True),
        sa.Column("integration_id", sa.String(length=255), nullable=True),
        sa.Column("default_section", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("start_at", INSTANT, nullable=True),
        sa.Column("end_at", INSTANT, nullable=True),
        sa.Column("restrict_enrollments_to_section_dates", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_course_sections_course_id_courses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_sections")),
    )
    op.create_index(op.f("ix_course_sections_course_id"), "course_sections", ["course_id"], unique=False)
    op.create_index(
        "uq_course_sections_sis_section_id",
        "course_sections",
        ["sis_section_id"],
        unique=True,
        postgresql_where=sa.text("workflow_state <> 'deleted'"),
        sqlite_where=sa.text("workflow_state <> 'deleted'"),
    )
    op.create_table(
        "enrollments",
        sa.Column("id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.Column("course_section_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("type", sa.String(length=24), nullable=False),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("associated_user_id", ID, nullable=True),
        sa.Column("limit_privileges_to_course_section", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("start_at", INSTANT, nullable=True),
        sa.Column("end_at", INSTANT, nullable=True),
        sa.Column("last_activity_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["associated_user_id"], ["users.id"], name=op.f("fk_enrollments_associated_user_id_users")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_enrollments_course_id_courses")),
        sa.ForeignKeyConstraint(
            ["course_section_id"], ["course_sections.id"], name=op.f("fk_enrollments_course_section_id_course_sections")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_enrollments_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollments")),
    )
    op.create_index("ix_enrollments_course_id_user_id", "enrollments", ["course_id", "user_id"], unique=False)
    op.create_index(op.f("ix_enrollments_user_id"), "enrollments", ["user_id"], unique=False)
    op.create_index(
        "uq_enrollments_section_user_type",
        "enrollments",
        ["course_section_id", "user_id", "type"],
        unique=True,
        postgresql_where=sa.text("associated_user_id IS NULL"),
        sqlite_where=sa.text("associated_user_id IS NULL"),
    )
    op.create_index(
        "uq_enrollments_section_user_type_associated",
        "enrollments",
        ["course_section_id", "user_id", "type", "associated_user_id"],
        unique=True,
        postgresql_where=sa.text("associated_user_id IS NOT NULL"),
        sqlite_where=sa.text("associated_user_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop them, with what they hold."""
    op.drop_table("enrollments")
    op.drop_table("course_sections")
    op.drop_table("courses")
