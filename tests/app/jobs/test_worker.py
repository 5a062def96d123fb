"""A job is done once and wholly, whatever happens to those who work on it."""

import contextvars
import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from app.extensions import db
from app.jobs.batch import Batch, JobError
from app.jobs.kinds import HANDLERS, RECURRING
from app.jobs.worker import Worker
from app.models.jobs import Job
from app.models.types import utc_now
from app.models.users import User
from app.services import jobs
from tests.app.conftest import Hired

Hire = Callable[..., Hired]
Asked = Callable[..., int]
Fetch = Callable[[Any], list[Any]]
LATER = jobs.LEASE + dt.timedelta(seconds=2)


def count(job: Job, batch: Batch) -> bool:
    """Make one user a batch, three in all."""
    done = job.state.get("done", 0) + 1
    db.session.add(User(name=f"User {done}", sortable_name=f"User {done}", short_name=f"User {done}", login_id=f"{job.id}-{done}"))
    job.state, job.completion = {"done": done}, done * 100 / 3
    return bool(done == 3)


KINDS = {"count": count}


def row(fetch: Fetch, job_id: int) -> Any:
    """The job as others see it."""
    return fetch(select(*Job.__table__.columns).where(Job.id == job_id))[0]


def made(fetch: Fetch) -> int:
    """How many users the jobs made."""
    (found,) = fetch(select(func.count(User.id)).where(User.name.like("User %"), User.login_id.like("%-%")))
    return int(found[0])


def test_a_job_is_done_in_batches_and_its_progress_is_seen(hire: Hire, asked: Asked, fetch: Fetch) -> None:
    job_id = asked()
    worker = hire(KINDS)
    seen = []
    for _ in range(3):
        assert worker.turn()
        job = row(fetch, job_id)
        seen.append((job.workflow_state, round(job.completion), made(fetch)))
    assert seen == [("running", 33, 1), ("running", 67, 2), ("completed", 100, 3)]
    assert (job.worker, job.lease_until, job.attempts) == (None, None, 0)
    assert job.started_at and job.ended_at
    assert not worker.turn()


def test_jobs_take_turns(hire: Hire, asked: Asked, fetch: Fetch) -> None:
    first, second = asked(), asked()
    worker = hire(KINDS)
    for _ in range(4):
        worker.turn()
    assert [row(fetch, job_id).state for job_id in (first, second)] == [{"done": 2}, {"done": 2}]


def test_a_kind_that_it_does_not_know_is_left_to_others(hire: Hire, asked: Asked, fetch: Fetch) -> None:
    job_id = asked("of the next release")
    assert hire(KINDS).all() == 0
    assert row(fetch, job_id).workflow_state == "queued"


def test_two_workers_at_once_do_each_job_once(hire: Hire, asked: Asked, fetch: Fetch) -> None:
    ids = [asked() for _ in range(6)]
    with ThreadPoolExecutor(2) as threads:
        batches = list(threads.map(lambda hired: hired.all(), [hire(KINDS), hire(KINDS)]))
    assert sum(batches) == 18
    assert made(fetch) == 18
    assert {row(fetch, job_id).workflow_state for job_id in ids} == {"completed"}


def test_a_killed_workers_job_is_taken_over_where_it_was(hire: Hire, asked: Asked, fetch: Fetch) -> None:
    job_id = asked()
    killed, other = hire(KINDS), hire(KINDS)
    killed.turn()
    assert other.all() == 0, "it is held by another"
    with time_machine.travel(utc_now() + LATER):
        assert other.turn()
        assert row(fetch, job_id).worker == other.worker.name
        # It was only away for a while: what is no longer its own is left alone.
        assert killed.turn()
        assert row(fetch, job_id).state == {"done": 2}
        assert other.all() == 1
    assert made(fetch) == 3


def test_a_failed_batch_leaves_nothing_and_is_tried_again(hire: Hire, asked: Asked, fetch: Fetch) -> None:
    failures = [ValueError("a bug"), OperationalError("SELECT", {}, Exception("gone"))]

    def sometimes(job: Job, batch: Batch) -> bool:
        done = count(job, batch)
        db.session.flush()
        if failures:
            raise failures.pop()
        return done

    job_id = asked()
    worker = hire({"count": sometimes})
    for minutes in (1, 2):
        with time_machine.travel(utc_now() + dt.timedelta(minutes=minutes)):
            worker.turn()
            assert worker.turn() is False, "not at once"
    job = row(fetch, job_id)
    assert (job.workflow_state, job.state, job.attempts, made(fetch)) == ("queued", {}, 2, 0)
    with time_machine.travel(utc_now() + dt.timedelta(minutes=3)):
        assert worker.all() == 3
    job = row(fetch, job_id)
    assert (job.workflow_state, job.attempts, made(fetch)) == ("completed", 0, 3)


def test_a_job_that_always_fails_is_given_up(hire: Hire, asked: Asked, fetch: Fetch) -> None:
    def broken(job: Job, batch: Batch) -> bool:
        raise ValueError("a secret detail")

    job_id = asked()
    worker = hire({"count": broken})
    with time_machine.travel(utc_now()) as clock:
        for _ in range(jobs.MOST_ATTEMPTS):
            assert worker.turn()
            clock.shift(dt.timedelta(minutes=6))
        assert not worker.turn()
    job = row(fetch, job_id)
    assert (job.workflow_state, job.message) == ("failed", "Something went wrong inside; it was tried several times.")


