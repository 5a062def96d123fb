"""The parameters of a request as one tree, from its query and its body in any of the four encodings."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

import orjson
from flask import Request, g, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from app.errors import Invalid
from app.http.brackets import DEEPEST, BadShape, Tree, nest

MOST_PAIRS = 20_000


class OrderedForm(ImmutableMultiDict[str, str]):
    """Form fields that remember the order in which they came: lists of hashes are spelled by it."""

    def __init__(self, fields: Iterable[tuple[str, str]] | None = None) -> None:
        self.pairs = list(fields or ())
        super().__init__(self.pairs)


class LmsRequest(Request):
    """Flask's request with forms that keep their order."""

    parameter_storage_class = OrderedForm


def params() -> Tree:
    """Query and body of this request as one tree; where both give a key, the body's counts. Raises Invalid."""
    if "params" not in g:
        try:
            tree = {**nest(_pairs(request.query_string.decode("utf-8", "replace"))), **_body()}
        except BadShape as problem:
            raise Invalid(str(problem)) from problem
        _refuse_what_no_column_takes(tree)
        g.params = tree
    found: Tree = g.params
    return found


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PAIRS)
    except ValueError as problem:
        raise Invalid("There are too many parameters.") from problem


def _body() -> Tree:
    kind = request.mimetype
    if kind == "application/json" or kind.endswith("+json"):
        return _json(_raw())
    if kind == "application/x-www-form-urlencoded":
        return nest(_pairs(_raw().decode("utf-8", "replace")))
    if kind == "multipart/form-data":
        return nest(request.form.pairs if isinstance(request.form, OrderedForm) else ())
    return {}


def _raw() -> bytes:
    """The body. One without a Content-Length is cut at the limit: say that it is too large, not that its half is broken."""
    data = request.get_data()
    if request.content_length is None and len(data) >= (request.max_content_length or len(data) + 1):
        raise RequestEntityTooLarge
    return data


def _json(text: bytes) -> Tree:
    if not text.strip():  # axios sends the header with GET and DELETE, and no body
        return {}
    try:
        tree = orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        raise Invalid(f"The body is not valid JSON: {problem}") from problem
    if not isinstance(tree, dict):
        raise Invalid("The body must be a JSON object.")
    return tree


def _refuse_what_no_column_takes(node: Any, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise Invalid("The parameters nest too deep.")
    if isinstance(node, str):
        if "\0" in node:
            raise Invalid("A parameter contains a NUL character.")
    elif isinstance(node, dict):
        for key, value in node.items():
            _refuse_what_no_column_takes(key, depth)
            _refuse_what_no_column_takes(value, depth + 1)
    elif isinstance(node, list):
        for value in node:
            _refuse_what_no_column_takes(value, depth + 1)
