"""What tests of the pipeline share: a workflow's environment, clients of AWS that answer from a script, an LMS that does."""

import json
import os
import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from commands import github as api
from commands.names import Names, read_definition, resolve
from commands.verbs import SIGNALS
from tests.github import REPOSITORY, GitHub, serve
from tests.pipeline.commits import Commits

ROOT = Path(__file__).parents[2]
COMMIT = "5ca1ab1e" * 5
"""The commit that is deployed in these tests."""
BASE_URL = "https://lms.example.org"
DEFINITION = read_definition(ROOT / "task-definition.json")


@pytest.fixture(autouse=True)
def no_workflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the repository's folder, and as if nobody had set anything: these tests run inside workflows, too."""
    for name in ("GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "RUNNER_TEMP", "VARIABLES", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(ROOT)


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """What verbs do with signals ends with the test."""
    before = {each: signal.getsignal(each) for each in SIGNALS}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@dataclass
class Workflow:
    """The files through which GitHub and a step talk."""

    folder: Path

    def written(self, name: str) -> str:
        """What is in one of them; empty if nothing was written."""
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    @property
    def outputs(self) -> dict[str, str]:
        """The step's outputs, read as GitHub does it: NAME<<MARK, lines, MARK."""
        found: dict[str, str] = {}
        lines = iter(self.written("output").splitlines())
        for line in lines:
            name, _, mark = line.partition("<<")
            assert mark, f"no heredoc: {line}"
            found[name] = "\n".join(iter(lambda: next(lines), mark))
        return found

    @property
    def summary(self) -> str:
        """What reviewers read."""
        return self.written("summary")

    @property
    def journal(self) -> list[dict[str, Any]]:
        """What the verbs noted for the receipt."""
        return [json.loads(line) for line in self.written("pipeline.jsonl").splitlines()]


@pytest.fixture
def workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workflow:
    """The environment of a step, with the one repository variable that must be set."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path))
    monkeypatch.setenv("VARIABLES", json.dumps({"BASE_URL": BASE_URL}))
    return Workflow(tmp_path)


@pytest.fixture
def definition() -> dict[str, Any]:
    """The repository's task definition, for changing."""
    return deepcopy(DEFINITION)


@pytest.fixture
def names() -> Names:
    """The names of the repository's own cloud."""
    return resolve(DEFINITION, {"BASE_URL": BASE_URL})


@pytest.fixture
def commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commits:
    """A repository of its own as the current folder."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)  # a hook that runs the tests
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.chdir(tmp_path)
    return Commits(tmp_path / "repository")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """A GitHub with an empty repository; who asks again does so at once."""
    with serve(token="t0ken") as github:
        values = {"GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": github.token}
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(api, "EVERY", 0.01)
        yield github


def refusal(code: str, message: str = "no") -> ClientError:
    """What boto3 raises when AWS refuses."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


class Script:
    """A client of `service` that answers from a script, each answer once and the last for ever, and keeps what it was asked.

    Requests and answers are held against AWS's own description of the service: what AWS would refuse fails here.
    """

    def __init__(self, service: str, **answers: list[Any]) -> None:
        self.service = service
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, call: str) -> Callable[..., Any]:
        model = _model(self.service)
        spelled = {name.lower(): name for name in model.operation_names}  # as in ListOpenIDConnectProviders
        operation = model.operation_model(spelled[call.replace("_", "")])

        def answer(**request: Any) -> Any:
            validate_parameters({"clientToken": "-", **request} if call == "run_task" else request, operation.input_shape)
            self.asked.append((call, request))
            answers = self.answers[call]
            found = answers.pop(0) if len(answers) > 1 else answers[0]
            if isinstance(found, Exception):
                raise found
            if operation.output_shape is not None:
                validate_parameters(found, operation.output_shape)
            return found

        return answer

    def requests(self, call: str) -> list[dict[str, Any]]:
        """What was asked by that call."""
        return [request for name, request in self.asked if name == call]


def manifest(config: str, *layers: int) -> str:
    """The manifest of one image in a registry; `layers` are their sizes in bytes."""
    return json.dumps({"config": {"digest": config, "size": 1000}, "layers": [{"size": size} for size in layers]})


def in_registry(digest: str, config: str = "sha256:config") -> dict[str, Any]:
    """ECR's answer for an image of 50 MB."""
    media_type = "application/vnd.oci.image.manifest.v1+json"
    image = {"imageId": {"imageDigest": digest}, "imageManifest": manifest(config, 49_999_000), "imageManifestMediaType": media_type}
    return {"images": [image]}


HEALTHY: dict[str, list[tuple[int, object]]] = {
    "/version": [(200, {"commit": COMMIT})],
    "/ready": [(200, {"checks": {"database": "ok", "schema": "ok", "storage": "ok"}})],
    "/api/v1/users/self": [(401, {"errors": [{"message": "Invalid access token."}]})],
}


@dataclass
class Lms:
    """A server that answers each path from a script, each answer once and the last for ever."""

    port: int
    answers: dict[str, list[tuple[int, object]]]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Path and headers of each request."""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def lms() -> Iterator[Lms]:
    """A deployed LMS that is in order."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, dict(self.headers)))
            answers = found.answers[self.path]
            status, body = answers.pop(0) if len(answers) > 1 else answers[0]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Lms(server.server_address[1], deepcopy(HEALTHY))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


DOCKER = r"""#!/bin/sh
# Notes its arguments in a line, tabs between them, and does what the next file says: COMMAND.1, COMMAND.2 ...; the last for ever.
cd "${0%/*}" || exit 99
(IFS='	'; echo "$*" >>calls)
case $1 in network | inspect) name=$1-$2 ;; *) name=$1 ;; esac
turn=1
[ -e "$name.turn" ] && read -r turn <"$name.turn"
[ -e "$name.$turn" ] || { echo "no answer to: $*" >&2; exit 98; }
next=$((turn + 1))
[ -e "$name.$next" ] && echo "$next" >"$name.turn"
. "./$name.$turn"
"""


@dataclass
class Engine:
    """A `docker` on the PATH that answers from a script and keeps what it was asked."""

    folder: Path

    def answers(self, command: str, *scripts: str) -> None:
        """What it does when it is asked for `command` (`inspect-THING`, `network-create`): lines of sh, the last ones for ever."""
        for old in self.folder.glob(f"{command}.*"):
            old.unlink()
        for turn, script in enumerate(scripts, 1):
            (self.folder / f"{command}.{turn}").write_text(script)

    def says(self, command: str, *answers: object) -> None:
        """The same for a command that only prints: text, or JSON of anything else."""
        texts = [answer if isinstance(answer, str) else json.dumps(answer) for answer in answers]
        self.answers(command, *(f"printf '%s\\n' {shlex.quote(text)}" for text in texts))

    def calls(self, command: str = "") -> list[list[str]]:
        """The arguments of each call of that command."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.split("\t") for line in lines if line.startswith(command)]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A Docker client that knows no answer yet."""
    folder = tmp_path / "docker"
    folder.mkdir()
    (folder / "docker").write_text(DOCKER)
    (folder / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return Engine(folder)
