"""Which role calls what: each request as IAM names what it asks for and on what, noted once in a file."""

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from tests.rehearsal.aws import registry
from tests.rehearsal.aws.wire import Head
from tests.rehearsal.ecs.aws import ON_BEHALF

KEPT = 2 * 1024 * 1024
"""Bytes of a body that is listened to while it passes; no API call but an upload is larger."""
SIGNED = re.compile(r"(\w+)/\d{8}/([\w-]+)/([\w-]+)/aws4_request")
PREFIXES = {"monitoring": "cloudwatch"}
"""IAM's name of a service where it signs by another one."""
FREE = {"sts:GetCallerIdentity", "sts:AssumeRoleWithWebIdentity"}
"""No policy needs to allow these."""
EXECUTION = "execution"
SERVICE, TASK = "ecs:service/{cluster}/{}", "ecs:task/{cluster}/{}"
LOGS = "logs:log-group:{}:log-stream:*"
RESOURCES = {
    "ecs:DescribeServices": ("services", SERVICE),
    "ecs:UpdateService": ("service", SERVICE),
    "ecs:ListServiceDeployments": ("service", SERVICE),
    "ecs:ListTagsForResource": ("resourceArn", ""),
    "ecs:TagResource": ("resourceArn", ""),
    "ecs:UntagResource": ("resourceArn", ""),
    "ecs:DescribeServiceDeployments": ("serviceDeploymentArns", ""),
    "ecs:StopServiceDeployment": ("serviceDeploymentArn", ""),
    "ecs:DescribeServiceRevisions": ("serviceRevisionArns", ""),
    "ecs:RunTask": ("taskDefinition", "ecs:task-definition/{}"),
    "ecs:DescribeTasks": ("tasks", TASK),
    "ecs:StopTask": ("task", TASK),
    "ecr:DescribeRepositories": ("repositoryNames", "ecr:repository/{}"),
    "logs:GetLogEvents": ("logGroupName", LOGS),
    "logs:CreateLogStream": ("logGroupName", LOGS),
    "logs:PutLogEvents": ("logGroupName", LOGS),
    "secretsmanager:DescribeSecret": ("SecretId", "secretsmanager:secret:{}-??????"),
    "secretsmanager:GetSecretValue": ("SecretId", "secretsmanager:secret:{}-??????"),
    "iam:GetRole": ("RoleName", "iam:role/{}"),
}
"""The parameter that names what an action is done to, and the ARN of a name."""
OTHERS = {"ecr": ("repositoryName", "ecr:repository/{}"), "cloudformation": ("StackName", "cloudformation:stack/{}/*")}
"""Likewise of all other actions of a service; what is not here takes no resource."""
REGISTRY = {
    ("GET", "manifests"): "BatchGetImage",
    ("HEAD", "manifests"): "BatchGetImage",
    ("PUT", "manifests"): "PutImage",
    ("HEAD", "blobs"): "BatchCheckLayerAvailability",
    ("GET", "blobs"): "GetDownloadUrlForLayer",
    ("POST", "uploads"): "InitiateLayerUpload",
    ("PATCH", "uploads"): "UploadLayerPart",
    ("PUT", "uploads"): "CompleteLayerUpload",
}
"""What ECR asks IAM for when the registry's own protocol is spoken."""
OBJECTS = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "POST": "PutObject", "DELETE": "DeleteObject"}
BUCKETS = {"GET": "ListBucket", "HEAD": "ListBucket"}
MULTIPART = {"GET": "ListMultipartUploadParts", "DELETE": "AbortMultipartUpload"}
RESPONSES = re.compile(
    r"X-Amz-|response-|x-id$|list-type$|prefix$|delimiter$|max-keys$|continuation-token$|encoding-type$|partNumber$", re.I
)
"""Parameters of S3 that do not make another action of a request."""
NAMED = re.compile(r"((?::(?:service-deployment|service-revision|task|stack)/[^/]+/(?:[^/]+/)?)|:task-definition/[^:]+:)[^/:]+$")
"""An ARN whose last part AWS gives."""
ENDED = re.compile(r"(:secret:.+-)\w{6}$")
"""A secret's ARN: AWS ends it as it likes."""

Found = tuple[str, str]
"""An action, and the ARN it is done to: with stars for what is made anew each time, "*" if it takes none."""


def asked(method: str, target: str, head: Head, body: Mapping[str, Any], *, account: str) -> list[Found]:
    """What a signed request asks IAM for; what is not known here gets a name that no policy allows."""
    signed = signature(head, target, body)
    if not signed:
        return []
    _, region, service = signed
    if service == "s3":
        return s3(method, target, head, multipart=bool(body.get("form")))
    path = target.partition("?")[0]
    operation = head.get("x-amz-target").rpartition(".")[2] or body.get("Action") or path.rpartition("/operation/")[2]
    action = f"{PREFIXES.get(service, service)}:{operation or f'{method} {path}'}"
    found = [(action, resource) for resource in resources(action, body, f"{region}:{account}")]
    if action == "ecs:RegisterTaskDefinition":
        found += [("iam:PassRole", body[name]) for name in ("executionRoleArn", "taskRoleArn") if body.get(name)]
    if service == "ecs" and body.get("tags") and not operation.endswith("TagResource"):
        found.append(("ecs:TagResource", f"made by {action}"))
    return found


