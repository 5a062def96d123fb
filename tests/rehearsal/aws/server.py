"""The embedded AWS as one thing: MiniStack, our parts, and the file that says where they are."""

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tests.rehearsal.aws.balancer import Balancer
from tests.rehearsal.aws.calls import Calls
from tests.rehearsal.aws.claims import Identifiers
from tests.rehearsal.aws.credentials import TaskRoles
from tests.rehearsal.aws.front import Front
from tests.rehearsal.aws.identity import Identities
from tests.rehearsal.aws.lookups import Lookups
from tests.rehearsal.aws.ministack import MiniStack
from tests.rehearsal.aws.oidc import Issuer, TokenEndpoint
from tests.rehearsal.aws.registry import Registry
from tests.rehearsal.aws.serving import Server

LOOPBACK = "127.0.0.1"
CALLS = "calls.json"
"""In the state's folder: which role called what."""


@dataclass(frozen=True)
class Options:
    """What the command line says; `gateway` is the address of this host in the containers' network."""

    state: Path
    docker_host: str
    network: str
    gateway: str
    port: int
    balancer_port: int
    workflows: Path
    account: str
    region: str
    enforce: bool = False
    identifiers: Identifiers | None = None

    @property
    def endpoint(self) -> str:
        """Where this machine reaches AWS."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def gateway_endpoint(self) -> str:
        """Where containers reach AWS."""
        return f"http://{self.gateway}:{self.port}"


class Ecs(Protocol):
    """The ECS that is composed in."""

    def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answer one call."""
        ...

    def close(self) -> None:
        """Stop its tasks and threads."""
        ...


class MakeEcs(Protocol):
    """How an ECS is made, once its neighbours exist."""

    def __call__(self, options: Options, balancer: Balancer, roles: TaskRoles) -> Ecs:
        """An ECS that runs."""
        ...


class Closable(Protocol):
    """What is to be closed at the end."""

    def close(self) -> None:
        """End it."""
        ...


Part = TypeVar("Part", bound=Closable)


class Embedded:
    """A running AWS. What was started is stopped again if the rest cannot start.

    Raises:
        OSError: an address is taken, or the gateway's does not exist.
        NotStarted: MiniStack does not start.

    """

    def __init__(self, options: Options, make_ecs: MakeEcs) -> None:
        with contextlib.ExitStack() as parts:

            def kept(part: Part) -> Part:
                parts.callback(part.close)
                return part

            # The addresses come first: they fail soonest, and a client waits in their queue until they are served.
            listeners = [kept(Server((host, options.port))) for host in (LOOPBACK, options.gateway)]
            self.ministack = kept(
                MiniStack(account=options.account, region=options.region, state=options.state.resolve(), enforce=options.enforce)
            )
            lookups = Lookups(account=options.account, region=options.region, endpoint_url=f"http://{LOOPBACK}:{self.ministack.port}")
            balancer = kept(Balancer(address=(LOOPBACK, options.balancer_port), settings=lookups.health_check))
            roles = TaskRoles(gateway=(options.gateway, options.port), roles=lookups)
            issuer = Issuer()
            identities = Identities(read=issuer.read, iam=lookups)
            tokens = kept(TokenEndpoint(address=(LOOPBACK, 0), issuer=issuer, workflows=options.workflows, identifiers=options.identifiers))
            front = kept(
                Front(
                    account=options.account,
                    ministack=self.ministack.address,
                    ecs=kept(make_ecs(options, balancer, roles)),
                    tasks=roles,
                    targets=balancer,
                    ecr=Registry(registry=f"{options.account}.dkr.ecr.{options.region}.amazonaws.com", host=f"{LOOPBACK}:{options.port}"),
                    assume=identities.answer,
                    check_passing=identities.check_passing,
                    gateway=options.gateway,
                    calls=Calls(
                        account=options.account, region=options.region, role_of=lookups.role_of, file=options.state.resolve() / CALLS
                    ),
                )
            )
            for listener in listeners:
                listener.start(front.handle)
            self.places = places(options, tokens)
            self._parts = parts.pop_all()

    def close(self) -> None:
        """Stop everything, the last started first."""
        self._parts.close()


def places(options: Options, tokens: TokenEndpoint) -> dict[str, str | int]:
    """What ``ready.json`` says."""
    return {
        "endpoint": options.endpoint,
        "gateway_endpoint": options.gateway_endpoint,
        "balancer": f"http://{LOOPBACK}:{options.balancer_port}",
        "oidc_url": tokens.url,
        "oidc_token": tokens.token,
        "pid": os.getpid(),
    }


def publish(found: dict[str, str | int], file: Path) -> None:
    """Write the file that says that everything answers and where; readers never see half of it."""
    half = file.with_suffix(".part")
    half.write_text(json.dumps(found, indent=2))
    half.replace(file)
