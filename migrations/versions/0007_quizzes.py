"""Quizzes, their questions, and who took them; a grade may come from a quiz instead of a user."""

import sqlalchemy as sa
from alembic import op

revision = "0007_quizzes"
down_revision = "0006_modules"
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
GRADERS = ("submissions", "grade_changes")
NEXT = {"submissions": "user_id", "grade_changes": "real_user_id"}
"""Whose foreign key follows that of `grader_id` in the text of the table."""


def upgrade() -> None:
    """Make the tables; a grader who is a quiz is written as its number below 0, which refers to no user."""
    op.create_table(
        "quizzes",
        sa.Column("id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.Column("assignment_id", ID, nullable=True),
        sa.Column("title", sa.String(length=255), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("quiz_type", sa.String(length=20), nullable=False),
        sa.Column("time_limit", sa.Integer(), nullable=True),
        sa.Column("shuffle_answers", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("allowed_attempts", sa.Integer(), nullable=False),
        sa.Column("scoring_policy", sa.String(length=20), nullable=False),
        sa.Column("show_correct_answers", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("one_question_at_a_time", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("access_code", sa.String(length=255), nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("lock_at", INSTANT, nullable=True),
        sa.Column("unlock_at", INSTANT, nullable=True),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("question_count", sa.Integer(), nullable=False),
        sa.Column("points_possible", sa.Double(), nullable=False),
        sa.Column("question_types", sa.JSON(), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_quizzes_assignment_id_assignments")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_quizzes_course_id_courses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quizzes")),
    )
    op.create_index(op.f("ix_quizzes_course_id"), "quizzes", ["course_id"], unique=False)
    op.create_index("uq_quizzes_assignment_id", "quizzes", ["assignment_id"], unique=True)
    op.create_table(
        "quiz_questions",
        sa.Column("id", ID, nullable=False),
        sa.Column("quiz_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("question_name", sa.String(length=255), nullable=False),
        sa.Column("question_text", sa.Text(), nullable=False),
        sa.Column("question_type", sa.String(length=40), nullable=False),
        sa.Column("points_possible", sa.Double(), nullable=False),
        sa.Column("correct_comments", sa.Text(), nullable=True),
        sa.Column("incorrect_comments", sa.Text(), nullable=True),
        sa.Column("neutral_comments", sa.Text(), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("matches", sa.JSON(), nullable=False),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name=op.f("fk_quiz_questions_quiz_id_quizzes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_questions")),
    )
    op.create_index(
        "ix_quiz_questions_quiz_id_position",
        "quiz_questions",
        ["quiz_id", "position"],
        unique=False,
        postgresql_where=sa.text("workflow_state <> 'deleted'"),
        sqlite_where=sa.text("workflow_state <> 'deleted'"),
    )
    op.create_table(
        "quiz_submissions",
        sa.Column("id", ID, nullable=False),
        sa.Column("quiz_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("kept_score", sa.Double(), nullable=True),
        sa.Column("extra_attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("extra_time", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("manually_unlocked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name=op.f("fk_quiz_submissions_quiz_id_quizzes")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_quiz_submissions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_submissions")),
    )
    op.create_index(op.f("ix_quiz_submissions_user_id"), "quiz_submissions", ["user_id"], unique=False)
    op.create_index("uq_quiz_submissions_quiz_id_user_id", "quiz_submissions", ["quiz_id", "user_id"], unique=True)
    op.create_table(
        "quiz_attempts",
        sa.Column("id", ID, nullable=False),
        sa.Column("quiz_submission_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("validation_token", sa.String(length=64), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("end_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("fudge_points", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("points_possible", sa.Double(), nullable=False),
        sa.Column("quiz_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["quiz_submission_id"], ["quiz_submissions.id"], name=op.f("fk_quiz_attempts_quiz_submission_id_quiz_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_attempts")),
    )
    op.create_index(
        "ix_quiz_attempts_open_end_at",
        "quiz_attempts",
        ["end_at"],
        unique=False,
        postgresql_where=sa.text("workflow_state = 'untaken'"),
        sqlite_where=sa.text("workflow_state = 'untaken'"),
    )
    op.create_index("uq_quiz_attempts_quiz_submission_id_attempt", "quiz_attempts", ["quiz_submission_id", "attempt"], unique=True)
    for table in GRADERS:
        _graders_are_users(table, False)


def downgrade() -> None:
    """Drop them, with what they hold; grades that quizzes gave stay, in the name of whoever acted, or of nobody."""
    op.execute("UPDATE submissions SET grader_id = NULL WHERE grader_id < 0")
    op.execute("UPDATE grade_changes SET grader_id = real_user_id WHERE grader_id < 0")
    for table in reversed(GRADERS):
        _graders_are_users(table, True)
    for table in ("quiz_attempts", "quiz_submissions", "quiz_questions", "quizzes"):
        op.drop_table(table)


def _graders_are_users(table: str, they_are: bool) -> None:
    """Add or drop the foreign key of `grader_id`."""
    name = f"fk_{table}_grader_id_users"
    if op.get_context().dialect.name == "postgresql":
        if they_are:
            op.create_foreign_key(name, table, "users", ["grader_id"], ["id"])
        else:
            op.drop_constraint(name, table, type_="foreignkey")
        return
    # SQLite alters no constraint, and a table that others refer to cannot be made anew inside a transaction: its text is changed.
    line = f"'CONSTRAINT {name} FOREIGN KEY(grader_id) REFERENCES users (id), ' || char(10) || char(9)"
    next_line = f"'CONSTRAINT fk_{table}_{NEXT[table]}_users'"
    old, new = (next_line, f"{line} || {next_line}") if they_are else (line, "''")
    op.execute("PRAGMA writable_schema = ON")
    op.execute(f"UPDATE sqlite_master SET sql = replace(sql, {old}, {new}) WHERE type = 'table' AND name = '{table}'")  # noqa: S608
    op.execute("PRAGMA writable_schema = RESET")
