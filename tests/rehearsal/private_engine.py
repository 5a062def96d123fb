"""A Docker engine of our own, as root, below the rehearsal's folder; ended, it leaves neither mounts nor firewall rules behind."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from commands.report import Failure
from tests.rehearsal.places import NOTES, STATE, end, last_line, spawn, wait_for

FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


def start(advice: str, answers: Callable[[], bool]) -> None:
    """Start it and leave DOCKER_HOST so that it is used. Raises Failure with `advice` if this cannot be done here."""
    daemon = shutil.which("dockerd")
    if not daemon or os.geteuid() != 0:
        raise Failure(advice)
    before = {
        "bridge_was_there": Path("/sys/class/net/docker0").exists(),
        "forwarding": FORWARDING.read_text(),
        "forward_policy": _try("iptables", "-S", "FORWARD").partition("\n")[0],
    }
    folder = STATE / "engine"
    folder.mkdir(parents=True, exist_ok=True)
    # Paths of sockets may have no more than 107 bytes, and checkouts lie deep.
    socket = Path("/run") / f"lms-rehearsal-{os.getpid()}.sock"
    os.environ["DOCKER_HOST"] = f"unix://{socket}"
    execution = Path("/run") / f"lms-rehearsal-{os.getpid()}"
    roots = ["--data-root", str(folder / "data"), "--exec-root", str(execution), "--pidfile", str(folder / "pid")]
    log = STATE / "engine.log"
    process = spawn([daemon, *roots, "-H", os.environ["DOCKER_HOST"]], log)
    NOTES.write(engine_pid=process.pid, engine_socket=str(socket), engine_run=str(execution), **(before | _noted_before()))
    wait_for("the private Docker engine (its log: build/rehearsal/state/engine.log)", 60, lambda: process.poll() is not None or answers())
    if process.poll() is not None:
        raise Failure(f"dockerd ended with {process.returncode}: {last_line(log)}")


def _noted_before() -> dict[str, object]:
    """What an earlier start noted of the machine, if it was not undone: that is how it was before us."""
    notes = NOTES.read()
    return {name: notes[name] for name in ("bridge_was_there", "forwarding", "forward_policy") if name in notes}


def stop() -> None:
    """End it, if there is one, then undo what it did to this machine: mounts, its bridge, its firewall rules, forwarding."""
    notes = NOTES.read()
    if not notes.get("engine_pid"):
        return
    end(int(notes["engine_pid"]), "dockerd")
    Path(notes["engine_socket"]).unlink(missing_ok=True)
    for line in Path("/proc/mounts").read_text().splitlines():
        if (mounted := line.split()[1]).startswith((str(STATE / "engine"), notes["engine_run"])):
            _try("umount", mounted)
    shutil.rmtree(notes["engine_run"], ignore_errors=True)
    if not notes["bridge_was_there"]:  # else another engine needs all this
        _try("ip", "link", "delete", "docker0")
        for table in ("filter", "nat"):
            _forget_rules(table)
        _try("iptables", *notes["forward_policy"].split())
        if FORWARDING.read_text() != notes["forwarding"]:
            with contextlib.suppress(OSError):  # read-only in some containers
                FORWARDING.write_text(notes["forwarding"])


def _try(*command: str) -> str:
    """What a command of the system printed; empty if it failed, or is not there."""
    if not shutil.which(command[0]):
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _forget_rules(table: str) -> None:
    """Delete the firewall rules and chains that a private engine leaves behind; there was no other engine when it started."""
    saved = _try("iptables-save", "-t", table).splitlines()
    for rule in (line for line in saved if line.startswith("-A ") and ("DOCKER" in line or "docker0" in line)):
        _try("iptables", "-t", table, "-D", *rule.split()[1:])
    for chain in (line.split()[0].removeprefix(":") for line in saved if line.startswith(":DOCKER")):
        _try("iptables", "-t", table, "-X", chain)
