"""Column types that both databases agree on."""

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Dialect, Double, ForeignKey, Integer, Row, Select, String, Text
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator


def utc_now() -> dt.datetime:
    """The present instant, in UTC, to the second: what the API shows is what is stored."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An instant. Takes aware datetimes only; gives back aware ones in UTC (SQLite keeps no zone of its own)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """To the database: UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone names no instant")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """From SQLite: say that it is UTC."""
        return value.replace(tzinfo=dt.UTC) if value else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """PostgreSQL's answers, in a UTC session, are right as they come: no call per value."""
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)


Rows = Select[*tuple[Any, ...]]
"""A statement that gives rows of columns."""
AnyRow = Row[*tuple[Any, ...]]
"""One of its rows; columns are read by name."""

# SQLite numbers rows by itself only for INTEGER PRIMARY KEY.
BigId = BigInteger().with_variant(Integer, "sqlite")
Key = Annotated[int, mapped_column(BigId, primary_key=True)]
Name = Annotated[str, mapped_column(String(255))]
State = Annotated[str, mapped_column(String(20))]
LongText = Annotated[str | None, mapped_column(Text)]
Number = Annotated[float, mapped_column(Double)]
Instant = Annotated[dt.datetime, mapped_column(UtcDateTime)]
OptionalInstant = Annotated[dt.datetime | None, mapped_column(UtcDateTime)]
CreatedAt = Annotated[dt.datetime, mapped_column(UtcDateTime, default=utc_now)]
UpdatedAt = Annotated[dt.datetime, mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)]


def references(column: str, *, index: bool = False, nullable: bool = False) -> Any:
    """A foreign key to `table.id`."""
    return mapped_column(BigId, ForeignKey(column), index=index, nullable=nullable)
