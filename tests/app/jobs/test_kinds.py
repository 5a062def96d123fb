"""What recurs by itself: overdue attempts end, leftovers of uploads go; and the command that works on jobs alone."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.jobs.kinds import RECURRING
from app.models.courses import Course
from app.models.files import File
from app.models.jobs import Job
from app.models.types import utc_now
from app.services import jobs
from tests.app.api.uploading import begin, send
from tests.app.conftest import Hired
from tests.conftest import Api

Hire = Callable[..., Hired]
Fetch = Callable[[Any], list[Any]]
ROOT = Path(__file__).parents[3]


def recur() -> None:
    """What a worker does when it starts."""
    for kind, every in RECURRING.items():
        jobs.ensure_recurring(kind, every)
    db.session.commit()


def test_a_timed_attempt_ends_by_itself_with_what_was_saved(hire: Hire, teacher: Api, student: Api, course: Course, fetch: Fetch) -> None:
    quiz = {"title": "Exam", "published": True, "time_limit": 5}
    url = f"/courses/{course.id}/quizzes"
    url = f"{url}/{teacher.ok('POST', url, json={'quiz': quiz})['id']}"
    student.ok("POST", f"{url}/submissions")
    recur()
    worker = hire()
    worker.all()
    assert fetch("SELECT workflow_state FROM quiz_attempts") == [("untaken",)]
    with time_machine.travel(utc_now() + dt.timedelta(minutes=7)):
        assert worker.all() >= 1
    assert fetch("SELECT workflow_state FROM quiz_attempts") == [("complete",)]
    assert fetch("SELECT submission_type FROM submissions") == [("online_quiz",)]


def test_an_upload_that_was_never_finished_is_gone_after_a_day(hire: Hire, app: Flask, teacher: Api, course: Course, fetch: Fetch) -> None:
    for name in ("sent.txt", "announced.txt", "other.txt"):
        begun = begin(teacher, f"/courses/{course.id}", name)
        if name != "announced.txt":
            send(teacher, begun)
    folder = Path(app.extensions["lms_storage"].folder)
    keys = [key for (key,) in fetch(select(File.storage_key))]

    def kept() -> int:
        return sum(1 for path in folder.rglob("*") if path.is_file() and any(key in str(path) for key in keys))

    assert kept() == 2
    recur()
    worker = hire()
    worker.all()
    assert kept() == 2
    with time_machine.travel(utc_now() + dt.timedelta(days=1, hours=1)):
        worker.all()
    assert (kept(), fetch(select(func.count(File.id)))) == (0, [(0,)])


def test_the_command_works_until_it_is_told_to_stop(environ: dict[str, str], app: Flask, fetch: Fetch) -> None:
    with subprocess.Popen(
        [Path(sys.executable).parent / "flask", "--app", "wsgi", "work"], cwd=ROOT, env={**os.environ, **environ}, stdout=subprocess.PIPE
    ) as worker:
        deadline = time.monotonic() + 30
        while len(fetch(select(Job.id).where(Job.ended_at.is_not(None)))) < len(RECURRING):
            assert worker.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
