"""Applies late policies: to many scores at once when one has changed, and to work that is missing though nobody calls."""

import datetime as dt

from app.jobs.batch import Batch
from app.models.jobs import Job
from app.models.types import utc_now
from app.services import late_policies
from app.services.permissions import Caller

EVERY = dt.timedelta(minutes=5)


def recompute(job: Job, batch: Batch) -> bool:
    """Recompute the work that somebody's change of a policy or an assignment concerns, in their name."""
    if job.course_id is None or job.user_id is None:
        return True
    caller = Caller(id=job.user_id, admin=False, real_id=job.real_user_id or job.user_id, token_id=0)
    place: late_policies.Place = job.state or late_policies.BEGIN
    while not batch.spent:
        after = late_policies.recompute(job.course_id, caller, place, **job.arguments)
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
