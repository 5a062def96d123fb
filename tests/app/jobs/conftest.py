"""Workers that do as they are told, one turn at a time."""

import contextvars
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.jobs import worker as worker_module
from app.jobs.batch import Handler
from app.jobs.kinds import HANDLERS
from app.jobs.worker import Worker
from app.services import jobs
from app.services.permissions import Caller
from tests.app.jobs.importing import URL, sent, zipped
from tests.conftest import Api
from tests.factories import UserFactory


@dataclass
class Hired:
    """A worker on the app's database, in contexts of its own."""

    worker: Worker

    def turn(self) -> bool:
        """One turn."""
        return contextvars.Context().run(self.worker.turn)

    def all(self, most: int = 200) -> int:
        """Turns until nothing is to do; how many had a batch."""
        return next(done for done in range(most) if not self.turn())


@pytest.fixture
def hire(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Hired]:
    """A maker of workers, which look for jobs at every turn."""
    monkeypatch.setattr(worker_module, "LOOK_SECONDS", 0)

    def hire(handlers: Mapping[str, Handler] = HANDLERS) -> Hired:
        return Hired(Worker(app.app_context, app.extensions["lms_storage"], handlers))

    return hire


@pytest.fixture
def asked(app: Flask) -> Callable[..., int]:
    """A maker of jobs that somebody asked for; their ids."""
    user_id = UserFactory().id

    def asked(kind: str = "count", **arguments: Any) -> int:
        job = jobs.enqueue(kind, Caller(user_id, admin=False, real_id=user_id, token_id=0), **arguments)
        db.session.commit()
        return job.id

    return asked


@pytest.fixture
def imported(admin: Api, hire: Callable[..., Hired]) -> Callable[..., list[str]]:
    """Imports one file, and answers what there was to say."""

    def imported(*texts: str) -> list[str]:
        made = sent(admin, zipped({f"{number}.csv": text for number, text in enumerate(texts)}))
        hire().all()
        over = admin.ok("GET", f"{URL}/{made['id']}")
        assert over["workflow_state"] == ("imported_with_messages" if over["processing_warnings"] else "imported"), over
        return [message for _, message in over["processing_warnings"]]

    return imported
