"""The one endpoint of the embedded AWS: ECS is ours, the rest goes to MiniStack, and some of its answers are mended.

Bodies stream through; only small calls whose content decides something are read. Signatures are checked by MiniStack if at all,
and never those of calls to ECS.
"""

import contextlib
import hashlib
import html
import json
import sys
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tests.rehearsal.aws import credentials, identity, registry, wire
from tests.rehearsal.aws.calls import Calls
from tests.rehearsal.aws.health import Standing
from tests.rehearsal.aws.serving import Exchange
from tests.rehearsal.aws.upstream import Answer, NoAnswer, Pool

ECS = "AmazonEC2ContainerServiceV20141113."
CALL_LIMIT = 64 * 1024 * 1024  # bytes of one API call of ECR or ECS; a layer part has 20 MB at most, in Base64
FORM_LIMIT = 1024 * 1024
JSON = "application/x-amz-json-1.1"


class Ecs(Protocol):
    """The part of ECS that is called."""

    def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answer one call; an error has `code`, `message` and `status`."""
        ...


class TaskCredentials(Protocol):
    """Who answers the containers' calls for credentials."""

    def answer(self, path: str) -> tuple[int, bytes]:
        """Status and JSON."""
        ...


class Targets(Protocol):
    """Who knows the targets of a target group."""

    def standings(self, target_group_arn: str) -> Mapping[tuple[str, int], Standing]:
        """The targets and how they fare."""
        ...


class Front:
    """Handles the requests of the endpoint; `gateway` is the address on which alone task credentials are given."""

    def __init__(
        self,
        *,
        account: str,
        ministack: tuple[str, int],
        ecs: Ecs,
        tasks: TaskCredentials,
        targets: Targets,
        ecr: registry.Registry,
        assume: Callable[[Mapping[str, str]], bytes],
        check_passing: Callable[[str, Mapping[str, Any]], None],
        gateway: str,
        calls: Calls,
    ) -> None:
        self._account, self._pool = account, Pool(ministack, timeout=120)
        self._ecs, self._tasks, self._targets, self._ecr, self._assume = ecs, tasks, targets, ecr, assume
        self._gateway, self._check_passing, self._calls = gateway, check_passing, calls

    def close(self) -> None:
        """Let go of the connections to MiniStack."""
        self._pool.close()

    def handle(self, exchange: Exchange) -> None:
        """Answer one request."""
        try:
            self._dispatch(exchange)
        except NoAnswer as error:
            sys.stderr.write(f"MiniStack gave no answer to {exchange.head.first}: {error}\n")
            if not exchange.answered:
                exchange.answer(503, b'{"message": "MiniStack gave no answer"}')

    def _dispatch(self, exchange: Exchange) -> None:
        target = exchange.head.get("x-amz-target")
        if target.startswith(ECS):
            self._answer_ecs(exchange, target.removeprefix(ECS))
        elif target.startswith(registry.TARGET):
            self._answer_ecr(exchange, target.removeprefix(registry.TARGET))
        elif exchange.head.get("content-type").startswith("application/x-www-form-urlencoded") and exchange.target == "/":
            self._answer_query(exchange)
        elif exchange.path.startswith(credentials.PREFIX):
            # MiniStack would give credentials to anybody here.
            exchange.answer(*(self._tasks.answer(exchange.path) if exchange.listener[0] == self._gateway else (404, b"{}")))
        elif is_registry(exchange.path):
            self._answer_registry(exchange)
        else:
            self._pass_on(exchange)

    def _answer_ecs(self, exchange: Exchange, action: str) -> None:
        try:
            body = json.loads(exchange.read(CALL_LIMIT) or b"{}")
            self._calls.note(exchange.method, exchange.target, exchange.head, body)
            if action == "RegisterTaskDefinition":
                self._check_passing(exchange.head.get("authorization"), body)
            status, answer = 200, self._ecs.call(action, body)
        except Exception as error:  # whatever fails in ECS is its answer: the endpoint stays
            status, answer = error_of(error)
            if status >= 500:
                sys.stderr.write(f"ECS {action}: {error!r}\n")
        exchange.answer(status, json.dumps(answer).encode(), JSON)

    def _answer_ecr(self, exchange: Exchange, action: str) -> None:
        body = exchange.read(CALL_LIMIT)
        request = json.loads(body or b"{}")
        self._calls.note(exchange.method, exchange.target, exchange.head, request)
        refusals = {"PutImage": self._put_image_refusal, "DescribeImageScanFindings": registry.not_scanned}
        refusal = refusals[action](request) if action in refusals else None
        if refusal:
            exchange.answer(400, json.dumps(refusal).encode(), JSON)
            return
        answer = self._pool.send(_onward(exchange), len(body), [body])
        content = answer.read()
        if answer.status == 200:
            mended = self._ecr.mended(action, request, json.loads(content))
            for each in mended.get("authorizationData", []):
                self._calls.holds(each["authorizationToken"], exchange.head)
            content = json.dumps(mended).encode()
        exchange.pass_on(answer.head.but(content_length=str(len(content))), len(content), [content])

    def _put_image_refusal(self, request: Mapping[str, Any]) -> dict[str, str] | None:
        repository, tag = request.get("repositoryName", ""), request.get("imageTag")
        if not tag:
            return None
        new = request.get("imageDigest") or "sha256:" + hashlib.sha256(request.get("imageManifest", "").encode()).hexdigest()
        existing = self._digest(repository, tag)
        code = registry.put_refusal(self._ecr.mutability(repository), tag=tag, existing=existing, new=new)
        if code is None:
            return None
        same = code == "ImageAlreadyExistsException"
        return {
            "__type": code,
            "message": registry.already_there(repository, tag, new, self._account) if same else registry.wording(repository, tag),
        }

    def _digest(self, repository: str, tag: str) -> str | None:
        """The digest that a tag of a repository has."""
        head = wire.Head(f"HEAD /v2/{repository}/manifests/{tag} HTTP/1.1", (("host", "127.0.0.1"),))
        answer = self._pool.send(head)
        answer.read()
        return answer.head.get("docker-content-digest") or None if answer.status == 200 else None

    def _answer_registry(self, exchange: Exchange) -> None:
        if not self._ecr.knows(exchange.head.get("authorization")) and not self._ecr.signed(exchange.target):
            body = registry.docker_error("UNAUTHORIZED", "authentication required")
            exchange.answer(
                401,
                body,
                www_authenticate='Basic realm="rehearsal",service="ecr.amazonaws.com"',
                docker_distribution_api_version="registry/2.0",
            )
            return
        self._calls.note_registry(exchange.method, exchange.target, exchange.head)
        found = registry.MANIFEST.fullmatch(exchange.path) if exchange.method == "PUT" else None
        if found and not found["reference"].startswith("sha256:"):
            repository, tag = found["repository"], found["reference"]
            if self._ecr.mutability(repository).immutable(tag) and self._digest(repository, tag):
                exchange.answer(400, registry.docker_error("TAG_INVALID", registry.wording(repository, tag)))
                return
        self._pass_on(exchange)

    def _answer_query(self, exchange: Exchange) -> None:
        body = exchange.read(FORM_LIMIT)
        form = identity.form_of(body)
        self._calls.note(exchange.method, exchange.target, exchange.head, form)
        if form.get("Action") == "DescribeTargetHealth":
            exchange.answer(200, target_health(self._targets.standings(form.get("TargetGroupArn", ""))), "text/xml")
            return
        if form.get("Action") == "AssumeRoleWithWebIdentity":
            self._answer_identity(exchange, form)
            return
        self._relay(exchange, self._pool.send(_onward(exchange), len(body), [body]))

    def _answer_identity(self, exchange: Exchange, form: Mapping[str, str]) -> None:
        try:
            exchange.answer(200, self._assume(form), "text/xml")
        except identity.Refused as error:
            sys.stderr.write(f"refused {form.get('RoleArn')}: {error}\n")
            exchange.answer(error.status, error.xml(), "text/xml")

    def _pass_on(self, exchange: Exchange) -> None:
        body = self._calls.listened(exchange.method, exchange.target, exchange.head, exchange.blocks())
        self._relay(exchange, self._pool.send(_onward(exchange), exchange.framing, body))

    def _relay(self, exchange: Exchange, answer: Answer) -> None:
        with contextlib.closing(answer):
            exchange.pass_on(answer.head, answer.framing, answer.blocks())


