"""GitHub's token endpoint: signed tokens for the jobs of the workflows that are played.

On GitHub each job has its own request URL and token. Here all share one, so that the job is told by the process that asks:
its environment names the job, and the workflow files say what GitHub would put in the token (or that it would give none).
"""

import hmac
import json
import secrets
import time
import urllib.parse
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jwt
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.rehearsal.aws import peer
from tests.rehearsal.aws.claims import ISSUER, Identifiers, NoToken, claims, find_job
from tests.rehearsal.aws.serving import Exchange, Server

LIFETIME = 300  # seconds
KEY_ID = "rehearsal"
ALGORITHM = "RS256"


class Issuer:
    """Signs tokens with a key of its own, and checks them."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def sign(self, found: Mapping[str, str], now: float) -> str:
        """A token with these claims, valid for five minutes from `now` (seconds since 1970)."""
        times = {"iat": int(now), "nbf": int(now) - 5, "exp": int(now) + LIFETIME}
        return jwt.encode({**found, "jti": str(uuid.uuid4()), **times}, self._key, ALGORITHM, headers={"kid": KEY_ID})

    def read(self, token: str) -> dict[str, Any]:
        """The claims of a token, whose signature is checked but neither its time nor its audience.

        Raises:
            ValueError: it is no token, or not one of this issuer.

        """
        try:
            options: Any = {"verify_exp": False, "verify_aud": False, "verify_nbf": False, "verify_iat": False}
            return dict(jwt.decode(token, self._key.public_key(), [ALGORITHM], options=options))
        except jwt.PyJWTError as error:
            raise ValueError(str(error)) from error

    def keys(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set."""
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": KEY_ID, "use": "sig", "alg": ALGORITHM}]}


class TokenEndpoint:
    """The endpoint at `address`; `workflows` is the folder of the played repository's workflow files.

    `variables_of` tells the environment of the job at the other end of a connection. With `identifiers` the subject has the form
    of repositories created since July 2026.

    Raises:
        OSError: the address is taken.

    """

    def __init__(
        self,
        *,
        address: tuple[str, int],
        issuer: Issuer,
        workflows: Path,
        identifiers: Identifiers | None = None,
        variables_of: Callable[[tuple[str, int]], Mapping[str, str]] = lambda address: peer.environment(address, "GITHUB_JOB"),
    ) -> None:
        self.token = secrets.token_urlsafe(24)
        self._issuer, self._workflows, self._identifiers, self._variables_of = issuer, workflows, identifiers, variables_of
        self._server = Server(address)
        self._server.start(self._handle)

    @property
    def url(self) -> str:
        """The value of ``ACTIONS_ID_TOKEN_REQUEST_URL``; callers append ``&audience=``."""
        host, port = self._server.address
        return f"http://{host}:{port}/token?api-version=2.0"

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def _handle(self, exchange: Exchange) -> None:
        status, body = self._answer(exchange)
        exchange.answer(status, json.dumps(body).encode())

    def _answer(self, exchange: Exchange) -> tuple[int, Any]:
        if exchange.path == "/.well-known/openid-configuration":
            return 200, {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/.well-known/jwks", "id_token_signing_alg_values_supported": [ALGORITHM]}
        if exchange.path == "/.well-known/jwks":
            return 200, self._issuer.keys()
        if exchange.path != "/token":
            return 404, {"message": "not found"}
        if not hmac.compare_digest(exchange.head.get("authorization").partition(" ")[2].encode(), self.token.encode()):
            return 401, {"message": "the request token is wrong"}
        return self._token(exchange)

    def _token(self, exchange: Exchange) -> tuple[int, Any]:
        query = urllib.parse.parse_qs(exchange.target.partition("?")[2])
        try:
            variables = self._variables_of(exchange.client)
            job = find_job(read_workflows(self._workflows), variables["GITHUB_JOB"], variables.get("GITHUB_WORKFLOW", ""))
        except (peer.Unknown, NoToken, KeyError) as error:
            return 403, {"message": str(error)}
        default = f"https://github.com/{variables.get('GITHUB_REPOSITORY', '').partition('/')[0]}"
        audience = query.get("audience", [default])[0]
        return 200, {"value": self._issuer.sign(claims(job, variables, audience=audience, identifiers=self._identifiers), time.time())}


def read_workflows(folder: Path) -> dict[str, Mapping[str, Any]]:
    """The workflow files of a folder by name, parsed; what is no mapping is left out."""
    parsed = {file.name: yaml.safe_load(file.read_text()) for file in sorted(folder.glob("*.y*ml"))}
    return {name: content for name, content in parsed.items() if isinstance(content, dict)}
