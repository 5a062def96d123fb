"""The organisation, its people and their access tokens."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0001_users"
down_revision = None
branch_labels = None
depends_on = None
contract = False

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "accounts",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("default_time_zone", sa.String(length=64), nullable=False),
        sa.Column("uuid", sa.String(length=40), nullable=False),
        sa.Column("sis_account_id", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("sis_account_id", name=op.f("uq_accounts_sis_account_id")),
    )
    op.create_table(
        "users",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sortable_name", sa.String(length=255), nullable=False),
        sa.Column("short_name", sa.String(length=255), nullable=False),
        sa.Column("login_id", sa.String(length=255), nullable=False),
        sa.Column("sis_user_id", sa.String(length=255), nullable=True),
        sa.Column("integration_id", sa.String(length=255), nullable=True),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("locale", sa.String(length=20), nullable=True),
        sa.Column("avatar_url", sa.String(length=2048), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("admin", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("workflow_state", sa.String(length=20), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_index(
        "uq_users_login_id",
        "users",
        [sa.literal_column("lower(login_id)")],
        unique=True,
        postgresql_where=sa.text("workflow_state <> 'deleted'"),
        sqlite_where=sa.text("workflow_state <> 'deleted'"),
    )
    op.create_index(
        "uq_users_sis_user_id",
        "users",
        ["sis_user_id"],
        unique=True,
        postgresql_where=sa.text("workflow_state <> 'deleted'"),
        sqlite_where=sa.text("workflow_state <> 'deleted'"),
    )
    op.create_table(
        "access_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hint", sa.String(length=8), nullable=False),
        sa.Column("purpose", sa.String(length=255), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_access_tokens_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_access_tokens_token_hash")),
    )
    op.create_index(op.f("ix_access_tokens_user_id"), "access_tokens", ["user_id"], unique=False)
    # The root account is the first row, so its id is 1: clients count on that.
    accounts = sa.table("accounts", *(sa.column(name, sa.String()) for name in ("name", "workflow_state", "default_time_zone", "uuid")))
    root = {"name": "Nation's LAB", "workflow_state": "active", "default_time_zone": "Asia/Seoul", "uuid": uuid.uuid4().hex}
    op.bulk_insert(accounts, [root])


def downgrade() -> None:
    """Drop them, with what they hold."""
    op.drop_table("access_tokens")
    op.drop_table("users")
    op.drop_table("accounts")
