"""A live service, and what is played on it: bad deploys from the table, and the next good one after each.

python -m tests.rehearsal.live NAME: play that scenario on the rehearsal that is up, or set one up first.
"""

import contextlib
import re
import sys
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from commands.report import Failure, say
from image.docker import inspect
from pipeline import registry, smoke
from tests.rehearsal import __main__ as rehearsal
from tests.rehearsal import play, repository
from tests.rehearsal.account_faults import Account
from tests.rehearsal.cloud import Cloud
from tests.rehearsal.places import NOTES, STATE, wait_for
from tests.rehearsal.play import Play
from tests.rehearsal.poller import Poller
from tests.rehearsal.scenarios import NAMED, Scenario

TASKS = 2


class Seen(NamedTuple):
    """What clients and the engine saw while something was played."""

    answered: Counter[str]
    failures: list[str]
    serving: str
    """The commit that answers afterwards."""
    touched: bool
    """Other containers serve than before."""


def judge(scenario: Scenario, played: Play, seen: Seen, good: str) -> list[str]:
    """What went otherwise than the table says; empty if the deploy ended as it must."""
    stops = played.failed[0].name if played.failed else "no step"
    may = [commit.format(new=played.commit) for commit in scenario.serves]
    wrong = {
        "it ended green": played.green,
        f"{stops} was red first, not {scenario.stops}": stops != scenario.stops,
        f"the verdict is {played.verdict or 'missing'!r}, not {scenario.verdict!r}": played.verdict != scenario.verdict,
        f"the verdict does not show {scenario.evidence!r}": not re.search(scenario.evidence, "\n".join(played.shown)),
        f"{len(seen.failures)} requests failed: {seen.failures[:3]}": seen.failures,
        f"others answered: {dict(seen.answered)}": set(seen.answered) - {"api", good, *may},
        "no request was answered by the version before": not seen.answered[good],
        f"{seen.serving} serves afterwards, not {good}": seen.serving != good,
        "other containers serve, though nothing was deployed": seen.touched and scenario.then == "later",
    }
    return [what for what, holds in wrong.items() if holds]


@dataclass
class Live:
    """The rehearsal that is up, and the commit that serves."""

    url: str
    token: str
    first: Play | None = None
    """The push that made it serve, if it was played here."""

    @classmethod
    def up(cls) -> "Live":
        """The rehearsal, set up and serving; what is not there yet is made. Raises Failure if the first push is red."""
        rehearsal.set_up()
        first = None
        if not NOTES.read().get("good"):
            first = play.push("The first push")
            if not first.green:
                raise Failure(f"the first push ended red: {'; '.join(first.errors)} (its log: {first.log})")
            NOTES.write(good=first.commit)
        if not NOTES.read().get("token"):
            NOTES.write(token=rehearsal.admin_token())
        return cls(Cloud.noted().balancer, NOTES["token"], first)

    @property
    def good(self) -> str:
        """The commit that serves."""
        return str(NOTES["good"])

    def serving(self) -> str:
        """The commit that answers."""
        return str(smoke.ask(f"{self.url}/version").body["commit"])

    def wait_for_two(self, but: str = "") -> None:
        """Wait until two healthy containers run, none of them `but`."""

        def ready() -> bool:
            ids = rehearsal.containers()
            return len(ids) == TASKS and but not in ids and all(inspect(id_)["State"]["Health"]["Status"] == "healthy" for id_ in ids)

        wait_for("the service, with two healthy containers,", 90, ready, every=0.5)

    def push(self, message: str) -> Play:
        """Play a good push of what lies here; what it deploys is what serves from then on."""
        return self._good(repository.commit(message), message)

    def _good(self, commit: str, what: str) -> Play:
        played = play.run(commit, what)
        if played.green:
            NOTES.write(good=played.commit)
        return played

    def bad(self, scenario: Scenario) -> Play:
        """Play a bad deploy under requests. Raises Failure if it does not end as the table says."""
        new = scenario.change or scenario.new
        commit = repository.commit(scenario.name, scenario.change) if new else self.good
        before = set(rehearsal.containers())
        fault = scenario.account or (lambda _: contextlib.nullcontext())
        account = Account(Cloud.noted().endpoint, rehearsal.names(), commit)
        known = {"good": self.good, "older": repository.git("rev-parse", f"{self.good}~1")}
        known["digest"] = registry.require(account("ecr"), account.names.ecr_repository, f"sha-{self.good}").digest
        variables = {name: value.format(**known) for name, value in scenario.variables.items()}
        with fault(account), Poller(self.url, self.token) as poller:
            played = play.run(commit, scenario.name, caller=scenario.caller, variables=variables)
        seen = Seen(poller.answered, poller.failures, self.serving(), before != set(rehearsal.containers()))
        say(f"           {poller.total} requests, {len(poller.failures)} failed: {dict(poller.answered)}")
        if wrong := judge(scenario, played, seen, self.good):
            raise Failure(f"{scenario.name}: {'; '.join(wrong)} (its log: {played.log})")
        return played

    def recover(self, after: Scenario) -> Play:
        """Play the next good deploy, under requests. Raises Failure unless it is green and none of them is lost."""
        before, what = self.good, f"good after {after.name}"
        with Poller(self.url, self.token) as poller:
            played = self.push(what) if after.then == "push" else self._good(before, f"{what}, again")
        wrong = {
            f"red: {'; '.join(played.errors)}": not played.green,
            f"{len(poller.failures)} requests failed: {poller.failures[:3]}": poller.failures,
            f"others answered: {dict(poller.answered)}": set(poller.answered) - {"api", before, self.good},
            "another commit serves": self.serving() != played.commit,
        }
        if any(wrong.values()):
            raise Failure(f"{what}: {'; '.join(each for each, holds in wrong.items() if holds)} (its log: {played.log})")
        return played


def main(name: str) -> int:
    """Play that scenario and the next good deploy; returns the exit code."""
    if name not in NAMED:
        sys.stderr.write(f"rehearsal: no scenario {name!r}; there are {', '.join(NAMED)}\n")
        return 2
    rehearsal.avoid_proxies()
    try:
        with rehearsal.alone():
            STATE.mkdir(parents=True, exist_ok=True)
            live = Live.up()
            say("\n".join(f"           {line}" for line in live.bad(NAMED[name]).shown))
            live.recover(NAMED[name])
    except Failure as problem:
        sys.stderr.write(f"rehearsal: {problem}\n")
        return 1
    say(f"{name}: red as it must be, the version before served every request, and the next good deploy is live at {live.url}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
