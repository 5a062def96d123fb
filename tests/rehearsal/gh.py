"""A stand-in for `gh release view TAG` and `gh release create TAG`: it asks the REST API at GITHUB_API_URL, and nothing else."""

import argparse
import os
import sys
from typing import Any

import requests


def ask(method: str, path: str, body: Any = None) -> requests.Response:
    """The API's answer."""
    url = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}"
    headers = {"Authorization": f"Bearer {os.environ.get('GITHUB_TOKEN', '')}"}
    return requests.request(method, url, json=body, headers=headers, timeout=30)


def main(arguments: list[str]) -> int:
    """Do it; returns the exit code."""
    parser = argparse.ArgumentParser(prog="gh")
    parser.add_argument("what", choices=["release"])
    parser.add_argument("act", choices=["view", "create"])
    parser.add_argument("tag")
    parser.add_argument("--verify-tag", action="store_true")
    parser.add_argument("--generate-notes", action="store_true")
    options = parser.parse_args(arguments)
    if options.act == "view":
        found = ask("GET", f"releases/tags/{options.tag}")
        sys.stdout.write(f"title:\t{options.tag}\n" if found.ok else "")
        sys.stderr.write("" if found.ok else "release not found\n")
        return 0 if found.ok else 1
    if options.verify_tag and ask("GET", f"git/ref/tags/{options.tag}").status_code == 404:
        sys.stderr.write(f"tag {options.tag} doesn't exist in the repo, aborting due to --verify-tag flag\n")
        return 1
    made = ask("POST", "releases", {"tag_name": options.tag, "generate_release_notes": options.generate_notes})
    sys.stdout.write(f"{made.json()['html_url']}\n" if made.ok else "")
    sys.stderr.write("" if made.ok else f"HTTP {made.status_code}: {made.reason}\n")
    return 0 if made.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
