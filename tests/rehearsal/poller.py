"""A client that asks all the time, to count what a deploy costs those who use the LMS."""

import threading
import time
from collections import Counter
from types import TracebackType

import requests

RATE = 20.0
"""Requests a second."""
SECONDS = 10
"""For one answer."""


class Poller:
    """Asks for /version and for a list of the API in turn, at RATE, by connections that stay open, from `with` to its end."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.answered: Counter[str] = Counter()
        """Good answers: by commit for /version, under "api" for the list."""
        self.failures: list[str] = []
        """Every answer that was not good, and every one that never came."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def total(self) -> int:
        """How many requests ended, well or not."""
        return self.answered.total() + len(self.failures)

    def __enter__(self) -> "Poller":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(SECONDS + 5)

    def _run(self) -> None:
        began, asked = time.monotonic(), 0
        while not self._stop.wait(max(0.0, began + asked / RATE - time.monotonic())):
            self._ask("/version" if asked % 2 else "/api/v1/accounts/1/courses")
            asked += 1

    def _ask(self, path: str) -> None:
        at = time.strftime("%T")
        try:
            answer = self.session.get(f"{self.url}{path}", timeout=SECONDS)
            if answer.status_code != 200:
                self.failures.append(f"{at} {path}: {answer.status_code} {answer.text[:100]}")
                return
            self.answered[answer.json()["commit"] if path == "/version" else "api"] += 1
        except (requests.RequestException, ValueError, KeyError) as problem:
            self.failures.append(f"{at} {path}: {type(problem).__name__}: {problem}")
