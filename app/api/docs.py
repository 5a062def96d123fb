"""The API's documentation: made from the routes, readable without internet."""

from pathlib import Path
from typing import Any

import flask_swagger_ui
from flask import Blueprint, Response, current_app, make_response, render_template, send_from_directory

from app.http.hosts import base_url, settings
from app.http.openapi import document

blueprint = Blueprint("docs", __name__, template_folder="../templates")
ASSETS = Path(flask_swagger_ui.__file__).parent / "dist"
START = """SwaggerUIBundle({
  url: "/api/openapi.json", dom_id: "#swagger-ui", deepLinking: true, docExpansion: "none", persistAuthorization: true,
});
"""
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"


@blueprint.get("/api/openapi.json")
def openapi() -> dict[str, Any]:
    """Describe every operation in OpenAPI 3.1."""
    found = current_app.extensions.get("lms_openapi")
    if found is None:
        found = current_app.extensions["lms_openapi"] = document(current_app, settings().app_version)
    return {**found, "servers": [{"url": base_url()}]}


@blueprint.get("/docs")
def docs() -> Response:
    """Show the documentation, to read and to try."""
    response = make_response(render_template("docs.html"))
    response.headers["Content-Security-Policy"] = POLICY
    return response


@blueprint.get("/docs/start.js")
def start() -> Response:
    """Serve the script that opens the documentation."""
    return Response(START, mimetype="text/javascript")


@blueprint.get("/docs/<path:name>")
def asset(name: str) -> Response:
    """Serve a part of the documentation's viewer."""
    return send_from_directory(ASSETS, name, max_age=86400)
