"""Sign-in by the organisation's identity provider: a JWT in the header, checked here, names somebody by `iss` and `sub`."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.config import Settings
from app.errors import InvalidToken
from app.http.jwks import Keys

ALGORITHM = "RS256"
MOST_CHARACTERS = 8192
LONGEST = 255
LEEWAY_SECONDS = 30
"""How far the provider's clock may be from ours."""
NAMES = ("name", "preferred_username", "cognito:username", "username")
Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whom a token speaks of."""

    issuer: str
    subject: str
    admin: bool
    """By a group of theirs."""
    expires: int
    name: str | None
    email: str | None
    """Only one that the provider has verified."""


def looks_signed(secret: str) -> bool:
    """Whether that has the three parts of a JWT: our own tokens hold no dot."""
    return secret.count(".") == 2


class Verifier:
    """Checks tokens by the settings. All that it refuses is InvalidToken: what exactly is wrong is nobody's business."""

    def __init__(self, settings: Settings) -> None:
        from joserfc.jws import JWSRegistry  # 70 ms of CPU and 19 MiB: only for those who have a provider
        from joserfc.jwt import JWTClaimsRegistry

        self.settings = settings
        self.keys = Keys(settings.oidc_jwks_url)
        # Headers that are not in the standard (Microsoft's `nonce`) are no reason to refuse; what `crit` demands is.
        self.registry = JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)
        self.claims = JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": settings.oidc_issuer},
            sub={"essential": True},
            exp={"essential": True},
        )

    def verify(self, token: str) -> SignedIn:
        """Who that is. Raises InvalidToken, and Unavailable where the provider's keys are needed and cannot be had."""
        from joserfc import jwt  # see __init__
        from joserfc.errors import JoseError

        if len(token) > MOST_CHARACTERS or not token.isascii():
            raise InvalidToken
        key = self.keys.find(key_name(token))
        try:
            claims = jwt.decode(token, key, algorithms=[ALGORITHM], registry=self.registry).claims
            self.claims.validate(claims)
        except (JoseError, ValueError, TypeError, RecursionError, OverflowError) as problem:
            raise InvalidToken from problem
        if not (self._for_us(claims) and claims.get("token_use") in (None, "access", "id")):
            raise InvalidToken
        return self._signed_in(claims)

    def _for_us(self, claims: Claims) -> bool:
        """By `aud`; Cognito's access tokens have none, and name the application in `client_id`."""
        audience = claims.get("aud")
        if audience is None and claims.get("token_use") == "access":
            audience = claims.get("client_id")
        named = audience if isinstance(audience, list) else [audience]
        return any(name in self.settings.oidc_audience for name in named if isinstance(name, str))

    def _signed_in(self, claims: Claims) -> SignedIn:
        subject = _clean(claims["sub"])
        if subject is None or subject != claims["sub"]:
            raise InvalidToken
        groups = claims.get(self.settings.oidc_roles_claim)
        group = self.settings.oidc_admin_group
        return SignedIn(
            issuer=self.settings.oidc_issuer,
            subject=subject,
            admin=bool(group) and (groups == group or (isinstance(groups, list) and group in groups)),
            expires=int(claims["exp"]),
            name=next((name for name in (_clean(claims.get(claim)) for claim in NAMES) if name), None),
            email=_clean(claims.get("email")) if claims.get("email_verified") in (True, "true") else None,
        )


def verifier(settings: Settings) -> Verifier | None:
    """What checks tokens, if there is a provider."""
    return Verifier(settings) if settings.oidc_issuer else None


def key_name(token: str) -> str:
    """Which key the token says it is signed with: all that is read of it before its signature is checked. Raises InvalidToken."""
    segment = token.partition(".")[0]
    try:
        header = json.loads(base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as problem:
        raise InvalidToken from problem
    # Before the provider is asked for anything. `jwk`, `jku` and `x5u`, by which a token would bring its own key, are not looked at.
    if not isinstance(header, dict) or header.get("alg") != ALGORITHM or not isinstance(header.get("kid"), str):
        raise InvalidToken
    return str(header["kid"])


def _clean(value: object) -> str | None:
    """A claim that a column takes: text that can be shown and is not too long."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if text and text.isprintable() and len(text) <= LONGEST else None
