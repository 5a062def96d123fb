"""The objects that the app is wired to: the tables' base and the session."""

import sqlite3
from typing import Any

import orjson
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.orm import DeclarativeBase

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLITE_BUSY_SECONDS = 15
STATEMENT_TIMEOUT_SECONDS = 30


class Base(DeclarativeBase):
    """Every table derives from this; its constraints are named so that migrations can name them too."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


# What was written stays readable after the commit, without asking again.
db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


def engine_options(url: str, threads: int) -> dict[str, Any]:
    """SQLAlchemy engine options for `url`: a persistent pool of one connection a thread, UTC, JSON by orjson."""
    options: dict[str, Any] = {
        "hide_parameters": True,
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
    }
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": SQLITE_BUSY_SECONDS}
    else:
        options["connect_args"] = {"connect_timeout": 5, "options": f"-c timezone=UTC -c statement_timeout={STATEMENT_TIMEOUT_SECONDS}s"}
        options |= {"pool_size": threads, "max_overflow": 2, "pool_timeout": 10, "pool_use_lifo": True}
    return options


@event.listens_for(Engine, "connect")
def _sqlite_connected(connection: object, _record: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")


@event.listens_for(Engine, "begin")
def _sqlite_begins(connection: Connection) -> None:
    # SQLite cannot upgrade a read lock that another writer has overtaken: whoever may write takes the write lock first.
    if connection.dialect.name == "sqlite" and connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
