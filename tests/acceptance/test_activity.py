"""What happened, what comes next, tabs and read marks, through canvasapi."""

import datetime as dt

from canvasapi.assignment import Assignment
from canvasapi.course import Course

from tests.acceptance.live import Person


def test_a_student_sees_what_happened_and_what_comes(taught: Course, student: Person, essay: Assignment) -> None:
    taught.create_discussion_topic(title="News", message="Hello", is_announcement=True)
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    essay.edit(assignment={"due_at": soon.isoformat()})
    essay.get_submission(student.id).edit(submission={"posted_grade": "7"})
    counts = {row["type"]: row["unread_count"] for row in student.canvas.get_activity_stream_summary()}
    assert counts == {"Announcement": 1, "Submission": 1}
    own = student.through(essay.get_submission(student.id))
    assert own.mark_read() is True
    counts = {row["type"]: row["unread_count"] for row in student.canvas.get_activity_stream_summary()}
    assert counts == {"Announcement": 1, "Submission": 0}
    assert own.mark_unread() is True
    assert [event["title"] for event in student.canvas.get_upcoming_events()] == ["Essay"]


def test_tabs_through_canvasapi(taught: Course, attended: Course) -> None:
    assert "settings" in [tab.id for tab in taught.get_tabs()]
    assert next(tab.label for tab in attended.get_tabs()) == "Home"
