"""Pages of lists: `page`, `per_page` and the Link header."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode
from weakref import WeakKeyDictionary

from flask import g, request
from sqlalchemy import BigInteger, Integer, bindparam

from app.http.hosts import base_url
from app.http.request import params
from app.models.reads import read
from app.models.types import AnyRow, Rows

DEFAULT_PER_PAGE = 10
MOST_PER_PAGE = 100
LAST_PAGE = 10**9
T = TypeVar("T")
PAGED: WeakKeyDictionary[Rows, Rows] = WeakKeyDictionary()
View = TypeVar("View", bound=Callable[..., Any])


def _whole(name: str, default: int, most: int) -> int:
    """Nonsense counts as not said, too much as the most."""
    text = str(params().get(name, ""))
    number = int(text[:20]) if text.isascii() and text.isdigit() else 0
    return min(number, most) if number > 0 else default


def unpaged(view: View) -> View:
    """Marks a route whose list has one part for each part of the request, and so no pages."""
    view.unpaged = True  # type: ignore[attr-defined]  # read by app/http/openapi.py
    return view


def page(statement: Rows, values: Mapping[str, Any] | None = None, whole: Callable[[Rows], Rows] | None = None) -> Sequence[AnyRow]:
    """The rows of the page that the request asks for; the statement says the order, and what `values` are for.

    One row more tells whether there is a next page. `whole` makes the rows from a statement that only picks them: where many come
    before a page, it is cheaper to pass over their numbers than over all that belongs to them.
    """
    number, size = asked()
    picked = _paged(statement)
    bounds = {"page_rows": size + 1, "page_start": (number - 1) * size}
    rows = read(whole(picked) if whole else picked, {**(values or {}), **bounds}).all()
    return cut(rows, number, size)


def _paged(statement: Rows) -> Rows:
    """The statement for any page. Of one that is built once this is made once too, and SQLAlchemy keeps with it what it knows."""
    found = PAGED.get(statement)
    if found is None:
        found = PAGED[statement] = statement.limit(bindparam("page_rows", type_=Integer)).offset(bindparam("page_start", type_=BigInteger))
    return found


def asked() -> tuple[int, int]:
    """Which page, from 1, of how many rows."""
    return _whole("page", 1, LAST_PAGE), _whole("per_page", DEFAULT_PER_PAGE, MOST_PER_PAGE)


def cut(rows: Sequence[T], number: int, size: int) -> Sequence[T]:
    """The page without the row that tells of the next one; the links around it go into the response."""
    more = len(rows) > size
    g.link = _link(number, size, more=more, empty=not rows)
    return rows[:size]


def _link(number: int, size: int, *, more: bool, empty: bool) -> str:
    """`last` is told only where it is known without counting: on the last page itself."""
    pages = {"current": number}
    if more:
        pages["next"] = number + 1
    if number > 1:
        pages["prev"] = number - 1
    pages["first"] = 1
    if not more and not (empty and number > 1):
        pages["last"] = number
    return ",".join(f'<{_url(at, size)}>; rel="{rel}"' for rel, at in pages.items())


def _url(number: int, size: int) -> str:
    """The same path with every parameter of the query but the token; commas are escaped, clients split at them."""
    pairs = parse_qsl(request.query_string.decode("utf-8", "replace"), keep_blank_values=True)
    kept = [(key, value) for key, value in pairs if key not in ("access_token", "page", "per_page")]
    query = urlencode([*kept, ("page", number), ("per_page", size)], quote_via=quote)
    return f"{base_url()}{quote(request.path, safe='/:')}?{query}"
