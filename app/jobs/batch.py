"""What a handler is given: the time it has, and what it may use."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.models.jobs import Job
from app.storage import Storage

BATCH_SECONDS = 0.1


class JobError(Exception):
    """The job cannot be done, however often it is tried; the message is for whoever asked for it."""


@dataclass
class Batch:
    """One turn at a job: about a tenth of a second, in one transaction that the worker commits."""

    storage: Storage
    ends: float = field(default_factory=lambda: time.monotonic() + BATCH_SECONDS)

    @property
    def spent(self) -> bool:
        """Whether the time is over: ask after each piece of work, and leave the rest to the next batch."""
        return time.monotonic() >= self.ends


Handler = Callable[[Job, Batch], bool]
"""Do one batch: True once all is done. It writes where to go on into `job.state` (a new dict) and how far it is into `job.completion`.

What it does to the database commits together with `job.state`: a batch happened wholly or not at all. It does one piece of work at least,
however slow the machine. Raises JobError to give up and undo the batch; to end as failed and keep what was done, it calls jobs.fail and
returns True.
"""
