"""Access tokens as Canvas shows them: the secret once, when it is made."""

import datetime as dt
from typing import NotRequired

from typing_extensions import TypedDict

from app.models.tokens import AccessToken
from app.models.types import AnyRow


class TokenJSON(TypedDict):
    """One access token."""

    id: int
    user_id: int
    purpose: str
    app_name: str
    token_hint: str
    scopes: list[str]
    workflow_state: str
    created_at: dt.datetime
    expires_at: dt.datetime | None
    visible_token: NotRequired[str]


def token_json(token: AccessToken | AnyRow, secret: str | None = None) -> TokenJSON:
    """One token, with its secret where it has just been made."""
    body: TokenJSON = {
        "id": token.id,
        "user_id": token.user_id,
        "purpose": token.purpose,
        "app_name": "User-Generated",
        "token_hint": token.hint,
        "scopes": token.scopes,
        "workflow_state": "active",
        "created_at": token.created_at,
        "expires_at": token.expires_at,
    }
    return body if secret is None else {**body, "visible_token": secret}
