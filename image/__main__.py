"""python -m image VERB: would an image start on Fargate, and what does it hold? Ends with 0, or with 1 and one line."""

import sys

from commands.verbs import run
from image import boot, sbom


def main(arguments: list[str]) -> int:
    """Run a verb; returns its exit code."""
    return run("python -m image", __doc__, {"boot": boot.main, "sbom": sbom.main}, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
