"""Whose dates are which: compared with the plainest reading of the rules; and two teachers at once."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.extensions import db
from app.models.assignment_overrides import AssignmentOverride, AssignmentOverrideStudent
from app.models.assignments import Assignment, dated_rows
from app.models.courses import Course
from app.models.enrollments import Enrollment
from app.services import assignment_overrides, gradebook, sections, totals
from tests.app.services.conftest import Together
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, EnrollmentFactory, OverrideFactory, SectionFactory, UserFactory

Fetch = Callable[[Any], list[Any]]
START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
NAMES = ("due_at", "unlock_at", "lock_at")
STUDENTS, SECTIONS = range(3), range(2)

dates = st.none() | st.integers(0, 4).map(lambda days: START + dt.timedelta(days=days))
given_dates = st.dictionaries(st.sampled_from(NAMES), dates)
worlds = st.fixed_dictionaries(
    {
        "own": st.fixed_dictionaries(dict.fromkeys(NAMES, dates)),
        "restricted": st.booleans(),
        "states": st.dictionaries(
            st.tuples(st.sampled_from(STUDENTS), st.sampled_from(SECTIONS)),
            st.sampled_from(("active", "active", "invited", "completed", "inactive", "rejected", "deleted")),
        ),
        "of_sections": st.dictionaries(st.sampled_from(SECTIONS), given_dates),
        "ad_hoc": st.lists(given_dates, max_size=2),
        "named": st.dictionaries(st.sampled_from(STUDENTS), st.integers(0, 1)),
    }
)


def expected(world: dict[str, Any], student: int) -> tuple[dict[str, dt.datetime | None], bool]:
    """A student's dates, and whether they have to do the work."""
    reaching = []
    for section, given_there in world["of_sections"].items():
        if world["states"].get((student, section)) in ("active", "invited", "completed"):
            reaching.append(given_there)
    if world["named"].get(student, 9) < len(world["ad_hoc"]):
        reaching.append(world["ad_hoc"][world["named"][student]])
    found = {}
    for name in NAMES:
        said = [override[name] for override in reaching if name in override]
        if not said:
            found[name] = world["own"][name]
        elif None in said:
            found[name] = None
        else:
            found[name] = min(said) if name == "unlock_at" else max(said)
    return found, not world["restricted"] or bool(reaching)


def made(world: dict[str, Any], work: Assignment, section_ids: list[int], user_ids: list[int]) -> None:
    """What the world describes, in the open transaction."""
    for name in NAMES:
        setattr(work, name, world["own"][name])
    work.only_visible_to_overrides = world["restricted"]
    work.has_overrides = bool(world["of_sections"] or world["ad_hoc"])
    for (student, section), state in world["states"].items():
        place = {"course_id": work.course_id, "course_section_id": section_ids[section]}
        db.session.add(Enrollment(**place, user_id=user_ids[student], type="StudentEnrollment", workflow_state=state))
    overrides = []
    for section, fields in [*world["of_sections"].items(), *((None, fields) for fields in world["ad_hoc"])]:
        flags = {f"{name}_overridden": True for name in fields}
        section_id = None if section is None else section_ids[section]
        overrides.append(AssignmentOverride(assignment_id=work.id, course_section_id=section_id, title="x", **fields, **flags))
    db.session.add_all(overrides)
    db.session.flush()
    ad_hoc = overrides[len(world["of_sections"]) :]
    for student, number in world["named"].items():
        if number < len(ad_hoc):
            ids = {"assignment_override_id": ad_hoc[number].id, "assignment_id": work.id}
            db.session.add(AssignmentOverrideStudent(**ids, user_id=user_ids[student]))
    db.session.flush()


