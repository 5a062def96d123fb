"""Discussions and announcements: started, answered, read, moderated."""

import datetime as dt
from pathlib import Path

import pytest
from canvasapi.course import Course
from canvasapi.discussion_topic import DiscussionTopic
from canvasapi.exceptions import BadRequest, Forbidden, ResourceDoesNotExist
from canvasapi.file import File

from tests.acceptance.live import Lms, Person, enroll


def from_now(**delta: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(**delta)


def titles(course: Course, **options: object) -> list[str]:
    return [topic.title for topic in course.get_discussion_topics(**options)]


@pytest.fixture
def topic(taught: Course) -> DiscussionTopic:
    """A threaded topic that allows ratings."""
    return taught.create_discussion_topic(title="Talk", message="<p>About it.</p>", discussion_type="threaded", allow_rating=True)


def test_a_topic_keeps_what_it_was_made_with(taught: Course, teacher: Person) -> None:
    lock, post = from_now(days=3), from_now(days=1)
    fields = {"title": "Talk", "message": "<b>Hi</b>", "discussion_type": "side_comment", "pinned": True, "require_initial_post": True}
    made = taught.create_discussion_topic(**fields, lock_at=lock, delayed_post_at=post)
    read = taught.get_discussion_topic(made.id)
    assert {key: getattr(read, key) for key in fields} == fields
    assert (read.lock_at_date, read.delayed_post_at_date, read.published) == (lock, post, True)
    assert (read.author["id"], read.user_name, read.discussion_subentry_count) == (teacher.id, teacher.name, 0)
    assert read.created_at_date <= read.last_reply_at_date


def test_a_topic_is_changed_and_deleted(taught: Course, topic: DiscussionTopic) -> None:
    changed = topic.update(title="Renamed", locked=True)
    assert (changed.title, changed.locked, changed.message) == ("Renamed", True, "<p>About it.</p>")
    assert topic.delete() is True
    assert titles(taught) == []
    with pytest.raises(ResourceDoesNotExist):
        taught.get_discussion_topic(topic.id)


@pytest.mark.parametrize("fields", [{}, {"title": " "}, {"title": "x", "discussion_type": "loud"}, {"title": "x", "lock_at": "soon"}])
def test_a_topic_with_nonsense_is_refused(taught: Course, fields: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        taught.create_discussion_topic(**fields)
    assert titles(taught) == []


def test_topics_are_listed_searched_and_scoped(taught: Course) -> None:
    for title, fields in {"b": {}, "C": {"locked": True}, "a": {"pinned": True}, "News": {"is_announcement": True}}.items():
        taught.create_discussion_topic(title=title, **fields)
    assert titles(taught) == ["a", "C", "b"]
    assert titles(taught, order_by="title") == ["a", "b", "C"]
    assert titles(taught, search_term="c") == ["C"]
    assert titles(taught, scope="pinned") == ["a"] and titles(taught, scope="locked") == ["C"]
    assert titles(taught, only_announcements=True) == ["News"]


def test_students_see_what_is_posted(taught: Course, attended: Course) -> None:
    draft = taught.create_discussion_topic(title="Draft", published=False)
    later = taught.create_discussion_topic(title="Later", delayed_post_at=from_now(hours=1))
    taught.create_discussion_topic(title="Now")
    assert titles(attended) == ["Now"] and len(titles(taught)) == 3
    for hidden in (draft, later):
        with pytest.raises((Forbidden, ResourceDoesNotExist)):
            attended.get_discussion_topic(hidden.id)
    later.update(delayed_post_at="")
    assert sorted(titles(attended)) == ["Later", "Now"]


def test_people_answer_each_other(taught: Course, attended: Course, topic: DiscussionTopic, student: Person, teacher: Person) -> None:
    entry = attended.get_discussion_topic(topic.id).post_entry(message="<i>Question</i>")
    assert (entry.message, entry.user_id, entry.user_name) == ("<i>Question</i>", student.id, student.name)
    (seen,) = topic.get_topic_entries()
    reply = seen.post_reply(message="Answer")
    again = student.through(topic).get_entries([reply.id])[0].post_reply(message="Thanks")
    view = attended.get_full_discussion_topic(topic.id)
    (top,) = view["view"]
    assert (top["message"], top["replies"][0]["message"]) == ("<i>Question</i>", "Answer")
    assert (top["replies"][0]["replies"][0]["message"], view["unread_entries"]) == ("Thanks", [reply.id])
    assert {person["id"] for person in view["participants"]} == {student.id, teacher.id}
    assert [each.id for each in seen.get_replies()] == [again.id, reply.id]
    assert [each.id for each in topic.get_entries([reply.id, entry.id])] == [entry.id, reply.id]
    assert taught.get_discussion_topic(topic.id).discussion_subentry_count == 3


def test_entries_are_changed_and_deleted_by_their_authors_and_by_staff(
    course: Course, attended: Course, topic: DiscussionTopic, lms: Lms
) -> None:
    entry = attended.get_discussion_topic(topic.id).post_entry(message="First")
    peer = lms.person()
    enroll(course, peer)
    for refused in (lambda: peer.through(entry).update(message="Mine"), lambda: peer.through(entry).delete()):
        with pytest.raises(Forbidden):
            refused()
    assert entry.update(message="Second") is True and entry.message == "Second"
    (seen,) = topic.get_topic_entries()
    assert seen.update(message="Moderated") is True and seen.delete() is True
    (place,) = attended.get_full_discussion_topic(topic.id)["view"]
    assert place["deleted"] is True and "message" not in place
    with pytest.raises(ResourceDoesNotExist):
        entry.update(message="Third")


def test_a_blank_entry_is_refused(topic: DiscussionTopic) -> None:
    for message in ("", "  "):
        with pytest.raises(BadRequest):
            topic.post_entry(message=message)


def test_a_locked_topic_takes_nothing_more_from_students(attended: Course, topic: DiscussionTopic) -> None:
    entry = attended.get_discussion_topic(topic.id).post_entry(message="In time")
    topic.update(locked=True)
    seen = attended.get_discussion_topic(topic.id)
    assert seen.locked_for_user is True
    for refused in (lambda: seen.post_entry(message="x"), lambda: entry.post_reply(message="x"), lambda: entry.update(message="x")):
        with pytest.raises(Forbidden):
            refused()
    assert topic.post_entry(message="Closed.").message == "Closed."


def test_others_entries_are_hidden_until_one_has_written(taught: Course, attended: Course) -> None:
    topic = taught.create_discussion_topic(title="First you", require_initial_post=True)
    topic.post_entry(message="Solution")
    seen = attended.get_discussion_topic(topic.id)
    for hidden in (lambda: list(seen.get_topic_entries()), lambda: attended.get_full_discussion_topic(topic.id)):
        with pytest.raises(Forbidden, match="require_initial_post"):
            hidden()
    seen.post_entry(message="My try")
    assert [entry.message for entry in seen.get_topic_entries()] == ["My try", "Solution"]


def test_students_start_topics_unless_the_course_says_no(taught: Course, attended: Course, outsider: Person) -> None:
    own = attended.create_discussion_topic(title="Mine")
    assert own.update(title="Still mine").title == "Still mine"
    assert own.delete() is True
    with pytest.raises(Forbidden):
        attended.create_discussion_topic(title="News", is_announcement=True)
    assert taught.update_settings(allow_student_discussion_topics=False)["allow_student_discussion_topics"] is False
    with pytest.raises(Forbidden):
        attended.create_discussion_topic(title="Mine")
    with pytest.raises(Forbidden):
        outsider.through(attended).create_discussion_topic(title="Mine")
    assert attended.get_settings()["allow_student_discussion_topics"] is False


def test_only_staff_change_what_others_started(attended: Course, topic: DiscussionTopic, student: Person, outsider: Person) -> None:
    for person in (student, outsider):
        with pytest.raises(Forbidden):
            person.through(topic).update(title="Mine")
        with pytest.raises(Forbidden):
            person.through(topic).delete()


def test_announcements_of_several_courses(lms: Lms, course: Course, taught: Course, student: Person, outsider: Person) -> None:
    other, foreign = lms.course(), lms.course()
    enroll(other, student)
    for place, title in ((taught, "One"), (other, "Two"), (foreign, "Three")):
        place.create_discussion_topic(title=title, is_announcement=True)
    found = list(student.canvas.get_announcements([course.id, other.id, foreign.id]))
    assert {(topic.title, topic.context_code) for topic in found} == {("One", f"course_{course.id}"), ("Two", f"course_{other.id}")}
    assert all(topic.mark_as_read() for topic in found)
    assert list(outsider.canvas.get_announcements([course.id])) == []
    later = taught.create_discussion_topic(title="Later", is_announcement=True, delayed_post_at=from_now(hours=1))
    assert [topic.title for topic in student.canvas.get_announcements([course.id])] == ["One"]
    taught.create_discussion_topic(title="Newest", is_announcement=True)
    later.delete()
    assert [topic.title for topic in student.canvas.get_announcements([course.id], latest_only=True)] == ["Newest"]
    assert list(student.canvas.get_announcements([course.id], start_date="2020-01-01", end_date="2020-12-31")) == []


def test_marks_are_ones_own(attended: Course, topic: DiscussionTopic) -> None:
    entry = topic.post_entry(message="New")
    seen = attended.get_discussion_topic(topic.id)
    assert (seen.read_state, seen.unread_count, seen.subscribed) == ("unread", 1, False)
    assert seen.mark_as_read() and seen.mark_entries_as_read() and seen.subscribe()
    now = attended.get_discussion_topic(topic.id)
    assert (now.read_state, now.unread_count, now.subscribed) == ("read", 0, True)
    assert seen.get_entries([entry.id])[0].mark_as_unread() and seen.mark_as_unread() and seen.unsubscribe()
    now = attended.get_discussion_topic(topic.id)
    assert (now.read_state, now.unread_count, now.subscribed) == ("unread", 1, False)
    assert seen.mark_entries_as_unread() and seen.get_entries([entry.id])[0].mark_as_read()
    assert seen.get_entries([entry.id])[0].rate(1)
    assert topic.get_entries([entry.id])[0].rating_count == 1


def test_a_graded_discussion_with_a_file(taught: Course, attended: Course, student: Person, tmp_path: Path) -> None:
    paper = tmp_path / "paper.txt"
    paper.write_bytes(b"read this")
    made = taught.create_discussion_topic(title="Debate", assignment={"points_possible": 10}, attachment=str(paper))
    work = attended.get_assignment(made.assignment_id)
    assert (work.name, work.submission_types, work.discussion_topic["id"]) == ("Debate", ["discussion_topic"], made.id)
    (attached,) = attended.get_discussion_topic(made.id).attachments
    assert File(attended._requester, attached).get_contents(binary=True) == b"read this"
    for _ in range(2):
        attended.get_discussion_topic(made.id).post_entry(message="Mine")
    handed_in = taught.get_assignment(work.id).get_submission(student.id)
    assert (handed_in.workflow_state, handed_in.attempt, handed_in.submission_type) == ("submitted", 1, "discussion_topic")
    taught.get_assignment(work.id).delete()
    with pytest.raises(ResourceDoesNotExist):
        taught.get_discussion_topic(made.id)
