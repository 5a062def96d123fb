"""Removes what unfinished uploads and deleted files left in the storage, a day later."""

import datetime as dt

from app.jobs.batch import Batch
from app.models.jobs import Job
from app.models.types import utc_now
from app.services import files

EVERY = dt.timedelta(hours=1)
AT_ONCE = 2
"""Each is up to three requests to the storage."""


def sweep_uploads(job: Job, batch: Batch) -> bool:
    """Remove the oldest leftovers."""
    while files.sweep_uploads(batch.storage, utc_now(), AT_ONCE):
        if batch.spent:
            return False
    return True
