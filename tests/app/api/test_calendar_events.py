"""Calendar events of courses and users."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from app.extensions import db
from app.models.courses import Course
from tests.conftest import Api
from tests.factories import (
    AssignmentFactory,
    AssignmentGroupFactory,
    CalendarEventFactory,
    EnrollmentFactory,
    UserFactory,
)

URL = "/calendar_events"
MARCH = "start_date=2026-03-01&end_date=2026-03-31"


@pytest.fixture
def code(course: Course) -> str:
    return f"course_{course.id}"


def made(who: Api, code: str, **fields: Any) -> Any:
    return who.ok("POST", URL, json={"calendar_event": {"context_code": code, "title": "Lecture", **fields}})


def titles(who: Api, query: str, url: str = URL) -> list[str]:
    return [event["title"] for event in who.ok("GET", f"{url}?{query}")]


def test_a_course_event_is_made_by_a_form_and_read_by_its_students(teacher: Api, student: Api, course: Course, code: str) -> None:
    form = {
        "calendar_event[context_code]": code,
        "calendar_event[title]": "Lecture",
        "calendar_event[description]": "<p onclick=x>Bring a pen</p><script>x</script>",
        "calendar_event[start_at]": "2026-03-02T10:00:00+09:00",
        "calendar_event[end_at]": "2026-03-02T11:00:00+09:00",
        "calendar_event[location_name]": "https://zoom.example/j/123?pwd=abc",
    }
    response = teacher.post(URL, data=form)
    event = response.get_json()
    assert response.status_code == 201
    assert (event["start_at"], event["end_at"], event["all_day"]) == ("2026-03-02T01:00:00Z", "2026-03-02T02:00:00Z", False)
    assert (event["description"], event["location_name"]) == ("<p>Bring a pen</p>", "https://zoom.example/j/123?pwd=abc")
    assert (event["context_code"], event["context_name"], event["effective_context_code"]) == (code, course.name, None)
    assert (event["workflow_state"], event["url"]) == ("active", f"http://lms.test/api/v1{URL}/{event['id']}")
    assert event["html_url"] == f"http://lms.test/calendar?event_id={event['id']}&include_contexts={code}"
    assert student.ok("GET", f"{URL}/{event['id']}") == event
    assert student.ok("GET", f"{URL}?context_codes[]={code}&start_date=2026-03-02") == [event]


def test_ones_own_events_are_ones_own(student: Api, teacher: Api, admin: Api) -> None:
    event = made(student, f"user_{student.id}", start_at="2026-03-02T01:00:00Z")
    assert (event["context_code"], event["context_name"]) == (f"user_{student.id}", student.user.name if student.user else "")
    path = f"{URL}/{event['id']}"
    assert student.ok("PUT", path, json={"calendar_event": {"title": "Nap"}})["title"] == "Nap"
    assert [teacher.call(method, path).status_code for method in ("GET", "PUT", "DELETE")] == [403] * 3
    assert [admin.call(method, path).status_code for method in ("GET", "PUT", "DELETE")] == [200, 403, 403]
    assert teacher.get(f"{URL}?context_codes[]=user_{student.id}").status_code == 403
    assert admin.ok("GET", f"{URL}?context_codes[]=user_{student.id}&{MARCH}") == [student.ok("GET", path)]
    refused = {"calendar_event": {"context_code": f"user_{student.id}"}}
    assert [who.post(URL, json=refused).status_code for who in (teacher, admin)] == [403, 403]
    assert student.ok("DELETE", path)["workflow_state"] == "deleted"
    assert [student.call(method, path).status_code for method in ("GET", "PUT", "DELETE")] == [404] * 3
    assert titles(student, "all_events=1") == []


def test_the_clock_is_the_users_own_where_they_have_one(sign_in: Callable[..., Api]) -> None:
    for zone, day in (("America/New_York", "2026-03-01"), ("Asia/Seoul", "2026-03-02"), ("Seoul", "2026-03-02"), ("../etc", "2026-03-02")):
        who = sign_in(UserFactory(time_zone=zone))
        event = made(who, f"user_{who.id}", start_at="2026-03-02T03:00:00Z", all_day=True)
        assert event["all_day_date"] == day


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"all_day": True, "start_at": "2026-03-02T05:00:00Z", "end_at": "2026-03-09T05:00:00Z"}, (True, "2026-03-02", "01T15", "01T15")),
        ({"all_day": "1", "start_at": "2026-03-02T05:00:00Z", "time_zone_edited": "UTC"}, (True, "2026-03-02", "02T00", "02T00")),
        ({"start_at": "2026-03-02T00:00:00+09:00"}, (True, "2026-03-02", "01T15", "01T15")),
        ({"start_at": "2026-03-02T00:00:00+09:00", "all_day": False}, (False, None, "01T15", "01T15")),
        ({"start_at": "2026-03-02T00:00:00+09:00", "end_at": "2026-03-02T01:00:00+09:00"}, (False, None, "01T15", "01T16")),
        ({"start_at": "2026-03-02T05:00:00Z"}, (False, None, "02T05", "02T05")),
        ({"end_at": "2026-03-02T05:00:00Z"}, (False, None, "02T05", "02T05")),
        ({"start_at": "2026-03-02T05:00:00Z", "end_at": "2026-03-01T05:00:00Z"}, (False, None, "02T05", "02T05")),
        ({"all_day": True}, (True, None, None, None)),
        ({}, (False, None, None, None)),
    ],
)
def test_times_and_days_settle_as_in_canvas(student: Api, fields: dict[str, Any], expected: tuple[Any, ...]) -> None:
    event = made(student, f"user_{student.id}", **fields)
    start, end = (event[key] and event[key][8:13] for key in ("start_at", "end_at"))
    assert (event["all_day"], event["all_day_date"], start, end) == expected


def test_a_change_touches_only_what_it_gives(teacher: Api, code: str) -> None:
    event = made(teacher, code, start_at="2026-03-02T01:00:00Z", end_at="2026-03-02T02:00:00Z", description="<p>x</p>", location_name="R1")
    path = f"{URL}/{event['id']}"

    def change(**fields: Any) -> Any:
        return teacher.ok("PUT", path, json={"calendar_event": fields})

    assert {**change(title="Lab"), "updated_at": None} == {**event, "title": "Lab", "updated_at": None}
    moved = change(start_at="2026-03-03T01:00:00Z")
    assert (moved["start_at"], moved["end_at"]) == ("2026-03-03T01:00:00Z", "2026-03-03T01:00:00Z")
    whole = change(all_day=True)
    assert (whole["all_day_date"], whole["start_at"]) == ("2026-03-03", "2026-03-02T15:00:00Z")
    assert change(title="Exam")["all_day"] is True
    cleared = change(start_at="", description=None, location_name="")
    assert (cleared["start_at"], cleared["end_at"], cleared["all_day"]) == (None, None, False)
    assert (cleared["description"], cleared["location_name"], cleared["title"]) == (None, None, "Exam")


def test_an_event_moves_to_another_calendar_of_which_one_may_make_events(teacher: Api, student: Api, code: str) -> None:
    own = made(student, f"user_{student.id}")
    refused = student.put(f"{URL}/{own['id']}", json={"calendar_event": {"context_code": code}})
    assert refused.status_code == 403
    theirs = made(teacher, f"user_{teacher.id}")
    moved = teacher.ok("PUT", f"{URL}/{theirs['id']}", json={"calendar_event": {"context_code": code}})
    assert moved["context_code"] == code
    assert student.ok("GET", f"{URL}/{theirs['id']}")["context_code"] == code


def test_copies_follow_at_the_same_hour(teacher: Api, code: str) -> None:
    event = made(
        teacher,
        code,
        start_at="2026-01-31T01:00:00Z",
        end_at="2026-01-31T02:30:00Z",
        description="<p>x</p>",
        duplicate={"count": 2, "interval": 1, "frequency": "monthly", "append_iterator": True},
    )
    copies = [copy["calendar_event"] for copy in event["duplicates"]]
    assert [each["title"] for each in (event, *copies)] == ["Lecture 1", "Lecture 2", "Lecture 3"]
    assert [(each["start_at"], each["end_at"]) for each in copies] == [
        ("2026-02-28T01:00:00Z", "2026-02-28T02:30:00Z"),
        ("2026-03-31T01:00:00Z", "2026-03-31T02:30:00Z"),
    ]
    assert {each["description"] for each in copies} == {"<p>x</p>"}
    assert len(teacher.ok("GET", f"{URL}?all_events=1&context_codes[]={code}")) == 3


def test_copies_come_weekly_unless_told_otherwise_and_in_a_form_too(teacher: Api, code: str) -> None:
    form = {"context_code": code, "title": "Day off", "start_at": "2026-03-02T05:00:00Z", "all_day": "true", "duplicate][count": "1"}
    event = teacher.ok("POST", URL, data={f"calendar_event[{key}]": value for key, value in form.items()})
    ((copy,),) = (each.values() for each in event["duplicates"])
    assert (copy["title"], copy["all_day"], copy["all_day_date"]) == ("Day off", True, "2026-03-09")
    assert "duplicates" not in made(teacher, code, duplicate={"count": 0})


@pytest.mark.parametrize(
    "fields",
    [
        {"context_code": None},
        {"context_code": ""},
        {"context_code": "group_1"},
        {"context_code": "course_x"},
        {"context_code": "course_\u0661"},
        {"context_code": "course_9223372036854775808"},
        {"context_code": ["course_1"]},
        {"title": " "},
        {"title": "x" * 256},
        {"title": {}},
        {"description": "x" * 400_001},
        {"start_at": "soon"},
        {"start_at": "9999-12-31T23:00:00Z"},
        {"start_at": "0001-01-01T00:00:00Z", "time_zone_edited": "America/New_York"},
        {"start_at": "0001-01-01T00:00:00Z", "all_day": True, "time_zone_edited": "Asia/Seoul"},
        {"all_day": "perhaps"},
        {"location_name": "x" * 2049},
        {"location_name": "a\0b"},
        {"duplicate": "often"},
        {"duplicate": {"count": 201}},
        {"duplicate": {"count": -1}},
        {"duplicate": {"count": 1, "interval": 0}},
        {"duplicate": {"count": 1, "frequency": "yearly"}},
        {"duplicate": {"count": 1}, "start_at": None},
        {"duplicate": {"count": 1}, "start_at": "9999-12-30T00:00:00Z"},
        {"duplicate": {"count": 200, "interval": 1000, "frequency": "monthly"}},
        {"duplicate": {"count": 9}, "description": "x" * 200_000},
        {"duplicate": {"count": 1, "append_iterator": True}, "title": "x" * 255},
    ],
)
def test_a_bad_event_is_refused_and_leaves_nothing(teacher: Api, code: str, fields: dict[str, Any]) -> None:
    event = {"context_code": code, "title": "x", "start_at": "2026-03-02T05:00:00Z", **fields}
    response = teacher.post(URL, json={"calendar_event": event})
    assert (response.status_code, "errors" in response.get_json()) == (400, True)
    assert titles(teacher, f"all_events=1&context_codes[]={code}") == []


def test_an_event_needs_a_context(teacher: Api) -> None:
    bodies: list[Any] = [{}, {"calendar_event": {"title": "x"}}, {"calendar_event": []}]
    assert [teacher.post(URL, json=body).status_code for body in bodies] == [400] * 3


def test_what_has_no_such_id_is_not_there(teacher: Api) -> None:
    for path in ("999999", "assignment_999999", "x", "assignment_x", "self", "sis_course_id:1", "9" * 30, "assignment_" + "9" * 30):
        assert teacher.get(f"{URL}/{path}").status_code == 404, path


def test_an_assignment_is_not_changed_as_an_event(teacher: Api, course: Course) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    path = f"{URL}/assignment_{work.id}"
    assert {teacher.call(method, path).status_code for method in ("PUT", "DELETE")} <= {404, 405}
    assert teacher.ok("GET", path)["title"] == work.name


@pytest.mark.parametrize(
    ("state", "student_reads", "teacher_writes"), [("unpublished", 403, 200), ("completed", 200, 200), ("deleted", 404, 404)]
)
def test_the_state_of_the_course_counts(
    teacher: Api, student: Api, course: Course, code: str, state: str, student_reads: int, teacher_writes: int
) -> None:
    event = CalendarEventFactory(course=course)
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    course.workflow_state = state
    db.session.commit()
    paths = (f"{URL}/{event.id}", f"{URL}?context_codes[]={code}", f"{URL}/assignment_{work.id}")
    assert [student.get(path).status_code for path in paths] == [student_reads] * 3
    answers = [teacher.put(paths[0], json={"calendar_event": {"title": "x"}}), teacher.delete(paths[0])]
    assert [answer.status_code for answer in answers] == [teacher_writes] * 2
    assert student.post(URL, json={"calendar_event": {"context_code": code}}).status_code == (404 if state == "deleted" else 403)


def test_an_enrolment_that_is_over_shows_nothing(sign_in: Callable[..., Api], course: Course, code: str) -> None:
    event = CalendarEventFactory(course=course)
    for fields in ({"workflow_state": "invited"}, {"workflow_state": "completed"}, {"end_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}):
        user = UserFactory()
        EnrollmentFactory(course=course, user=user, **fields)
        who = sign_in(user)
        assert [who.get(f"{URL}{path}").status_code for path in (f"/{event.id}", f"?context_codes[]={code}")] == [403, 403]


def test_visitors_of_a_public_course_read_its_calendar(stranger: Api, course: Course, code: str) -> None:
    course.is_public = True
    db.session.commit()
    event = CalendarEventFactory(course=course, title="Open day")
    draft = AssignmentFactory(group=AssignmentGroupFactory(course=course), workflow_state="unpublished")
    assert titles(stranger, f"{MARCH}&context_codes[]={code}") == ["Open day"]
    assert stranger.get(f"{URL}/assignment_{draft.id}").status_code == 403
    assert stranger.put(f"{URL}/{event.id}", json={"calendar_event": {"title": "x"}}).status_code == 403
