"""Identities: which user somebody of the identity provider is; found, linked, or made at their first sign-in."""

from sqlalchemy import select, update

from app.errors import Conflict
from app.extensions import db
from app.logs import log
from app.models.identities import Identity
from app.models.users import User, sortable
from app.models.writes import insert_unless_there


def user_for(issuer: str, subject: str, *, name: str | None, email: str | None, provision: bool) -> int | None:
    """The id of the user who is that person, or None if they may not come in.

    By what is stored; else by the one user whose `integration_id` an admin has set to the subject; else, with `provision`, a new
    user. Never by e-mail or login: whoever can choose theirs at the provider would become somebody else. Who was deleted stays
    out until an admin gives their subject to another user. Raises Conflict.
    """
    condition = (Identity.issuer == issuer, Identity.subject == subject)
    known = db.session.execute(select(User.id, User.workflow_state).join(Identity, Identity.user_id == User.id).where(*condition)).first()
    if known and known.workflow_state != "deleted":
        return int(known.id)
    named = db.session.execute(select(User.id, User.workflow_state).where(User.integration_id == subject)).all()
    living = [row.id for row in named if row.workflow_state != "deleted"]
    if len(living) == 1 and known:
        db.session.execute(update(Identity).where(*condition).values(user_id=living[0]))
        return _noted("identity_linked", living[0])
    if len(living) == 1:
        return _link(issuer, subject, living[0], "identity_linked")
    if living or named or known or not provision:
        log.info("identity_refused", ambiguous=bool(living), deleted=not living and bool(named or known))
        return None
    return _make(issuer, subject, name, email)


def _make(issuer: str, subject: str, name: str | None, email: str | None) -> int | None:
    """A new user. Of two first requests at once one makes it and the other finds it."""
    shown = name or subject
    # The login is the subject: an address would let whoever claims it be taken for its owner, as by `create-admin`.
    user_id = insert_unless_there(User, login_id=subject, name=shown, sortable_name=sortable(shown), short_name=shown, email=email)
    if user_id is not None:
        return _link(issuer, subject, user_id, "identity_made")
    found = _stored(issuer, subject)
    if found is None:
        log.info("identity_refused", login_taken=True)
    return found


def _link(issuer: str, subject: str, user_id: int, event: str) -> int:
    if insert_unless_there(Identity, issuer=issuer, subject=subject, user_id=user_id) is not None:
        return _noted(event, user_id)
    if _stored(issuer, subject) != user_id:
        raise Conflict("You have just signed in elsewhere; try again.")
    return user_id


def _stored(issuer: str, subject: str) -> int | None:
    """What another request has stored in the meantime."""
    return db.session.scalar(select(Identity.user_id).where(Identity.issuer == issuer, Identity.subject == subject))


def _noted(event: str, user_id: int) -> int:
    log.info(event, user=user_id)
    return user_id
