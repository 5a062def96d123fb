"""A stand-in for GitHub's command line on the runner, which needs GitHub: `gh attestation verify` asks what the stand-in of attest wrote.

Signatures, and which workflow signed, it cannot check: neither is there. `gh release view` and `create` ask the REST API at GITHUB_API_URL.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import requests

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


def ask(method: str, path: str, body: Any = None) -> requests.Response:
    """The API's answer."""
    url = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}"
    return requests.request(method, url, json=body, headers={"Authorization": f"Bearer {os.environ['GH_TOKEN']}"}, timeout=30)


def release(arguments: Sequence[str]) -> str:
    """`gh release view TAG`, `gh release create TAG`: its address; an empty text if it is not there, or cannot be made."""
    parser = argparse.ArgumentParser(prog="gh release")
    parser.add_argument("act", choices=["view", "create"])
    parser.add_argument("tag")
    parser.add_argument("--verify-tag", action="store_true")
    parser.add_argument("--generate-notes", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.act == "view":
        answer = ask("GET", f"releases/tags/{asked.tag}")
    elif asked.verify_tag and not ask("GET", f"git/ref/tags/{asked.tag}").ok:
        return ""
    else:
        answer = ask("POST", "releases", {"tag_name": asked.tag, "generate_release_notes": asked.generate_notes})
    return str(answer.json()["html_url"]) if answer.ok else ""


COMMANDS: dict[str, Callable[[Sequence[str]], str]] = {"attestation": attestation, "release": release}
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
