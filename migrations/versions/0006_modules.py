"""Pages, modules, their items, and what students completed of them."""

import sqlalchemy as sa
from alembic import op

revision = "0006_modules"
down_revision = "0005_discussions"
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
ALIVE = sa.text("workflow_state <> 'deleted'")
FRONT = sa.text("front_page")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pages",
        sa.Column("id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("url", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("editing_roles", sa.String(length=60), nullable=False),
        sa.Column("front_page", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_pages_course_id_courses")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_pages_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
    )
    op.create_index("uq_pages_course_id_url", "pages", ["course_id", "url"], unique=True, postgresql_where=ALIVE, sqlite_where=ALIVE)
    op.create_index("uq_pages_front_page", "pages", ["course_id"], unique=True, postgresql_where=FRONT, sqlite_where=FRONT)
    op.create_table(
        "modules",
        sa.Column("id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("unlock_at", INSTANT, nullable=True),
        sa.Column("require_sequential_progress", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("prerequisite_module_ids", sa.JSON(), nullable=False),
        sa.Column("publish_final_grade", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_modules_course_id_courses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modules")),
    )
    op.create_index("ix_modules_course_id_position", "modules", ["course_id", "position"], unique=False)
    op.create_table(
        "module_items",
        sa.Column("id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.Column("module_id", ID, nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("content_id", ID, nullable=True),
        sa.Column("title", sa.String(length=255), nullable=True),
        sa.Column("external_url", sa.String(length=2048), nullable=True),
        sa.Column("new_tab", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("indent", sa.Integer(), nullable=False),
        sa.Column("requirement", sa.String(length=20), nullable=True),
        sa.Column("requirement_score", sa.Double(), nullable=True),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_module_items_course_id_courses")),
        sa.ForeignKeyConstraint(["module_id"], ["modules.id"], name=op.f("fk_module_items_module_id_modules")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_module_items")),
    )
    op.create_index(op.f("ix_module_items_course_id"), "module_items", ["course_id"], unique=False)
    op.create_index("ix_module_items_module_id_position", "module_items", ["module_id", "position"], unique=False)
    op.create_index("ix_module_items_content_id_type", "module_items", ["content_id", "type"], unique=False)
    op.create_table(
        "module_completions",
        sa.Column("id", ID, nullable=False),
        sa.Column("module_item_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("requirement", sa.String(length=20), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["module_item_id"], ["module_items.id"], name=op.f("fk_module_completions_module_item_id_module_items")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_module_completions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_module_completions")),
    )
    op.create_index(op.f("ix_module_completions_user_id"), "module_completions", ["user_id"], unique=False)
    op.create_index("uq_module_completions_item_user", "module_completions", ["module_item_id", "user_id", "requirement"], unique=True)


def downgrade() -> None:
    """Drop them, with what they hold."""
    op.drop_table("module_completions")
    op.drop_table("module_items")
    op.drop_table("modules")
    op.drop_table("pages")
