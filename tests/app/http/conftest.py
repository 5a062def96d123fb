"""What the tests of the shared grammar share: an app without a database, and the log lines of the real one."""

import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from flask import Flask, Response, jsonify
from hypothesis import HealthCheck, settings

from app.errors import Invalid
from app.http.request import LmsRequest, params

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For properties: a busy machine is no failure."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(scope="session")
def echo() -> Flask:
    """An app without a database that answers every request with the tree it read."""
    app = Flask("echo")
    app.request_class = LmsRequest

    @app.route("/", methods=METHODS)
    def tree() -> Response:
        return jsonify(params())

    @app.errorhandler(Invalid)
    def refuse(error: Invalid) -> tuple[str, int]:
        return error.message, 400

    return app


@pytest.fixture
def log_lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Reads the JSON lines that the app has written to its log since the test began."""
    before = structlog.get_config()
    stream = StringIO()
    structlog.configure(**{**before, "logger_factory": structlog.WriteLoggerFactory(stream)})
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.configure(**before)
