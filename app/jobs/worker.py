"""The worker: takes jobs from the table and works on them, a batch of each in turn, until it is told to stop."""

import os
import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db
from app.jobs.batch import Batch, Handler, JobError
from app.jobs.kinds import HANDLERS, RECURRING
from app.logs import first_line, log
from app.models.jobs import RUNNING, Job, due
from app.models.types import utc_now
from app.services import jobs
from app.storage import Storage

LOOK_SECONDS = 1.0
"""How often it looks for new jobs."""
TROUBLE_SECONDS = 5.0
MOST_HELD = 4
"""Jobs that one worker has at once; more are left to the workers of other processes."""
STOP_SECONDS = 5.0


class Worker:
    """Works on jobs in a thread of the server, or alone. `context` opens the app's context; each batch is one transaction in it."""

    def __init__(
        self, context: Callable[[], AbstractContextManager[object]], storage: Storage, handlers: Mapping[str, Handler] = HANDLERS
    ) -> None:
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._context, self._storage, self._handlers = context, storage, handlers
        self._held: deque[int] = deque()
        self._looked = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.run, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin, beside the requests of this process."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch at hand, give back the jobs, and end; after five seconds without waiting any longer."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def run(self) -> None:
        """Work until told to stop. Trouble with the database is waited out."""
        ready = False
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                if not ready:
                    self._ensure_recurring()
                    ready = True
                worked = self.turn()
            except SQLAlchemyError as problem:
                log.error("jobs_no_database", problem=first_line(problem))
                self._stopping.wait(TROUBLE_SECONDS)
                continue
            # Requests come first: after a batch it rests as long as the batch took.
            self._stopping.wait(max(time.monotonic() - began, 0.01) if worked else LOOK_SECONDS)
        self._release()

    def turn(self) -> bool:
        """Take a new job if it is time to look, and do one batch of the job whose turn it is; whether there was one."""
        if len(self._held) < MOST_HELD and (not self._held or time.monotonic() - self._looked >= LOOK_SECONDS):
            self._look()
        if not self._held:
            return False
        job_id = self._held.popleft()
        if self._batch(job_id):
            self._held.append(job_id)
        return True

    def _look(self) -> None:
        self._looked = time.monotonic()
        with self._context():
            # Most looks find nothing: they take no lock, and on SQLite not the writers' turn.
            with db.engine.connect() as connection:
                reading = connection.execution_options(isolation_level="AUTOCOMMIT")
                waits = reading.scalar(select(Job.id).where(Job.kind.in_(self._handlers), due(utc_now())).limit(1))
            if waits is None:
                return
            job_id = jobs.claim(self.name, self._handlers)
            db.session.commit()
        if job_id is not None:
            self._held.appendleft(job_id)

    def _batch(self, job_id: int) -> bool:
        """One batch of the job; whether this worker goes on with it."""
        with self._context():
            job = jobs.held(job_id, self.name)
            if job is None:  # the lease ran out, and another worker has it
                db.session.rollback()
                return False
            try:
                done = self._handlers[job.kind](job, Batch(self._storage))
                if not done:
                    jobs.keep(job)
                elif job.workflow_state == RUNNING:
                    jobs.finish(job)
                db.session.commit()
            except JobError as problem:
                db.session.rollback()
                return self._ended(job_id, jobs.fail, str(problem))
            except Exception:
                log.exception("job_batch_failed", job=job_id)
                db.session.rollback()
                return self._ended(job_id, jobs.put_off, "Something went wrong inside; it was tried several times.")
        return not done

    def _ended(self, job_id: int, how: Callable[[Job, str], None], message: str) -> bool:
        job = jobs.held(job_id, self.name)
        if job is not None:
            how(job, message)
        db.session.commit()
        return False

    def _ensure_recurring(self) -> None:
        with self._context():
            for kind, every in RECURRING.items():
                if kind in self._handlers:
                    jobs.ensure_recurring(kind, every)
            db.session.commit()

    def _release(self) -> None:
        try:
            with self._context():
                jobs.release(self.name)
                db.session.commit()
        except SQLAlchemyError as problem:  # the leases end by themselves
            log.error("jobs_not_released", problem=first_line(problem))
