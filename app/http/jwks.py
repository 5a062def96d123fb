"""The public keys of the identity provider: fetched when one is needed, kept, asked for again when a token names another."""

import base64
import json
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.errors import InvalidToken, Unavailable
from app.logs import log

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

SECONDS = 3.0
"""How long an answer may take, all in all."""
MOST_BYTES = 64 * 1024
MOST_KEYS = 50
FRESH_SECONDS = 60 * 60
"""How long keys are used without asking whether they still hold."""
PAUSE_SECONDS = 30
"""Between two requests to the provider, whatever tokens name: made-up keys must not reach it."""
RSA_BITS = range(2048, 8193)
GONE = "The identity provider cannot be reached just now; try again."

clock = time.monotonic


class NoKeysError(Exception):
    """The provider did not give what it should; the message is for the log."""


class Keys:
    """The keys of the provider at `url`, for all threads of this process."""

    def __init__(self, url: str) -> None:
        import urllib3  # with joserfc 70 ms of CPU and 19 MiB: only for those who have a provider

        self.url = url
        self.pool = urllib3.PoolManager(num_pools=1, maxsize=1)
        self.lock = threading.Lock()
        self.keys: Mapping[str, RSAKey] = {}
        self.asked: float | None = None
        self.came: float | None = None

    def find(self, kid: str) -> "RSAKey":
        """The key of that name. Raises InvalidToken if there is none, Unavailable if nobody can say."""
        known = self.keys.get(kid)
        # Nobody waits for what they have: one thread asks again, the others go on with the keys that are there.
        if (known is None or not self._fresh()) and self.lock.acquire(blocking=known is None):
            try:
                if (kid not in self.keys or not self._fresh()) and self._rested():
                    self._ask()
            finally:
                self.lock.release()
        found = self.keys.get(kid)
        if found is not None:
            return found
        if self.came is None or self.came != self.asked:
            raise Unavailable(GONE)
        raise InvalidToken

    def _fresh(self) -> bool:
        return self.came is not None and clock() - self.came < FRESH_SECONDS

    def _rested(self) -> bool:
        return self.asked is None or clock() - self.asked >= PAUSE_SECONDS

    def _ask(self) -> None:
        """Take the provider's keys in place of those that are there, or keep these if it does not answer well."""
        asked = clock()
        try:
            self.keys = usable(self._fetch())
        except NoKeysError as problem:
            log.error("oidc_keys", problem=str(problem), kept=len(self.keys))
        else:
            self.came = asked
            log.info("oidc_keys", keys=len(self.keys))
        finally:
            self.asked = asked

    def _fetch(self) -> bytes:
        """What stands at the address itself: no redirect is followed. Raises NoKeysError."""
        from urllib3 import Timeout  # see __init__
        from urllib3.exceptions import HTTPError

        until, body = time.monotonic() + SECONDS, b""
        try:
            answer = self.pool.request(
                "GET", self.url, redirect=False, retries=False, timeout=Timeout(total=SECONDS), preload_content=False
            )
            try:
                if answer.status != 200:
                    raise NoKeysError(f"the answer was {answer.status}")
                while part := answer.read1(MOST_BYTES, decode_content=False):
                    body += part
                    if len(body) > MOST_BYTES:
                        raise NoKeysError(f"the answer has more than {MOST_BYTES} bytes")
                    if time.monotonic() > until:
                        raise NoKeysError(f"the answer took more than {SECONDS} s")
            finally:
                answer.close()  # rather than give a half-read connection back
        except (HTTPError, OSError) as problem:
            raise NoKeysError(f"{type(problem).__name__}: {problem}") from problem
        return body


def usable(body: bytes) -> "dict[str, RSAKey]":
    """The RSA keys for signatures in a JWK set, by name; what else is in it is passed over. Raises NoKeysError if there are none."""
    try:
        entries = json.loads(body)["keys"]
    except (ValueError, TypeError, KeyError, RecursionError) as problem:
        raise NoKeysError("the answer is no JWK set") from problem
    found = {}
    for entry in entries[:MOST_KEYS] if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("kid"), str) and (key := _key(entry)) is not None:
            found[entry["kid"]] = key
    if not found:
        raise NoKeysError("the answer holds no RSA key for signatures")
    return found


def _key(entry: dict[str, Any]) -> "RSAKey | None":
    from joserfc.errors import JoseError  # see Keys.__init__
    from joserfc.jwk import RSAKey

    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    try:
        if int.from_bytes(base64.urlsafe_b64decode(f"{entry['n']}==")).bit_length() not in RSA_BITS:
            return None
        # The public numbers and nothing else: whatever else stands there must not say how the key is used.
        return RSAKey.import_key({"kty": "RSA", "n": entry["n"], "e": entry["e"]})
    except (JoseError, ValueError, TypeError, KeyError):
        return None
