"""The life of a job: asked for, claimed by one worker, worked on batch by batch, ended. Committed by whoever calls."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from app.extensions import db
from app.models.jobs import COMPLETED, FAILED, QUEUED, RUNNING, Job, due
from app.models.types import utc_now
from app.models.writes import insert_unless_there
from app.services.permissions import Caller

LEASE = dt.timedelta(seconds=30)
"""Far longer than a batch; a killed worker's jobs wait this long for the next one."""
WAIT = dt.timedelta(seconds=2)
MOST_ATTEMPTS = 6
LONGEST_PAUSE = dt.timedelta(minutes=5)


def enqueue(kind: str, caller: Caller, *, course_id: int | None = None, **arguments: Any) -> Job:
    """Ask for work that a worker begins within seconds of the commit; `arguments` are JSON."""
    job = Job(
        kind=kind, course_id=course_id, user_id=caller.id, real_user_id=caller.real_id, arguments=arguments, state={}, run_at=utc_now()
    )
    db.session.add(job)
    db.session.flush()
    return job


def caller_of(job: Job) -> Caller:
    """Who asked for it, for what is recorded under a name; without the rights of an admin, since they were asked about then."""
    user_id = job.user_id or 0
    return Caller(user_id, admin=False, real_id=job.real_user_id or user_id, token_id=0)


def ensure_recurring(kind: str, every: dt.timedelta) -> None:
    """Have the one job of that kind that begins again `every` time after it ended; whoever calls first makes it."""
    held = db.session.scalars(select(Job).where(Job.kind == kind, Job.every_seconds.is_not(None))).first()
    if held is None:
        insert_unless_there(Job, kind=kind, every_seconds=int(every.total_seconds()), arguments={}, state={}, run_at=utc_now())
    elif held.every_seconds != every.total_seconds():
        held.every_seconds = int(every.total_seconds())


def claim(worker: str, kinds: Collection[str]) -> int | None:
    """Give the longest waiting job of those kinds to `worker`: its id, or None. Of two workers at once each gets another job."""
    now = utc_now()
    waiting = select(Job).where(Job.kind.in_(kinds), due(now)).order_by(Job.run_at, Job.id).limit(1)
    job = db.session.scalars(waiting.with_for_update(skip_locked=True)).first()
    if job is None:
        return None
    # Taken over from a worker that was killed in the middle: counted, so that a job which kills its worker is given up some day.
    abandoned = job.workflow_state == RUNNING
    job.attempts += abandoned
    job.workflow_state, job.worker, job.lease_until = RUNNING, worker, now + LEASE
    job.started_at = job.started_at or now
    if abandoned and job.attempts >= MOST_ATTEMPTS:
        put_off(job, "The worker stopped each time that it tried this.")
        return None
    return job.id


def held(job_id: int, worker: str) -> Job | None:
    """The job, locked until the transaction ends, if that worker still has it."""
    found = select(Job).where(Job.id == job_id, Job.worker == worker, Job.workflow_state == RUNNING)
    return db.session.scalars(found.with_for_update().execution_options(populate_existing=True)).first()


def keep(job: Job) -> None:
    """A batch is done and more is to do: the worker keeps it."""
    job.attempts, job.lease_until = 0, utc_now() + LEASE


def finish(job: Job) -> None:
    """All is done; what recurs waits for its next time."""
    job.attempts, job.lease_until, job.worker = 0, None, None
    job.completion, job.ended_at = 100.0, utc_now()
    if job.every_seconds is None:
        job.workflow_state = COMPLETED
    else:
        job.workflow_state, job.state = QUEUED, {}
        job.run_at = utc_now() + dt.timedelta(seconds=job.every_seconds)


def fail(job: Job, message: str) -> None:
    """It cannot be done; `message` is for whoever asked."""
    job.workflow_state, job.message = FAILED, message
    job.lease_until, job.worker, job.ended_at = None, None, utc_now()


def put_off(job: Job, message: str) -> None:
    """A batch went wrong and was rolled back: tried again later, longer each time; given up in the end unless it recurs."""
    job.attempts += 1
    if job.attempts >= MOST_ATTEMPTS and job.every_seconds is None:
        fail(job, message)
        return
    pause = min(dt.timedelta(seconds=2 ** min(job.attempts, 10)), LONGEST_PAUSE)
    job.workflow_state, job.run_at, job.lease_until, job.worker = QUEUED, utc_now() + pause, None, None


def wait(job: Job) -> None:
    """Something else comes first: the handler that calls this returns True, and is asked again a little later."""
    job.attempts = 0
    job.workflow_state, job.run_at, job.lease_until, job.worker = QUEUED, utc_now() + WAIT, None, None


def release(worker: str) -> None:
    """Give back what that worker holds, because it stops: the next one need not wait for the lease."""
    for job in db.session.scalars(select(Job).where(Job.worker == worker, Job.workflow_state == RUNNING).with_for_update()):
        job.workflow_state, job.worker, job.lease_until = QUEUED, None, None