def _onward(exchange: Exchange) -> wire.Head:
    return exchange.head.for_next_hop().without("expect")


def is_registry(path: str) -> bool:
    """Whether a path belongs to the registry's protocol: the only one under ``/v2/`` that is used here beside credentials."""
    return path in {"/v2", "/v2/"} or (path.startswith("/v2/") and any(f"/{word}/" in path for word in ("blobs", "manifests", "tags")))


def error_of(error: Exception) -> tuple[int, dict[str, str]]:
    """An error of ECS as its status and JSON; one that it did not mean is a ServerException."""
    code, status = getattr(error, "code", "ServerException"), getattr(error, "status", 500)
    return status, {"__type": str(code), "message": str(getattr(error, "message", repr(error)))}


def target_health(standings: Mapping[tuple[str, int], Standing]) -> bytes:
    """The answer of DescribeTargetHealth."""
    members = "".join(
        f"<member><Target><Id>{address}</Id><Port>{port}</Port></Target><HealthCheckPort>{port}</HealthCheckPort><TargetHealth>"
        f"<State>{standing.state}</State>"
        + (f"<Reason>{standing.reason}</Reason><Description>{html.escape(standing.description)}</Description>" if standing.reason else "")
        + "</TargetHealth></member>"
        for (address, port), standing in standings.items()
    )
    result = f"<DescribeTargetHealthResult><TargetHealthDescriptions>{members}</TargetHealthDescriptions></DescribeTargetHealthResult>"
    metadata = f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
    space = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"
    return f'<DescribeTargetHealthResponse xmlns="{space}">{result}{metadata}</DescribeTargetHealthResponse>'.encode()
