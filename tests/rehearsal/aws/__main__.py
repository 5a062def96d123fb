"""``python -m tests.rehearsal.aws``: run the embedded AWS until SIGTERM or Ctrl-C."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from tests.rehearsal.aws.balancer import Balancer
from tests.rehearsal.aws.claims import Identifiers
from tests.rehearsal.aws.credentials import TaskRoles
from tests.rehearsal.aws.ministack import NotStarted
from tests.rehearsal.aws.server import Ecs, Embedded, Options, publish


def identifiers(text: str) -> Identifiers:
    """The two numbers in `text`."""
    owner, _, repository = text.partition(":")
    return Identifiers(int(owner), int(repository))


def options_of(arguments: Sequence[str]) -> Options:
    """The options of a command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.rehearsal.aws", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder for logs and ready.json")
    parser.add_argument("--docker-host", required=True, help="such as unix:///var/run/docker.sock")
    parser.add_argument("--network", default="lms-rehearsal", help="Docker network of the tasks")
    parser.add_argument("--gateway", default="169.254.170.2", help="this host's address in that network")
    parser.add_argument("--port", type=int, default=4566, help="of the AWS endpoint")
    parser.add_argument("--balancer-port", type=int, default=8080, help="of the load balancer")
    parser.add_argument("--workflows", type=Path, required=True, help="the played repository's .github/workflows")
    parser.add_argument(
        "--enforce", action="store_true", help="check the identity policies of assumed roles (all but ECS and the registry)"
    )
    parser.add_argument("--identifiers", type=identifiers, help="OWNER:REPOSITORY, GitHub's numbers: subjects are of the newer form then")
    parser.add_argument("--account", default="471112588210")
    parser.add_argument("--region", default="ap-northeast-2")
    return Options(**vars(parser.parse_args(arguments)))


def make_ecs(options: Options, balancer: Balancer, roles: TaskRoles) -> Ecs:
    """Our ECS on the Docker engine."""
    from tests.rehearsal.ecs.service import Ecs as OnDocker

    return OnDocker(
        account=options.account,
        region=options.region,
        docker_host=options.docker_host,
        network=options.network,
        endpoint_url=options.endpoint,
        balancer=balancer,
        roles=roles,
        container_environment={"AWS_ENDPOINT_URL": options.gateway_endpoint},
    )


def main(arguments: Sequence[str]) -> int:
    """Run until a signal comes; 1 if something cannot start, with one line that says what."""
    options, ended = options_of(arguments), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ready = options.state.resolve() / "ready.json"
    ready.parent.mkdir(parents=True, exist_ok=True)
    ready.unlink(missing_ok=True)
    try:
        embedded = Embedded(options, make_ecs)
    except (OSError, NotStarted) as error:
        sys.stderr.write(f"rehearsal: cannot start: {error}\n")
        return 1
    try:
        publish(embedded.places, ready)
        sys.stderr.write(f"rehearsal: AWS answers at {options.endpoint}\n")
        while not ended.wait(1):
            if not embedded.ministack.running():
                sys.stderr.write("rehearsal: MiniStack has ended\n")
                return 1
    finally:
        ready.unlink(missing_ok=True)
        embedded.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
