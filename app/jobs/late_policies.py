"""Applies late policies: to many scores at once when one has changed, and to work that is missing though nobody calls."""

import datetime as dt

from app.jobs.batch import Batch
from app.models.jobs import Job
from app.models.types import utc_now
from app.services import jobs, late_policies

EVERY = dt.timedelta(minutes=5)


def recompute(job: Job, batch: Batch) -> bool:
    """Recompute the work that somebody's change of a policy or an assignment concerns, in their name."""
    place: late_policies.Place = job.state or late_policies.BEGIN
    while not batch.spent:
        after = late_policies.recompute(job.course_id or 0, jobs.caller_of(job), place, **job.arguments)
        if after is None:
            return True
        place = after
    job.state = dict(place)
    return False


def score_missing(job: Job, batch: Batch) -> bool:
    """Give work that has been let pass what the policy of its course gives it, course by course."""
    place: late_policies.Place = job.state
    while not batch.spent:
        after = late_policies.score_missing(utc_now(), place)
        if after is None:
            return True
        place = after
    job.state = dict(place)
    return False
