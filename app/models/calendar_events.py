"""Calendar events: of a course, or of one user."""

import datetime as dt

from sqlalchemy import CheckConstraint, ColumnElement, Date, Index, String, and_, false, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.courses import Course
from app.models.types import CreatedAt, Key, LongText, Name, OptionalInstant, Rows, State, UpdatedAt, references
from app.models.users import User

LONGEST_PLACE = 2048
"""Where an event is may be the address that one joins a meeting at."""


class CalendarEvent(Base):
    """Something that happens, on a day or from one instant to another; without a start it is undated."""

    __tablename__ = "calendar_events"
    __table_args__ = (
        CheckConstraint("(course_id IS NULL) <> (user_id IS NULL)", name="one_context"),
        Index("ix_calendar_events_course_id_start_at", "course_id", "start_at"),
        Index("ix_calendar_events_user_id_start_at", "user_id", "start_at"),
    )

    id: Mapped[Key]
    course_id: Mapped[int | None] = references("courses.id", nullable=True)
    user_id: Mapped[int | None] = references("users.id", nullable=True)
    """Whose own event it is; of a course's events this is null."""
    title: Mapped[Name]
    description: Mapped[LongText]
    start_at: Mapped[OptionalInstant]
    end_at: Mapped[OptionalInstant]
    """Null where `start_at` is, and never before it."""
    all_day: Mapped[bool] = mapped_column(default=False, server_default=false())
    all_day_date: Mapped[dt.date | None] = mapped_column(Date)
    location_name: Mapped[str | None] = mapped_column(String(LONGEST_PLACE))
    location_address: Mapped[str | None] = mapped_column(String(LONGEST_PLACE))
    workflow_state: Mapped[State] = mapped_column(default="active")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


ALIVE = and_(
    CalendarEvent.workflow_state != "deleted",
    or_(CalendarEvent.course_id.is_(None), Course.workflow_state != "deleted"),
)
EVENTS = (
    select(*CalendarEvent.__table__.columns, func.coalesce(Course.name, User.name).label("context_name"))
    .outerjoin(Course, Course.id == CalendarEvent.course_id)
    .outerjoin(User, User.id == CalendarEvent.user_id)
    .where(ALIVE)
)


def event_rows() -> Rows:
    """Events by columns, with the names of their courses or users, in no order yet; none of deleted courses."""
    return EVENTS


def between(start: dt.datetime, end: dt.datetime) -> ColumnElement[bool]:
    """Events that are going on at some time from `start` to `end`, both included."""
    return and_(CalendarEvent.start_at <= end, CalendarEvent.end_at >= start)
