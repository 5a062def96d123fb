"""JSON in and out by orjson: dates as `YYYY-MM-DDTHH:MM:SSZ`, ids as numbers or, where a client asks, as strings."""

from typing import Any

import orjson
from flask import Flask, Response, has_request_context, request
from flask.json.provider import JSONProvider

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC | orjson.OPT_OMIT_MICROSECONDS | orjson.OPT_NON_STR_KEYS
STRING_IDS = "application/json+canvas-string-ids"


class OrjsonProvider(JSONProvider):
    """What Flask turns dicts and lists into responses with."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)

    def dumps(self, obj: Any, **_: Any) -> str:
        """JSON text."""
        return orjson.dumps(obj, option=OPTIONS).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """From JSON text."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """A JSON response of the one positional argument."""
        body = self._prepare_response_obj(args, kwargs)
        if has_request_context() and STRING_IDS in request.headers.get("Accept", ""):
            body = with_string_ids(body)
        return Response(orjson.dumps(body, option=OPTIONS), mimetype="application/json")


def with_string_ids(node: Any, key: str = "") -> Any:
    """A copy in which every number under `id`, `…_id` or `…_ids` is a string."""
    if isinstance(node, dict):
        return {name: with_string_ids(value, str(name)) for name, value in node.items()}
    if isinstance(node, list):
        return [with_string_ids(value, key) for value in node]
    is_id = isinstance(node, int) and not isinstance(node, bool) and (key == "id" or key.endswith(("_id", "_ids")))
    return str(node) if is_id else node
