"""Users: people of the account."""

from typing import Literal

from flask import Blueprint
from pydantic import Field
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased

from app.errors import Forbidden
from app.extensions import db
from app.http.auth import caller, require_account_right, viewer
from app.http.lookup import Ref, account_named, find, find_row, names
from app.http.pagination import page
from app.http.params import Params, SearchTerm, Short, Text, Title, WebUrl, absent, takes
from app.models.courses import Course
from app.models.enrollments import Enrollment, in_force
from app.models.types import AnyRow, utc_now
from app.models.users import BY_ID, User, matching, user_rows
from app.serializers.users import ProfileJSON, UserJSON, profile_json, user_json
from app.services import users
from app.services.permissions import STAFF, Right, require

blueprint = Blueprint("users", __name__, url_prefix="/api/v1")
SORTS = {"username": User.sortable_name, "email": User.email, "sis_id": User.sis_user_id, "last_login": User.id, "id": User.id}


class UserListParams(Params):
    """Which people, in which order."""

    search_term: SearchTerm | None = None
    """At least 2 characters of a name, login, e-mail or SIS id."""
    sort: Literal["username", "email", "sis_id", "last_login", "id"] = "id"
    order: Literal["asc", "desc"] = "asc"
    enrollment_type: Literal["student", "teacher", "ta", "observer", "designer"] | None = None
    """Only people who are this in some course."""


class NewUser(Params):
    """The person."""

    name: Title = absent()
    short_name: Title = absent()
    sortable_name: Title = absent()
    time_zone: Short | None = Field(None, max_length=64)
    locale: Short | None = Field(None, max_length=20)


class Pseudonym(Params):
    """How they sign in."""

    unique_id: Title
    password: Text | None = Field(None, max_length=256)
    sis_user_id: Title | None = None
    integration_id: Title | None = None


class CommunicationChannel(Params):
    """How they are reached."""

    type: Text | None = None
    address: Title | None = None


class CreateUserParams(Params):
    """A new user."""

    user: NewUser = Field(default_factory=NewUser)
    pseudonym: Pseudonym
    communication_channel: CommunicationChannel = Field(default_factory=CommunicationChannel)


class Avatar(Params):
    """A picture, by its address."""

    url: WebUrl | None = None


class ChangedUser(NewUser):
    """What changes of the person."""

    email: Title | None = None
    """Admins only."""
    integration_id: Title | None = None
    """Admins only: the identity provider's `sub` for this person, who so signs in as this user."""
    avatar: Avatar | None = None


class ChangeUserParams(Params):
    """A changed user."""

    user: ChangedUser = Field(default_factory=ChangedUser)


class IncludeParams(Params):
    """What else to show."""

    include: list[Text] = []
    """email, avatar_url, bio."""


@blueprint.get("/accounts/<ref:account>/users")
@takes(UserListParams)
def list_account_users(params: UserListParams, account: Ref) -> list[UserJSON]:
    """List the users of the account."""
    require_account_right(Right.MANAGE_USERS)
    account_named(account)
    statement = user_rows()
    if params.search_term:
        statement = statement.where(matching(params.search_term))
    if params.enrollment_type:
        kind = f"{params.enrollment_type.capitalize()}Enrollment"
        statement = statement.where(
            exists().where(Enrollment.user_id == User.id, Enrollment.type == kind, Enrollment.workflow_state == "active")
        )
    column = SORTS[params.sort]
    ordered = statement.order_by(column.desc() if params.order == "desc" else column, User.id)
    return [user_json(row, viewer()) for row in page(ordered)]


@blueprint.post("/accounts/<ref:account>/users")
@takes(CreateUserParams)
def create_user(params: CreateUserParams, account: Ref) -> UserJSON:
    """Create a user. The login (`pseudonym[unique_id]`) must be free."""
    require_account_right(Right.MANAGE_USERS)
    account_named(account)
    login = params.pseudonym
    fields = params.user.given() | {"sis_user_id": login.sis_user_id, "integration_id": login.integration_id}
    user = users.create(login_id=login.unique_id, password=login.password, email=params.communication_channel.address, **fields)
    db.session.commit()
    return user_json(find_row(user_rows().where(User.id == user.id)), viewer())


@blueprint.delete("/accounts/<ref:account>/users/<ref:user>")
def delete_user(account: Ref, user: Ref) -> UserJSON:
    """Delete a user: their work and grades stay, their tokens die."""
    mine = require_account_right(Right.MANAGE_USERS)
    account_named(account)
    condition = names(User, user, mine.id)
    row = find_row(user_rows().where(condition))
    require(row.id != mine.id, "you cannot delete yourself")
    users.remove(find(select(User).where(User.id == row.id).with_for_update(key_share=True)), mine)
    db.session.commit()
    return user_json(row, viewer())


@blueprint.get("/users/<ref:user>")
@takes(IncludeParams)
def get_user(params: IncludeParams, user: Ref) -> UserJSON:
    """Get a user: yourself, anybody for an admin, members of their courses for course staff."""
    return user_json(visible(user), viewer(), params.include)


@blueprint.get("/users/<ref:user>/profile")
def get_profile(user: Ref) -> ProfileJSON:
    """Get a user's profile."""
    return profile_json(visible(user), viewer())


@blueprint.put("/users/<ref:user>")
@takes(ChangeUserParams)
def change_user(params: ChangeUserParams, user: Ref) -> UserJSON:
    """Change a user: yourself (but not e-mail and integration id), or anybody for an admin."""
    fields = params.user.given()
    person = find(select(User).where(own_or(Right.MANAGE_USERS, user), User.workflow_state != "deleted"))
    require("email" not in fields or caller().admin, "only an admin may change an e-mail address")
    if "integration_id" in fields:
        # As with tokens: whoever says who signs in as an admin could sign in as that admin.
        require(caller().admin and (person.id == caller().id or not person.admin), "only an admin may, and not for another admin")
    avatar = fields.pop("avatar", None)
    if avatar is not None:
        fields["avatar_url"] = avatar.url
    users.change(person, fields)
    db.session.commit()
    return user_json(find_row(user_rows().where(User.id == person.id)), viewer())


def own_or(right: Right, user: Ref) -> ColumnElement[bool]:
    """The condition that names that user, for themselves and for whoever has that right in the account. Raises Forbidden."""
    mine = caller()
    named = names(User, user, mine.id)
    if right in mine.rights or user.kind == "self" or user.id == mine.id:
        return named
    if user.kind != "id" and db.session.scalar(select(User.id).where(named)) == mine.id:
        return named
    raise Forbidden


def visible(user: Ref) -> AnyRow:
    """The user's row, if the caller may see it. Raises NotFound and Forbidden."""
    mine = caller()
    if user.kind == "self" or user.id == mine.id:
        return find_row(BY_ID, {"user": mine.id})
    named = names(User, user, mine.id)
    if mine.admin:
        return find_row(user_rows().where(named))
    theirs, ours = aliased(Enrollment), aliased(Enrollment)
    taught = select(1).where(
        theirs.user_id == User.id,
        theirs.workflow_state != "deleted",
        ours.course_id == theirs.course_id,
        ours.user_id == mine.id,
        ours.type.in_([str(role) for role in STAFF]),
        in_force(utc_now(), ours),
        Course.id == theirs.course_id,
        Course.workflow_state != "deleted",
    )
    if db.session.scalar(select(User.id).where(named, (User.id == mine.id) | taught.exists())) is None:
        raise Forbidden
    return find_row(user_rows().where(named))
