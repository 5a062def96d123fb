"""Announcements of several courses at once."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import CourseFactory, EnrollmentFactory, TopicFactory

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


def announce(course: Course, title: str, **fields: Any) -> Any:
    return TopicFactory(course=course, title=title, is_announcement=True, **fields)


def titles(api: Api, *courses: Course, query: str = "") -> list[str]:
    codes = "&".join(f"context_codes[]=course_{course.id}" for course in courses)
    return [topic["title"] for topic in api.ok("GET", f"/announcements?{codes}{query}")]


@pytest.fixture
def other(student: Api) -> Course:
    """Another course of the student."""
    found: Course = CourseFactory(sis_course_id="C-2")
    EnrollmentFactory(course=found, user=student.user)
    return found


def test_those_of_several_courses_come_newest_first(student: Api, course: Course, other: Course) -> None:
    announce(course, "Old", posted_at=NOW - 2 * DAY)
    announce(other, "New", posted_at=NOW - DAY)
    TopicFactory(course=course, title="No announcement")
    assert titles(student, course, other) == ["New", "Old"]
    assert titles(student, course) == ["Old"]
    (seen,) = student.ok("GET", "/announcements?context_codes[]=course_sis_course_id:C-2")
    assert (seen["title"], seen["context_code"], seen["is_announcement"]) == ("New", f"course_{other.id}", True)


def test_only_of_courses_that_one_may_read(student: Api, teacher: Api, admin: Api, course: Course, other: Course) -> None:
    foreign, public, gone = CourseFactory(), CourseFactory(is_public=True), CourseFactory(workflow_state="deleted")
    EnrollmentFactory(course=gone, user=student.user)
    for place in (course, other, foreign, public, gone):
        announce(place, place.name)
    everything = (course, other, foreign, public, gone)
    assert set(titles(student, *everything)) == {course.name, other.name}
    assert titles(teacher, *everything) == [course.name]
    assert set(titles(admin, *everything)) == {course.name, other.name, foreign.name, public.name}
    assert titles(teacher, foreign) == []


def test_an_enrolment_that_is_over_or_not_accepted_shows_none(enrolled: Callable[..., Api], course: Course) -> None:
    announce(course, "News")
    assert titles(enrolled(workflow_state="invited"), course) == []
    assert titles(enrolled(end_at=NOW - DAY), course) == []


def test_what_is_not_posted_yet_is_for_those_who_moderate(student: Api, teacher: Api, course: Course, other: Course) -> None:
    announce(course, "Later", delayed_post_at=NOW + DAY)
    announce(course, "Now")
    announce(other, "Elsewhere later", delayed_post_at=NOW + DAY)
    EnrollmentFactory(course=other, user=teacher.user)
    assert titles(student, course, other) == ["Now"]
    assert titles(teacher, course, other) == ["Later", "Now"]
    assert titles(teacher, course, other, query="&active_only=true") == ["Now"]


def test_dates_bound_them(student: Api, course: Course) -> None:
    ages = {"Today": 0, "Ten": 10, "Twenty": 20, "Hundred": 100}
    for title, days in ages.items():
        announce(course, title, posted_at=NOW - days * DAY)
    assert titles(student, course) == ["Today", "Ten"]
    start = (NOW - 110 * DAY).date().isoformat()
    assert titles(student, course, query=f"&start_date={start}") == ["Hundred"]
    day = (NOW - 20 * DAY).date().isoformat()
    assert titles(student, course, query=f"&start_date={start}&end_date={day}") == ["Twenty", "Hundred"]
    assert titles(student, course, query="&start_date=9999-12-31") == []


def test_the_latest_of_each_course(student: Api, course: Course, other: Course) -> None:
    for place in (course, other):
        announce(place, f"{place.name} old", posted_at=NOW - 2 * DAY)
        announce(place, f"{place.name} new", posted_at=NOW - DAY)
    assert titles(student, course, other, query="&latest_only=true") == [f"{other.name} new", f"{course.name} new"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "context_codes[]=",
        "context_codes[]=group_1",
        "context_codes[]=course_self",
        "context_codes[]=course_x",
        "context_codes[]=7",
        "context_codes[]=course_1&start_date=soon",
        "context_codes[]=course_1&end_date=2026-13-01",
        "&".join(f"context_codes[]=course_{number}" for number in range(101)),
    ],
)
def test_nonsense_is_refused(student: Api, query: str) -> None:
    assert student.get(f"/announcements?{query}").status_code == 400


def test_permissions_are_those_of_each_course(student: Api, teacher: Api, course: Course, other: Course) -> None:
    EnrollmentFactory(course=other, user=teacher.user)
    announce(course, "Mine", locked=True)
    announce(other, "Theirs", locked=True, posted_at=NOW - DAY)
    codes = f"context_codes[]=course_{course.id}&context_codes[]=course_{other.id}"
    mine, theirs = teacher.ok("GET", f"/announcements?{codes}")
    assert (mine["locked_for_user"], mine["permissions"]["update"]) == (False, True)
    assert (theirs["locked_for_user"], theirs["permissions"]["update"]) == (True, False)
