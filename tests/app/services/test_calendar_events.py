"""Two who write to the calendar at once."""

from app.api import calendar_events as api
from app.models.courses import Course
from app.services import calendar_events
from tests.app.services.conftest import Together
from tests.conftest import Api
from tests.factories import CalendarEventFactory


def test_two_changes_of_different_fields_both_stay(together: Together, teacher: Api, admin: Api, course: Course) -> None:
    url = f"/calendar_events/{CalendarEventFactory(course=course).id}"
    together.meet(calendar_events, "zone_named")
    changes = ((teacher, {"title": "Exam"}), (admin, {"location_name": "R1"}))
    answers = together.do(*(together.request(who, "PUT", url, json={"calendar_event": fields}) for who, fields in changes))
    assert [answer.status_code for answer in answers] == [200, 200]
    event = teacher.ok("GET", url)
    assert (event["title"], event["location_name"]) == ("Exam", "R1")


def test_an_event_is_deleted_once_and_a_change_does_not_bring_it_back(together: Together, teacher: Api, admin: Api, course: Course) -> None:
    url = f"/calendar_events/{CalendarEventFactory(course=course).id}"
    together.meet(api, "_managed")
    change = together.request(admin, "PUT", url, json={"calendar_event": {"title": "Exam"}})
    answers = together.do(*[together.request(teacher, "DELETE", url)] * 2, change)
    assert sorted(answer.status_code for answer in answers[:2]) == [200, 404]
    assert answers[2].status_code in (200, 404)
    assert teacher.get(url).status_code == 404


def test_no_event_ends_before_it_starts_though_two_change_its_ends(together: Together, teacher: Api, admin: Api, course: Course) -> None:
    url = f"/calendar_events/{CalendarEventFactory(course=course).id}"
    together.meet(calendar_events, "zone_named")
    changes = ((teacher, {"start_at": "2026-03-01T14:00:00Z"}), (admin, {"end_at": "2026-03-01T11:00:00Z"}))
    together.do(*(together.request(who, "PUT", url, json={"calendar_event": fields}) for who, fields in changes))
    event = teacher.ok("GET", url)
    assert (event["start_at"], event["end_at"]) == ("2026-03-01T14:00:00Z", "2026-03-01T14:00:00Z")
