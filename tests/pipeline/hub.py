"""GitHub's REST API as doctor asks it: one repository in which everything is in order, on loopback, for changing."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NAME, PREFIX, NUMBERED = "nationslab/lms", "repo:nationslab/lms", "repo:nationslab@4711/lms@1147"
REQUIRED = {"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "Required"}]}}
VARIABLES = {"BASE_URL": "https://lms.example.org"}
TAG_RULES = {
    "conditions": {"ref_name": {"include": ["refs/tags/v*"], "exclude": []}},
    "rules": [{"type": "update"}, {"type": "deletion"}, {"type": "non_fast_forward"}],
}


def environment(*waits: str, chosen: bool = True, alone: bool = False) -> dict[str, Any]:
    """What GitHub says of an environment, in which somebody may agree `alone` with themselves."""
    rules: list[dict[str, Any]] = [{"type": "branch_policy"}, *({"type": kind, "prevent_self_review": not alone} for kind in waits)]
    policy = {"protected_branches": not chosen, "custom_branch_policies": chosen}
    return {"protection_rules": rules, "deployment_branch_policy": policy}


def branches(*names: str) -> dict[str, Any]:
    """What GitHub says of whom an environment is for; what begins with v is a tag."""
    rules = [{"name": name, "type": "tag" if name.startswith("v") else "branch"} for name in names]
    return {"total_count": len(rules), "branch_policies": rules}


def variables(values: dict[str, str]) -> dict[str, Any]:
    """A page of variables."""
    return {"total_count": len(values), "variables": [{"name": name, "value": value} for name, value in values.items()]}


def in_order() -> dict[str, Any]:
    """By path below the repository: what is answered, None for a 404, a number for another status."""
    return {
        "": {"full_name": NAME, "default_branch": "main", "visibility": "private", "id": 1147, "owner": {"id": 4711}},
        "/actions/organization-variables?per_page=30&page=1": variables({}),
        "/actions/variables?per_page=30&page=1": variables(VARIABLES),
        "/environments/production": environment(),
        "/environments/production/deployment-branch-policies?per_page=100": branches("v*", "main"),
        "/environments/release": environment("required_reviewers"),
        "/environments/release/deployment-branch-policies?per_page=100": branches("v*"),
        "/environments/infrastructure": environment("required_reviewers"),
        "/environments/infrastructure/deployment-branch-policies?per_page=100": branches("main"),
        "/rulesets?targets=tag&per_page=100": [{"id": 7, "name": "versions", "target": "tag", "enforcement": "active"}],
        "/rulesets/7": TAG_RULES,
        "/rules/branches/main": [{"type": "deletion"}, REQUIRED],
        "/branches/main": {"protection": {"required_status_checks": {"contexts": []}}},
        "/actions/oidc/customization/sub": {"use_default": True, "use_immutable_subject": True},
    }


@dataclass
class Hub:
    """The server: what it answers, and what it was asked."""

    url: str
    answers: dict[str, Any] = field(default_factory=in_order)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Verb, path and token of each request."""


@contextmanager
def served() -> Iterator[Hub]:
    """A GitHub that knows this one repository."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers["Authorization"].removeprefix("Bearer ")
            hub.asked.append((self.command, self.path, token))
            found = hub.answers.get(self.path.removeprefix(f"/repos/{NAME}"))
            status, body = (404, None) if found is None else (found, None) if isinstance(found, int) else (200, found)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub = Hub(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
