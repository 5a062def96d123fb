"""python -m pipeline VERB: the commands that the workflows call. Each ends with 0, or with 1 and one line that names what is wrong."""

import sys

from pipeline import (
    diff,
    doctor,
    drift,
    evidence,
    guard,
    migrate,
    names,
    preflight,
    prepare,
    receipt,
    registry,
    release,
    rollback,
    schema,
    smoke,
    watch,
)
from pipeline.verbs import Verb, run

VERBS: dict[str, Verb] = {
    "names": names.main,
    "schema": schema.main,
    "find": registry.find_main,
    "pushed": registry.main,
    "verify": registry.verify_main,
    "guard": guard.main,
    "prepare": prepare.main,
    "preflight": preflight.main,
    "diff": diff.main,
    "migrate": migrate.main,
    "watch": watch.main,
    "smoke": smoke.main,
    "verdict": evidence.main,
    "receipt": receipt.main,
    "pin": release.main,
    "drift": drift.main,
    "rollback": rollback.main,
    "doctor": doctor.main,
}


def main(arguments: list[str]) -> int:
    """Run a verb; returns its exit code."""
    return run("python -m pipeline", __doc__, VERBS, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
