"""What happened in one's courses, what comes next, what was read."""

import datetime as dt
from typing import Any

import pytest

from app.extensions import db
from app.models.courses import Course
from app.models.submissions import SubmissionComment
from app.models.types import utc_now
from tests.conftest import Api
from tests.factories import (
    AssignmentFactory,
    AssignmentGroupFactory,
    CalendarEventFactory,
    CourseFactory,
    EntryFactory,
    ModuleFactory,
    ModuleItemFactory,
    SubmissionFactory,
    TopicFactory,
)

STREAM = "/users/self/activity_stream"
HOUR = dt.timedelta(hours=1)


def graded(course: Course, student: Api, **fields: Any) -> Any:
    """Work of the student with a grade from an hour ago."""
    work = fields.pop("work", None) or AssignmentFactory(group=AssignmentGroupFactory(course=course), name="Essay")
    given = {"score": 8.0, "grade": "8", "workflow_state": "graded", "graded_at": utc_now() - HOUR, **fields}
    return SubmissionFactory(assignment=work, user=student.user, **given)


def kinds(api: Api) -> list[tuple[str, int]]:
    return [(row["type"], row["id"]) for row in api.ok("GET", STREAM)]


def counts(api: Api) -> dict[str, tuple[int, int]]:
    return {row["type"]: (row["count"], row["unread_count"]) for row in api.ok("GET", f"{STREAM}/summary")}


def test_announcements_discussions_and_grades_come_newest_first(student: Api, teacher: Api, course: Course) -> None:
    old, now = utc_now() - 3 * HOUR, utc_now()
    news = TopicFactory(course=course, is_announcement=True, message="<p>Hello</p>", posted_at=old, created_at=old)
    talk = TopicFactory(course=course, message="<p>Discuss</p>", posted_at=old, created_at=old)
    EntryFactory(topic=talk, user=student.user, created_at=now)
    work = graded(course, student)
    db.session.add(SubmissionComment(submission_id=work.id, author_id=teacher.id, comment="Good"))
    db.session.commit()
    assert kinds(student) == [("DiscussionTopic", talk.id), ("Submission", work.id), ("Announcement", news.id)]
    about, grade, said = student.ok("GET", STREAM)
    assert (about["discussion_topic_id"], about["message"], about["total_root_discussion_entries"]) == (talk.id, None, 1)
    assert (said["announcement_id"], said["message"], said["title"]) == (news.id, "<p>Hello</p>", news.title)
    assert (grade["title"], grade["score"], grade["grade"], grade["assignment"]["points_possible"]) == ("Essay", 8.0, "8", 10.0)
    assert [comment["comment"] for comment in grade["submission_comments"]] == ["Good"]
    assert {row["course_id"] for row in (about, grade, said)} == {course.id}
    assert kinds(teacher) == [("DiscussionTopic", talk.id), ("Announcement", news.id)]


def test_what_others_may_not_see_is_not_in_it(student: Api, stranger: Api, course: Course) -> None:
    TopicFactory(course=course, workflow_state="unpublished", posted_at=None)
    TopicFactory(course=course, delayed_post_at=utc_now() + HOUR)
    TopicFactory(course=course, workflow_state="deleted")
    TopicFactory(course=CourseFactory(is_public=True))
    hidden = AssignmentFactory(group=AssignmentGroupFactory(course=course), workflow_state="unpublished")
    graded(course, student, work=hidden)
    graded(course, stranger)
    SubmissionFactory(assignment=AssignmentFactory(group=AssignmentGroupFactory(course=course)), user=student.user)
    assert (kinds(student), counts(student)) == ([], {})
    assert (kinds(stranger), counts(stranger)) == ([], {})


@pytest.mark.parametrize("state", ["unpublished", "completed", "deleted"])
def test_only_available_courses_are_in_it(student: Api, course: Course, state: str) -> None:
    TopicFactory(course=course)
    graded(course, student)
    assert len(kinds(student)) == 2
    course.workflow_state = state
    db.session.commit()
    assert kinds(student) == []


def test_the_summary_counts_what_is_unread(student: Api, course: Course) -> None:
    first = TopicFactory(course=course)
    TopicFactory(course=course, is_announcement=True)
    TopicFactory(course=course, is_announcement=True)
    graded(course, student)
    assert counts(student) == {"Announcement": (2, 2), "DiscussionTopic": (1, 1), "Submission": (1, 1)}
    assert student.put(f"/courses/{course.id}/discussion_topics/{first.id}/read").status_code == 204
    assert counts(student) == {"Announcement": (2, 2), "DiscussionTopic": (1, 0), "Submission": (1, 1)}


