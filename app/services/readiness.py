"""Whether what this process stands on is there: database, schema, storage."""

from functools import cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db
from app.logs import first_line
from app.storage import Storage, StorageError

MIGRATIONS = Path(__file__).parents[2] / "migrations"


@cache
def schema_head() -> str:
    """The newest migration that this code knows and needs."""
    return (MIGRATIONS / ".current-head").read_text().strip()


@cache
def known_revisions() -> frozenset[str]:
    """Every migration that this code knows: files are named after their revision."""
    return frozenset(path.stem for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def problems(storage: Storage) -> dict[str, str | None]:
    """What is wrong with "database", "schema" and "storage": a sentence for the log, or None."""
    database, schema = _database()
    return {"database": database, "schema": schema, "storage": _storage(storage)}


def _database() -> tuple[str | None, str | None]:
    problem = _unreachable()
    # The first to ask after a restart of the database meets a connection that died with it; the next gets a new one.
    if problem is not None and (problem := _unreachable()) is not None:
        return f"cannot be reached: {first_line(problem)}", "unknown"
    try:
        found = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        db.session.rollback()
        return None, "has no tables yet: run `flask --app wsgi db upgrade`"
    # A revision that this code does not know is a newer release's: in a rolling deploy the old tasks go on with it.
    if found != schema_head() and (found is None or found in known_revisions()):
        return None, f"is at {found}, this code needs {schema_head()}: run `flask --app wsgi db upgrade`"
    return None, None


def _unreachable() -> SQLAlchemyError | None:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as problem:
        db.session.rollback()
        return problem
    return None


def _storage(storage: Storage) -> str | None:
    try:
        storage.check()
    except StorageError as problem:
        return str(problem)
    return None
