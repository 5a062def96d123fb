"""A small GitHub: the REST API of one repository, as far as the pipeline and `gh` ask it, kept in memory on a port of this machine."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Answer = tuple[int, Any]
REPOSITORY = "nationslab/lms"
NOT_FOUND: Answer = (404, {"message": "Not Found"})


@dataclass
class GitHub:
    """What it holds, and what it was asked."""

    url: str = ""
    token: str = ""
    """What callers must show; empty asks nobody."""
    runs: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    releases: list[dict[str, Any]] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    """Those that were pushed."""
    refusals: list[int] = field(default_factory=list)
    """Statuses of the next answers, in place of what would be answered."""
    asked: list[str] = field(default_factory=list)
    """Method and path of each request."""

    def ran(self, commit: str, how: str = "success", workflow: str = "deploy.yml") -> dict[str, Any]:
        """A run of a workflow for the push of `commit` to main; `how` is its conclusion, or its status while it is live."""
        live = how in ("queued", "in_progress", "waiting")
        number = len(self.runs) + 1
        run = {"id": number, "head_sha": commit, "path": f".github/workflows/{workflow}", "head_branch": "main", "event": "push"}
        run |= {"status": how if live else "completed", "conclusion": None if live else how}
        run["html_url"] = f"https://github.com/{REPOSITORY}/actions/runs/{number}"
        self.runs.insert(0, run)
        return run

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> Answer:
        """Status and JSON of one request to the repository."""
        if found := re.fullmatch(r"actions/workflows/([\w.-]+)/runs", path):
            keys = {"head_sha": "head_sha", "branch": "head_branch", "event": "event"}
            wanted = {keys[name]: value for name, value in query.items() if name in keys}
            runs = [run for run in self.runs if run["path"].endswith(f"/{found[1]}") and wanted.items() <= run.items()]
            return 200, {"total_count": len(runs), "workflow_runs": runs[: int(query.get("per_page", 30))]}
        if path == "issues" or path.startswith("issues/"):
            return self._issue(method, path, query, body)
        if path == "releases" or path.startswith("releases/tags/"):
            return self._release(method, path, body)
        if tag := re.fullmatch(r"git/ref/tags/(.+)", path):
            return (200, {"ref": f"refs/tags/{tag[1]}"}) if tag[1] in self.tags else NOT_FOUND
        return NOT_FOUND

    def _issue(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> Answer:
        if (method, path) == ("GET", "issues"):
            state = query.get("state", "open")
            labels = set(filter(None, query.get("labels", "").split(",")))
            return 200, [
                one for one in self.issues[::-1] if state in ("all", one["state"]) and labels <= {label["name"] for label in one["labels"]}
            ]
        if (method, path) == ("POST", "issues"):
            number = len(self.issues) + 1
            made = {"number": number, "html_url": f"https://github.com/{REPOSITORY}/issues/{number}", "state": "open"}
            made |= {"title": body["title"], "body": body.get("body"), "labels": [{"name": name} for name in body.get("labels", [])]}
            self.issues.append(made)
            return 201, made
        found = next((one for one in self.issues if path == f"issues/{one['number']}"), None)
        if method != "PATCH" or found is None:
            return NOT_FOUND
        found |= body
        return 200, found

    def _release(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        tag = path.removeprefix("releases/tags/") if method == "GET" else body.get("tag_name", "")
        found = next((one for one in self.releases if one["tag_name"] == tag), None)
        if method == "GET":
            return (200, found) if found else NOT_FOUND
        if found:
            return 422, {"message": "Validation Failed", "errors": [{"resource": "Release", "code": "already_exists", "field": "tag_name"}]}
        self.releases.append(body | {"html_url": f"https://github.com/{REPOSITORY}/releases/tag/{tag}"})
        return 201, self.releases[-1]


@contextmanager
def serve(token: str = "") -> Iterator[GitHub]:
    """Serve an empty repository on a free port until the block ends."""
    github = GitHub(token=token)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            github.asked.append(f"{self.command} {self.path}")
            answer: Any
            base, _, path = address.path.partition(f"/repos/{REPOSITORY}/")
            if github.refusals:
                status, answer = github.refusals.pop(0), {"message": "Refused"}
            elif github.token and self.headers.get("Authorization") != f"Bearer {github.token}":
                status, answer = 401, {"message": "Bad credentials"}
            elif base or not path:
                status, answer = NOT_FOUND
            else:
                status, answer = github.answer(self.command, path, dict(parse_qsl(address.query)), json.loads(raw or b"{}"))
            text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_PATCH = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing: what was asked is in `asked`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        github.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield github
        finally:
            server.shutdown()
            thread.join()
