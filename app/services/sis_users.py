"""Users from rows of users.csv."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select

from app.extensions import db
from app.models.users import User
from app.services import users
from app.services.sis_rows import Row, RowError, Run

STATES = {"active": "registered", "suspended": "suspended", "deleted": "deleted"}


def put_users(run: Run, rows: Sequence[Row]) -> int:
    """Make, change, suspend, delete and bring back: two statements to find who is there, however many rows."""
    known = named({row.cells.get("user_id", "") for row in rows})
    logins = {row.cells.get("login_id", "").lower() for row in rows}
    alive = select(User).where(func.lower(User.login_id).in_(logins), User.workflow_state != "deleted")
    holders = {user.login_id.lower(): user for user in db.session.scalars(alive.with_for_update(key_share=True))}
    done = 0
    for row in run.each(rows):
        with run.one(row):
            _put(run, row, known, holders)
        done += 1
    db.session.flush()
    return done


def named(sis_ids: Iterable[str]) -> dict[str, User]:
    """The users with those SIS ids, locked: of several the living one, else the one that was deleted last."""
    found = select(User).where(User.sis_user_id.in_(set(sis_ids))).order_by(User.id).with_for_update(key_share=True)
    ordered = sorted(db.session.scalars(found), key=lambda user: (user.workflow_state != "deleted", user.id))
    return {str(user.sis_user_id): user for user in ordered}


def _put(run: Run, row: Row, known: dict[str, User], holders: dict[str, User]) -> None:
    sis_id, login = row.need("user_id"), row.need("login_id")
    status = row.one_of("status", STATES)
    user = known.get(sis_id)
    if status != "active" and user is not None and user.id == run.by.id:
        raise RowError("You cannot delete or suspend yourself")
    if status == "deleted":
        if user is not None and user.workflow_state != "deleted":
            users.remove(user, run.by)
            holders.pop(user.login_id.lower(), None)
        return
    fields = _names(row) | row.optional("email", "integration_id")
    holder = holders.get(login.lower())
    if holder is not None and holder is not user:
        if user is not None or holder.sis_user_id is not None:
            raise RowError(f"user {holder.sis_user_id or holder.id} has already claimed {sis_id}'s requested login information")
        user = holder  # somebody who had no SIS id until now
    password = row.text("password") if user is None or user.password_hash is None else None
    hashed = users.hash_password(password)
    integration_id = fields.get("integration_id", user.integration_id if user else None)
    if integration_id is not None and (user is None or user.workflow_state == "deleted"):
        users.require_integration_id_free(integration_id)
    if user is None:
        user = users.added(login, fields.pop("name", None), sis_user_id=sis_id, **fields)
    else:
        _spare_other_admins(run, user, password, integration_id)
        before = user.login_id.lower()
        users.change(user, fields | {"login_id": login, "sis_user_id": sis_id})
        holders.pop(before, None)
    user.password_hash = hashed or user.password_hash
    user.workflow_state = STATES[status]
    known[sis_id] = holders[login.lower()] = user


def _spare_other_admins(run: Run, user: User, password: str | None, integration_id: str | None) -> None:
    """As in the API: whoever says who signs in as an admin could sign in as that admin."""
    if user.admin and user.id != run.by.id and (password is not None or integration_id != user.integration_id):
        raise RowError("The password and the integration_id of another admin are not changed")


def _names(row: Row) -> dict[str, Any]:
    """The names that the row gives."""
    full, first, last = row.text("full_name"), row.text("first_name"), row.text("last_name")
    found = {"name": full or " ".join(part for part in (first, last) if part)}
    if not full and first and last:
        found["sortable_name"] = f"{last}, {first}"
    found |= {name: row.text(name) or found.get(name, "") for name in ("short_name", "sortable_name")}
    if any(len(name) > 255 for name in found.values()):
        raise RowError("the name is longer than 255 characters")
    return {name: value for name, value in found.items() if value}
