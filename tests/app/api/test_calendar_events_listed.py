"""Which calendar events are listed to whom; assignments as events."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import time_machine

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import (
    AssignmentFactory,
    AssignmentGroupFactory,
    CalendarEventFactory,
    CourseFactory,
    EnrollmentFactory,
    UserFactory,
)

URL = "/calendar_events"
MARCH = "start_date=2026-03-01&end_date=2026-03-31"


@pytest.fixture
def code(course: Course) -> str:
    return f"course_{course.id}"


def titles(who: Api, query: str, url: str = URL) -> list[str]:
    return [event["title"] for event in who.ok("GET", f"{url}?{query}")]


def test_the_calendar_is_ones_own_unless_another_is_named(student: Api, course: Course, code: str) -> None:
    CalendarEventFactory(course=course, title="Course")
    CalendarEventFactory(user=student.user, title="Own")
    CalendarEventFactory(user=UserFactory(), title="Other")
    assert titles(student, MARCH) == ["Own"]
    assert titles(student, f"{MARCH}&context_codes[]={code}") == ["Course"]
    assert titles(student, f"{MARCH}&context_codes[]={code}&context_codes[]=user_{student.id}") == ["Course", "Own"]


@time_machine.travel("2026-03-01T16:00:00Z", tick=False)
def test_without_dates_it_is_today_by_the_accounts_clock(student: Api) -> None:
    day = dt.datetime(2026, 3, 2, 15, tzinfo=dt.UTC)  # midnight after 2 March in Seoul
    for title, start in (("Before", -25), ("First", -24), ("Last", -1), ("After", 0)):
        at = day + dt.timedelta(hours=start)
        CalendarEventFactory(user=student.user, title=title, start_at=at, end_at=at)
    assert titles(student, "") == ["First", "Last"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("start_date=2026-03-01", ["Long", "First"]),
        ("start_date=2026-03-02", ["Long", "Second"]),
        ("start_date=2026-03-01&end_date=2026-03-02", ["Long", "First", "Second"]),
        ("start_date=2026-03-01T12:30:00Z&end_date=2026-03-02T11:59:59Z", ["Long", "First"]),
        ("start_date=2026-03-02T12:00:00Z&end_date=2026-03-02T12:00:00Z", ["Long", "Second"]),
        ("start_date=2026-03-01T12:30:00Z", ["Long", "First"]),
        ("start_date=2026-03-02&end_date=2025-01-01", ["Long", "Second"]),
        ("start_date=2026-04-01", []),
        ("undated=true&start_date=2026-03-01", ["Undated"]),
        ("all_events=true&undated=true", ["Long", "First", "Second", "Undated"]),
    ],
)
def test_events_are_listed_by_when_they_are_going_on(student: Api, query: str, expected: list[str]) -> None:
    def at(day: int, hour: int, month: int = 3) -> dt.datetime:
        return dt.datetime(2026, month, day, hour, tzinfo=dt.UTC)

    CalendarEventFactory(user=student.user, title="Undated", start_at=None, end_at=None)
    CalendarEventFactory(user=student.user, title="Second", start_at=at(2, 12), end_at=at(2, 13))
    CalendarEventFactory(user=student.user, title="First")
    CalendarEventFactory(user=student.user, title="Long", start_at=at(20, 0, 2), end_at=at(20, 0, 3))
    assert titles(student, query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "start_date=soon",
        "start_date=2026-02-30",
        "start_date=9999-12-31",
        "start_date=0001-01-01",
        "end_date=0001-01-01",
        "start_date=9999-12-31T23:00:00Z",
        "start_date[a]=1",
        "type=meeting",
        "context_codes[]=group_1",
        "context_codes[]=",
        "undated=perhaps",
    ],
)
def test_a_bad_list_is_refused(student: Api, query: str) -> None:
    expected = 200 if query == "context_codes[]=" else 400
    assert student.get(f"{URL}?{query}").status_code == expected


def test_calendars_that_are_not_there_or_not_ones_own(student: Api, teacher: Api, stranger: Api, code: str) -> None:
    missing = "course_999999"
    assert student.get(f"{URL}?context_codes[]={code}&context_codes[]={missing}").status_code == 404
    assert teacher.post(URL, json={"calendar_event": {"context_code": missing}}).status_code == 404
    assert stranger.get(f"{URL}?context_codes[]={code}").status_code == 403
    assert student.get(f"{URL}?context_codes[]=course_{CourseFactory().id}&context_codes[]={code}").status_code == 403


def test_assignments_are_events_when_they_are_due(teacher: Api, student: Api, observer: Api, course: Course, code: str) -> None:
    group = AssignmentGroupFactory(course=course)
    due = dt.datetime(2026, 3, 5, 12, tzinfo=dt.UTC)
    live = AssignmentFactory(group=group, name="Live", due_at=due, description="<p>Write</p>")
    AssignmentFactory(group=group, name="Draft", due_at=due, workflow_state="unpublished")
    AssignmentFactory(group=group, name="Gone", due_at=due, workflow_state="deleted")
    AssignmentFactory(group=group, name="Undated")
    AssignmentFactory(name="Elsewhere", due_at=due)
    query = f"type=assignment&{MARCH}&context_codes[]={code}"
    assert (titles(student, query), titles(observer, query), titles(teacher, query)) == (["Live"], ["Live"], ["Live", "Draft"])
    assert titles(student, f"type=assignment&undated=1&context_codes[]={code}") == ["Undated"]
    assert titles(student, f"type=assignment&all_events=1&context_codes[]={code}") == ["Live", "Undated"]
    assert titles(student, f"type=assignment&{MARCH}") == []
    (event,) = student.ok("GET", f"{URL}?{query}")
    assert (event["id"], event["type"], event["start_at"], event["end_at"]) == (
        f"assignment_{live.id}",
        "assignment",
        "2026-03-05T12:00:00Z",
        "2026-03-05T12:00:00Z",
    )
    assert (event["context_code"], event["context_name"], event["workflow_state"]) == (code, course.name, "published")
    assert event["assignment"] == student.ok("GET", f"/courses/{course.id}/assignments/{live.id}")
    assert student.ok("GET", f"{URL}/{event['id']}") == event
    assert "needs_grading_count" in teacher.ok("GET", f"{URL}/{event['id']}")["assignment"]


def test_somebody_sees_drafts_where_they_teach_and_not_where_they_learn(teacher: Api, course: Course, code: str) -> None:
    elsewhere = EnrollmentFactory(user=teacher.user)
    due = dt.datetime(2026, 3, 5, 12, tzinfo=dt.UTC)
    for name, group in (
        ("mine", AssignmentGroupFactory(course=course)),
        ("theirs", AssignmentGroupFactory(course=None, course_id=elsewhere.course_id)),
    ):
        for state in ("published", "unpublished"):
            AssignmentFactory(group=group, name=f"{name} {state}", due_at=due, workflow_state=state)
    query = f"type=assignment&{MARCH}&context_codes[]={code}&context_codes[]=course_{elsewhere.course_id}"
    events = teacher.ok("GET", f"{URL}?{query}")
    assert [event["title"] for event in events] == ["mine published", "mine unpublished", "theirs published"]
    assert ["needs_grading_count" in event["assignment"] for event in events] == [True, True, False]


def test_an_exam_is_not_read_in_the_calendar_before_it_begins(student: Api, teacher: Api, course: Course) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    exam = AssignmentFactory(group=AssignmentGroupFactory(course=course), unlock_at=later, description="<p>Secret</p>")
    path = f"{URL}/assignment_{exam.id}"
    assert "Secret" not in student.get(path).text
    assert teacher.ok("GET", path)["description"] == "<p>Secret</p>"


def test_what_is_excluded_is_left_out(student: Api, course: Course, code: str) -> None:
    AssignmentFactory(group=AssignmentGroupFactory(course=course), description="<p>Write</p>")
    CalendarEventFactory(course=course, description="<p>Write</p>")
    query = f"all_events=1&context_codes[]={code}"
    for kind in ("event", "assignment"):
        assert "Write" not in student.get(f"{URL}?{query}&type={kind}&excludes[]=description").text
    (bare,) = student.ok("GET", f"{URL}?{query}&type=assignment&excludes[]=assignment&excludes[]=description")
    assert "assignment" not in bare


def test_an_admin_reads_a_users_calendar_as_that_user(admin: Api, student: Api, course: Course, code: str) -> None:
    url = f"/users/{student.id}/calendar_events"
    CalendarEventFactory(user=student.user, title="Own")
    CalendarEventFactory(course=course, title="Course")
    AssignmentFactory(group=AssignmentGroupFactory(course=course), name="Draft", workflow_state="unpublished")
    for who in (admin, student):
        assert titles(who, MARCH, url) == ["Own"]
        assert titles(who, f"{MARCH}&context_codes[]={code}", url) == ["Course"]
        assert titles(who, f"all_events=1&type=assignment&context_codes[]={code}", url) == []
    assert titles(student, MARCH, "/users/self/calendar_events") == ["Own"]
    assert admin.get(f"{url}?context_codes[]=course_{CourseFactory().id}").status_code == 403
    assert admin.get("/users/999999/calendar_events").status_code == 404
    assert student.get("/users/999999/calendar_events").status_code == 403


def test_a_thousand_calendars_are_one_statement(
    student: Api, course: Course, code: str, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    others = [f"course_{EnrollmentFactory(user=student.user).course_id}" for _ in range(3)]
    AssignmentFactory(group=AssignmentGroupFactory(course=course), due_at=dt.datetime(2026, 3, 5, tzinfo=dt.UTC))

    def cost(codes: list[str]) -> int:
        with statements() as seen:
            student.ok("GET", f"{URL}?type=assignment&{MARCH}&" + "&".join(f"context_codes[]={each}" for each in codes))
        return len(seen)

    assert cost([code]) == cost([code, *others]) == cost([code] * 1000) == 5
    assert student.get(f"{URL}?" + "&".join(["context_codes[]=course_1"] * 1001)).status_code == 400


def test_a_list_comes_in_pages(student: Api) -> None:
    for number in range(3):
        CalendarEventFactory(user=student.user, title=str(number))
    first = student.get(f"{URL}?{MARCH}&per_page=2")
    assert ([event["title"] for event in first.get_json()], 'rel="next"' in first.headers["Link"]) == (["0", "1"], True)
    assert titles(student, f"{MARCH}&per_page=2&page=2") == ["2"]
