"""Assignment groups and assignments."""

import sqlalchemy as sa
from alembic import op

revision = "0003_assignments"
down_revision = "0002_courses"
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "assignment_groups",
        sa.Column("id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("group_weight", sa.Double(), nullable=False),
        sa.Column("drop_lowest", sa.Integer(), nullable=False),
        sa.Column("drop_highest", sa.Integer(), nullable=False),
        sa.Column("never_drop", sa.JSON(), nullable=False),
        sa.Column("sis_source_id", sa.String(length=255), nullable=True),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_assignment_groups_course_id_courses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_groups")),
    )
    op.create_index(op.f("ix_assignment_groups_course_id"), "assignment_groups", ["course_id"], unique=False)
    op.create_table(
        "assignments",
        sa.Column("id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.Column("assignment_group_id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("submission_types", sa.JSON(), nullable=False),
        sa.Column("allowed_extensions", sa.JSON(), nullable=False),
        sa.Column("points_possible", sa.Double(), nullable=True),
        sa.Column("grading_type", sa.String(length=20), nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("lock_at", INSTANT, nullable=True),
        sa.Column("unlock_at", INSTANT, nullable=True),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("omit_from_final_grade", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("allowed_attempts", sa.Integer(), nullable=False),
        sa.Column("peer_reviews", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_group_id"], ["assignment_groups.id"], name=op.f("fk_assignments_assignment_group_id_assignment_groups")
        ),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_assignments_course_id_courses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_assignment_group_id"), "assignments", ["assignment_group_id"], unique=False)
    op.create_index("ix_assignments_course_id_position", "assignments", ["course_id", "position"], unique=False)


def downgrade() -> None:
    """Drop them, with what they hold."""
    op.drop_table("assignments")
    op.drop_table("assignment_groups")
