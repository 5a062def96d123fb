"""The organisation: one root account, whose id is 1."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.types import Key, Name, State

ROOT_ACCOUNT_ID = 1


class Account(Base):
    """Users and courses belong to an account; the migration that makes this table makes the root account."""

    __tablename__ = "accounts"

    id: Mapped[Key]
    name: Mapped[Name]
    workflow_state: Mapped[State] = mapped_column(default="active")
    default_time_zone: Mapped[str] = mapped_column(String(64), default="Asia/Seoul")
    uuid: Mapped[str] = mapped_column(String(40))
    sis_account_id: Mapped[str | None] = mapped_column(String(255), unique=True)
