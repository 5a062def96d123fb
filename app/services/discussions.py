"""Discussion topics and announcements: who sees which, who may start, change and delete them."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, update

from app.errors import Invalid, NotFound
from app.extensions import db
from app.grading.lateness import lock_explanation
from app.models.assignments import Assignment
from app.models.courses import Course
from app.models.discussions import DiscussionEntry, DiscussionSettings, DiscussionTopic, topic_targets
from app.models.enrollments import Enrollment, in_force
from app.models.types import AnyRow, utc_now
from app.models.writes import insert_unless_there
from app.services import assignments
from app.services.permissions import Access, Caller, Membership, Right, Role, access_to, learner, require

BY_ANYBODY = frozenset(("title", "message", "discussion_type"))
"""What somebody who does not moderate may say of a topic of theirs."""
NULLABLE = ("message", "delayed_post_at", "lock_at")
PRIVILEGES = (Enrollment.limit_privileges_to_course_section, Enrollment.associated_user_id)
HIDDEN = "require_initial_post"
"""What Canvas answers with, and clients look for."""


def accesses(caller: Caller, wanted: ColumnElement[bool]) -> dict[int, Access]:
    """What the caller may do in each of the courses that are `wanted`, by course: one statement. Deleted ones are not among them."""
    mine = and_(Enrollment.course_id == Course.id, Enrollment.user_id == caller.id, in_force(utc_now()))
    columns = (Course.id, Course.workflow_state, Enrollment.type, Enrollment.course_section_id, *PRIVILEGES)
    found = select(*columns).select_from(Course).outerjoin(Enrollment, mine).where(wanted, Course.workflow_state != "deleted")
    states: dict[int, str] = {}
    held = defaultdict(list)
    for row in db.session.execute(found):
        states[row.id] = row.workflow_state
        if row.type is not None:
            limited = row.limit_privileges_to_course_section
            held[row.id].append(Membership(Role(row.type), row.course_section_id, limited, row.associated_user_id))
    # Visitors of a public course read no discussions, here as there.
    return {
        course_id: access_to(course_id, state, held[course_id], admin=caller.admin, public=False) for course_id, state in states.items()
    }


def latest(course_ids: Collection[int], wanted: ColumnElement[bool], when: ColumnElement[Any]) -> Select[int]:
    """The id of the newest topic in each of those courses among the `wanted`."""
    order = (when.desc(), DiscussionTopic.id.desc())
    number = func.row_number().over(partition_by=DiscussionTopic.course_id, order_by=order)
    numbered = select(DiscussionTopic.id, number.label("number")).where(DiscussionTopic.course_id.in_(course_ids), wanted).subquery()
    return select(numbered.c.id).where(numbered.c.number == 1)


def moderates(access: Access) -> bool:
    """Whether every topic of the course is theirs to see, change and delete."""
    return Right.MODERATE_FORUM in access.rights


def closed(topic: Any) -> bool:
    """Whether the topic takes no more from people who do not moderate, by its own locks."""
    return bool(topic.locked) or (topic.lock_at is not None and topic.lock_at <= utc_now())


def shut(topic: AnyRow) -> bool:
    """Whether it takes no more, by the dates of its assignment too."""
    return closed(topic) or work_lock(topic) is not None


def early(topic: AnyRow) -> str | None:
    """Why people who do not moderate do not read a graded topic yet."""
    return None if topic.work_unlock_at is None or topic.work_unlock_at <= utc_now() else work_lock(topic)


def work_lock(topic: AnyRow) -> str | None:
    """What the assignment of a graded topic says of it now."""
    explanation = lock_explanation(topic.work_unlock_at, topic.work_lock_at, utc_now())
    return explanation and explanation.replace("assignment", "topic")


def posted(topic: Any) -> bool:
    """Whether people who do not moderate see it now."""
    due = topic.delayed_post_at is None or topic.delayed_post_at <= utc_now()
    return topic.workflow_state == "active" and due


def target(access: Access, caller: Caller, named: ColumnElement[bool], *, to_write: bool = False) -> AnyRow:
    """A topic that the caller may read. Raises NotFound, and Forbidden where it is not posted yet.

    `to_write` keeps it from being deleted until the transaction ends; others may write under it meanwhile.
    """
    here = (DiscussionTopic.course_id == access.course_id, named)
    if to_write:
        # Read after the lock is there: an assignment that whoever had it gave the topic is not in what was read before.
        db.session.execute(select(DiscussionTopic.id).where(*here).with_for_update(read=True))
    found = topic_targets(caller.id, access.observed_ids, learner(access, caller.id)).where(*here)
    row = db.session.execute(found).first()
    if row is None:
        raise NotFound
    require_posted(access, row)
    return row


def require_posted(access: Access, topic: AnyRow) -> None:
    """Raise Forbidden where the caller does not see the topic yet, or it is graded and not theirs."""
    require(moderates(access) or (posted(topic) and topic.assigned))


def require_entries(access: Access, topic: AnyRow) -> None:
    """Raise Forbidden where the entries are hidden until the caller has written one."""
    require(moderates(access) or not topic.require_initial_post or topic.has_posted, HIDDEN)


def permissions(topic: AnyRow, access: Access, caller: Caller) -> dict[str, bool]:
    """What the caller may do with a topic that they see; `topic` has `discussion_subentry_count`."""
    staff = moderates(access)
    open_to_me = staff or (Right.POST_TO_FORUM in access.rights and not shut(topic))
    author = topic.user_id == caller.id and topic.assignment_id is None
    own = staff or (open_to_me and author and Right.CREATE_FORUM in access.rights)
    return {"update": own, "reply": open_to_me, "delete": own and (staff or topic.discussion_subentry_count == 0)}


def students_start_topics(course_id: int) -> bool:
    """Whether the course lets its students start topics; they may, unless it was set otherwise."""
    found = select(DiscussionSettings.allow_student_discussion_topics).where(DiscussionSettings.course_id == course_id)
    return db.session.scalar(found) is not False


def let_students_start_topics(course_id: int, allowed: bool) -> None:
    """Set that."""
    if insert_unless_there(DiscussionSettings, course_id=course_id, allow_student_discussion_topics=allowed) is None:
        mine = update(DiscussionSettings).where(DiscussionSettings.course_id == course_id)
        db.session.execute(mine.values(allow_student_discussion_topics=allowed), execution_options={"synchronize_session": False})


def create(access: Access, caller: Caller, fields: dict[str, Any]) -> DiscussionTopic:
    """A new topic, published unless told otherwise. Raises Forbidden and Invalid."""
    given = {key: value for key, value in fields.items() if value is not None}
    if not moderates(access):
        require(students_start_topics(access.course_id), "students may not start topics in this course")
        given = _by_anybody(given)
    if "title" not in given:
        raise Invalid.field("title", "can't be blank")
    published = given.pop("published", True) or given.get("is_announcement", False)
    topic = DiscussionTopic(
        course_id=access.course_id,
        user_id=caller.id,
        workflow_state="active" if published else "unpublished",
        posted_at=utc_now() if published else None,
        position=_last_position(access.course_id) if given.get("pinned") else None,
        **{"discussion_type": "not_threaded", **given},
    )
    _require_order(topic)
    db.session.add(topic)
    db.session.flush()
    return topic


def existing(access: Access, named: ColumnElement[bool]) -> DiscussionTopic:
    """A topic, to be changed: nobody writes under it until the transaction ends. Raises NotFound."""
    found = select(DiscussionTopic).where(DiscussionTopic.course_id == access.course_id, named, DiscussionTopic.workflow_state != "deleted")
    topic = db.session.scalars(found.with_for_update()).first()
    if topic is None:
        raise NotFound
    return topic


def change(topic: DiscussionTopic, access: Access, caller: Caller, fields: dict[str, Any]) -> None:
    """Set what `fields` gives. Raises Forbidden unless it is theirs and open, or they moderate; Invalid."""
    given = {key: value for key, value in fields.items() if value is not None or key in NULLABLE}
    given.pop("is_announcement", None)  # what it was made as it stays
    if not moderates(access):
        _require_own(topic, access, caller)
        given = _by_anybody(given)
    if "published" in given:
        publish(topic, given.pop("published"), caller)
    if "pinned" in given and given["pinned"] != topic.pinned:
        topic.position = _last_position(topic.course_id) if given["pinned"] else None
    for key, value in given.items():
        setattr(topic, key, value)
    _require_order(topic)
    _tell_assignment(topic, caller)


def remove(topic: DiscussionTopic, access: Access, caller: Caller) -> None:
    """Delete softly. Raises Forbidden: an author who does not moderate takes nobody's entries away."""
    if not moderates(access):
        _require_own(topic, access, caller)
        require(not _has_entries(topic), "there are entries under this topic")
    topic.workflow_state = "deleted"
    assignment = assignment_of(topic)
    if assignment is not None:
        assignments.remove(assignment)


