"""Quizzes against the clock."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from app.extensions import db
from app.models.courses import Course
from app.models.types import utc_now
from app.services import quiz_attempts
from tests.app.api.quizzes import answer, begin, key, maker, own, pick
from tests.conftest import Api

Fetch = Callable[[Any], list[Any]]
START = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


@pytest.fixture
def quiz(teacher: Api, course: Course) -> Callable[..., str]:
    """A maker of published quizzes; their URL."""
    return maker(teacher, course)


@pytest.mark.parametrize("late", [20, 40])
def test_answers_count_until_shortly_after_the_end(student: Api, teacher: Api, quiz: Callable[..., str], late: int) -> None:
    url = quiz(time_limit=10, essay=True)
    with time_machine.travel(START, tick=False) as clock:
        taken = begin(student, url)
        assert taken["end_at"] == "2026-03-02T09:10:00Z"
        answer(student, taken)
        time = f"{url}/submissions/{taken['id']}/time"
        clock.shift(60)
        assert student.ok("GET", time) == {"end_at": "2026-03-02T09:10:00Z", "time_left": 540}
        changed = pick(student, taken, "No")
        clock.shift(540 + late)
        response = student.post(f"/quiz_submissions/{taken['id']}/questions", json=changed)
        assert response.status_code == (200 if late == 20 else 403)
        seen = own(student, url)
        assert (seen["workflow_state"], seen["score"]) == (("untaken", None) if late == 20 else ("pending_review", 1))
        assert student.ok("GET", time)["time_left"] == 0
        if late == 40:
            assert (seen["finished_at"], seen["time_spent"]) == ("2026-03-02T09:10:00Z", 600)


def test_an_answer_that_comes_too_late_completes_the_attempt_itself(student: Api, quiz: Callable[..., str], fetch: Fetch) -> None:
    url = quiz(time_limit=10)
    with time_machine.travel(START, tick=False) as clock:
        taken = begin(student, url)
        answer(student, taken)
        clock.shift(700)
        assert student.post(f"{url}/submissions/{taken['id']}/complete", json=key(taken)).status_code == 400
    assert fetch("SELECT workflow_state, score FROM quiz_attempts") == [("complete", 1)]


def test_an_attempt_ends_when_the_quiz_is_locked(student: Api, quiz: Callable[..., str]) -> None:
    with time_machine.travel(START, tick=False):
        assert begin(student, quiz(time_limit=60, lock_at="2026-03-02T09:30:00Z"))["end_at"] == "2026-03-02T09:30:00Z"


@pytest.mark.parametrize("path", ["/submissions", "/submission", "/submissions/{id}", "/submissions/{id}/time", None])
def test_whoever_reads_finds_attempts_out_of_time_complete(student: Api, quiz: Callable[..., str], fetch: Fetch, path: str | None) -> None:
    url = quiz(time_limit=10)
    with time_machine.travel(START, tick=False) as clock:
        taken = begin(student, url)
        clock.shift(1000)
        student.ok("GET", f"/quiz_submissions/{taken['id']}/questions" if path is None else url + path.format(**taken))
    assert fetch("SELECT workflow_state FROM quiz_attempts") == [("complete",)]


def test_overdue_attempts_are_ended_in_batches_and_once(student: Api, quiz: Callable[..., str], enrolled: Callable[..., Api]) -> None:
    urls = [quiz(time_limit=10), quiz(time_limit=10)]
    with time_machine.travel(START, tick=False) as clock:
        for api in (student, enrolled(), enrolled()):
            for url in urls:
                begin(api, url)
        clock.shift(1000)
        ended = []
        while count := quiz_attempts.end_overdue(utc_now(), 2):
            ended.append(count)
            db.session.commit()
        db.session.commit()
    assert sorted(ended) == [1, 1, 2, 2]
