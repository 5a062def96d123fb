"""Which other sites' pages may call the API from a browser: none, unless CORS_ORIGINS names them."""

from collections.abc import Collection

from flask import Flask, Response, request

EXPOSED = "Link, X-Rate-Limit-Remaining, X-Request-Cost, X-Request-Id"
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
ALLOWED = "Authorization, Content-Type, X-Request-Id"
SECONDS = "600"


def register(app: Flask, origins: Collection[str]) -> None:
    """Answer browsers for the pages of `origins`."""

    @app.after_request
    def tell(response: Response) -> Response:
        if not request.path.startswith("/api/"):
            return response
        response.headers.add("Vary", "Origin")
        origin = request.headers.get("Origin", "")
        if origin in origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = METHODS
                response.headers["Access-Control-Allow-Headers"] = ALLOWED
                response.headers["Access-Control-Max-Age"] = SECONDS
        return response
