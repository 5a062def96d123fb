"""Access tokens of a user."""

from flask import Blueprint
from sqlalchemy import select

from app.errors import Invalid, NotFound
from app.extensions import db
from app.http.auth import caller
from app.http.lookup import Ref, find, names
from app.http.pagination import page
from app.http.params import Instant, Params, Short, Title, takes
from app.logs import log
from app.models.tokens import TOKEN_COLUMNS, AccessToken
from app.models.users import User
from app.serializers.tokens import TokenJSON, token_json
from app.services import tokens

blueprint = Blueprint("tokens", __name__, url_prefix="/api/v1/users/<ref:user>/tokens")


class NewToken(Params):
    """The token."""

    purpose: Title
    """What it is for."""
    expires_at: Instant | None = None
    """When it stops working; never, if not given."""
    scopes: list[Short] = []
    """Must be empty: a token may do all that its user may."""


class CreateTokenParams(Params):
    """A new token."""

    token: NewToken


@blueprint.get("")
def list_tokens(user: Ref) -> list[TokenJSON]:
    """List a user's tokens, without their secrets: your own, or for an admin anybody's but another admin's."""
    owner = _owner(user)
    rows = page(select(*TOKEN_COLUMNS).where(AccessToken.user_id == owner.id).order_by(AccessToken.id))
    return [token_json(row) for row in rows]


@blueprint.post("")
@takes(CreateTokenParams)
def create_token(params: CreateTokenParams, user: Ref) -> TokenJSON:
    """Create a token. Its secret, `visible_token`, is shown this once."""
    owner = _owner(user)
    wanted = params.token
    if wanted.scopes:
        raise Invalid.field("scopes", "are not supported: a token may do all that its user may")
    token, secret = tokens.issue(owner.id, wanted.purpose, wanted.expires_at)
    db.session.commit()
    log.info("token_created", token=token.id, owner=owner.id, user=caller().id)
    return token_json(token, secret)


@blueprint.delete("/<ref:token>")
def revoke_token(user: Ref, token: Ref) -> TokenJSON:
    """Revoke a token at once."""
    owner = _owner(user)
    found = find(select(AccessToken).where(AccessToken.user_id == owner.id, names(AccessToken, token)))
    body = token_json(found)
    db.session.delete(found)
    db.session.commit()
    log.info("token_revoked", token=body["id"], owner=owner.id, user=caller().id)
    return body


def _owner(user: Ref) -> User:
    found = db.session.scalars(select(User).where(names(User, user, caller().id), User.workflow_state != "deleted")).first()
    tokens.require_may_manage(caller(), found)
    if found is None:
        raise NotFound
    return found
