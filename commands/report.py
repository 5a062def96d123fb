"""What a verb tells whom: lines for the log, outputs for later steps, the step summary for reviewers, a named failure."""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LONGEST = 100_000
"""Characters of one text: GitHub shows no page above 1 MiB at all."""


class Failure(Exception):
    """Something is wrong that a person must mend; the message is one line that names it. It ends the verb with exit code 1."""

    def __init__(self, message: str, *, file: str = "", line: int = 0) -> None:
        super().__init__(" ".join(message.split()))
        self.file = file
        self.line = line

    def annotation(self) -> str:
        """The failure as a workflow command, so that GitHub shows it on the run's page and in the file that is at fault."""
        where = f" file={self.file},line={self.line or 1}" if self.file else ""
        return f"::error{where}::{str(self).replace('%', '%25')}"


def say(line: str) -> None:
    """One line for the log."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def in_workflow() -> bool:
    """Whether GitHub Actions (or what plays it) runs this process."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def fail(problem: Failure) -> None:
    """Show a failure: one line on standard error, and an annotation inside a workflow."""
    sys.stderr.write(f"pipeline: {problem}\n")
    if in_workflow():
        say(problem.annotation())


def output(values: Mapping[str, str]) -> None:
    """Hand values to later steps; on a terminal they are shown instead. Values may have several lines."""
    target = os.environ.get("GITHUB_OUTPUT")
    if not target:
        for name, value in values.items():
            say(f"{name}={value}")
        return
    with Path(target).open("a") as file:
        for name, value in values.items():
            mark = f"end-of-{name}-{os.urandom(8).hex()}"  # nobody can write it into a value beforehand
            file.write(f"{name}<<{mark}\n{value}\n{mark}\n")


def summary(markdown: str) -> None:
    """Add to the step summary, which reviewers read; nothing on a terminal."""
    if target := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(target).open("a") as file:
            file.write(f"{markdown}\n")


def _journal() -> Path | None:
    folder = os.environ.get("RUNNER_TEMP")
    return Path(folder) / "pipeline.jsonl" if folder else None


@contextmanager
def phase(verb: str) -> Iterator[dict[str, Any]]:
    """Note when a verb began and ended, and what it found out, for the receipt at the end of the job."""
    entry: dict[str, Any] = {"verb": verb, "began": time.time()}
    try:
        yield entry
    except Failure as problem:
        entry["failure"] = str(problem)
        raise
    except BaseException as problem:  # cancelled, or a bug: it has not succeeded either
        entry["failure"] = f"{type(problem).__name__} {problem}".strip()
        raise
    finally:
        entry["ended"] = time.time()
        if journal := _journal():
            with journal.open("a") as file:
                file.write(json.dumps(entry) + "\n")


def phases() -> list[dict[str, Any]]:
    """What the verbs of this job noted so far, oldest first."""
    journal = _journal()
    return [json.loads(line) for line in journal.read_text().splitlines()] if journal and journal.exists() else []


def markdown(title: str, language: str, body: str, *, unfolded: bool = False) -> str:
    """A text for a step summary, folded below its title; what is too long for a page is in the log."""
    body = body if len(body) <= LONGEST else f"{body[:LONGEST]}\n... {len(body) - LONGEST} more characters"
    return f"<details{' open' * unfolded}><summary>{title}</summary>\n\n````{language}\n{body}\n````\n</details>"
