"""Positions of the rows of a list: 1, 2, 3… without gaps; whoever calls these holds the lock of the list."""

from typing import Any

from sqlalchemy import func, select, update

from app.errors import Invalid
from app.extensions import db
from app.models.writes import make_room

UNSEEN = {"synchronize_session": False}


def insert_at(model: Any, position: int | None, *scope: Any, most: int | None = None) -> int:
    """Where a new row of `scope` goes: at `position`, the others moved down, but never beyond the end; last if none is given.

    Raises Invalid where there are `most` already.
    """
    count: int = db.session.scalar(select(func.count(model.id)).where(*scope)) or 0
    if most is not None and count >= most:
        raise Invalid(f"There can be at most {most} of them.")
    close_gaps(model, *scope)
    if position is None or position > count:
        return count + 1
    make_room(model, position, *scope)
    return position


def take_out(model: Any, position: int, *scope: Any) -> None:
    """Close the gap that a row of `scope` leaves at `position`; the row itself is not in `scope`."""
    db.session.execute(
        update(model).where(model.position > position, *scope).values(position=model.position - 1, updated_at=model.updated_at),
        execution_options=UNSEEN,
    )


def move(model: Any, row: Any, position: int, *scope: Any) -> None:
    """Give `row`, one of `scope`, that position; the others close up and make room."""
    others = (*scope, model.id != row.id)
    take_out(model, row.position, *others)
    row.position = insert_at(model, position, *others)


def close_gaps(model: Any, *scope: Any) -> None:
    """Number the rows of `scope` anew where an earlier release, or a row that came from another list, left gaps or two of one number."""
    number = func.row_number().over(order_by=(model.position, model.id)).label("number")
    numbered = select(model.id, number).where(*scope).subquery()
    wrong = update(model).where(model.id == numbered.c.id, model.position != numbered.c.number)
    db.session.execute(wrong.values(position=numbered.c.number, updated_at=model.updated_at), execution_options=UNSEEN)
