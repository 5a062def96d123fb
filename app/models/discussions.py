"""Discussions and announcements: topics, the entries under them, and what each person has read."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Index, String, Text, and_, case, false, func, or_, select, true
from sqlalchemy.orm import Mapped, aliased, mapped_column

from app.extensions import Base
from app.models.assignments import Assignment, assigned, effective
from app.models.types import BigId, CreatedAt, Key, LongText, Name, OptionalInstant, Rows, State, UpdatedAt, references, utc_now
from app.models.users import User


class DiscussionTopic(Base):
    """A topic of a course, or an announcement: active, unpublished or deleted."""

    __tablename__ = "discussion_topics"
    __table_args__ = (
        Index("ix_discussion_topics_course_id_is_announcement", "course_id", "is_announcement"),
        Index("uq_discussion_topics_assignment_id", "assignment_id", unique=True),
    )

    id: Mapped[Key]
    course_id: Mapped[int] = references("courses.id")
    user_id: Mapped[int] = references("users.id", index=True)
    title: Mapped[Name]
    message: Mapped[LongText]
    discussion_type: Mapped[str] = mapped_column(String(20))
    is_announcement: Mapped[bool] = mapped_column(default=False, server_default=false())
    workflow_state: Mapped[State] = mapped_column(default="active")
    posted_at: Mapped[OptionalInstant]
    """When it was published; null for a draft."""
    delayed_post_at: Mapped[OptionalInstant]
    lock_at: Mapped[OptionalInstant]
    locked: Mapped[bool] = mapped_column(default=False, server_default=false())
    pinned: Mapped[bool] = mapped_column(default=False, server_default=false())
    position: Mapped[int | None]
    """Among the pinned ones; null for the others."""
    require_initial_post: Mapped[bool] = mapped_column(default=False, server_default=false())
    allow_rating: Mapped[bool] = mapped_column(default=False, server_default=false())
    assignment_id: Mapped[int | None] = mapped_column(BigId)
    """Of a graded one, whose title, text and state are those of its assignment too; its dates stand there only."""
    attachment_id: Mapped[int | None] = mapped_column(BigId, index=True)
    """The file that goes with it."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class DiscussionEntry(Base):
    """What somebody wrote under a topic, or in reply to another entry. A deleted one keeps its place."""

    __tablename__ = "discussion_entries"
    __table_args__ = (Index("ix_discussion_entries_topic_id_user_id", "topic_id", "user_id"),)

    id: Mapped[Key]
    topic_id: Mapped[int] = references("discussion_topics.id")
    user_id: Mapped[int] = references("users.id", index=True)
    editor_id: Mapped[int | None] = mapped_column(BigId)
    parent_id: Mapped[int | None] = references("discussion_entries.id", index=True, nullable=True)
    root_entry_id: Mapped[int | None] = references("discussion_entries.id", index=True, nullable=True)
    """The entry right under the topic that it hangs on; null for such an entry itself."""
    depth: Mapped[int] = mapped_column(default=1)
    message: Mapped[str] = mapped_column(Text)
    workflow_state: Mapped[State] = mapped_column(default="active")
    deleted_at: Mapped[OptionalInstant]
    attachment_id: Mapped[int | None] = mapped_column(BigId, index=True)
    """The file that goes with it."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class TopicParticipant(Base):
    """One person's marks on a topic. There is no row until they set one."""

    __tablename__ = "discussion_topic_participants"
    __table_args__ = (Index("uq_discussion_topic_participants_topic_id_user_id", "topic_id", "user_id", unique=True),)

    id: Mapped[Key]
    topic_id: Mapped[int] = references("discussion_topics.id")
    user_id: Mapped[int] = references("users.id", index=True)
    read: Mapped[bool | None]
    subscribed: Mapped[bool | None]


class EntryParticipant(Base):
    """One person's marks on an entry. There is no row until they set one."""

    __tablename__ = "discussion_entry_participants"
    __table_args__ = (Index("uq_discussion_entry_participants_entry_id_user_id", "entry_id", "user_id", unique=True),)

    id: Mapped[Key]
    entry_id: Mapped[int] = references("discussion_entries.id")
    user_id: Mapped[int] = references("users.id", index=True)
    read: Mapped[bool | None]
    rating: Mapped[int | None]


class DiscussionSettings(Base):
    """How a course's discussions are set up; there is no row while everything is as in the beginning."""

    __tablename__ = "course_discussion_settings"
    __table_args__ = (Index("uq_course_discussion_settings_course_id", "course_id", unique=True),)

    id: Mapped[Key]
    course_id: Mapped[int] = references("courses.id")
    allow_student_discussion_topics: Mapped[bool] = mapped_column(default=True, server_default=true())


def is_posted() -> ColumnElement[bool]:
    """Topics that people who are not staff may see now."""
    due = or_(DiscussionTopic.delayed_post_at.is_(None), DiscussionTopic.delayed_post_at <= utc_now())
    return and_(DiscussionTopic.workflow_state == "active", due)


def is_closed() -> ColumnElement[bool]:
    """Topics of `topic_targets` that are locked by hand, by their date or by their assignment's."""
    now = utc_now()
    return or_(
        DiscussionTopic.locked,
        func.coalesce(DiscussionTopic.lock_at <= now, false()),
        func.coalesce(now >= WORK_LOCK_AT, false()),
    )


