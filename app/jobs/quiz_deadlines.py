"""Ends timed quiz attempts whose time is over, though nobody calls."""

import datetime as dt

from app.jobs.batch import Batch
from app.models.jobs import Job
from app.models.types import utc_now
from app.services import quiz_attempts

EVERY = dt.timedelta(seconds=15)


def end_overdue_attempts(job: Job, batch: Batch) -> bool:
    """Hand in, with what was saved, attempts that are overdue; the worker's transaction holds those of one batch."""
    while quiz_attempts.end_overdue(utc_now(), 1):
        if batch.spent:
            return False
    return True
