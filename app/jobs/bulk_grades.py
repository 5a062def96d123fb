"""Gives many grades and comments, one after another."""

from app.jobs.batch import Batch
from app.models.jobs import Job
from app.services import bulk_grades, jobs

MOST_TOLD = 20
"""Failures that the message lists; it says how many more there are."""


def give_grades(job: Job, batch: Batch) -> bool:
    """Give the next grades. What cannot be given is passed over, and told at the end: the job then says failed, as in Canvas."""
    grades = job.arguments["grades"]
    done, failures = job.state.get("done", 0), list(job.state.get("failures", []))
    caller = jobs.caller_of(job)
    for assignment_id, user_id, what in grades[done:]:
        failure = bulk_grades.give(job.course_id or 0, assignment_id, user_id, what, caller)
        failures += [failure] if failure else []
        done += 1
        if batch.spent:
            break
    job.state = {"done": done, "failures": failures}
    job.completion = 100 * done / len(grades) if grades else 100
    if done < len(grades):
        return False
    told = _told(job.arguments["missing"], failures)
    if told:
        jobs.fail(job, told)
    return True


def _told(missing: list[str], failures: list[str]) -> str:
    """What was not done and why, or nothing."""
    parts = [f"Couldn't find User(s) with API ids {', '.join(repr(user) for user in missing[:MOST_TOLD])}"] if missing else []
    parts += failures[:MOST_TOLD]
    more = max(len(missing) - MOST_TOLD, 0) + max(len(failures) - MOST_TOLD, 0)
    return "; ".join([*parts, *([f"and {more} more"] if more else [])])
