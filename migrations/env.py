"""How alembic reaches the database: through the app's own engine, and one migration at a time."""

import sys

from alembic import context
from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app import models  # noqa: F401 - registers every table
from app.extensions import Base, db
from app.logs import first_line

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "60s"
ADVISORY_LOCK = 7201_2026
"""Two migrations at once wait for each other; the second finds nothing to do."""


def migrate_online() -> None:
    """Run the migrations, all in one transaction on PostgreSQL: one that fails leaves nothing behind."""
    try:
        connecting = db.engine.connect()
    except OperationalError as problem:
        sys.exit(f"lms: the database cannot be reached: {first_line(problem)}")
    with connecting as connection:
        postgresql = connection.dialect.name == "postgresql"
        if postgresql:
            # A migration that waits for a lock makes every request behind it wait too: give up soon.
            connection.execute(text("SET statement_timeout = 0"))
            connection.execute(text(f"SELECT pg_advisory_lock({ADVISORY_LOCK})"))
            connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
            connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
            connection.commit()
        try:
            context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=not postgresql, compare_type=True)
            with context.begin_transaction():
                context.run_migrations()
        finally:
            if postgresql:
                connection.rollback()
                connection.execute(text(f"SELECT pg_advisory_unlock({ADVISORY_LOCK})"))
                connection.execute(text("RESET lock_timeout"))
                connection.execute(text("RESET statement_timeout"))
                connection.commit()


def migrate_offline() -> None:
    """Print the SQL that would run."""
    context.configure(url=current_app.config["SQLALCHEMY_DATABASE_URI"], target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    migrate_offline()
else:
    migrate_online()
