"""python -m tests.rehearsal up | push | down: play a deploy on this machine, from an empty account to an LMS that answers.

up     makes what is not there yet (engine, embedded AWS, database, account), plays a push, prints the address and an admin token
push   plays another push of what lies here now: a rolling update
down   removes everything that was made, and ends every process that was started
"""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from commands.names import TASK_DEFINITION, Names, read_definition, resolve
from commands.report import Failure, say
from image.docker import docker
from pipeline import smoke
from tests.rehearsal import account, cloud, engine, play, repository
from tests.rehearsal.places import BUILD, NOTES, ROOT, STATE, step


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
    NOTES.write(good=played.commit)
    say(f"\nThe LMS answers at {url}, from {len(containers())} containers that the workflow deployed.")
    say(f"Admin token: {admin_token()}")
    say(f"Try: curl -H 'Authorization: Bearer TOKEN' {url}/api/v1/courses")
    say("Play another push with `make rehearse`, remove everything with `make rehearse-down`.")


def down() -> None:
    """Remove everything; what is gone already is no failure."""
    problems = []
    acts: dict[str, Callable[[], None]] = {
        "processes": cloud.stop,
        "containers, network, images, private engine": engine.remove_all,
        "files": lambda: shutil.rmtree(STATE) if STATE.exists() else None,
    }
    for name, act in acts.items():
        try:
            with step(name):
                act()
        except (Failure, OSError, subprocess.SubprocessError) as problem:  # the rest must go all the same
            problems.append(f"{name}: {problem}")
    if problems:
        raise Failure(f"not everything could be removed: {'; '.join(problems)}")


@contextmanager
def alone() -> Iterator[None]:
    """Nobody else rehearses in this checkout meanwhile. Raises Failure if somebody does."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise Failure("another rehearsal is at work in this checkout") from taken
        yield


def avoid_proxies() -> None:
    """Everything here is on this machine: a proxy that the environment names would be asked for it."""
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), f"127.0.0.1,localhost,{engine.GATEWAY}"]))


def main(arguments: list[str]) -> int:
    """Do one of the three; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.rehearsal", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("act", choices=["up", "push", "down"])
    parser.add_argument("--message", default="Rehearse", help="of the commit that is pushed")
    options = parser.parse_args(arguments)
    avoid_proxies()
    try:
        with alone():
            if options.act == "down":
                down()
                return 0
            STATE.mkdir(parents=True, exist_ok=True)
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
    sys.exit(main(sys.argv[1:]))
