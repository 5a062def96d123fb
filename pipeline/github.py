"""The thin edge to GitHub's REST API, by the workflow's own token: of this repository alone."""

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from typing import Any

from pipeline.report import Failure

ATTEMPTS, EVERY = 4, 5.0
"""Of a question, with so many seconds between them; what changes something is sent once."""


def call(method: str, path: str, body: Any = None) -> Any:
    """What `METHOD /repos/OWNER/NAME/PATH` answers. Raises Failure that says what was asked and how GitHub refused."""
    address = f"{os.environ.get('GITHUB_API_URL', 'https://api.github.com')}/repos/{os.environ.get('GITHUB_REPOSITORY', '')}/{path}"
    token = os.environ.get("GITHUB_TOKEN", "")
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
                why, busy = f"{refusal.code} {refusal.read().decode(errors='replace')[:200]}", refusal.code >= 500 or refusal.code == 429
        except (OSError, http.client.HTTPException, ValueError) as problem:
            why, busy = f"{type(problem).__name__}: {problem}", True
        if not left or not busy:
            raise Failure(f"GitHub: {method} {path}: {why}")
        time.sleep(EVERY)
