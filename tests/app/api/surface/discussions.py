"""Discussions, announcements, entries."""

from app.extensions import db
from app.models.courses import Course
from app.models.discussions import DiscussionEntry, DiscussionTopic
from tests.app.api.surface import MEMBERS, READERS, SIGNED_IN, STAFF, Allowed, C, Feature
from tests.conftest import Api
from tests.factories import EnrollmentFactory, EntryFactory, TopicFactory

TOPICS = f"{C}/discussion_topics"
TOPIC = f"{TOPICS}/<ref:topic>"
ENTRY = f"{TOPIC}/entries/<ref:entry>"
OPERATIONS: dict[str, Allowed] = {
    "GET /announcements": Allowed(SIGNED_IN, {"context_codes": "course_{course}"}),
    f"GET {TOPICS}": Allowed(READERS),
    f"POST {TOPICS}": Allowed(MEMBERS, {"title": "New"}),
    # by the course's student
    f"GET {TOPIC}": Allowed(READERS),
    f"PUT {TOPIC}": Allowed(STAFF | {"student"}, {"title": "New"}),
    f"DELETE {TOPIC}": Allowed(STAFF),  # there are entries under it
    f"GET {TOPIC}/view": Allowed(READERS),
    f"GET {TOPIC}/entry_list": Allowed(READERS, {"ids": "{entry}"}),
    f"GET {TOPIC}/entries": Allowed(READERS),
    f"POST {TOPIC}/entries": Allowed(MEMBERS, {"message": "Hello"}),
    f"GET {ENTRY}/replies": Allowed(READERS),
    f"POST {ENTRY}/replies": Allowed(MEMBERS, {"message": "Hello"}),
    f"PUT {ENTRY}": Allowed(STAFF | {"student"}, {"message": "Hello"}),
    f"DELETE {ENTRY}": Allowed(STAFF | {"student"}),
    f"PUT {TOPIC}/read": Allowed(READERS),
    f"DELETE {TOPIC}/read": Allowed(READERS),
    f"PUT {TOPIC}/read_all": Allowed(READERS),
    f"DELETE {TOPIC}/read_all": Allowed(READERS),
    f"PUT {TOPIC}/subscribed": Allowed(READERS),
    f"DELETE {TOPIC}/subscribed": Allowed(READERS),
    f"PUT {ENTRY}/read": Allowed(READERS),
    f"DELETE {ENTRY}/read": Allowed(READERS),
    f"POST {ENTRY}/rating": Allowed(MEMBERS, {"rating": "1"}),
}
LISTS = (
    "/announcements",
    "/courses/<ref:course>/discussion_topics",
    "/courses/<ref:course>/discussion_topics/<ref:topic>/entries",
    "/courses/<ref:course>/discussion_topics/<ref:topic>/entries/<ref:entry>/replies",
    "/courses/<ref:course>/discussion_topics/<ref:topic>/entry_list",
)


def targets(course: Course, student: Api) -> dict[str, object]:
    """A topic by the student, and an entry of theirs under it."""
    topic = TopicFactory(course=course, user=student.user, allow_rating=True)
    return {"topic": topic.id, "entry": EntryFactory(topic=topic, user=student.user).id}


def grow(course: Course, caller: Api) -> None:
    """One more topic and announcement, and more entries and replies under every topic of the course."""
    author = EnrollmentFactory(course=course)
    for announcement in (False, True):
        TopicFactory(course=course, user=None, user_id=author.user_id, is_announcement=announcement)
    for topic in db.session.query(DiscussionTopic).filter_by(course_id=course.id).all():
        top = EntryFactory(topic=topic, user=None, user_id=author.user_id)
        for first in db.session.query(DiscussionEntry).filter_by(topic_id=topic.id, parent_id=None).all():
            EntryFactory(topic=topic, user=caller.user, parent_id=first.id, root_entry_id=first.id, depth=2)
        EntryFactory(topic=topic, user=caller.user, parent_id=top.id, root_entry_id=top.id, depth=2, workflow_state="deleted")


FEATURE = Feature(OPERATIONS, LISTS, targets=targets, grow=grow)
