"""python -m image boot IMAGE --commit COMMIT: would an image start on Fargate? Ends with 0, or with 1 and one line."""

import sys

from image import boot
from pipeline.verbs import run


def main(arguments: list[str]) -> int:
    """Run the verb; returns its exit code."""
    return run("python -m image", __doc__, {"boot": boot.main}, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
