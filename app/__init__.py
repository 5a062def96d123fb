"""Nation's LAB LMS: a learning-management backend that speaks the Canvas REST API."""

import os
from collections.abc import Mapping

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import api, cli, logs
from app.config import THREADS, Settings, load_or_exit
from app.extensions import db, engine_options
from app.http import cors, lifecycle, oidc
from app.http import errors as http_errors  # not `errors`: that is app.errors
from app.http.json import OrjsonProvider
from app.http.lookup import RefConverter
from app.http.request import MOST_PAIRS, LmsRequest
from app.storage import open_storage

MOST_BODY_BYTES = 1024 * 1024


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """The application, from the environment's settings. A missing or bad one ends the process with one line that names it."""
    settings = load_or_exit(os.environ if environ is None else environ)
    app = Flask(__name__)
    configure(app, settings)
    db.init_app(app)
    app.extensions["lms_storage"] = open_storage(settings.storage_url)
    app.extensions["lms_oidc"] = oidc.verifier(settings)
    lifecycle.register(app)
    cors.register(app, settings.cors_origins)
    http_errors.register(app)
    api.register(app)
    cli.register(app)
    return app


def configure(app: Flask, settings: Settings) -> None:
    """Everything that is set before the first request."""
    logs.configure(settings.log_level)
    app.config.update(
        LMS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url, THREADS),
        MAX_CONTENT_LENGTH=MOST_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BODY_BYTES,
        MAX_FORM_PARTS=MOST_PAIRS,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.request_class = LmsRequest
    app.json = OrjsonProvider(app)
    app.url_map.strict_slashes = False
    app.url_map.converters["ref"] = RefConverter
    # One load balancer stands in front: its word counts for the client's address and scheme, nobody's for the host.
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=0, x_port=0, x_prefix=0)  # type: ignore[method-assign]
