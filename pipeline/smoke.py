"""smoke: ask the deployed LMS by its public address, as people do."""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commands.names import here
from commands.report import Failure, say
from commands.verbs import Found, Options, option, takes

TIMES = 20
SECONDS = 10
"""For one answer."""
API = "/api/v1/users/self"
NOBODY = {"Authorization": "Bearer smoke-test-no-such-token"}
"""A token that nobody has: the LMS must look for it in its database before it refuses."""


@dataclass(frozen=True)
class Answer:
    """An answer of the LMS."""

    status: int
    body: Any
    """The parsed JSON, or None if it is none."""


def ask(url: str, headers: dict[str, str] | None = None) -> Answer:
    """One GET. Raises Failure if nothing answers."""
    request = urllib.request.Request(url, headers={"Accept": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return Answer(response.status, _json(response.read()))
    except urllib.error.HTTPError as refusal:
        return Answer(refusal.code, _json(refusal.read()))
    except (OSError, ValueError, http.client.HTTPException) as problem:
        raise Failure(f"smoke: {url} does not answer: {getattr(problem, 'reason', problem)}") from problem


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def judge(path: str, answer: Answer, commit: str) -> None:
    """Raises Failure unless that is how the LMS must answer there."""
    status, said = answer.status, answer.body if isinstance(answer.body, dict) else {}
    failing = [name for name, state in said.get("checks", {}).items() if state != "ok"]
    another = f"says commit {said.get('commit')!r}, but {commit!r} was deployed"
    good, wrong = {
        "/version": (
            status == 200 and said.get("commit") == commit,
            another if status == 200 and said == answer.body else f"answered {status}",
        ),
        "/ready": (status == 200 and not failing, f"answered {status}: {', '.join(failing) or 'no reason'} failing"),
        API: (
            status == 401 and said.get("errors") == [{"message": "Invalid access token."}],
            f"answered {status} to a token that nobody has, not 401 in the API's own words",
        ),
    }[path]
    if not good:
        raise Failure(f"smoke: {path} {wrong}")


def smoke(base_url: str, commit: str, *, pause: float = 0.1, times: int = TIMES, headers: Mapping[str, str] | None = None) -> int:
    """Ask everything, /version so many times; returns how many answers were as they must be. Raises Failure at the first that was not."""
    asked = ["/version"] * times + ["/ready", API]
    for path in asked:
        judge(path, ask(f"{base_url}{path}", (NOBODY if path == API else {}) | dict(headers or {})), commit)
        time.sleep(pause)
    return len(asked)


@takes(option("--commit"), option("--url", default="", help="BASE_URL unless given"))
def main(options: Options, found: Found) -> None:
    """Ask the deployed LMS by its public address: /version twenty times, /ready, one real API call."""
    url = options.url or here().base_url
    found["answered"] = smoke(url.rstrip("/"), options.commit)
    say(f"smoke: {found['answered']} requests answered by {options.commit[:12]} at {url}")
