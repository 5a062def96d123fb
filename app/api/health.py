"""Whether this process is fit to serve, and what it is: for load balancers, pipelines and people."""

from flask import Blueprint, Response, current_app, make_response, render_template
from typing_extensions import TypedDict

from app.http.hosts import base_url, settings
from app.logs import log
from app.services.readiness import problems, schema_head

blueprint = Blueprint("health", __name__, template_folder="../templates")


class HealthJSON(TypedDict):
    """Whether this process may be sent requests."""

    status: str
    checks: dict[str, str]


class VersionJSON(TypedDict):
    """What is running."""

    commit: str
    version: str
    schema_head: str


@blueprint.get("/health")
def health() -> tuple[HealthJSON, int]:
    """Tell whether to send requests here: 503 until database, schema and storage have answered once in this process.

    From then on it looks at nothing: a moment without database must not make the load balancer kill every task.
    """
    if current_app.extensions.get("lms_was_ready"):
        return {"status": "ok", "checks": {}}, 200
    body, status = _checked()
    current_app.extensions["lms_was_ready"] = status == 200
    return body, status


@blueprint.get("/ready")
def ready() -> tuple[HealthJSON, int]:
    """Tell whether database, schema and storage answer now: 200, or 503 with what does not."""
    return _checked()


@blueprint.get("/version")
def version() -> VersionJSON:
    """Tell which commit, version and schema head this is."""
    return {"commit": settings().git_sha, "version": settings().app_version, "schema_head": schema_head()}


@blueprint.get("/")
def home() -> Response:
    """Show a short page: what this is, and where to go on."""
    response = make_response(render_template("home.html", base_url=base_url(), version=settings().app_version))
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return response


def _checked() -> tuple[HealthJSON, int]:
    found = problems(current_app.extensions["lms_storage"])
    wrong = {name: problem for name, problem in found.items() if problem}
    if wrong:
        log.error("not_ready", **wrong)
    # Details are for the log: this answer is public.
    checks = {name: "failing" if problem else "ok" for name, problem in found.items()}
    return {"status": "unavailable" if wrong else "ok", "checks": checks}, 503 if wrong else 200
