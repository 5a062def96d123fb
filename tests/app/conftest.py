"""Workers that do as they are told, one turn at a time; an identity provider that the app trusts."""

import contextvars
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask

from app.config import load
from app.extensions import db
from app.http import oidc
from app.jobs import worker as worker_module
from app.jobs.batch import Handler
from app.jobs.kinds import HANDLERS
from app.jobs.worker import Worker
from app.services import jobs
from app.services.permissions import Caller
from tests.app.identity_provider import ADMINS, AUDIENCE, Provider, new_key, serving
from tests.conftest import Api
from tests.factories import UserFactory

Bearer = Callable[[str], Api]


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


@pytest.fixture(scope="session")
def rsa_keys() -> list[rsa.RSAPrivateKey]:
    """Three keys: one that is published, its successor, one of somebody else."""
    return [new_key() for _ in range(3)]


@pytest.fixture
def provider(rsa_keys: list[rsa.RSAPrivateKey]) -> Iterator[Provider]:
    """A provider that serves."""
    found, server = serving(rsa_keys[0])
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def trust(app: Flask, environ: dict[str, str], provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Callable[..., oidc.Verifier]:
    """Makes the app trust the provider, with further settings."""

    def trust(**settings: str) -> oidc.Verifier:
        whole = {"OIDC_ISSUER": provider.url, "OIDC_AUDIENCE": f"another, {AUDIENCE}", "OIDC_ADMIN_GROUP": ADMINS, **settings}
        verifier = oidc.verifier(load({**environ, **whole}))
        assert verifier is not None
        monkeypatch.setitem(app.extensions, "lms_oidc", verifier)
        return verifier

    return trust


@pytest.fixture
def bearer(app: Flask, trust: Callable[..., oidc.Verifier]) -> Bearer:
    """A client with that token, of an app that trusts the provider."""
    trust()
    return lambda token: Api(app.test_client(), None, token)
