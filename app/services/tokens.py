"""Access tokens: made, found and revoked; only their hash is kept."""

import datetime as dt
import hashlib
import secrets

from app.errors import Forbidden
from app.extensions import db
from app.models.tokens import AccessToken
from app.models.types import utc_now
from app.models.users import User
from app.services.permissions import Caller, require

SECRET_BYTES = 32


def hash_token(secret: str) -> bytes:
    """What is stored of a token: its SHA-256 (the secret is random, so a slow hash would add nothing)."""
    return hashlib.sha256(secret.encode()).digest()


def issue(user_id: int, purpose: str, expires_at: dt.datetime | None = None) -> tuple[AccessToken, str]:
    """A new token and its secret, which is not kept."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    token = AccessToken(
        user_id=user_id,
        token_hash=hash_token(secret),
        hint=secret[:5],
        purpose=purpose,
        expires_at=expires_at,
        created_at=utc_now(),
    )
    db.session.add(token)
    db.session.flush()
    return token, secret


def require_may_manage(caller: Caller, owner: User | None) -> None:
    """A user's own tokens, or any but another admin's for an admin; nobody makes tokens while acting as somebody else.

    That a user does not exist (None) is told only to those who may ask about everybody. Raises Forbidden.
    """
    if caller.masquerading:
        raise Forbidden("tokens cannot be managed while acting as somebody else")
    own = owner is not None and owner.id == caller.id
    require(own or (caller.admin and not (owner is not None and owner.admin)))
