"""smoke: ask the deployed LMS by its public address, as people do."""

import http.client
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from pipeline.names import here
from pipeline.report import Failure, say
from pipeline.verbs import Found, Options, option, takes

TIMES = 20
SECONDS = 10
"""For one answer."""
API = "/api/v1/users/self"
NOBODY = "smoke-test-no-such-token"


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


def judge_version(answers: list[Answer], commit: str) -> None:
    """Raises Failure unless each of these answers of /version names that commit."""
    for answer in answers:
        if answer.status != 200 or not isinstance(answer.body, dict):
            raise Failure(f"smoke: /version answered {answer.status}")
        if answer.body.get("commit") != commit:
            raise Failure(f"smoke: /version says commit {answer.body.get('commit')!r}, but {commit!r} was deployed")


def judge_ready(answer: Answer) -> None:
    """Raises Failure unless database, schema and storage answer, naming what does not."""
    checks = answer.body.get("checks", {}) if isinstance(answer.body, dict) else {}
    failing = [name for name, state in checks.items() if state != "ok"]
    if answer.status != 200 or failing:
        raise Failure(f"smoke: /ready answered {answer.status}: {', '.join(failing) or 'no reason'} failing")


def judge_api(answer: Answer) -> None:
    """Raises Failure unless the API refuses a token that nobody has: it must look for it in the database first."""
    errors = answer.body.get("errors") if isinstance(answer.body, dict) else None
    if answer.status != 401 or errors != [{"message": "Invalid access token."}]:
        raise Failure(f"smoke: {API} answered {answer.status} to a token that nobody has, not 401 in the API's own words")


def smoke(base_url: str, commit: str, pause: float = 0.1) -> int:
    """Ask everything; returns how many requests were answered as they must be. Raises Failure at the first that was not."""
    answers = []
    for _ in range(TIMES):
        answers.append(ask(f"{base_url}/version"))
        judge_version(answers[-1:], commit)
        time.sleep(pause)
    judge_ready(ask(f"{base_url}/ready"))
    judge_api(ask(f"{base_url}{API}", {"Authorization": f"Bearer {NOBODY}"}))
    return TIMES + 2


@takes(option("--commit"), option("--url", default="", help="BASE_URL unless given"))
def main(options: Options, found: Found) -> None:
    """Ask the deployed LMS by its public address: /version twenty times, /ready, one real API call."""
    url = options.url or here().base_url
    found["answered"] = smoke(url.rstrip("/"), options.commit)
    say(f"smoke: {found['answered']} requests answered by {options.commit[:12]} at {url}")
