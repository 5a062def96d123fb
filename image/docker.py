"""The Docker client, as the runner has it."""

import json
import shutil
import subprocess
import zlib
from functools import partial
from typing import Any

from commands.report import Failure

SECONDS = 300


def docker(*arguments: str) -> str:
    """What `docker ARGUMENTS` printed. Raises Failure with its last line if it fails or takes more than SECONDS."""
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=SECONDS, check=False)
    except FileNotFoundError as problem:
        raise Failure("docker is not installed here") from problem
    except subprocess.TimeoutExpired as problem:
        raise Failure(f"docker {arguments[0]} did not end within {SECONDS} s") from problem
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise Failure(f"docker {arguments[0]}: {lines[-1] if lines else f'exit code {done.returncode}'}")
    return done.stdout.strip()


def inspect(thing: str) -> dict[str, Any]:
    """Everything the engine knows of a container, image or network. Raises Failure if there is none."""
    found: list[dict[str, Any]] = json.loads(docker("inspect", thing))
    return found[0]


def logs(container: str, lines: int = 50) -> str:
    """The end of what a container wrote, both streams."""
    done = subprocess.run(
        ["docker", "logs", "--tail", str(lines), container], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout


def compressed_bytes(image: str) -> int:
    """About how many bytes a push of that image sends, every layer compressed as the engine does it."""
    if not shutil.which("docker"):
        raise Failure("docker is not installed here")
    squeeze, total = zlib.compressobj(6), 0
    with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saving:
        for chunk in iter(partial(saving.stdout.read, 1 << 20), b"") if saving.stdout else ():
            total += len(squeeze.compress(chunk))
    if saving.returncode:
        raise Failure(f"docker save {image}: exit code {saving.returncode}")
    return total + len(squeeze.flush())
