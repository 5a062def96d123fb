"""Writes that both databases spell in their own way."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite

from app.extensions import db
from app.models.reads import read
from app.models.types import Rows


def insert_unless_there(model: Any, **values: Any) -> int | None:
    """Insert a row unless a unique index has one like it; one statement, so two at once make one row. Returns the new row's id, or None."""
    made: int | None = read(_insert(model, db.session.get_bind().dialect.name), values).scalar()
    return made


@cache
def _insert(model: Any, dialect: str) -> Any:
    return (postgresql if dialect == "postgresql" else sqlite).insert(model).on_conflict_do_nothing().returning(model.id)


def insert_rows_unless_there(model: Any, columns: Sequence[str], rows: Rows) -> None:
    """Insert what `rows` selects, which has a WHERE, except where a unique index has one like it."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    db.session.execute(dialect.insert(model).from_select(columns, rows).on_conflict_do_nothing())


def make_room(model: Any, position: int, *scope: Any) -> None:
    """Move the rows of `scope` at and after `position` down by one, so that a row put there comes first."""
    db.session.execute(
        update(model).where(model.position >= position, *scope).values(position=model.position + 1),
        execution_options={"synchronize_session": False},
    )
