"""Two requests at once, made to meet where a race would be lost."""

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import Api

Call = Callable[[], TestResponse]
MEET_SECONDS = 0.25
"""How long one waits for the other at a meeting point. On SQLite nobody comes: there one write transaction runs at a time."""


@dataclass
class Together:
    """Runs two requests at once, and lets them meet where a race would be lost."""

    app: Flask
    patch: pytest.MonkeyPatch

    def meet(self, module: ModuleType, name: str, *, after: bool = False) -> None:
        """Let both arrive at that function (or at its end) before either goes on."""
        function = getattr(module, name)
        point = threading.Barrier(2)

        def met(*args: Any, **kwargs: Any) -> Any:
            if after:
                result = function(*args, **kwargs)
                self.wait(point)
                return result
            self.wait(point)
            return function(*args, **kwargs)

        self.patch.setattr(module, name, met)

    @staticmethod
    def wait(point: threading.Barrier) -> None:
        """For the other, or not at all if it cannot come."""
        try:
            point.wait(MEET_SECONDS)
        except threading.BrokenBarrierError:
            return

    def do(self, *calls: Call) -> list[TestResponse]:
        """The answers, each call from a thread of its own; none is a bug's."""
        start = threading.Barrier(len(calls))

        def one(call: Call) -> TestResponse:
            start.wait()
            return contextvars.Context().run(call)

        with ThreadPoolExecutor(len(calls)) as threads:
            answers = list(threads.map(one, calls))
        assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
        return answers

    def request(self, who: Api, method: str, path: str, **kwargs: Any) -> Call:
        """A request by that user, on a connection of its own."""
        return partial(Api(self.app.test_client(), who.user, who.token).call, method, path, **kwargs)


@pytest.fixture
def together(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Together:
    """For this app."""
    return Together(app, monkeypatch)
