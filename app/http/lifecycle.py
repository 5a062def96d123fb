"""What happens around every request: id, host, sign-in and limit before; headers and a log line after."""

import re
import secrets
import time

import structlog
from flask import Flask, Request, Response, g, request
from flask.sessions import NullSession, SessionInterface, SessionMixin

from app.errors import TooManyRequests
from app.http import auth, limits
from app.http.hosts import check_host
from app.logs import log

API = "/api/v1/"
REQUEST_ID = re.compile(r"[\w.-]{8,64}", re.ASCII)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class NoSessions(SessionInterface):
    """Nobody is remembered between requests: no cookie is read or written."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        """Nothing that could be kept."""
        return NOTHING

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Nothing is."""


NOTHING = NullSession()


def register(app: Flask) -> None:
    """Attach to `app`."""
    app.extensions["rate_limits"] = limits.Buckets()
    app.session_interface = NoSessions()

    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        structlog.contextvars.bind_contextvars(request_id=g.request_id)
        check_host()
        view = app.view_functions.get(request.endpoint or "")
        if request.path.startswith(API) and request.routing_exception is None and request.method != "OPTIONS" and not _anonymous(view):
            auth.authenticate(getattr(view, "most_bytes", None))
            if app.extensions["rate_limits"].full(g.caller.real_id, limits.clock()):
                raise TooManyRequests

    @app.after_request
    def finish(response: Response) -> Response:
        seconds = time.perf_counter() - g.started
        headers = response.headers
        headers.extend([(name, value) for name, value in HEADERS.items() if name not in headers])
        headers["X-Request-Id"] = g.request_id
        if request.path.startswith(API):
            _api_headers(app, response, limits.cost_of(seconds))
        who = g.get("caller")
        log.info(
            "request",
            method=request.method,
            route=str(request.url_rule or "none"),
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            user=who.id if who else None,
            **({"real_user": who.real_id} if who and who.masquerading else {}),
        )
        return response

    @app.teardown_request
    def end(_: BaseException | None) -> None:
        structlog.contextvars.clear_contextvars()


def _anonymous(view: object) -> bool:
    """Whether the view takes a signature in place of a token."""
    return getattr(view, "anonymous", False)


def _api_headers(app: Flask, response: Response, cost: float) -> None:
    if "link" in g and response.status_code == 200:
        response.headers["Link"] = g.link
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Request-Cost"] = f"{cost:.4f}"
    if "caller" in g:
        left = app.extensions["rate_limits"].add(g.caller.real_id, cost, limits.clock())
        response.headers["X-Rate-Limit-Remaining"] = f"{left:.2f}"
