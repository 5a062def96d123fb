"""The calendar: events made, copied, read, changed and deleted; assignments as events."""

import datetime as dt

import pytest
from canvasapi.calendar_event import CalendarEvent
from canvasapi.canvas import Canvas
from canvasapi.course import Course
from canvasapi.exceptions import BadRequest, Forbidden, ResourceDoesNotExist

from tests.acceptance.live import ESSAY, Classroom, Lms, Person

MARCH = {"start_date": "2026-03-01", "end_date": "2026-03-31"}
JOIN = "https://zoom.example/j/123?pwd=abc"


def code(course: Course) -> str:
    return f"course_{course.id}"


def made(canvas: Canvas, context_code: str, **fields: object) -> CalendarEvent:
    event = {"title": "Lecture", "start_at": "2026-03-02T01:00:00Z", "end_at": "2026-03-02T02:00:00Z", **fields}
    return canvas.create_calendar_event({"context_code": context_code, **event})


def titles(canvas: Canvas, **options: object) -> list[str]:
    return [event.title for event in canvas.get_calendar_events(**options)]


def test_a_teacher_announces_a_meeting_and_students_find_it(course: Course, teacher: Person, student: Person) -> None:
    event = made(teacher.canvas, code(course), description="<p>Hi</p><script>x</script>", location_name=JOIN)
    assert (event.title, event.context_code, event.all_day, event.workflow_state) == ("Lecture", code(course), False, "active")
    assert (event.start_at, event.end_at) == ("2026-03-02T01:00:00Z", "2026-03-02T02:00:00Z")
    (found,) = student.canvas.get_calendar_events(context_codes=[code(course)], **MARCH)
    assert (found.id, found.description, found.location_name) == (event.id, "<p>Hi</p>", JOIN)
    assert student.canvas.get_calendar_event(event.id).title == "Lecture"


def test_an_event_is_changed_and_deleted(course: Course, teacher: Person, student: Person) -> None:
    event = made(teacher.canvas, code(course))
    event.edit(calendar_event={"title": "Lab", "all_day": True})
    assert (event.title, event.all_day, event.all_day_date) == ("Lab", True, "2026-03-02")
    assert event.delete().workflow_state == "deleted"
    assert titles(student.canvas, context_codes=[code(course)], all_events=True) == []
    with pytest.raises(ResourceDoesNotExist):
        student.canvas.get_calendar_event(event.id)


def test_a_weekly_lecture_is_made_at_once(course: Course, teacher: Person, student: Person) -> None:
    copies = {"count": 12, "interval": 1, "frequency": "weekly", "append_iterator": True}
    first = made(teacher.canvas, code(course), duplicate=copies)
    assert len(first.duplicates) == 12
    found = list(student.canvas.get_calendar_events(context_codes=[code(course)], all_events=True, per_page=5))
    assert [event.title for event in found] == [f"Lecture {number}" for number in range(1, 14)]
    assert [event.start_at for event in found[:3]] == ["2026-03-02T01:00:00Z", "2026-03-09T01:00:00Z", "2026-03-16T01:00:00Z"]


def test_ones_own_calendar_is_private(student: Person, teacher: Person) -> None:
    own = made(student.canvas, f"user_{student.id}", title="Dentist")
    assert titles(student.canvas, **MARCH) == ["Dentist"]
    assert [event.title for event in student.canvas.get_current_user().get_calendar_events_for_user(**MARCH)] == ["Dentist"]
    with pytest.raises(Forbidden):
        teacher.canvas.get_calendar_event(own.id)
    with pytest.raises(Forbidden):
        titles(teacher.canvas, context_codes=[f"user_{student.id}"])


def test_assignments_stand_in_the_calendar_when_they_are_due(taught: Course, teacher: Person, student: Person) -> None:
    for name, published in (("Essay", True), ("Draft", False)):
        taught.create_assignment({"name": name, "published": published, "due_at": "2026-03-05T12:00:00Z"})
    options = {"type": "assignment", "context_codes": [code(taught)], **MARCH}
    assert (titles(teacher.canvas, **options), titles(student.canvas, **options)) == (["Essay", "Draft"], ["Essay"])
    (event,) = student.canvas.get_calendar_events(**options)
    assert (event.id, event.start_at) == (f"assignment_{event.assignment['id']}", "2026-03-05T12:00:00Z")


def test_only_staff_make_change_and_delete_a_courses_events(course: Course, teacher: Person, student: Person, outsider: Person) -> None:
    event = made(teacher.canvas, code(course))
    for person in (student, outsider):
        with pytest.raises(Forbidden):
            made(person.canvas, code(course))
        with pytest.raises(Forbidden):
            person.through(event).edit(calendar_event={"title": "Mine"})
        with pytest.raises(Forbidden):
            person.through(event).delete()
    with pytest.raises(Forbidden):
        outsider.canvas.get_calendar_event(event.id)


def test_events_of_a_deleted_course_are_gone(lms: Lms, student: Person) -> None:
    course = lms.course()
    event = made(lms.admin, code(course))
    course.delete()
    for canvas in (lms.admin, student.canvas):
        with pytest.raises(ResourceDoesNotExist):
            canvas.get_calendar_event(event.id)


def test_what_waits_and_what_was_missed(taught: Course, teacher: Person, student: Person) -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    for name, due in (("Soon", soon), ("Missed", soon - dt.timedelta(days=2))):
        taught.create_assignment({**ESSAY, "name": name, "due_at": due})
    me = student.canvas.get_current_user()
    assert [assignment.name for assignment in me.get_missing_submissions()] == ["Missed"]
    assert [(item.type, item.assignment["name"]) for item in student.canvas.get_todo_items()] == [("submitting", "Soon")]
    student.through(next(iter(me.get_missing_submissions()))).submit({"submission_type": "online_text_entry", "body": "Late"})
    assert list(me.get_missing_submissions()) == []
    assert [(item.type, item.needs_grading_count) for item in teacher.canvas.get_todo_items()] == [("grading", 1)]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": " "},
        {"start_at": "soon"},
        {"context_code": "planet_1"},
        {"duplicate": {"count": 201}},
        {"duplicate": {"count": 1, "frequency": "yearly"}},
    ],
)
def test_an_event_with_nonsense_is_refused(table: Classroom, fields: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        table.teacher.canvas.create_calendar_event({"context_code": code(table.course), "title": "x", "start_at": "2026-03-02", **fields})
    assert titles(table.teacher.canvas, context_codes=[code(table.course)], all_events=True) == []
