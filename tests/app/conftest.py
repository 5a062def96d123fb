"""What tests of sign-in share: an identity provider that the app trusts."""

from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask

from app.config import load
from app.http import oidc
from tests.app.identity_provider import ADMINS, AUDIENCE, Provider, new_key, serving
from tests.conftest import Api

Bearer = Callable[[str], Api]


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
