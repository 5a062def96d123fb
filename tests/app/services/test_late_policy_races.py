"""Policies that change, and clocks that run out, while work is graded or handed in."""

import contextvars
import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.models.courses import Course
from app.models.types import utc_now
from app.services import late_policies, submissions
from tests.app.services.conftest import MEET_SECONDS, Together
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, LatePolicyFactory, SubmissionFactory

Fetch = Callable[[Any], list[Any]]


def meeting(monkeypatch: pytest.MonkeyPatch, *places: tuple[Any, str]) -> None:
    """Let two arrive, each at one of those functions, before either goes on."""
    point = threading.Barrier(2)

    def met(function: Callable[..., Any]) -> Callable[..., Any]:
        def wait(*args: Any, **kwargs: Any) -> Any:
            Together.wait(point)
            return function(*args, **kwargs)

        return wait

    for module, name in places:
        monkeypatch.setattr(module, name, met(getattr(module, name)))


@pytest.mark.parametrize("first", [False, True])
def test_a_grade_given_while_the_policy_changes_follows_the_new_one(
    together: Together, monkeypatch: pytest.MonkeyPatch, teacher: Api, ta: Api, student: Api, course: Course, fetch: Fetch, first: bool
) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course), due_at=dt.datetime(2026, 3, 1, 11, tzinfo=dt.UTC))
    SubmissionFactory(assignment=work, user=student.user)
    if not first:
        LatePolicyFactory(course=course)
    # The grader has read the old policy and not yet written; the new one is written and not yet committed.
    meeting(monkeypatch, (submissions, "locked_row"), (late_policies, "refresh"))
    url = f"/courses/{course.id}"
    policy = {"late_policy": {"late_submission_deduction_enabled": True, "late_submission_deduction": 40}}
    together.do(
        together.request(ta, "PUT", f"{url}/assignments/{work.id}/submissions/{student.id}", json={"submission": {"posted_grade": "9"}}),
        together.request(teacher, "POST" if first else "PATCH", f"{url}/late_policy", json=policy),
    )
    assert fetch("SELECT entered_score, points_deducted, score, grade FROM submissions") == [(9, 4, 5, "5")]
    after = [score for (score,) in fetch("SELECT score_after FROM grade_changes ORDER BY id")]
    assert after in ([5], [9, 5], [8, 5])


def test_two_who_make_a_policy_at_once_make_one(together: Together, teacher: Api, course: Course, fetch: Fetch) -> None:
    together.meet(late_policies, "create")
    request = together.request(teacher, "POST", f"/courses/{course.id}/late_policy", json={"late_policy": {}})
    assert sorted(answer.status_code for answer in together.do(request, request)) == [201, 400]
    assert len(fetch("SELECT id FROM late_policies")) == 1


def test_work_handed_in_while_it_is_scored_as_missing_is_not_lost(
    app: Flask, together: Together, monkeypatch: pytest.MonkeyPatch, student: Api, course: Course, fetch: Fetch
) -> None:
    LatePolicyFactory(course=course)
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course), due_at=utc_now() - dt.timedelta(days=1))
    meeting(monkeypatch, (late_policies, "_score"), (submissions, "insert_unless_there"))

    def clock() -> None:
        with app.app_context():
            late_policies.score_missing(utc_now(), {})
            db.session.commit()

    body = {"submission": {"submission_type": "online_text_entry", "body": "Just now."}}
    hand_in = together.request(student, "POST", f"/courses/{course.id}/assignments/{work.id}/submissions", json=body)
    with ThreadPoolExecutor(2) as threads:
        scored = threads.submit(contextvars.Context().run, clock)
        answer = threads.submit(contextvars.Context().run, hand_in).result(MEET_SECONDS * 40)
        scored.result(MEET_SECONDS * 40)
    assert answer.status_code == 201
    (row,) = fetch("SELECT attempt, workflow_state, score, grade_matches_current_submission FROM submissions")
    assert tuple(row) in ((1, "submitted", None, True), (1, "submitted", 0, False))
