"""Access tokens: opaque secrets of which only the SHA-256 is kept."""

from sqlalchemy import JSON, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.types import CreatedAt, Key, OptionalInstant, references


class AccessToken(Base):
    """One way to act as a user until it expires or is revoked (its row is deleted)."""

    __tablename__ = "access_tokens"

    id: Mapped[Key]
    user_id: Mapped[int] = references("users.id", index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    hint: Mapped[str] = mapped_column(String(8))
    purpose: Mapped[str] = mapped_column(String(255))
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    expires_at: Mapped[OptionalInstant]
    created_at: Mapped[CreatedAt]


TOKEN_COLUMNS = tuple(column for column in AccessToken.__table__.columns if column.key != "token_hash")
