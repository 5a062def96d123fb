"""python -m infra VERB: the AWS account that the LMS lands in: made or adopted, checked. Ends with 0, or with 1 and one line.

make infra              apply, from a terminal or infra.yml
make doctor             doctor, when a deploy does not work
every day (watch.yml)   drift
"""

import sys

from commands.verbs import Verb, run
from infra import apply, doctor, drift

VERBS: dict[str, Verb] = {"apply": apply.main, "doctor": doctor.main, "drift": drift.main}


def main(arguments: list[str]) -> int:
    """Run a verb; returns its exit code."""
    return run("python -m infra", __doc__, VERBS, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
