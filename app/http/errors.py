"""Every refusal as JSON, in the shapes that Canvas clients read."""

from typing import Any

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.errors import (
    Conflict,
    Forbidden,
    Invalid,
    InvalidGrade,
    InvalidToken,
    LmsError,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from app.extensions import db
from app.logs import first_line, log
from app.storage import StorageError

STATUS: dict[type[LmsError], int] = {
    NotFound: 404,
    Unauthenticated: 401,
    InvalidToken: 401,
    Forbidden: 403,
    Conflict: 409,
    Unavailable: 503,
    TooManyRequests: 429,
    Invalid: 400,
    InvalidGrade: 400,
}
RETRY_SECONDS = "2"
STORAGE_GONE = "The file storage cannot be reached just now; try again."
DATABASE_GONE = "The database cannot be reached just now; try again."
COLLISIONS = ("40001", "40P01", "55P03")
"""PostgreSQL: serialization failure, deadlock, lock not to be had."""


def register(app: Flask) -> None:
    """Answer every error of this app in JSON."""
    app.register_error_handler(LmsError, refusal)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(IntegrityError, _taken)
    app.register_error_handler(DataError, _out_of_range)
    for kind in (OperationalError, InterfaceError, InternalError, PoolTimeout):
        app.register_error_handler(kind, _database_gone)
    app.register_error_handler(StorageError, _storage_gone)
    app.register_error_handler(Exception, _bug)


def answer(body: Any, status: int, **headers: str) -> Response:
    """A JSON response; what this request wrote and did not commit is undone."""
    db.session.rollback()
    response = current_app.make_response(current_app.json.response(body))
    response.status_code = status
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def refusal(error: LmsError) -> Response:
    """One of ours: the status by its kind, the body in its shape."""
    status = STATUS[type(error)]
    if isinstance(error, TooManyRequests):
        db.session.rollback()
        return Response(
            f"{status} Too Many Requests ({error.message})\n", status, mimetype="text/plain", headers={"Retry-After": RETRY_SECONDS}
        )
    if isinstance(error, Unavailable):
        return answer(body_of(error), status, Retry_After=RETRY_SECONDS)
    # Only a token that is not accepted gets the challenge: clients take it to mean "sign in again".
    challenge = {"WWW_Authenticate": 'Bearer realm="canvas-lms"'} if status == 401 else {}
    return answer(body_of(error), status, **challenge)


def body_of(error: LmsError) -> dict[str, Any]:
    """The JSON that tells of `error`."""
    if isinstance(error, Unauthenticated):
        return {"status": "unauthenticated", "errors": [{"message": error.message}]}
    if isinstance(error, Forbidden):
        return {"status": "unauthorized", "errors": [{"message": error.message}]}
    if isinstance(error, InvalidGrade):
        return {"error": error.message}
    if isinstance(error, Invalid) and error.fields:
        shown = {name: [{"attribute": name, "type": "invalid", "message": text} for text in texts] for name, texts in error.fields.items()}
        return {"errors": shown, "message": error.message}
    return {"errors": [{"message": error.message}]}


def http_error(error: HTTPException) -> Response:
    """One of werkzeug's: unknown path or method, a body too large."""
    message = NotFound.message if error.code == 404 else error.description or error.name
    response = answer({"errors": [{"message": message}]}, error.code or 500)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _taken(error: IntegrityError) -> Response:
    """Two requests wanted the same unique thing, or one names a thing that has just gone; checks before the write say it better."""
    log.info("integrity", problem=type(error.orig).__name__, route=str(request.url_rule))
    return answer({"errors": [{"message": "It is already taken, or refers to something that does not exist."}]}, 400)


def _out_of_range(error: DataError) -> Response:
    log.info("data", problem=type(error.orig).__name__, route=str(request.url_rule))
    return answer({"errors": [{"message": "A value is too long or out of range."}]}, 400)


def _database_gone(error: Exception) -> Response:
    log.error("database", problem=first_line(error), route=str(request.url_rule))
    collided = getattr(getattr(error, "orig", None), "sqlstate", None) in COLLISIONS
    return refusal(Unavailable("Somebody else changed the same things just now; try again." if collided else DATABASE_GONE))


def _storage_gone(error: StorageError) -> Response:
    log.error("storage", problem=str(error), route=str(request.url_rule))
    return refusal(Unavailable(STORAGE_GONE))


def _bug(error: Exception) -> Response:
    log.error("unhandled", exc_info=error, route=str(request.url_rule))
    return answer(
        {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}], "error_report_id": g.get("request_id")}, 500
    )
