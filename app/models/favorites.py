"""Favourites: courses that somebody wants to see first."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.extensions import Base
from app.models.types import Key, references


class CourseFavorite(Base):
    """That a course is among somebody's favourites."""

    __tablename__ = "course_favorites"
    __table_args__ = (Index("uq_course_favorites_user_id_course_id", "user_id", "course_id", unique=True),)

    id: Mapped[Key]
    user_id: Mapped[int] = references("users.id")
    course_id: Mapped[int] = references("courses.id")