def test_everybody_has_the_dates_that_the_plain_rules_give(course: Course) -> None:
    work_id = AssignmentFactory(group=AssignmentGroupFactory(course=course)).id
    section_ids = [SectionFactory(course=course).id for _ in SECTIONS]
    user_ids = [UserFactory().id for _ in STUDENTS]
    course_id = course.id

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(worlds)
    def holds(world: dict[str, Any]) -> None:
        made(world, db.session.get_one(Assignment, work_id), section_ids, user_ids)
        work = Assignment.id == work_id
        rows = {row.student_id: row for row in db.session.execute(gradebook.rows(course_id, user_ids).where(work))}
        _, counted = totals._work([work_id], [work_id], user_ids)
        for number, user_id in enumerate(user_ids):
            wanted, theirs = expected(world, number)
            assert (user_id in rows, (work_id, user_id) in counted) == (theirs, theirs)
            shown = [db.session.execute(dated_rows(user_id, staff=staff).where(work)).one() for staff in (True, False)]
            shown += gradebook.of_user(user_id, [work_id])
            for row in [*shown, *([rows[user_id]] if theirs else [])]:
                assert {name: getattr(row, name) for name in NAMES} == wanted
        db.session.rollback()

    holds()


@pytest.fixture
def url(course: Course) -> str:
    """The overrides of an assignment of the course."""
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    return f"/courses/{course.id}/assignments/{work.id}/overrides"


def test_a_student_who_is_put_into_two_overrides_at_once_is_in_one(
    together: Together, teacher: Api, student: Api, url: str, fetch: Fetch
) -> None:
    together.meet(assignment_overrides, "create")
    body = {"assignment_override": {"student_ids": [student.id], "due_at": "2026-03-01T12:00:00Z"}}
    answers = together.do(*[together.request(teacher, "POST", url, json=body)] * 2)
    assert sorted(answer.status_code for answer in answers) == [201, 400]
    assert fetch("SELECT user_id FROM assignment_override_students") == [(student.id,)]
    assert len(teacher.ok("GET", url)) == 1


def test_a_section_gets_one_override_of_two_at_once(together: Together, teacher: Api, course: Course, url: str) -> None:
    together.meet(assignment_overrides, "create")
    body = {"assignment_override": {"course_section_id": SectionFactory(course=course).id}}
    answers = together.do(*[together.request(teacher, "POST", url, json=body)] * 2)
    assert sorted(answer.status_code for answer in answers) == [201, 400]


def test_a_section_that_is_being_deleted_gets_no_override(together: Together, teacher: Api, course: Course, url: str) -> None:
    section = SectionFactory(course=course)
    together.meet(sections, "remove")
    body = {"assignment_override": {"course_section_id": section.id}}
    answers = together.do(together.request(teacher, "DELETE", f"/sections/{section.id}"), together.request(teacher, "POST", url, json=body))
    assert answers[0].status_code == 200 and answers[1].status_code in (201, 400)
    assert teacher.ok("GET", url) == []


def test_one_who_deletes_and_one_who_makes_leave_the_assignment_with_overrides(
    together: Together, teacher: Api, student: Api, course: Course, url: str, fetch: Fetch
) -> None:
    first = teacher.ok("POST", url, json={"assignment_override": {"student_ids": [student.id], "due_at": None}})
    together.meet(assignment_overrides, "locked")
    other = EnrollmentFactory(course=course).user_id
    body = {"assignment_override": {"student_ids": [other], "due_at": None}}
    answers = together.do(together.request(teacher, "DELETE", f"{url}/{first['id']}"), together.request(teacher, "POST", url, json=body))
    assert [answer.status_code for answer in answers] == [200, 201]
    assert fetch("SELECT has_overrides FROM assignments") in ([(True,)], [(1,)])


def test_whoever_changes_several_assignments_locks_them_in_one_order(
    together: Together, teacher: Api, student: Api, course: Course
) -> None:
    works = [AssignmentFactory(group=AssignmentGroupFactory(course=course), has_overrides=True) for _ in range(2)]
    theirs = [OverrideFactory(assignment=work, course_section_id=SectionFactory(course=course).id) for work in works]
    fields = [{"id": override.id, "assignment_id": override.assignment_id, "due_at": None} for override in theirs]
    together.meet(assignment_overrides, "change")
    path = f"/courses/{course.id}/assignments/overrides"
    answers = together.do(
        *(together.request(teacher, "PUT", path, json={"assignment_overrides": order}) for order in (fields, fields[::-1]))
    )
    assert [answer.status_code for answer in answers] == [200, 200]