POSTED_AT: ColumnElement[object] = case(
    (DiscussionTopic.delayed_post_at > DiscussionTopic.posted_at, DiscussionTopic.delayed_post_at), else_=DiscussionTopic.posted_at
)
"""When others could first see the topic, if ever."""
OF_TOPIC = and_(DiscussionEntry.topic_id == DiscussionTopic.id, DiscussionEntry.workflow_state == "active")
LAST_REPLY_AT = (
    select(func.max(DiscussionEntry.created_at, type_=DiscussionEntry.created_at.type))
    .where(OF_TOPIC)
    .correlate(DiscussionTopic)
    .scalar_subquery()
)
RECENT_ACTIVITY = func.coalesce(LAST_REPLY_AT, POSTED_AT, DiscussionTopic.created_at, type_=DiscussionTopic.created_at.type)
SUBENTRIES = select(func.count(DiscussionEntry.id)).where(OF_TOPIC).correlate(DiscussionTopic).scalar_subquery()
ROOT_ENTRIES = (
    select(func.count(DiscussionEntry.id)).where(OF_TOPIC, DiscussionEntry.depth == 1).correlate(DiscussionTopic).scalar_subquery()
)
TOPIC_COLUMNS = tuple(column for column in DiscussionTopic.__table__.columns if column.key != "posted_at")


def has_posted(user_ids: Collection[int]) -> ColumnElement[bool]:
    """EXISTS: one of these users has an entry under the topic."""
    return select(1).where(OF_TOPIC, DiscussionEntry.user_id.in_(user_ids)).correlate(DiscussionTopic).exists()


LEARNER = aliased(User, name="learner")
"""By whose dates a graded topic goes."""
WORK_UNLOCK_AT, WORK_LOCK_AT = effective("unlock_at", LEARNER.id), effective("lock_at", LEARNER.id)
IS_ASSIGNED = or_(DiscussionTopic.assignment_id.is_(None), assigned(LEARNER.id))
"""Of `topic_targets`: not graded, or theirs to do."""


def topic_targets(user_id: int, also: Collection[int] = (), student: int | None = None) -> Rows:
    """Topics as acts on them need them; `has_posted`: whether the user, or one of those whom they observe (`also`), wrote there.

    Graded ones have the dates of `student`, the user if nobody else is named, and whether they are `assigned` to them.
    """
    posted = has_posted(sorted({user_id, *also})).label("has_posted")
    work = (WORK_UNLOCK_AT.label("work_unlock_at"), WORK_LOCK_AT.label("work_lock_at"), IS_ASSIGNED.label("assigned"))
    found = select(*TOPIC_COLUMNS, posted, *work).select_from(DiscussionTopic)
    found = found.outerjoin(Assignment, Assignment.id == DiscussionTopic.assignment_id)
    found = found.outerjoin(LEARNER, LEARNER.id == (user_id if student is None else student))
    return found.where(DiscussionTopic.workflow_state != "deleted")


def unread_count(user_id: int) -> ColumnElement[int]:
    """How many entries of the topic the user has not read."""
    mark, entry = aliased(EntryParticipant), DiscussionEntry
    mine = and_(mark.entry_id == entry.id, mark.user_id == user_id)
    seen = func.coalesce(mark.read, entry.user_id == user_id)
    found = select(func.count(entry.id)).select_from(entry).outerjoin(mark, mine).where(OF_TOPIC, seen.is_(False))
    return found.correlate(DiscussionTopic).scalar_subquery()


def topic_rows(user_id: int, also: Collection[int] = (), student: int | None = None) -> Rows:
    """Topics by columns with their authors, their activity, and what concerns the user."""
    mark = TopicParticipant
    statement = topic_targets(user_id, also, student).add_columns(
        POSTED_AT.label("posted_at"),
        RECENT_ACTIVITY.label("last_reply_at"),
        SUBENTRIES.label("discussion_subentry_count"),
        unread_count(user_id).label("unread_count"),
        func.coalesce(mark.read, DiscussionTopic.user_id == user_id).label("read"),
        func.coalesce(mark.subscribed, or_(DiscussionTopic.user_id == user_id, has_posted([user_id]))).label("subscribed"),
        User.short_name.label("user_name"),
        User.avatar_url,
    )
    return statement.join(User, User.id == DiscussionTopic.user_id).outerjoin(
        mark, and_(mark.topic_id == DiscussionTopic.id, mark.user_id == user_id)
    )


RATINGS = (
    select(func.count(EntryParticipant.id))
    .where(EntryParticipant.entry_id == DiscussionEntry.id, EntryParticipant.rating == 1)
    .correlate(DiscussionEntry)
    .scalar_subquery()
)


def entry_rows(user_id: int) -> Rows:
    """Entries by columns, the deleted ones too, with their authors and what concerns the user; in no order yet."""
    mark = aliased(EntryParticipant)
    columns = (
        *DiscussionEntry.__table__.columns,
        User.short_name.label("user_name"),
        User.avatar_url,
        func.coalesce(mark.read, DiscussionEntry.user_id == user_id).label("read"),
        mark.rating.label("own_rating"),
        RATINGS.label("rating_count"),
    )
    found = select(*columns).select_from(DiscussionEntry).join(User, User.id == DiscussionEntry.user_id)
    return found.outerjoin(mark, and_(mark.entry_id == DiscussionEntry.id, mark.user_id == user_id))
