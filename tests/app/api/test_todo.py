"""What waits for somebody, and what a student has missed."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from app.extensions import db
from app.models.courses import Course
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, CourseFactory, EnrollmentFactory, SubmissionFactory, UserFactory

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DAY = dt.timedelta(days=1)


@pytest.fixture
def work(course: Course) -> Callable[..., Any]:
    """Makes assignments of the course, due yesterday unless told otherwise."""
    group = AssignmentGroupFactory(course=course)
    return lambda name, **fields: AssignmentFactory(group=group, **{"name": name, "due_at": NOW - DAY, **fields})


def names(who: Api, path: str) -> list[str]:
    return [assignment["name"] for assignment in who.ok("GET", path)]


def test_missing_is_what_is_due_and_neither_handed_in_nor_graded_nor_excused(student: Api, work: Callable[..., Any]) -> None:
    work("Missed")
    work("Older", due_at=NOW - 2 * DAY)
    work("Later", due_at=NOW + DAY)
    work("Undated", due_at=None)
    work("Draft", workflow_state="unpublished")
    work("On paper", submission_types=["on_paper"])
    SubmissionFactory(assignment=work("Done"), user=student.user)
    blank: dict[str, Any] = {"user": student.user, "attempt": None, "submitted_at": None, "workflow_state": "unsubmitted"}
    SubmissionFactory(assignment=work("Commented"), **blank)
    SubmissionFactory(assignment=work("Excused"), **blank, excused=True)
    SubmissionFactory(assignment=work("Graded"), **{**blank, "workflow_state": "graded"}, score=0.0, grade="0")
    SubmissionFactory(assignment=work("Of another"))
    found = student.ok("GET", "/users/self/missing_submissions")
    assert [assignment["name"] for assignment in found] == ["Older", "Missed", "Commented", "Of another"]
    course_id = found[0]["course_id"]
    rows = student.ok("GET", f"/courses/{course_id}/students/submissions?per_page=100")
    assert {row["assignment_id"] for row in rows if row["missing"]} == {assignment["id"] for assignment in found}


def test_missing_work_is_filtered_by_course_and_by_what_can_still_be_handed_in(student: Api, work: Callable[..., Any]) -> None:
    work("Locked", lock_at=NOW - DAY)
    mine = work("Open")
    other = EnrollmentFactory(user=student.user)
    AssignmentFactory(group=AssignmentGroupFactory(course=None, course_id=other.course_id), name="Elsewhere", due_at=NOW - DAY)
    url = "/users/self/missing_submissions"
    assert sorted(names(student, url)) == ["Elsewhere", "Locked", "Open"]
    assert names(student, f"{url}?course_ids[]={mine.course_id}") == ["Locked", "Open"]
    assert names(student, f"{url}?course_ids[]={mine.course_id}&filter[]=submittable") == ["Open"]
    assert student.get(f"{url}?course_ids[]=x").status_code == 400


def test_who_may_know_what_is_missing(student: Api, observer: Api, admin: Api, teacher: Api, work: Callable[..., Any]) -> None:
    work("Missed")
    other = EnrollmentFactory(user=student.user)
    AssignmentFactory(group=AssignmentGroupFactory(course=None, course_id=other.course_id), name="Elsewhere", due_at=NOW - DAY)
    url = f"/users/{student.id}/missing_submissions"
    assert names(observer, url) == ["Missed"]
    assert names(admin, url) == names(student, url) == ["Missed", "Elsewhere"]
    assert names(teacher, "/users/self/missing_submissions") == []
    assert (teacher.get(url).status_code, teacher.get("/users/999999/missing_submissions").status_code) == (403, 403)
    assert admin.get("/users/999999/missing_submissions").status_code == 404


@pytest.mark.parametrize("state", ["unpublished", "completed", "deleted"])
def test_nothing_waits_in_a_course_that_is_not_running(
    student: Api, teacher: Api, course: Course, work: Callable[..., Any], state: str
) -> None:
    peer = UserFactory()
    EnrollmentFactory(course=course, user=peer)
    SubmissionFactory(assignment=work("Missed"), user=peer)
    assert [item["type"] for item in teacher.ok("GET", "/users/self/todo")] == ["grading"]
    assert names(student, "/users/self/missing_submissions") == ["Missed"]
    course.workflow_state = state
    db.session.commit()
    for who in (student, teacher):
        assert who.ok("GET", "/users/self/todo") == who.ok("GET", "/users/self/missing_submissions") == []


def test_a_student_is_told_what_is_due_within_a_week(student: Api, course: Course, work: Callable[..., Any]) -> None:
    soon = work("Soon", due_at=NOW + DAY)
    work("Far", due_at=NOW + 8 * DAY)
    work("Past")
    work("Draft", due_at=NOW + DAY, workflow_state="unpublished")
    work("Locked", due_at=NOW + 2 * DAY, unlock_at=NOW + DAY)
    SubmissionFactory(assignment=work("Done", due_at=NOW + DAY), user=student.user)
    (item,) = student.ok("GET", "/users/self/todo")
    assert (item["type"], item["context_type"], item["course_id"], item["context_name"]) == ("submitting", "Course", course.id, course.name)
    assert item["assignment"] == student.ok("GET", f"/courses/{course.id}/assignments/{soon.id}")
    assert item["html_url"] == f"http://lms.test/courses/{course.id}/assignments/{soon.id}#submit"
    assert "needs_grading_count" not in item


def test_whoever_grades_is_told_what_waits(
    teacher: Api, ta: Api, designer: Api, admin: Api, student: Api, work: Callable[..., Any]
) -> None:
    essay = work("Essay")
    SubmissionFactory(assignment=essay, user=student.user)
    SubmissionFactory(assignment=work("Graded"), user=student.user, workflow_state="graded", score=1.0)
    SubmissionFactory(assignment=AssignmentFactory(group=AssignmentGroupFactory(course=CourseFactory())))
    for who in (teacher, ta):
        (item,) = who.ok("GET", "/users/self/todo")
        assert (item["type"], item["assignment"]["id"], item["needs_grading_count"]) == ("grading", essay.id, 1)
        assert item["html_url"].endswith(f"/gradebook/speed_grader?assignment_id={essay.id}")
    assert [who.ok("GET", "/users/self/todo") for who in (designer, admin, student)] == [[], [], []]
