"""Users: made, changed, deleted."""

from typing import Any

from sqlalchemy import delete, func, select

from app.errors import Invalid
from app.extensions import db
from app.models.enrollments import Enrollment
from app.models.tokens import AccessToken
from app.models.users import User, sortable
from app.services import enrollments
from app.services.permissions import Caller

SHORTEST_PASSWORD = 8


def create(*, login_id: str, name: str | None = None, password: str | None = None, **fields: Any) -> User:
    """A new user. The login must be free, in any case of its letters, and so must the SIS id. Raises Invalid."""
    require_free("unique_id", func.lower(User.login_id) == func.lower(login_id), f"ID {login_id!r} is already in use")
    if fields.get("sis_user_id") is not None:
        require_free("sis_user_id", User.sis_user_id == fields["sis_user_id"], f"SIS ID {fields['sis_user_id']!r} is already in use")
    if fields.get("integration_id") is not None:
        require_integration_id_free(fields["integration_id"])
    user = added(login_id, name, password_hash=hash_password(password), **fields)
    db.session.flush()
    return user


def added(login_id: str, name: str | None = None, **fields: Any) -> User:
    """A new user whose login, SIS id and integration id are known to be free, with the next flush."""
    shown = name or login_id
    user = User(login_id=login_id, name=shown, **fields)
    user.sortable_name = fields.get("sortable_name") or sortable(shown)
    user.short_name = fields.get("short_name") or shown
    user.email = fields.get("email") or (login_id if "@" in login_id else None)
    db.session.add(user)
    return user


def change(user: User, fields: dict[str, Any]) -> None:
    """Set what `fields` gives. A name that was made from the old name follows the new one, unless it is given too. Raises Invalid."""
    if fields.get("integration_id") not in (None, user.integration_id):
        require_integration_id_free(fields["integration_id"])
    name = fields.get("name") or user.name
    if name != user.name:
        if user.sortable_name == sortable(user.name):
            user.sortable_name = sortable(name)
        if user.short_name == user.name:
            user.short_name = name
    for key, value in fields.items():
        if value is not None or key in ("email", "time_zone", "locale", "avatar_url", "integration_id"):
            setattr(user, key, value)


def remove(user: User, by: Caller | None = None) -> None:
    """Delete softly: the work and the grades stay, the tokens die, the enrolments end, login and SIS id become free."""
    user.workflow_state = "deleted"
    user.admin = False
    db.session.execute(delete(AccessToken).where(AccessToken.user_id == user.id))
    enrollments.delete_all(Enrollment.user_id == user.id, event="user_deleted", by=by)


def require_free(field: str, condition: Any, message: str) -> None:
    """Raise Invalid for `field` if a living user meets `condition`."""
    if db.session.scalar(select(User.id).where(condition, User.workflow_state != "deleted")):
        raise Invalid.field(field, message)


def require_integration_id_free(integration_id: str) -> None:
    """Raise Invalid if a living user has it: it may decide who somebody of the identity provider is."""
    message = f"integration ID {integration_id!r} is already in use"
    require_free("integration_id", User.integration_id == integration_id, message)


def hash_password(password: str | None) -> str | None:
    """argon2id at 19 MiB, two passes, one lane: what a quarter of a CPU and 512 MiB can bear. Raises Invalid for a short one."""
    if not password:
        return None
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid.field("password", f"must have at least {SHORTEST_PASSWORD} characters")
    from argon2 import PasswordHasher  # loaded only where a password is set: it costs start-up time and memory

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(password)
