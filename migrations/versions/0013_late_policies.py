"""Late policies, and what they take from submissions."""

import sqlalchemy as sa
from alembic import op

revision = "0013_late_policies"
down_revision = "0012_identities"
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def flag(name: str) -> "sa.Column[bool]":
    """A boolean column, false unless told otherwise."""
    return sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False)


def kept() -> "tuple[sa.Column[float], sa.Column[float], sa.Column[str], sa.Column[int]]":
    """What submissions and their earlier attempts both have."""
    return (
        sa.Column("entered_score", sa.Double(), nullable=True),
        sa.Column("points_deducted", sa.Double(), nullable=True),
        sa.Column("late_policy_status", sa.String(length=10), nullable=True),
        sa.Column("seconds_late_override", sa.Integer(), nullable=True),
    )


def upgrade() -> None:
    """Make the table and the columns."""
    op.create_table(
        "late_policies",
        sa.Column("id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        flag("late_submission_deduction_enabled"),
        sa.Column("late_submission_deduction", sa.Double(), nullable=False),
        sa.Column("late_submission_interval", sa.String(length=4), nullable=False),
        flag("late_submission_minimum_percent_enabled"),
        sa.Column("late_submission_minimum_percent", sa.Double(), nullable=False),
        flag("missing_submission_deduction_enabled"),
        sa.Column("missing_submission_deduction", sa.Double(), nullable=False),
        sa.Column("missing_scored_until", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_late_policies_course_id_courses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_policies")),
        sa.UniqueConstraint("course_id", name=op.f("uq_late_policies_course_id")),
    )
    for column in (*kept(), flag("scored_as_missing"), sa.Column("counted_at", INSTANT, nullable=True)):
        op.add_column("submissions", column)
    for column in kept():
        op.add_column("submission_versions", column)


def downgrade() -> None:
    """Drop them, with what they hold."""
    for column in kept():
        op.drop_column("submission_versions", column.name)
    for name in ("entered_score", "points_deducted", "late_policy_status", "seconds_late_override", "scored_as_missing", "counted_at"):
        op.drop_column("submissions", name)
    op.drop_table("late_policies")