def test_what_cannot_be_done_fails_at_once_and_says_why(hire: Hire, asked: Asked, fetch: Fetch) -> None:
    def impossible(job: Job, batch: Batch) -> bool:
        count(job, batch)
        raise JobError("There is no such thing.")

    job_id = asked()
    assert hire({"count": impossible}).all() == 1
    job = row(fetch, job_id)
    assert (job.workflow_state, job.message, made(fetch)) == ("failed", "There is no such thing.", 0)
    assert job.ended_at


def test_a_job_that_waits_is_looked_at_again_however_often(hire: Hire, asked: Asked, fetch: Fetch) -> None:
    waits = jobs.MOST_ATTEMPTS + 2

    def later(job: Job, batch: Batch) -> bool:
        nonlocal waits
        waits -= 1
        if waits > 0:
            jobs.wait(job)
            return True
        return count(job, batch)

    job_id = asked()
    worker = hire({"count": later})
    with time_machine.travel(utc_now()) as clock:
        while waits > 1:
            assert worker.all() == 1
            job = row(fetch, job_id)
            assert (job.workflow_state, job.attempts, job.worker, made(fetch)) == ("queued", 0, None, 0)
            clock.shift(jobs.WAIT)
        assert worker.all() == 3
    assert (row(fetch, job_id).workflow_state, made(fetch)) == ("completed", 3)


def test_a_job_that_kills_its_workers_is_given_up(hire: Hire, asked: Asked, fetch: Fetch) -> None:
    job_id = asked()

    def killer(job: Job, batch: Batch) -> bool:
        raise KeyboardInterrupt

    with time_machine.travel(utc_now()) as clock:
        killed = 0
        while row(fetch, job_id).workflow_state != "failed":
            try:
                hire({"count": killer}).turn()
            except KeyboardInterrupt:
                killed += 1
            clock.shift(LATER)
    assert killed == jobs.MOST_ATTEMPTS
    assert row(fetch, job_id).message == "The worker stopped each time that it tried this."


def test_what_recurs_begins_again(hire: Hire, fetch: Fetch) -> None:
    for _ in range(2):
        jobs.ensure_recurring("count", dt.timedelta(seconds=60))
        db.session.commit()
    worker = hire(KINDS)
    assert worker.all() == 3
    assert worker.all() == 0
    (job,) = fetch(select(*Job.__table__.columns))
    assert (job.workflow_state, job.state, job.every_seconds) == ("queued", {}, 60)
    jobs.ensure_recurring("count", dt.timedelta(seconds=30))
    db.session.commit()
    with time_machine.travel(utc_now() + dt.timedelta(seconds=61)):
        worker.turn()
    (job,) = fetch(select(*Job.__table__.columns))
    assert (job.workflow_state, job.every_seconds) == ("queued", 30), "it failed: those users are there already"


def test_what_recurs_is_never_given_up(hire: Hire, fetch: Fetch) -> None:
    def broken(job: Job, batch: Batch) -> bool:
        raise ValueError("every time")

    jobs.ensure_recurring("count", dt.timedelta(seconds=60))
    db.session.commit()
    worker = hire({"count": broken})
    with time_machine.travel(utc_now()) as clock:
        for _ in range(jobs.MOST_ATTEMPTS + 2):
            assert worker.turn()
            clock.shift(dt.timedelta(minutes=6))
    (job,) = fetch(select(*Job.__table__.columns))
    assert job.workflow_state == "queued"


def test_two_who_start_make_one_recurring_job(hire: Hire, fetch: Fetch) -> None:
    workers = [hire().worker for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda worker: contextvars.Context().run(worker._ensure_recurring), workers))
    assert sorted(fetch(select(Job.kind))) == sorted((kind,) for kind in RECURRING)
    assert RECURRING.keys() <= HANDLERS.keys()


def test_a_worker_that_is_stopped_gives_its_jobs_back(hire: Hire, asked: Asked, fetch: Fetch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(job: Job, batch: Batch) -> bool:
        begun.set()
        assert go_on.wait(10)
        return count(job, batch)

    job_id = asked()
    worker = hire({"count": slow}).worker
    worker.start()
    assert begun.wait(10)
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    go_on.set()
    stopping.join(10)
    job = row(fetch, job_id)
    assert (job.workflow_state, job.worker, job.state) == ("queued", None, {"done": 1}), "the batch at hand was finished"
    assert hire(KINDS).all() == 2
    assert made(fetch) == 3


def test_trouble_with_the_database_is_waited_out(hire: Hire, asked: Asked, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.jobs.worker.TROUBLE_SECONDS", 0.01)
    job_id = asked()
    worker = hire(KINDS).worker
    turn, troubles = worker.turn, [OperationalError("SELECT", {}, Exception("gone"))] * 2

    def troubled() -> bool:
        if troubles:
            raise troubles.pop()
        worked = turn()
        if not worked:
            worker._stopping.set()
        return worked

    monkeypatch.setattr(worker, "turn", troubled)
    contextvars.Context().run(worker.run)
    assert row(fetch, job_id).workflow_state == "completed"


def test_a_turn_without_work_is_one_read(hire: Hire, statements: Any) -> None:
    worker = hire(KINDS)
    with statements() as seen:
        assert not worker.turn()
    assert len(seen) == 1


def test_a_batch_is_over_after_a_tenth_of_a_second(hire: Hire) -> None:
    worker: Worker = hire().worker
    batch = Batch(worker._storage)
    assert not batch.spent
    batch.ends -= 0.1
    assert batch.spent
