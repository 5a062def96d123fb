"""An identity provider for tests: a web server with real RSA keys, which signs what it is told to."""

import base64
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

AUDIENCE = "the-front-end"
ADMINS = "lms-admins"


def new_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def jwk(key: rsa.RSAPrivateKey, kid: str, **more: Any) -> dict[str, Any]:
    """The public half, as a JWK set lists it."""
    numbers = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return {"kty": "RSA", "n": numbers["n"], "e": numbers["e"], "kid": kid, "alg": "RS256", "use": "sig", **more}


def encoded(part: object) -> str:
    """A part of a JWT, made by hand."""
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def in_groups(groups: object) -> dict[str, Any]:
    """The claim of Cognito."""
    return {"cognito:groups": groups}


@dataclass
class Provider:
    """Answers at `url`; `key` signs, as `kid`."""

    url: str
    key: rsa.RSAPrivateKey
    kid: str = "first"
    keys: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    body: bytes | None = None
    location: str | None = None
    wait: Callable[[], object] = lambda: None
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = [jwk(self.key, self.kid)]

    def answer(self) -> bytes:
        return json.dumps({"keys": self.keys}).encode() if self.body is None else self.body

    def claims(self, **claims: Any) -> dict[str, Any]:
        """Those of an ID token of Cognito; None leaves one out."""
        now = int(time.time())
        whole = {"iss": self.url, "sub": "sub-1", "aud": AUDIENCE, "token_use": "id", "iat": now, "exp": now + 300, **claims}
        return {name: value for name, value in whole.items() if value is not None}

    def token(self, *, key: Any = None, kid: str | None = None, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token with those claims."""
        named = {"kid": kid or self.kid, **(headers or {})}
        return jwt.PyJWS().encode(json.dumps(self.claims(**claims)).encode(), key or self.key, algorithm="RS256", headers=named)


def serving(key: rsa.RSAPrivateKey) -> tuple[Provider, ThreadingHTTPServer]:
    """A provider on a free port of this machine; whoever starts it shuts its server down."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            provider.wait()
            self.send_response(provider.status)
            if provider.location:
                self.send_header("Location", provider.location)
            body = provider.answer()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}/pool", key)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return provider, server