def signature(head: Head, target: str, body: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """The access key that signed a request, the region and the service: in a header, in the address or in a form."""
    places = (head.get("authorization"), unquote(target.partition("?")[2]), str(body.get("form", "")))
    found = next(filter(None, map(SIGNED.search, places)), None)
    return (found[1], found[2], found[3]) if found else None


def resources(action: str, body: Mapping[str, Any], place: str) -> list[str]:
    """What an action is done to."""
    name, pattern = RESOURCES.get(action) or OTHERS.get(action.partition(":")[0], ("", ""))
    values = body.get(name) or "*"
    cluster = str(body.get("cluster", "default")).rpartition("/")[2]
    return sorted({arn(value, pattern, cluster, place) for value in (values if isinstance(values, list) else [values])})


def arn(value: str, pattern: str, cluster: str, place: str) -> str:
    """The ARN of what a request names so, with a star for what is made anew each time."""
    if value != "*" and not value.startswith("arn:"):
        service, _, rest = pattern.format(value, cluster=cluster).partition(":")
        value = f"arn:aws:{service}:{place if service != 'iam' else ':' + place.rpartition(':')[2]}:{rest}"
    return ENDED.sub(r"\1??????", NAMED.sub(r"\1*", value))


def s3(method: str, target: str, head: Head, *, multipart: bool) -> list[Found]:
    """What a request of S3 asks for; a form is posted to the bucket, and is an object all the same."""
    path, _, query = target.partition("?")
    bucket, _, key = unquote(path).strip("/").partition("/")
    given = {name for name in parse_qs(query, keep_blank_values=True) if not RESPONSES.match(name)}
    actions = OBJECTS if key or multipart else BUCKETS
    if given & {"uploads", "uploadId"}:
        actions = OBJECTS | MULTIPART
    action = f"s3:{method} ?{'&'.join(sorted(given))}" if given - {"uploads", "uploadId"} else f"s3:{actions.get(method, method)}"
    found = [(action, f"arn:aws:s3:::{bucket}/*" if key or multipart else f"arn:aws:s3:::{bucket}")]
    source = unquote(head.get("x-amz-copy-source")).strip("/").partition("/")[0]
    return found + ([("s3:GetObject", f"arn:aws:s3:::{source}/*")] if source else [])


def pulled(method: str, target: str, *, region: str, account: str) -> list[Found]:
    """What a request in the registry's own protocol asks for; its first page is nobody's."""
    parts = target.partition("?")[0].removeprefix("/v2").strip("/").split("/")
    kinds = [at for at, part in enumerate(parts) if part in ("manifests", "blobs", "tags")]
    if not kinds:
        return []
    kind = "uploads" if parts[kinds[-1] + 1 : kinds[-1] + 2] == ["uploads"] else parts[kinds[-1]]
    action = REGISTRY.get((method, kind), f"{method} {kind}")
    return [(f"ecr:{action}", f"arn:aws:ecr:{region}:{account}:repository/{'/'.join(parts[: kinds[-1]])}")]


class Calls:
    """Notes the calls of roles in `file`, as JSON; `role_of` says whose session an access key belongs to, "" for the owner's."""

    def __init__(self, *, account: str, region: str, role_of: Callable[[str], str], file: Path | None = None) -> None:
        self.seen: dict[str, dict[str, list[str]]] = {}
        self._account, self._region, self._role_of, self._file = account, region, role_of, file
        self._holders: dict[str, str] = {}  # the role by the token that it got for the registry
        self._lock = threading.Lock()

    def note(self, method: str, target: str, head: Head, body: Mapping[str, Any]) -> None:
        """One request, before it is answered: what is refused was called as well."""
        self._add(self._who(target, head, body), asked(method, target, head, body, account=self._account))

    def note_registry(self, method: str, target: str, head: Head) -> None:
        """One request in the registry's own protocol."""
        holder = self._holders.get(registry.token_of(head.get("authorization")), "")
        self._add(holder, pulled(method, target, region=self._region, account=self._account))

    def holds(self, token: str, head: Head) -> None:
        """The token that a request was answered with."""
        self._holders[token] = self._who("", head, {})

    def listened(self, method: str, target: str, head: Head, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The body as it passes; at its end the request is noted."""
        kind, kept = head.get("content-type"), b""
        wanted = "json" in kind or kind.startswith("multipart/form-data")
        for block in blocks:
            kept += block if wanted and len(kept) < KEPT else b""
            yield block
        self.note(method, target, head, read(kind, kept))

    def _who(self, target: str, head: Head, body: Mapping[str, Any]) -> str:
        signed = signature(head, target, body)
        role = self._role_of(signed[0]) if signed else ""
        return role or (EXECUTION if ON_BEHALF in head.get("user-agent") else "")

    def _add(self, role: str, found: Iterable[Found]) -> None:
        with self._lock:
            for action, resource in found if role else ():
                known = self.seen.setdefault(role, {}).setdefault(action, []) if action not in FREE else [resource]
                if resource not in known:
                    known.append(resource)
                    if self._file:
                        self._file.write_text(json.dumps(self.seen, indent=1, sort_keys=True))


def read(kind: str, body: bytes) -> dict[str, Any]:
    """A body as parameters; a form of a browser stays as it is, without its file."""
    if kind.startswith("multipart/form-data"):
        return {"form": body[: 64 * 1024].decode("latin-1")}
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