def assignment_of(topic: DiscussionTopic) -> Assignment | None:
    """The assignment of a graded topic, locked."""
    if topic.assignment_id is None:
        return None
    return db.session.scalars(select(Assignment).where(Assignment.id == topic.assignment_id).with_for_update(key_share=True)).one()


def _tell_assignment(topic: DiscussionTopic, caller: Caller) -> None:
    assignment = assignment_of(topic)
    if assignment is not None:
        shared = {"name": topic.title, "description": topic.message, "published": topic.workflow_state == "active"}
        assignments.change(assignment, shared, caller, by_owner=True)


def _require_own(topic: DiscussionTopic, access: Access, caller: Caller) -> None:
    # What is graded is their teacher's to change.
    require(topic.user_id == caller.id and topic.assignment_id is None and posted(topic) and not closed(topic))
    require(Right.CREATE_FORUM in access.rights)


def _by_anybody(given: dict[str, Any]) -> dict[str, Any]:
    """What is left for somebody who does not moderate. Raises Forbidden for what they may not set; saying no to it is no harm."""
    require(given.get("published", True))
    require(not any(value for key, value in given.items() if key not in BY_ANYBODY and key != "published"))
    return {key: value for key, value in given.items() if key in BY_ANYBODY}


def _require_order(topic: DiscussionTopic) -> None:
    if topic.lock_at is not None and topic.delayed_post_at is not None and topic.lock_at <= topic.delayed_post_at:
        raise Invalid.field("lock_at", "must be after delayed_post_at")


def publish(topic: DiscussionTopic, published: bool, caller: Caller) -> None:
    """Publish it or take it back, with its assignment. Raises Invalid where somebody has written under it."""
    if published:
        topic.workflow_state = "active"
        topic.posted_at = topic.posted_at or utc_now()
    elif not topic.is_announcement:
        if topic.workflow_state == "active" and _has_entries(topic):
            raise Invalid.field("published", "Can't unpublish a topic that has entries")
        topic.workflow_state = "unpublished"
    _tell_assignment(topic, caller)


def _has_entries(topic: DiscussionTopic) -> bool:
    living = select(DiscussionEntry.id).where(DiscussionEntry.topic_id == topic.id, DiscussionEntry.workflow_state == "active")
    return db.session.scalar(living.limit(1)) is not None


def _last_position(course_id: int) -> int:
    found = select(func.coalesce(func.max(DiscussionTopic.position), 0)).where(DiscussionTopic.course_id == course_id)
    return (db.session.scalar(found) or 0) + 1
