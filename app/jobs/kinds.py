"""Every kind of job: its name in the table of jobs, and who does it."""

import datetime as dt
from collections.abc import Mapping

from app.jobs import bulk_grades, late_policies, quiz_deadlines, sis_import, upload_sweep
from app.jobs.batch import Handler
from app.services.late_policies import RECOMPUTE

HANDLERS: Mapping[str, Handler] = {
    RECOMPUTE: late_policies.recompute,
    "missing_work": late_policies.score_missing,
    "bulk_grades": bulk_grades.give_grades,
    "quiz_deadlines": quiz_deadlines.end_overdue_attempts,
    "sis_import": sis_import.go_on,
    "upload_sweep": upload_sweep.sweep_uploads,
}
RECURRING: Mapping[str, dt.timedelta] = {
    "missing_work": late_policies.EVERY,
    "quiz_deadlines": quiz_deadlines.EVERY,
    "upload_sweep": upload_sweep.EVERY,
}
"""Those that nobody asks for, and how long each waits before it begins again."""
