"""The thin edge to GitHub's REST API: of one repository alone."""

import base64
import http.client
import json
import os
import time
import urllib.error
import urllib.request
from typing import Any

from commands.report import Failure
from commands.trust import AUDIENCE

ATTEMPTS, EVERY = 4, 5.0
"""Of a question, with so many seconds between them; what changes something is sent once."""


class Refused(Failure):
    """What GitHub refused to answer; `status` is 0 if it could not be asked."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def call(method: str, path: str, body: Any = None, *, repository: str = "", token: str = "") -> Any:
    """What `METHOD /repos/OWNER/NAME/PATH` answers; the workflow's own repository and token unless given.

    Raises Refused that says what was asked and how GitHub refused.
    """
    api = os.environ.get("GITHUB_API_URL", "https://api.github.com")
    address = f"{api}/repos/{repository or os.environ.get('GITHUB_REPOSITORY', '')}/{path}".rstrip("/")
    token = token or os.environ.get("GITHUB_TOKEN", "")
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28", "Content-Type": "application/json"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(address, None if body is None else json.dumps(body).encode(), headers, method=method)
    left = ATTEMPTS if method == "GET" else 1
    while True:
        left -= 1
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refusal:
            with refusal:
                why, status = f"{refusal.code} {refusal.read().decode(errors='replace')[:200]}", refusal.code
        except (OSError, http.client.HTTPException, ValueError) as problem:
            why, status = f"{type(problem).__name__}: {problem}", 0
        if not left or (0 < status < 500 and status != 429):
            raise Refused(f"GitHub: {method} {path}: {why}", status)
        time.sleep(EVERY)


def claims() -> dict[str, str]:
    """What this job's own OIDC token says to AWS, its signature not looked at. Raises Failure if there is none."""
    address, token = (os.environ.get(f"ACTIONS_ID_TOKEN_REQUEST_{name}", "") for name in ("URL", "TOKEN"))
    try:
        asked = urllib.request.Request(f"{address}&audience={AUDIENCE}", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            payload = json.load(answer)["value"].split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(payload + "=="))
        return {name: str(found[name]) for name in ("sub", "aud", "ref")}
    except (OSError, ValueError, KeyError, IndexError) as problem:
        raise Failure(f"this job's token: {type(problem).__name__}: does the job have `id-token: write`?") from problem