def test_a_grade_is_read_until_it_changes(student: Api, teacher: Api, course: Course) -> None:
    work = graded(course, student)
    url = f"/courses/{course.id}/assignments/{work.assignment_id}/submissions"
    seen = []
    for method, who in (("PUT", teacher), ("PUT", student), ("DELETE", student), ("PUT", student)):
        assert who.call(method, f"{url}/{student.id}/read").status_code == 204
        seen.append(student.ok("GET", STREAM)[0]["read_state"])
    assert seen == [False, True, False, True]
    db.session.merge(work).graded_at = utc_now() + HOUR
    db.session.commit()
    assert counts(student) == {"Submission": (1, 1)}


def test_where_nothing_was_handed_in_there_is_nothing_to_mark(student: Api, course: Course, fetch: Any) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    assert student.put(f"/courses/{course.id}/assignments/{work.id}/submissions/self/read").status_code == 204
    assert fetch("SELECT count(*) FROM submission_marks") == fetch("SELECT count(*) FROM submissions") == [(0,)]


def test_the_coming_week_has_events_and_what_is_due(student: Api, stranger: Api, course: Course) -> None:
    now, group = utc_now(), AssignmentGroupFactory(course=course)
    due = AssignmentFactory(group=group, due_at=now + 2 * HOUR)
    talk = CalendarEventFactory(course=course, start_at=now + HOUR, end_at=now + HOUR)
    own = CalendarEventFactory(user=student.user, start_at=now + 3 * HOUR, end_at=now + 3 * HOUR)
    AssignmentFactory(group=group, due_at=now + HOUR, workflow_state="unpublished")
    for days in (-1, 8):
        AssignmentFactory(group=group, due_at=now + dt.timedelta(days=days))
        CalendarEventFactory(course=course, start_at=now + dt.timedelta(days=days), end_at=now + dt.timedelta(days=days))
    url = "/users/self/upcoming_events"
    assert [event["id"] for event in student.ok("GET", url)] == [talk.id, f"assignment_{due.id}", own.id]
    assert [event["id"] for event in student.ok("GET", f"{url}?per_page=2&page=2")] == [own.id]
    assert stranger.ok("GET", url) == []


def test_what_a_module_locks_is_not_read_beside_it(student: Api, observer: Api, teacher: Api, course: Course) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course), due_at=utc_now() + HOUR, description="<p>Secret</p>")
    ModuleItemFactory(module=ModuleFactory(course=course, unlock_at=utc_now() + HOUR), type="Assignment", content_id=work.id)
    SubmissionFactory(assignment=work, user=student.user, score=1.0, workflow_state="graded", graded_at=utc_now())
    for who in (student, observer):
        (event,) = who.ok("GET", "/users/self/upcoming_events")
        assert (event["description"], event["assignment"]["locked_for_user"]) == (None, True)
    assert student.ok("GET", STREAM)[0]["assignment"]["description"] is None
    assert teacher.ok("GET", "/users/self/upcoming_events")[0]["description"] == "<p>Secret</p>"


def test_last_attendance_is_kept_for_students(teacher: Api, student: Api, course: Course) -> None:
    url = f"/courses/{course.id}/users"
    assert teacher.ok("PUT", f"{url}/{student.id}/last_attended", data={"date": "2026-03-01"}) == {"date": "2026-03-01T00:00:00Z"}
    (enrollment,) = teacher.ok("GET", f"/courses/{course.id}/enrollments?user_id={student.id}")
    assert enrollment["last_attended_at"] == "2026-03-01T00:00:00Z"
    assert teacher.put(f"{url}/{student.id}/last_attended", json={"date": "soon"}).status_code == 400
    assert teacher.put(f"{url}/{teacher.id}/last_attended", json={"date": "2026-03-01"}).status_code == 404


def test_tabs_are_those_that_are_open_to_the_caller(teacher: Api, student: Api, stranger: Api, course: Course) -> None:
    def tabs(api: Api, query: str = "?per_page=50") -> list[str]:
        return [tab["id"] for tab in api.ok("GET", f"/courses/{course.id}/tabs{query}")]

    assert tabs(teacher)[0] == "home" and tabs(teacher)[-1] == "settings"
    assert tabs(student) == tabs(teacher)[:-1]
    assert tabs(student, "?per_page=3&page=2") == tabs(student)[3:6]
    course.is_public = True
    db.session.commit()
    assert not {"grades", "people", "discussions", "announcements", "settings"} & set(tabs(stranger))
