"""Identities: who of an identity provider is which user."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from app.extensions import Base
from app.models.types import CreatedAt, Key, Name, references


class Identity(Base):
    """Somebody of an identity provider, by its name for them. The row outlives its user: who was deleted stays out."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[Key]
    user_id: Mapped[int] = references("users.id", index=True)
    issuer: Mapped[Name]
    subject: Mapped[Name]
    created_at: Mapped[CreatedAt]
