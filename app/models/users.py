"""People, and how their names are shown."""

from sqlalchemy import ColumnElement, Index, String, bindparam, false, func, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.types import CreatedAt, Key, Name, Rows, State, UpdatedAt

ALIVE = text("workflow_state <> 'deleted'")


class User(Base):
    """A person who can sign in: admin, teacher or student is what their account and enrolments say."""

    __tablename__ = "users"

    id: Mapped[Key]
    name: Mapped[Name]
    sortable_name: Mapped[Name]
    short_name: Mapped[Name]
    login_id: Mapped[Name]
    sis_user_id: Mapped[str | None] = mapped_column(String(255))
    integration_id: Mapped[str | None] = mapped_column(String(255), index=True)
    email: Mapped[str | None] = mapped_column(String(255))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    locale: Mapped[str | None] = mapped_column(String(20))
    avatar_url: Mapped[str | None] = mapped_column(String(2048))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    admin: Mapped[bool] = mapped_column(default=False, server_default=false())
    workflow_state: Mapped[State] = mapped_column(default="registered")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


# A login is the same login in any case; whoever is deleted gives theirs free.
Index("uq_users_login_id", func.lower(User.login_id), unique=True, postgresql_where=ALIVE, sqlite_where=ALIVE)
Index("uq_users_sis_user_id", User.sis_user_id, unique=True, postgresql_where=ALIVE, sqlite_where=ALIVE)
# Of the deleted too: an import brings them back.
Index("ix_users_sis_user_id", User.sis_user_id)

USER_COLUMNS = (
    User.id,
    User.name,
    User.sortable_name,
    User.short_name,
    User.login_id,
    User.sis_user_id,
    User.integration_id,
    User.email,
    User.time_zone,
    User.locale,
    User.avatar_url,
    User.created_at,
)


ALL = select(*USER_COLUMNS).where(User.workflow_state != "deleted")
BY_ID = ALL.where(User.id == bindparam("user", type_=User.id.type))
"""One person, built once: whoever opens a page asks for themselves."""


def user_rows() -> Rows:
    """The people who are not deleted, by columns, in no order yet."""
    return ALL


def matching(term: str) -> ColumnElement[bool]:
    """People whose name, login, e-mail or SIS id contains `term`, in any case."""
    columns = (User.name, User.sortable_name, User.login_id, User.email, User.sis_user_id)
    return or_(*(column.icontains(term, autoescape=True) for column in columns))


def sortable(name: str) -> str:
    """`Ada King Lovelace` -> `Lovelace, Ada King`; a single name stays as it is."""
    first, _, last = name.strip().rpartition(" ")
    return f"{last}, {first.strip()}" if first else last
