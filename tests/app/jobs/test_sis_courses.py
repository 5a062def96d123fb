"""What each row of courses.csv and sections.csv does, rule by rule."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from app.models.courses import Course
from app.models.enrollments import Enrollment
from app.models.sections import Section
from tests.app.jobs.importing import COURSES, SECTIONS, said
from tests.factories import CourseFactory, EnrollmentFactory, SectionFactory

Fetch = Callable[[Any], list[Any]]
Import = Callable[..., list[str]]
DATED = ",start_date,end_date\n"


COURSE_STATES = [
    (None, "active", "unpublished"),
    (None, "published", "available"),
    (None, "completed", "completed"),
    (None, "deleted", None),
    ("available", "active", "available"),
    ("completed", "active", "available"),
    ("deleted", "active", "unpublished"),
    ("deleted", "published", "available"),
    ("available", "completed", "completed"),
    ("available", "deleted", "deleted"),
    ("deleted", "deleted", "deleted"),
]


def test_the_state_of_a_course(imported: Import, fetch: Fetch) -> None:
    for number, (before, _, _) in enumerate(COURSE_STATES):
        if before:
            CourseFactory(sis_course_id=f"C{number}", workflow_state=before, name="Old")
    assert imported(COURSES + "".join(f"C{number},PY,Python,{status}\n" for number, (_, status, _) in enumerate(COURSE_STATES))) == []
    states = {f"C{number}": after for number, (_, _, after) in enumerate(COURSE_STATES) if after}
    assert dict(fetch(select(Course.sis_course_id, Course.workflow_state))) == states
    assert fetch(select(func.count()).where(Section.default_section)) == [(len(states),)]


COURSE_ROWS: list[tuple[str, Any]] = [
    ("C1,,Python,active,,", "No short_name given"),
    ("C1,PY,,active,,", "No long_name given"),
    ("C1,PY,Python,open,,", "Improper status 'open'; it must be one of active, published, completed, deleted"),
    ("C1,PY,Python,active,soon,", "Bad date 'soon' for start_date; it must be as 2026-03-01T09:00:00Z"),
    (
        "C1,PY,Python,active,9999-12-31T23:00:00-12:00,",
        "Bad date '9999-12-31T23:00:00-12:00' for start_date; it must be as 2026-03-01T09:00:00Z",
    ),
    ("C2,JS,Java,active,,", None),
]


def test_bad_rows_of_courses(imported: Import, fetch: Fetch) -> None:
    assert imported(COURSES.replace("\n", DATED) + "\n".join(row for row, _ in COURSE_ROWS)) == said(COURSE_ROWS)
    assert fetch(select(Course.sis_course_id)) == [("C2",)]


def test_the_dates_and_names_of_a_course(imported: Import, fetch: Fetch) -> None:
    columns = select(Course.name, Course.course_code, Course.start_at, Course.end_at)
    begin, end = dt.datetime(2026, 3, 2, tzinfo=dt.UTC), dt.datetime(2026, 6, 30, 9, 0, tzinfo=dt.UTC)
    dated = COURSES.replace("\n", DATED)
    imported(dated + "C1,PY,Python,active,2026-03-02,2026-06-30T18:00:00+09:00\n")
    assert fetch(columns) == [("Python", "PY", begin, end)]
    imported(COURSES + "C1,PY3,Python 3,active\n")
    assert fetch(columns) == [("Python 3", "PY3", begin, end)]
    imported(dated + "C1,PY3,Python 3,active,,<delete>\n")
    assert fetch(columns) == [("Python 3", "PY3", None, None)]


def test_an_account_that_is_not_there_is_told_and_the_course_goes_in(imported: Import, fetch: Fetch) -> None:
    told = imported("course_id,short_name,long_name,status,account_id\nC1,PY,Python,active,north\n")
    assert told == ["There is no account 'north': the course is in the root account (row 2)"]
    assert fetch(select(Course.account_id)) == [(1,)]


SECTION_ROWS: list[tuple[str, Any]] = [
    ("S2,C1,,active", "No name given"),
    ("S2,,Two,active", "No course_id given"),
    ("S2,C9,Two,active", "Section S2 references course C9 which doesn't exist"),
    ("S2,gone,Two,active", "Section S2 references course gone which doesn't exist"),
    ("S1,C2,One,active", "Section S1 is in another course; sections are not moved"),
    ("S2,C1,Two,completed", "Improper status 'completed'; it must be one of active, deleted"),
    ("D1,C1,Default,deleted", "The default section of a course cannot be deleted"),
    ("S3,C1,Three,active", None),
    ("S1,C1,Renamed,active", None),
    ("S9,C1,Nine,deleted", None),
]


def test_rows_of_sections(imported: Import, fetch: Fetch) -> None:
    course = CourseFactory(sis_course_id="C1", section__sis_section_id="D1", section__name="Default")
    SectionFactory(course=course, sis_section_id="S1", name="One")
    CourseFactory(sis_course_id="C2", section=None)
    CourseFactory(sis_course_id="gone", workflow_state="deleted", section=None)
    assert imported(SECTIONS + "\n".join(row for row, _ in SECTION_ROWS)) == said(SECTION_ROWS)
    expected = {"D1": "Default", "S1": "Renamed", "S3": "Three"}
    assert dict(fetch(select(Section.sis_section_id, Section.name).where(Section.workflow_state == "active"))) == expected


def test_a_section_is_deleted_with_its_enrollments_and_comes_back(imported: Import, fetch: Fetch, course: Course) -> None:
    section = SectionFactory(course=course, sis_section_id="S1")
    course.sis_course_id = "C1"
    EnrollmentFactory(course=course, course_section_id=section.id)
    states = select(Section.workflow_state, Enrollment.workflow_state).join(Enrollment)
    assert imported(SECTIONS + "S1,C1,One,deleted\n") == []
    assert fetch(states) == [("deleted", "deleted")]
    assert imported(SECTIONS + "S1,C1,One,active\n") == []
    assert fetch(states) == [("active", "deleted")]
