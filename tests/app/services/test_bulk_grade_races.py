"""Many grades at once, given while others grade, hand in or delete the same work."""

import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.models.courses import Course
from app.services import submissions
from tests.app.conftest import Hired
from tests.app.services.conftest import MEET_SECONDS, Together
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory

Fetch = Callable[[Any], list[Any]]
GRADE = {"submission": {"posted_grade": "4"}}
WORK = {"submission": {"submission_type": "online_text_entry", "body": "Again."}}


@pytest.mark.parametrize("other", ["grades", "hands in", "deletes"])
def test_a_job_and_somebody_else_lose_nothing_of_each_other(
    together: Together, hire: Callable[..., Hired], teacher: Api, ta: Api, student: Api, course: Course, fetch: Fetch, other: str
) -> None:
    url = f"/courses/{course.id}/assignments/{AssignmentFactory(group=AssignmentGroupFactory(course=course)).id}"
    student.ok("POST", f"{url}/submissions", json=WORK)
    teacher.ok("POST", f"{url}/submissions/update_grades", json={"grade_data": {str(student.id): {"posted_grade": "8"}}})
    worker = hire()
    together.meet(submissions, "locked_row")
    call = {
        "grades": together.request(ta, "PUT", f"{url}/submissions/{student.id}", json=GRADE),
        "hands in": together.request(student, "POST", f"{url}/submissions", json=WORK),
        "deletes": together.request(teacher, "DELETE", url),
    }[other]
    with ThreadPoolExecutor(2) as threads:
        job = threads.submit(contextvars.Context().run, worker.all)
        answer = threads.submit(contextvars.Context().run, call).result(MEET_SECONDS * 80)
        job.result(MEET_SECONDS * 80)
    assert answer.status_code in (200, 201)
    assert fetch("SELECT count(*) FROM jobs WHERE kind = 'bulk_grades' AND workflow_state IN ('completed', 'failed')") == [(1,)]
    ((attempt, score),) = fetch("SELECT attempt, score FROM submissions")
    changes = fetch("SELECT score_before, score_after FROM grade_changes ORDER BY id")
    assert [before for before, _ in changes] == [None, *(after for _, after in changes)][: len(changes)]
    if other == "grades":
        assert len(changes) == 2 and {after for _, after in changes} == {4, 8} and score == changes[-1][1]
    elif other == "hands in":
        assert (attempt, score) == (2, 8) and len(changes) == 1
        assert len(fetch("SELECT attempt FROM submission_versions")) == 1
    else:
        assert score in (None, 8)
