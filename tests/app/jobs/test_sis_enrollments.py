"""What each row of enrollments.csv does, rule by rule."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.extensions import db
from app.models.courses import Course
from app.models.enrollments import Enrollment
from app.models.sections import Section
from app.models.users import User
from tests.app.jobs.importing import COURSES, ENROLLMENTS, SECTIONS, USERS, said
from tests.conftest import Api
from tests.factories import CourseFactory, EnrollmentFactory, SectionFactory, UserFactory, default_section

Fetch = Callable[[Any], list[Any]]
Import = Callable[..., list[str]]


@pytest.fixture
def people(course: Course) -> None:
    """Users A, B, one deleted; courses C1 with a section S1, and C2 with S2."""
    for sis_id, state in (("A", "registered"), ("B", "registered"), ("gone", "deleted")):
        UserFactory(sis_user_id=sis_id, workflow_state=state)
    course.sis_course_id = "C1"
    SectionFactory(course=course, sis_section_id="S1")
    SectionFactory(course=CourseFactory(sis_course_id="C2"), sis_section_id="S2")


ENROLLMENT_ROWS: list[tuple[str, Any]] = [
    ("C1,,A,student,active,", ("default", "StudentEnrollment", "active", None)),
    (",S1,A,Teacher,active,", ("S1", "TeacherEnrollment", "active", None)),
    ("C1,S1,A,ta,completed,", ("S1", "TaEnrollment", "completed", None)),
    ("C1,S1,A,designer,inactive,", ("S1", "DesignerEnrollment", "inactive", None)),
    ("C1,S1,A,observer,active,B", ("S1", "ObserverEnrollment", "active", "B")),
    ("C1,S1,A,observer,active,", ("S1", "ObserverEnrollment", "active", None)),
    ("C1,S1,A,student,deleted,", None),
    ("C1,S1,A,student,active,B", "Only an observer is associated with a student"),
    ("C1,S1,A,observer,active,X", "An enrollment referenced a non-existent user X"),
    (",,A,student,active,", "No course_id or section_id given"),
    ("C1,S1,,student,active,", "No user_id given"),
    ("C1,S1,A,,active,", "No role given"),
    ("C1,S1,A,dean,active,", "Improper role 'dean'; it must be one of student, teacher, ta, designer, observer"),
    ("C1,S1,A,student,here,", "Improper status 'here'; it must be one of active, inactive, completed, deleted"),
    ("C9,,A,student,active,", "An enrollment referenced a non-existent course C9"),
    ("C1,S9,A,student,active,", "An enrollment referenced a non-existent section S9"),
    ("C1,S2,A,student,active,", "An enrollment listed a section (S2) and a course (C1) that are unrelated"),
    ("C1,S1,X,student,active,", "An enrollment referenced a non-existent user X"),
    ("C1,S1,gone,student,active,", "Attempted enrolling of deleted user gone"),
    ("C1,S1,gone,student,deleted,", None),
]


@pytest.mark.usefixtures("people")
def test_rows_of_enrollments(imported: Import, fetch: Fetch) -> None:
    header = ENROLLMENTS.replace("\n", ",associated_user_id\n")
    assert imported(header + "\n".join(row for row, _ in ENROLLMENT_ROWS)) == said(ENROLLMENT_ROWS)
    section = select(func.coalesce(Section.sis_section_id, "default")).where(Section.id == Enrollment.course_section_id).scalar_subquery()
    observed = select(User.sis_user_id).where(User.id == Enrollment.associated_user_id).scalar_subquery()
    made = fetch(select(section, Enrollment.type, Enrollment.workflow_state, observed).order_by(Enrollment.id))
    assert made == [expected for _, expected in ENROLLMENT_ROWS if isinstance(expected, tuple)]


@pytest.mark.usefixtures("people")
def test_an_enrollment_goes_from_state_to_state_as_one_row(imported: Import, fetch: Fetch, course: Course) -> None:
    columns = select(Enrollment.workflow_state, Enrollment.limit_privileges_to_course_section, Enrollment.end_at)
    header = ENROLLMENTS.replace("\n", ",limit_section_privileges,end_date\n")
    user_id = db.session.scalar(select(User.id).where(User.sis_user_id == "A"))
    EnrollmentFactory(course=course, user=None, user_id=user_id, workflow_state="invited")
    end = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    for status in ("active", "completed", "deleted", "active", "inactive"):
        assert imported(header + f"C1,,A,student,{status},true,2027-01-01\n") == []
        assert fetch(columns) == [(status, True, end)]
    # By its course, by its section, and twice in a file.
    db.session.execute(update(Section).where(Section.id == default_section(course.id)).values(sis_section_id="D1"))
    db.session.commit()
    assert (
        imported(header + "C1,,A,student,active,false,\n,D1,A,student,completed,,\nC1,D1,B,student,active,,\n,D1,B,student,active,,\n")
        == []
    )
    assert fetch(columns.order_by(Enrollment.id)) == [("completed", False, None), ("active", False, None)]


@pytest.mark.usefixtures("people")
def test_the_history_tells_what_an_import_changed_and_who_imported(imported: Import, admin: Api, course: Course) -> None:
    SectionFactory(course=course, sis_section_id="S3")
    for status in ("active", "active", "completed"):
        imported(ENROLLMENTS + f"C1,S1,A,student,{status}\nC1,S3,B,student,active\n")
    imported(SECTIONS + "S3,C1,Three,deleted\n", USERS + "A,a@x.kr,A,deleted\n", COURSES + "C1,C,C,completed\n")
    history = admin.ok("GET", f"/courses/{course.id}/enrollment_history?per_page=100")
    happened = [(row["event"], row["state_before"], row["state_after"]) for row in reversed(history)]
    assert happened[:3] == [("created", None, "active"), ("created", None, "active"), ("concluded", "active", "completed")]
    assert set(happened[3:]) == {
        ("course_concluded", "completed", "completed"),
        ("course_concluded", "active", "active"),
        ("deleted", "active", "deleted"),
        ("user_deleted", "completed", "deleted"),
    }
    assert {row["actor"]["id"] for row in history} == {admin.id}
