"""The provider's keys: kept, asked for again when they should be, and done without when they cannot be had."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from app.errors import InvalidToken, Unavailable
from app.http import jwks, oidc
from tests.app.conftest import Bearer
from tests.app.identity_provider import Provider, jwk, new_key

Trust = Callable[..., oidc.Verifier]


@pytest.fixture
def forward(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the clock of the cache on by so many seconds."""
    moved = [0.0]
    monkeypatch.setattr(jwks, "clock", lambda: time.monotonic() + moved[0])

    def forward(seconds: float) -> None:
        moved[0] += seconds

    return forward


@pytest.fixture
def keys(provider: Provider) -> jwks.Keys:
    """The cache of a process that has not asked yet."""
    return jwks.Keys(provider.url)


def test_keys_are_fetched_once(keys: jwks.Keys, provider: Provider) -> None:
    assert [keys.find("first").as_dict(private=False)["n"] for _ in range(3)] == [provider.keys[0]["n"]] * 3
    assert len(provider.asked) == 1


def test_many_at_once_fetch_once(keys: jwks.Keys, provider: Provider) -> None:
    provider.wait = lambda: time.sleep(0.05)
    with ThreadPoolExecutor(8) as threads:
        assert len({id(key) for key in threads.map(keys.find, ["first"] * 8)}) == 1
    assert len(provider.asked) == 1


def test_a_new_key_is_asked_for_and_the_old_one_goes(
    keys: jwks.Keys, provider: Provider, forward: Callable[[float], None], rsa_keys: list[rsa.RSAPrivateKey]
) -> None:
    keys.find("first")
    provider.keys = [jwk(rsa_keys[1], "second")]
    forward(jwks.PAUSE_SECONDS)
    assert keys.find("second") and len(provider.asked) == 2
    with pytest.raises(InvalidToken):
        keys.find("first")


def test_made_up_keys_reach_the_provider_once_in_a_while(keys: jwks.Keys, provider: Provider, forward: Callable[[float], None]) -> None:
    for n in range(20):
        with pytest.raises(InvalidToken):
            keys.find(f"made up {n}")
    assert len(provider.asked) == 1
    forward(jwks.PAUSE_SECONDS)
    for n in range(20):
        with pytest.raises(InvalidToken):
            keys.find(f"made up {n}")
    assert len(provider.asked) == 2


def test_a_key_that_was_taken_back_is_not_used_for_long(
    keys: jwks.Keys, provider: Provider, forward: Callable[[float], None], rsa_keys: list[rsa.RSAPrivateKey]
) -> None:
    keys.find("first")
    provider.keys = [jwk(rsa_keys[1], "second")]
    forward(jwks.FRESH_SECONDS)
    with pytest.raises(InvalidToken):
        keys.find("first")


def test_nobody_waits_for_a_key_that_is_there(keys: jwks.Keys, provider: Provider, forward: Callable[[float], None]) -> None:
    keys.find("first")
    forward(jwks.FRESH_SECONDS)
    arrived, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        arrived.set()
        go_on.wait(2)

    provider.wait = wait
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(keys.find, "first")
        assert arrived.wait(2)
        assert keys.find("first") and not asking.done()
        go_on.set()
        assert asking.result()
    assert len(provider.asked) == 2


BROKEN: dict[str, dict[str, Any]] = {
    "an error": {"status": 500},
    "not there": {"status": 404},
    "a redirect": {"status": 302, "location": "/elsewhere"},
    "no JSON": {"body": b"<html>"},
    "no object": {"body": b"[]"},
    "no list": {"body": b'{"keys": {"first": 1}}'},
    "no text": {"body": b"\xff"},
    "nothing": {"body": b""},
    "nests": {"body": b"[" * 60_000},
    "too much": {"body": b'{"keys": [' + b" " * jwks.MOST_BYTES + b"]}"},
    "no keys": {"keys": []},
}


@pytest.mark.parametrize("what", BROKEN)
def test_while_the_provider_fails_the_keys_that_are_there_go_on(
    keys: jwks.Keys, provider: Provider, forward: Callable[[float], None], what: str
) -> None:
    keys.find("first")
    for name, value in BROKEN[what].items():
        setattr(provider, name, value)
    forward(jwks.FRESH_SECONDS)
    assert keys.find("first") and keys.find("first")
    assert len(provider.asked) == 2
    with pytest.raises(Unavailable):  # it may be a new one: nobody can say
        keys.find("second")


@pytest.mark.parametrize("what", BROKEN)
def test_without_any_key_a_token_is_neither_good_nor_bad(bearer: Bearer, provider: Provider, what: str) -> None:
    good = provider.token()
    for name, value in BROKEN[what].items():
        setattr(provider, name, value)
    who = bearer(good)
    for _ in range(2):
        answer = who.get("/users/self")
        assert (answer.status_code, answer.get_json()) == (503, {"errors": [{"message": jwks.GONE}]})
        assert int(answer.headers["Retry-After"]) > 0 and "WWW-Authenticate" not in answer.headers
    assert provider.asked == ["/pool/.well-known/jwks.json"]


def test_it_mends_itself(keys: jwks.Keys, provider: Provider, forward: Callable[[float], None]) -> None:
    provider.status = 503
    with pytest.raises(Unavailable):
        keys.find("first")
    provider.status = 200
    forward(jwks.PAUSE_SECONDS)
    assert keys.find("first")


def test_a_provider_that_is_slow_or_gone_does_not_hold_requests(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "SECONDS", 0.1)
    provider.wait = lambda: time.sleep(0.5)
    for url in (provider.url, "http://127.0.0.1:9/", "http://nowhere.invalid/"):
        began = time.monotonic()
        with pytest.raises(Unavailable):
            jwks.Keys(url).find("first")
        assert time.monotonic() - began < 3


def test_only_public_rsa_keys_for_signatures_are_taken(rsa_keys: list[rsa.RSAPrivateKey]) -> None:
    good = jwk(rsa_keys[0], "good")
    plain = {name: good[name] for name in ("kty", "n", "e")} | {"kid": "plain"}
    others: list[Any] = [
        None, "key", {}, {"kid": "empty"}, {**good, "kid": 1}, {**good, "kid": "enc", "use": "enc"}, {**good, "kid": "512", "alg": "RS512"},
        {**good, "kid": "oct", "kty": "oct", "k": "c2VjcmV0"}, {**good, "kid": "e", "e": "Ag"}, {**good, "kid": "n", "n": "?"},
        {**good, "kid": "numbers", "n": 5}, {**good, "kid": "list", "n": [good["n"]]}, {**good, "kid": "no e", "e": None},
        jwk(new_key(1024), "weak"),
    ]  # fmt: skip
    found = jwks.usable(json.dumps({"keys": [*others, {**good, "d": "AQAB", "key_ops": ["sign"]}, plain]}).encode())
    assert set(found) == {"good", "plain"}
    assert not any(key.is_private for key in found.values())


def test_a_rotated_key_signs_in_without_a_restart(
    bearer: Bearer, provider: Provider, forward: Callable[[float], None], rsa_keys: list[rsa.RSAPrivateKey]
) -> None:
    who = bearer(provider.token())
    user = who.ok("GET", "/users/self")["id"]
    provider.keys.append(jwk(rsa_keys[1], "second"))
    who.token = provider.token(key=rsa_keys[1], kid="second")
    forward(jwks.PAUSE_SECONDS)
    assert who.ok("GET", "/users/self")["id"] == user
    who.token = provider.token(key=rsa_keys[1], kid="first")
    assert who.get("/users/self").status_code == 401
