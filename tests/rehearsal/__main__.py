"""python -m tests.rehearsal up | push | down: play a deploy on this machine, from an empty account to an LMS that answers.

up     makes what is not there yet (engine, embedded AWS, database, account), plays a push, prints the address and an admin token
push   plays another push of what lies here now: a rolling update
down   removes everything that was made, and ends every process that was started
"""

import argparse
import shutil
import sys
from pathlib import Path

from pipeline import smoke
from pipeline.docker import docker
from pipeline.names import TASK_DEFINITION, Names, read_definition, resolve
from pipeline.report import Failure, say
from tests.rehearsal import account, cloud, engine, play, repository
from tests.rehearsal.places import NOTES, ROOT, STATE, step


def names() -> Names:
    """The names that the workflows will use here."""
    return resolve(read_definition(ROOT / TASK_DEFINITION), {"BASE_URL": cloud.Cloud.noted().balancer})


def set_up() -> None:
    """Make what the first push needs, unless it is there."""
    with step("Docker engine") as found:
        found.append(engine.ensure())
        engine.ensure_network()
    with step("base image") as found:
        found.append(engine.ensure_base_image())
    if NOTES.read().get("account"):
        if not cloud.answers():
            raise Failure("the rehearsal that was up here does not answer any more: run make rehearse-down, then make rehearse")
        return
    cloud.stop()  # what a set-up that did not come to its end left
    with step("embedded AWS") as found:
        found.append(cloud.start_aws(repository.FOLDER / ".github" / "workflows").endpoint)
    with step("database") as found:
        url = cloud.start_database()
        found.append(f"PostgreSQL at {url.rpartition('@')[2]}")
    with step("account") as found:
        definition = read_definition(ROOT / TASK_DEFINITION)
        account.create(cloud.Cloud.noted().endpoint, names(), definition, url)
        found.append(f"{names().ecs_service} waits for its first image")
    NOTES.write(account=True)


def containers() -> list[str]:
    """The ids of the service's containers that run now."""
    return docker("ps", "--quiet", "--filter", f"label={engine.LABEL}", "--filter", "name=^lms-ecs-").split()


def admin_token() -> str:
    """A fresh token of the admin, made in one of the running containers."""
    return docker("exec", containers()[0], "flask", "--app", "wsgi", "create-admin", "admin@example.com").splitlines()[-1]


def push(message: str) -> None:
    """Play a push. Raises Failure if it does not end green, with what its steps named as errors."""
    played = play.push(message)
    if not played.green:
        reasons = "; ".join(played.errors) or f"{played.failed[0].name if played.failed else 'act'} failed"
        raise Failure(f"the push ended red: {reasons} (its log: {played.log})")
    url = cloud.Cloud.noted().balancer
    smoke.smoke(url, played.commit)
    say(f"\nThe LMS answers at {url}, from {len(containers())} containers that the workflow deployed.")
    say(f"Admin token: {admin_token()}")
    say(f"Try: curl -H 'Authorization: Bearer TOKEN' {url}/api/v1/courses")
    say("Play another push with `make rehearse`, remove everything with `make rehearse-down`.")


def down() -> None:
    """Remove everything; what is gone already is no failure."""
    with step("processes"):
        cloud.stop()
    with step("containers, network, images, private engine"):
        engine.remove_all()
    with step("files"):
        shutil.rmtree(STATE, ignore_errors=True)
    if STATE.exists():
        raise Failure(f"{STATE} could not be removed")


def main(arguments: list[str]) -> int:
    """Do one of the three; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.rehearsal", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("act", choices=["up", "push", "down"])
    parser.add_argument("--message", default="Rehearse", help="of the commit that is pushed")
    options = parser.parse_args(arguments)
    try:
        if options.act == "down":
            down()
            return 0
        if options.act == "up":
            set_up()
        else:
            engine.ensure()
        push(options.message)
    except Failure as problem:
        sys.stderr.write(f"rehearsal: {problem}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("rehearsal: interrupted; make rehearse-down removes what is up\n")
        return 130
    return 0


if __name__ == "__main__":
    Path(STATE).mkdir(parents=True, exist_ok=True)
    sys.exit(main(sys.argv[1:]))
