"""What each row of terms.csv does, and the terms that courses name."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from app.models.courses import Course
from app.models.terms import DEFAULT_TERM_ID, EnrollmentTerm
from tests.app.jobs.importing import COURSES
from tests.factories import CourseFactory, TermFactory

Fetch = Callable[[Any], list[Any]]
Import = Callable[..., list[str]]
TERMS = "term_id,name,status,start_date,end_date\n"
OF_COURSES = COURSES.replace("\n", ",term_id\n")
NAMED = select(EnrollmentTerm.sis_term_id, EnrollmentTerm.name, EnrollmentTerm.workflow_state).where(EnrollmentTerm.id != DEFAULT_TERM_ID)


def test_terms_are_made_changed_deleted_and_brought_back(imported: Import, fetch: Fetch) -> None:
    rows = "T1,Spring,active,2026-03-02,2026-06-30\nT2,Autumn,active,,\n"
    for _ in range(2):
        assert imported(TERMS + rows) == []
        assert sorted(fetch(NAMED)) == [("T1", "Spring", "active"), ("T2", "Autumn", "active")]
    assert fetch(select(EnrollmentTerm.start_at).where(EnrollmentTerm.sis_term_id == "T1")) == [(dt.datetime(2026, 3, 2, tzinfo=dt.UTC),)]
    assert imported(TERMS + "T1,Spring,deleted,,\nT2,Fall,active,,\nT9,None,deleted,,\n") == []
    assert sorted(fetch(NAMED)) == [("T1", "Spring", "deleted"), ("T2", "Fall", "active")]
    assert imported(TERMS + "T1,Spring again,active,,\n") == []
    assert sorted(fetch(NAMED)) == [("T1", "Spring again", "active"), ("T2", "Fall", "active")]


def test_a_bad_row_is_told_and_the_rest_goes_in(imported: Import, fetch: Fetch) -> None:
    CourseFactory(enrollment_term_id=TermFactory(sis_term_id="used", name="Used").id)
    told = imported(
        TERMS
        + "T1,,active,,\n,Spring,active,,\nT2,Two,gone,,\nT3,Three,active,2026-06-30,2026-03-02\nused,Used,deleted,,\nT4,Four,active,,\n"
    )
    assert [message.rpartition(" (")[0] for message in told] == [
        "No name given",
        "No term_id given",
        "Improper status 'gone'; it must be one of active, deleted",
        "end_date must not be before start_date",
        "workflow_state cannot delete a term with active courses",
    ]
    assert sorted(fetch(NAMED)) == [("T4", "Four", "active"), ("used", "Used", "active")]


def test_courses_go_into_the_terms_that_they_name(imported: Import, fetch: Fetch) -> None:
    # terms first, whatever the order of the files
    told = imported(OF_COURSES + "C1,PY,Python,active,T1\nC2,JS,JavaScript,active,\nC3,GO,Go,active,T9\n", TERMS + "T1,Spring,active,,\n")
    assert told == ["There is no term 'T9': the course stays in the term that it is in, a new one in the default term (row 4)"]
    spring = fetch(select(EnrollmentTerm.id).where(EnrollmentTerm.sis_term_id == "T1"))[0].id
    terms = select(Course.sis_course_id, Course.enrollment_term_id).order_by(Course.sis_course_id)
    assert fetch(terms) == [("C1", spring), ("C2", DEFAULT_TERM_ID), ("C3", DEFAULT_TERM_ID)]
    assert imported(OF_COURSES + "C1,PY,Python,active,\n") == []
    assert fetch(terms)[0] == ("C1", spring), "a blank cell leaves what is there"
