"""A stand-in for GitHub's command line on the runner, which needs GitHub: `gh attestation verify` asks what the stand-in of attest wrote.

Signatures, and which workflow signed, it cannot check: neither is there.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

PROVENANCE = "https://slsa.dev/provenance/v1"


def attestation(arguments: Sequence[str]) -> str:
    """`gh attestation verify oci://NAME@DIGEST ...`: what was verified; an empty text if nothing attests it."""
    parser = argparse.ArgumentParser(prog="gh attestation")
    parser.add_argument("verify", choices=["verify"])
    parser.add_argument("image")
    for option in ("--repo", "--signer-workflow", "--source-digest"):
        parser.add_argument(option, required=True)
    asked = parser.parse_args(arguments)
    name, _, digest = asked.image.removeprefix("oci://").partition("@sha256:")
    for file in sorted(Path(os.environ["REHEARSAL_GITHUB"], "attestations").glob("*.json")):
        said = json.loads(file.read_text())
        built = said["predicate"].get("buildDefinition", {}).get("externalParameters", {}) if said["predicateType"] == PROVENANCE else {}
        right = (built.get("repository"), built.get("commit")) == (asked.repo, asked.source_digest)
        if right and {"name": name, "digest": {"sha256": digest}} in said["subject"]:
            return f"Stand-in for gh: {digest[:12]} is attested (not signed) for {asked.repo} at {asked.source_digest[:12]}"
    return ""


COMMANDS: dict[str, Callable[[Sequence[str]], str]] = {"attestation": attestation}
"""What a command says; if nothing, it has failed."""


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code."""
    command = COMMANDS.get(arguments[0]) if arguments else None
    if command is None or "GH_TOKEN" not in os.environ:
        sys.stderr.write("gh: set GH_TOKEN\n" if command else f"the stand-in for gh does not know: {' '.join(arguments)}\n")
        return 4
    said = command(arguments[1:])
    sys.stdout.write(f"{said}\n" if said else "")
    sys.stderr.write("" if said else f"Error: gh {' '.join(arguments[:2])} found nothing that fits\n")
    return 0 if said else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
