"""The data plane of one application load balancer: a reverse proxy over targets that are checked all the time.

Like an ALB it sends requests in turn to healthy targets only (to all if none is healthy), drains what leaves, streams bodies
both ways, and answers 502, 503 and 504 itself. What an ALB does and this does not: several listeners, rules, TLS, HTTP/2,
WebSockets, sticky sessions, slow start, other algorithms than round robin, zones; 460, 463 and 561; a cut of requests that outlive
the deregistration delay; trailers of chunked bodies. All target groups count as one: it serves one listener with one of them.
"""

import contextlib
import http.client
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from tests.rehearsal.aws import health, wire
from tests.rehearsal.aws.health import HealthCheck, Standing
from tests.rehearsal.aws.serving import Exchange, Server
from tests.rehearsal.aws.upstream import NoAnswer, Pool

Key = tuple[str, str, int]  # ARN of the target group, address, port


@dataclass
class Target:
    """One registered target; `gone` ends its checks."""

    key: Key
    check: HealthCheck
    pool: Pool
    standing: Standing = field(default_factory=Standing)
    drained_at: float = 0.0
    gone: threading.Event = field(default_factory=threading.Event)


class Balancer:
    """A load balancer at `address`; `settings` gives the health check of a target group when its first target comes.

    Raises:
        OSError: the address is taken.

    """

    def __init__(self, *, address: tuple[str, int], settings: Callable[[str], HealthCheck], timeout: float = 60) -> None:
        self._settings, self._timeout = settings, timeout
        self._checks: dict[str, HealthCheck] = {}
        self._targets: dict[Key, Target] = {}
        self._lock = threading.Lock()
        self._turn = 0
        self.answers: Counter[int] = Counter()
        self._server = Server(address)
        self._server.start(self._handle)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return self._server.address

    def close(self) -> None:
        """Stop listening and checking."""
        self._server.close()
        for target in list(self._targets.values()):
            target.gone.set()
            target.pool.close()

    def register(self, target_group_arn: str, address: str, port: int) -> None:
        """Add a target; it is checked at once and then each interval. One that drains starts anew."""
        key, check = (target_group_arn, address, port), self._check(target_group_arn)
        with self._lock:
            if key in self._targets and self._targets[key].standing.state != health.DRAINING:
                return
            if key in self._targets:
                self._targets[key].gone.set()
            target = self._targets[key] = Target(key, check, Pool((address, port), timeout=self._timeout))
        threading.Thread(target=self._watch, args=(target,), daemon=True).start()

    def deregister(self, target_group_arn: str, address: str, port: int) -> None:
        """Send a target no new request; those under way go on."""
        with self._lock:
            target = self._targets.get((target_group_arn, address, port))
            if target and target.standing.state != health.DRAINING:
                target.standing = Standing(health.DRAINING, 0, "Target.DeregistrationInProgress", "Target deregistration is in progress")
                target.drained_at = time.monotonic() + target.check.deregistration_delay
                target.gone.set()
                target.pool.close()

    def health(self, target_group_arn: str, address: str, port: int) -> str:
        """``initial``, ``healthy``, ``unhealthy``, ``draining``, or ``unused`` for one that is not registered."""
        return self.standings(target_group_arn).get((address, port), Standing(health.UNUSED)).state

    def standings(self, target_group_arn: str) -> dict[tuple[str, int], Standing]:
        """The targets of a group and how they fare."""
        with self._lock:
            for key, target in list(self._targets.items()):
                if target.standing.state == health.DRAINING and time.monotonic() >= target.drained_at:
                    del self._targets[key]
            return {key[1:]: target.standing for key, target in self._targets.items() if key[0] == target_group_arn}

    def deregistration_delay(self, target_group_arn: str) -> float:
        """How long a target of the group drains, in seconds."""
        return self._check(target_group_arn).deregistration_delay

    def _check(self, target_group_arn: str) -> HealthCheck:
        if target_group_arn not in self._checks:
            self._checks[target_group_arn] = self._settings(target_group_arn)
        return self._checks[target_group_arn]

    def _watch(self, target: Target) -> None:
        while not target.gone.is_set():
            started = time.monotonic()
            failure = probe(target.key[1], target.key[2], target.check)
            with self._lock:
                target.standing = health.after(target.standing, target.check, failure)
            target.gone.wait(max(0.0, target.check.interval - (time.monotonic() - started)))

    def _next(self) -> Target | None:
        with self._lock:
            targets = list(self._targets.values())
            index = health.choose([target.standing.state for target in targets], self._turn)
            self._turn += 1
        return None if index is None else targets[index]

    def _handle(self, exchange: Exchange) -> None:
        target = self._next()
        if target is None:
            self._refuse(exchange, 503)
            return
        try:
            answer = target.pool.send(forwarded(exchange, self.address[1]), exchange.framing, exchange.blocks())
        except NoAnswer as error:
            self._refuse(exchange, 504 if error.late else 502)
            return
        self.answers[answer.status] += 1
        with contextlib.closing(answer):
            exchange.pass_on(answer.head, answer.framing, answer.blocks())

    def _refuse(self, exchange: Exchange, status: int) -> None:
        self.answers[status] += 1
        title = f"{status} {HTTPStatus(status).phrase}"
        page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
        exchange.answer(status, page.encode(), "text/html", server="awselb/2.0")


def forwarded(exchange: Exchange, port: int) -> wire.Head:
    """The head that a target gets for a request: the client's, and who it was."""
    client = exchange.client[0]
    before = exchange.head.get("x-forwarded-for")
    trace = exchange.head.get("x-amzn-trace-id") or f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return (
        exchange.head.for_next_hop()
        .without("expect")
        .but(
            x_forwarded_for=f"{before}, {client}" if before else client,
            x_forwarded_proto="http",
            x_forwarded_port=str(port),
            x_amzn_trace_id=trace,
        )
    )


def probe(address: str, port: int, check: HealthCheck) -> tuple[str, str] | None:
    """One health check over a connection of its own: None if it passed, else AWS's reason code and description."""
    connection = http.client.HTTPConnection(address, port, timeout=check.timeout)
    try:
        connection.request("GET", check.path, headers={"User-Agent": "ELB-HealthChecker/2.0", "Connection": "close"})
        status = connection.getresponse().status
    except TimeoutError:
        return "Target.Timeout", "Request timed out"
    except (OSError, http.client.HTTPException):
        return "Target.FailedHealthChecks", "Health checks failed"
    finally:
        connection.close()
    return (
        None
        if health.accepted(status, check.matcher)
        else ("Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]")
    )
