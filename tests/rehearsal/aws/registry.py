"""What MiniStack's ECR lacks: an address that Docker can reach, tag immutability with exclusions, and a login that counts."""

import base64
import binascii
import hmac
import json
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.rehearsal.aws.trust import like

TARGET = "AmazonEC2ContainerRegistry_V20150921."
MANIFEST = re.compile(r"/v2/(?P<repository>.+)/manifests/(?P<reference>[^/]+)")
SIGNATURE = "X-Amz-Signature"
SETTINGS = {"imageTagMutability", "imageTagMutabilityExclusionFilters"}


@dataclass(frozen=True)
class Mutability:
    """Whether tags of a repository may be moved, and the wildcards of the tags for which the contrary holds."""

    mode: str = "MUTABLE"
    exclusions: tuple[str, ...] = ()

    def immutable(self, tag: str) -> bool:
        """Whether an existing tag must stay where it is."""
        excluded = self.mode.endswith("_WITH_EXCLUSION") and any(like(tag, pattern) for pattern in self.exclusions)
        return self.mode.startswith("IMMUTABLE") != excluded


def wording(repository: str, tag: str) -> str:
    """What ECR says when a tag is not to be moved."""
    return f"The image tag '{tag}' already exists in the '{repository}' repository and cannot be overwritten because the tag is immutable."


def already_there(repository: str, tag: str, digest: str, account: str) -> str:
    """What ECR says when an image is put where it is."""
    image = f"Image with digest '{digest}' and tag '{tag}'"
    return f"{image} already exists in the repository with name '{repository}' in registry with id '{account}'"


def not_scanned(request: Mapping[str, Any]) -> dict[str, str]:
    """ECR's refusal to tell of a scan in a registry that scans nothing, as this one."""
    image = ", ".join(f"{name}:'{value}'" for name, value in request.get("imageId", {}).items())
    message = f"Image scan does not exist for the image with '{{{image}}}' in the repository with name '{request.get('repositoryName')}'"
    return {"__type": "ScanNotFoundException", "message": message}


def put_refusal(mutability: Mutability, *, tag: str, existing: str | None, new: str | None) -> str | None:
    """The code of ECR's refusal to put a tag, given the digest it has and the one it is to have; None if it may."""
    if existing is None:
        return None
    if mutability.immutable(tag):
        return "ImageTagAlreadyExistsException"
    return "ImageAlreadyExistsException" if existing == new else None


def reachable(value: Any, *, registry: str, host: str) -> Any:
    """An answer of ECR in which the `registry`'s host name is `host` (with port), and reached without TLS."""
    if isinstance(value, dict):
        return {key: reachable(each, registry=registry, host=host) for key, each in value.items()}
    if isinstance(value, list):
        return [reachable(each, registry=registry, host=host) for each in value]
    return value.replace(f"https://{registry}", f"http://{host}").replace(registry, host) if isinstance(value, str) else value


class Registry:
    """The memory that MiniStack's ECR lacks. Safe to use from several threads."""

    def __init__(self, *, registry: str, host: str) -> None:
        self._registry, self._host = registry, host
        self._lock = threading.Lock()
        self._mutability: dict[str, Mutability] = {}
        self._tokens: set[str] = set()
        self._key = secrets.token_bytes(32)

    def mutability(self, repository: str) -> Mutability:
        """The settings of a repository."""
        with self._lock:
            return self._mutability.get(repository, Mutability())

    def mended(self, action: str, request: Mapping[str, Any], answer: Any) -> Any:
        """MiniStack's answer to a call that succeeded, as ECR would give it; what it tells is remembered."""
        if action in {"CreateRepository", "PutImageTagMutability"}:
            self._remember(request)
        if action == "GetAuthorizationToken":
            with self._lock:
                for each in answer["authorizationData"]:  # one of its own for each who asks, not MiniStack's one for all
                    each["authorizationToken"] = base64.b64encode(f"AWS:{secrets.token_hex(16)}".encode()).decode()
                    self._tokens.add(each["authorizationToken"])
        if action == "GetDownloadUrlForLayer":
            answer["downloadUrl"] += f"?{SIGNATURE}={self._signature(answer['layerDigest'])}"
        for shape in [answer.get("repository"), *answer.get("repositories", [])]:
            if shape:
                shape.update(self._shape(shape["repositoryName"]))
        return reachable(answer, registry=self._registry, host=self._host)

    def _remember(self, request: Mapping[str, Any]) -> None:
        filters = tuple(each["filter"] for each in request.get("imageTagMutabilityExclusionFilters", []))
        with self._lock:
            self._mutability[request["repositoryName"]] = Mutability(request.get("imageTagMutability", "MUTABLE"), filters)

    def _shape(self, repository: str) -> dict[str, Any]:
        found = self.mutability(repository)
        filters = [{"filterType": "WILDCARD", "filter": pattern} for pattern in found.exclusions]
        return {"imageTagMutability": found.mode} | ({"imageTagMutabilityExclusionFilters": filters} if filters else {})

    def _signature(self, digest: str) -> str:
        return hmac.new(self._key, digest.encode(), "sha256").hexdigest()

    def signed(self, target: str) -> bool:
        """Whether a request is for a layer by an address that was given out for it: such an address needs no token."""
        path, _, query = target.partition("?")
        return hmac.compare_digest(f"{SIGNATURE}={self._signature(path.rpartition('/')[2])}".encode(), query.encode())

    def knows(self, authorization: str) -> bool:
        """Whether a request shows a token that was given out."""
        with self._lock:
            return token_of(authorization) in self._tokens


def token_of(authorization: str) -> str:
    """The token that a request shows; empty if none."""
    scheme, _, token = authorization.partition(" ")
    try:
        return base64.b64encode(base64.b64decode(token, validate=True)).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, ValueError):
        return ""


def docker_error(code: str, message: str) -> bytes:
    """The body of an error of the registry's own protocol."""
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()
