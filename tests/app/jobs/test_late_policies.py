"""Missing work gets its score by itself, and what is much is recomputed by a job."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from app.extensions import db
from app.jobs.late_policies import EVERY
from app.models.courses import Course
from app.models.submissions import GradeChange, Submission
from app.models.types import utc_now
from app.services import jobs, late_policies
from tests.app.conftest import Hired
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, CourseFactory, LatePolicyFactory, SubmissionFactory, UserFactory

Hire = Callable[..., Hired]
Fetch = Callable[[Any], list[Any]]
SCORES = (
    select(Submission.user_id, Submission.score).where(Submission.score.is_not(None)).order_by(Submission.assignment_id, Submission.user_id)
)


@pytest.fixture
def clock(hire: Hire) -> Callable[[], None]:
    """Lets the recurring job run, as it does every few minutes."""
    worker = hire()

    def tick() -> None:
        jobs.ensure_recurring("missing_work", EVERY)
        db.session.execute(db.text("UPDATE jobs SET run_at = created_at"))
        db.session.commit()
        worker.all()

    return tick


def overdue(course: Course, **fields: Any) -> Any:
    """An assignment of 10 points that was due a day ago."""
    due = {"due_at": utc_now() - dt.timedelta(days=1)}
    return AssignmentFactory(group=AssignmentGroupFactory(course=course), **{**due, **fields})


def test_work_that_nobody_handed_in_gets_its_score_once(
    clock: Callable[[], None], course: Course, enrolled: Callable[..., Api], fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_policies, "AT_ONCE", 2)
    LatePolicyFactory(course=course, missing_submission_deduction=70.0)
    works = [overdue(course), overdue(course, points_possible=100.0)]
    nothing = sorted(enrolled().id for _ in range(3))
    for fields in (
        {},
        {"submitted_at": None, "attempt": None, "excused": True},
        {"submitted_at": None, "attempt": None, "score": 9.0, "grader_id": 1},
        {"submitted_at": None, "attempt": None, "late_policy_status": "none"},
    ):
        user = enrolled().user
        for work in works:
            SubmissionFactory(assignment=work, user=user, **fields)
    commented = enrolled()
    SubmissionFactory(assignment=works[0], user=commented.user, submitted_at=None, attempt=None, workflow_state="unsubmitted")
    overdue(course, workflow_state="unpublished")
    overdue(course, due_at=None)
    overdue(course, submission_types=["on_paper"])
    overdue(course, grading_type="not_graded")
    enrolled(workflow_state="inactive")
    enrolled("ObserverEnrollment", associated_user_id=nothing[0])
    for other in (CourseFactory(), CourseFactory(workflow_state="unpublished")):
        LatePolicyFactory(course=other, missing_submission_deduction_enabled=other.workflow_state == "unpublished")
        overdue(other)
        enrolled(course=other)
    clock()
    given = [(user, points) for points in (3, 30) for user in (*nothing, commented.id)]
    assert [row for row in fetch(SCORES) if row.score != 9] == given
    recorded = select(GradeChange.grader_id, GradeChange.score_before, GradeChange.score_after)
    assert sorted(fetch(recorded)) == [(0, None, 3)] * 4 + [(0, None, 30)] * 4
    clock()
    assert fetch(select(func.count(GradeChange.id))) == [(8,)]


def test_what_is_missing_follows_the_due_date_the_state_and_the_policy(
    clock: Callable[[], None], teacher: Api, student: Api, course: Course, fetch: Fetch
) -> None:
    LatePolicyFactory(course=course)
    work = overdue(course)
    url = f"/courses/{course.id}/assignments"
    clock()
    assert fetch(SCORES) == [(student.id, 0)]
    seen = student.ok("GET", f"{url}/{work.id}/submissions/self")
    assert (seen["missing"], seen["grade"], seen["workflow_state"], seen["grader_id"]) == (True, "0", "graded", None)
    assert [missed["id"] for missed in student.ok("GET", "/users/self/missing_submissions")] == [work.id]
    for change, scores in (
        ({"due_at": (utc_now() + dt.timedelta(days=1)).isoformat()}, []),
        ({"due_at": (utc_now() - dt.timedelta(days=9)).isoformat()}, [(student.id, 0)]),
        ({"published": False}, []),
        ({"published": True}, [(student.id, 0)]),
        ({"submission_types": ["on_paper"]}, []),
        ({"submission_types": ["online_url"], "points_possible": 20}, [(student.id, 0)]),
    ):
        teacher.ok("PUT", f"{url}/{work.id}", json={"assignment": change})
        clock()
        assert fetch(SCORES) == scores
    policy = f"/courses/{course.id}/late_policy"
    teacher.call("PATCH", policy, json={"late_policy": {"missing_submission_deduction": 75}})
    assert fetch(SCORES) == [(student.id, 5)]
    teacher.call("PATCH", policy, json={"late_policy": {"missing_submission_deduction_enabled": False}})
    clock()
    assert fetch(SCORES) == []
    teacher.call("PATCH", policy, json={"late_policy": {"missing_submission_deduction_enabled": True}})
    long_ago = {
        "name": "New",
        "published": True,
        "submission_types": ["online_url"],
        "points_possible": 4,
        "due_at": "2020-01-01T00:00:00Z",
    }
    clock()
    teacher.ok("POST", url, json={"assignment": long_ago})
    clock()
    assert fetch(SCORES) == [(student.id, 5), (student.id, 1)]


def test_work_that_comes_after_all_waits_for_a_grade_and_keeps_its_score(
    clock: Callable[[], None], teacher: Api, student: Api, course: Course
) -> None:
    LatePolicyFactory(course=course, missing_submission_deduction=80.0)
    url = f"/courses/{course.id}/assignments/{overdue(course).id}/submissions"
    clock()
    text = {"submission": {"submission_type": "online_text_entry", "body": "At last."}}
    seen = student.ok("POST", url, json=text)
    waiting = (2, None, "submitted", False, True)

    def marks(seen: dict[str, Any]) -> tuple[Any, ...]:
        return seen["score"], seen["points_deducted"], seen["workflow_state"], seen["missing"], seen["late"]

    assert marks(seen) == waiting
    teacher.call("PATCH", f"/courses/{course.id}/late_policy", json={"late_policy": {"missing_submission_deduction": 50}})
    clock()
    assert marks(teacher.ok("GET", f"{url}/{student.id}")) == waiting
    seen = teacher.ok("PUT", f"{url}/{student.id}", json={"submission": {"posted_grade": "9"}})
    assert marks(seen)[0] in (7, 8) and seen["entered_score"] == 9


def test_what_is_much_is_recomputed_by_a_job_in_the_name_of_who_asked(
    hire: Hire, teacher: Api, course: Course, enrolled: Callable[..., Api], fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_policies, "FEW", 4)
    monkeypatch.setattr(late_policies, "AT_ONCE", 2)
    LatePolicyFactory(course=course, late_submission_deduction=0.0)
    works = [overdue(course, due_at=dt.datetime(2026, 3, 1, 11, tzinfo=dt.UTC)) for _ in range(2)]
    students = [enrolled().user for _ in range(3)]
    for work in works:
        for user in students:
            graded = {"score": 9.0, "grade": "9", "workflow_state": "graded", "grader_id": teacher.id}
            SubmissionFactory(assignment=work, user=user, **graded)
    scores = select(Submission.score, Submission.grade).order_by(Submission.assignment_id, Submission.user_id)
    url = f"/courses/{course.id}"
    teacher.call("PATCH", f"{url}/late_policy", json={"late_policy": {"late_submission_deduction": 20}})
    assert fetch(scores) == [(9, "9")] * 6
    worker = hire()
    worker.all()
    assert fetch(scores) == [(7, "7")] * 6
    monkeypatch.setattr(late_policies, "FEW", 2)
    change = {"grading_type": "percent", "points_possible": 20}
    teacher.ok("PUT", f"{url}/assignments/{works[0].id}", json={"assignment": change})
    assert fetch(scores) == [(7, "7")] * 6
    worker.all()
    assert fetch(scores) == [(5, "25%")] * 3 + [(7, "7")] * 3
    recorded = select(GradeChange.grader_id, GradeChange.score_before, GradeChange.score_after).order_by(GradeChange.id)
    assert fetch(recorded) == [(teacher.id, 9, 7)] * 6 + [(teacher.id, 7, 5)] * 3


def test_a_course_without_a_policy_asks_for_no_job(teacher: Api, course: Course, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_policies, "FEW", 0)
    work = overdue(course)
    SubmissionFactory(assignment=work, user=UserFactory())
    url = f"/courses/{course.id}/assignments/{work.id}"
    teacher.ok("PUT", url, json={"assignment": {"due_at": "2026-02-01T00:00:00Z"}})
    assert fetch("SELECT id FROM jobs") == []
    teacher.ok("PUT", url, json={"assignment": {"points_possible": 5}})
    assert fetch("SELECT kind FROM jobs") == [("late_policy_recompute",)]
