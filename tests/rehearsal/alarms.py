"""The service's alarm, which fires when a test says so: nothing measures here."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from commands.names import Names
from commands.report import Failure
from tests.rehearsal.account import alarm_of

EVERY = 0.2
PATIENCE = 5.0
"""Seconds after the last look in which the one that waits for a bake must have ended."""


class Account(Protocol):
    """The embedded AWS's account, to its owner: a maker of clients."""

    @property
    def names(self) -> Names:
        """What everything is called there."""
        ...

    def __call__(self, service: str) -> Any:
        """A client of that service."""
        ...


def is_set(account: Account, state: str) -> None:
    """The alarm is in that state from now on: OK or ALARM."""
    account("cloudwatch").set_alarm_state(AlarmName=alarm_of(account.names), StateValue=state, StateReason="as a test says")


def bakes(service: dict[str, Any], since: str) -> bool:
    """Whether a deployment other than `since` bakes: all its tasks run, none is left of the one before, and ECS still waits."""
    new, *others = service["deployments"]
    through = new["runningCount"] == service["desiredCount"] and not any(old["runningCount"] for old in others)
    return bool(new["id"] != since and new["rolloutState"] == "IN_PROGRESS" and through)


@contextmanager
def fires_in_bake(account: Account) -> Iterator[None]:
    """The next deployment's alarm fires as soon as it bakes, and is quiet again afterwards. Raises Failure if nothing has baked."""
    ecs, names, fired, over = account("ecs"), account.names, threading.Event(), threading.Event()

    def service() -> dict[str, Any]:
        found: dict[str, Any] = ecs.describe_services(cluster=names.ecs_cluster, services=[names.ecs_service])["services"][0]
        return found

    def watch(since: str) -> None:
        while not over.wait(EVERY):
            if bakes(service(), since):
                is_set(account, "ALARM")
                fired.set()
                return

    watcher = threading.Thread(target=watch, args=(service()["deployments"][0]["id"],), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join(PATIENCE)
        is_set(account, "OK")
    if not fired.is_set():
        raise Failure("no deployment baked, so no alarm fired")
