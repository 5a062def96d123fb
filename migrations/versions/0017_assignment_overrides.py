"""Assignment overrides: dates of an assignment for some students or for a section."""

import sqlalchemy as sa
from alembic import op

revision = "0017_assignment_overrides"
down_revision = "0016_sis_imports"
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
ACTIVE = sa.text("workflow_state = 'active'")
FLAGS = ("only_visible_to_overrides", "has_overrides")


def flag(name: str) -> "sa.Column[bool]":
    """A boolean column that is false unless told otherwise."""
    return sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False)


def upgrade() -> None:
    """Make the tables, and what assignments say of them."""
    for name in FLAGS:
        op.add_column("assignments", flag(name))
    op.create_table(
        "assignment_overrides",
        sa.Column("id", ID, nullable=False),
        sa.Column("assignment_id", ID, nullable=False),
        sa.Column("course_section_id", ID, nullable=True),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        flag("due_at_overridden"),
        flag("all_day"),
        sa.Column("all_day_date", sa.Date(), nullable=True),
        sa.Column("unlock_at", INSTANT, nullable=True),
        flag("unlock_at_overridden"),
        sa.Column("lock_at", INSTANT, nullable=True),
        flag("lock_at_overridden"),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_assignment_overrides_assignment_id_assignments")),
        sa.ForeignKeyConstraint(
            ["course_section_id"], ["course_sections.id"], name=op.f("fk_assignment_overrides_course_section_id_course_sections")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_overrides")),
    )
    section = ["assignment_id", "course_section_id"]
    op.create_index(
        "uq_assignment_overrides_assignment_id_section",
        "assignment_overrides",
        section,
        unique=True,
        postgresql_where=ACTIVE,
        sqlite_where=ACTIVE,
    )
    op.create_index(op.f("ix_assignment_overrides_assignment_id"), "assignment_overrides", ["assignment_id"], unique=False)
    op.create_index(op.f("ix_assignment_overrides_course_section_id"), "assignment_overrides", ["course_section_id"], unique=False)
    op.create_table(
        "assignment_override_students",
        sa.Column("id", ID, nullable=False),
        sa.Column("assignment_override_id", ID, nullable=False),
        sa.Column("assignment_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_override_id"],
            ["assignment_overrides.id"],
            name=op.f("fk_assignment_override_students_assignment_override_id_assignment_overrides"),
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_assignment_override_students_assignment_id_assignments")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_assignment_override_students_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_override_students")),
    )
    table = "assignment_override_students"
    op.create_index("uq_assignment_override_students_assignment_id_user_id", table, ["assignment_id", "user_id"], unique=True)
    op.create_index(op.f("ix_assignment_override_students_assignment_override_id"), table, ["assignment_override_id"], unique=False)
    op.create_index(op.f("ix_assignment_override_students_user_id"), table, ["user_id"], unique=False)


def downgrade() -> None:
    """Drop them, with what they hold."""
    op.drop_table("assignment_override_students")
    op.drop_table("assignment_overrides")
    for name in reversed(FLAGS):
        op.drop_column("assignments", name)
