"""python -m pipeline VERB: the commands that the workflows call. Each ends with 0, or with 1 and one line that names what is wrong.

  an image (image.yml)    names, schema, find, pushed
  a deploy (ship.yml)     verify, guard, prepare, preflight, diff, migrate, watch, smoke, receipt; verdict when it is red or cancelled
  a version (release.yml) pin
  back (rollback.yml)     rollback

Verbs that change something take --dry-run: migrate, watch, pin, rollback. The others only read. AWS credentials come from the
environment, and the repository variables as JSON from VARIABLES:

  export VARIABLES="$(gh variable list --json name,value --jq 'map({(.name): .value}) | add')"
"""

import sys

from commands import names
from commands.verbs import Verb, run
from pipeline import diff, evidence, guard, migrate, preflight, prepare, receipt, registry, release, rollback, schema, smoke, watch

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
    "rollback": rollback.main,
}


def main(arguments: list[str]) -> int:
    """Run a verb; returns its exit code."""
    return run("python -m pipeline", __doc__, VERBS, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
