"""Reads of columns: statements that are built once, run past the ORM, which would make each row a second time."""

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from sqlalchemy import ARRAY, BigInteger, Boolean, ColumnElement, CursorResult, Dialect, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.extensions import db
from app.models.types import Rows


def read(statement: Rows, values: Mapping[str, Any] | None = None) -> CursorResult[*tuple[Any, ...]]:
    """The rows of a statement that selects columns; `values` are for its bindparams. What the session has changed is there already."""
    session = db.session()
    session.flush()
    return session.connection().execute(statement, values)


class _Ids(TypeDecorator[Collection[int]]):
    """Numbers as one value: an array, or JSON where there are none."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(BigInteger) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> Any:
        ids = list(value or ())
        return ids if dialect.name == "postgresql" else orjson.dumps(ids).decode()


class _Among(FunctionElement[bool]):
    """A column, and the parameter that holds the numbers."""

    name = "among"
    type = Boolean()
    inherit_cache = True


@compiles(_Among)
def _in_json(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, ids = element.clauses
    return f"{compiler.process(column, **how)} IN (SELECT value FROM json_each({compiler.process(ids, **how)}))"  # noqa: S608 - no text of users


@compiles(_Among, "postgresql")
def _any_of_array(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, ids = element.clauses
    return f"{compiler.process(column, **how)} = ANY ({compiler.process(ids, **how)})"


def among(column: Any, name: str) -> ColumnElement[bool]:
    """`column.in_(...)` with the numbers as one parameter of that name: the same statement, whatever their number."""
    return _Among(column, bindparam(name, type_=_Ids()))
