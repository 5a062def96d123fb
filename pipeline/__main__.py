"""python -m pipeline VERB: the commands that the workflows call. Each ends with 0, or with 1 and one line that names what is wrong.

  an image (image.yml)    names, schema, find, pushed
  a deploy (ship.yml)     verify, guard, prepare, preflight, diff, migrate, watch, smoke, receipt; verdict when it is red or cancelled
  a version (release.yml) pin
  back (rollback.yml)     rollback
  every day (watch.yml)   drift
  by hand                 doctor, when a deploy does not work

Verbs that change something take --dry-run: migrate, watch, pin, drift, rollback. The others only read. AWS credentials come from the
environment, and the repository variables as JSON from VARIABLES:

  export VARIABLES="$(gh variable list --json name,value --jq 'map({(.name): .value}) | add')"
"""

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
