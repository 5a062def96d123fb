"""find, pushed and verify: what the registry holds under a tag, and the proof that it is what was booted, of that commit."""

import json
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from commands.aws import Cloud, named
from commands.report import Failure, output, say, summary
from commands.verbs import Found, Options, option, takes

MANIFESTS = ("application/vnd.docker.distribution.manifest.v2+json", "application/vnd.oci.image.manifest.v1+json")
"""Manifests of one image. An index of several has a digest of its own, and what runs would not match what was pushed."""
INDEXES = ("application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.oci.image.index.v1+json")
"""Asked for too, only so that one in the registry can be named."""

REVISION = "org.opencontainers.image.revision"
"""The label of an image that says its commit."""


@dataclass(frozen=True)
class Stored:
    """An image in the registry."""

    digest: str
    config: str
    """Digest of its configuration: the engine's own id of the image that was pushed."""
    megabytes: float
    """Of its compressed layers, in millions of bytes."""
    media_type: str = field(default="", compare=False)
    manifest: str = field(default="", compare=False, repr=False)
    """As it is stored, to the byte: the digest is of these."""


def read(digest: str, media_type: str, text: str) -> Stored:
    """What a manifest says. Raises Failure if it is not the manifest of one image."""
    manifest = json.loads(text)
    media_type = media_type or manifest.get("mediaType", "")
    if media_type not in MANIFESTS:
        raise Failure(f"{digest} is no single image but {media_type}: push with BUILDX_NO_DEFAULT_ATTESTATIONS=1 and one architecture")
    size = sum(layer["size"] for layer in manifest["layers"]) + manifest["config"]["size"]
    return Stored(digest, manifest["config"]["digest"], size / 1e6, media_type, text)


def find(ecr: Any, repository: str, tag: str) -> Stored | None:
    """The image under that tag, or None. Raises Failure if the registry refuses or holds something else there."""
    with named(f"look up {repository}:{tag}"):
        answer = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": tag}], acceptedMediaTypes=[*MANIFESTS, *INDEXES])
    if not answer["images"]:
        codes = {failure["failureCode"] for failure in answer.get("failures", [])}
        if codes <= {"ImageNotFound"}:
            return None
        raise Failure(f"look up {repository}:{tag}: {', '.join(sorted(codes))}")
    image = answer["images"][0]
    return read(image["imageId"]["imageDigest"], image.get("imageManifestMediaType", ""), image["imageManifest"])


def require(ecr: Any, repository: str, tag: str) -> Stored:
    """The image under that tag. Raises Failure if there is none."""
    stored = find(ecr, repository, tag)
    if stored is None:
        raise Failure(f"{repository} holds no image {tag}: was it pushed?")
    return stored


def exactly(ecr: Any, repository: str, tag: str, digest: str) -> Stored:
    """The image under that tag. Raises Failure unless its digest is `digest`: a tag may have been moved since the image was built."""
    stored = require(ecr, repository, tag)
    if stored.digest != digest:
        raise Failure(f"{repository}:{tag} is {stored.digest} in the registry, but {digest} was built")
    return stored


def prove(stored: Stored, booted: str) -> None:
    """Raises Failure unless `stored` is the image with the engine's id `booted`.

    An engine's id of an image is its configuration's digest, or, since Docker 29, its manifest's.
    """
    if booted not in (stored.config, stored.digest):
        raise Failure(f"the registry holds another image ({stored.config}) than the one that was booted ({booted})")


def configuration(ecr: Any, repository: str, stored: Stored) -> dict[str, Any]:
    """What the image says of itself. Raises OSError or ValueError if it cannot be read."""
    url = ecr.get_download_url_for_layer(repositoryName=repository, layerDigest=stored.config)["downloadUrl"]
    with urllib.request.urlopen(url, timeout=10) as answer:
        said: dict[str, Any] = json.load(answer)
    return said


def verify(ecr: Any, repository: str, tag: str, digest: str, commit: str) -> None:
    """Raises Failure unless that tag has that digest, and its image is labelled with that commit."""
    stored = exactly(ecr, repository, tag, digest)
    try:
        with named(f"read the labels of {repository}:{tag}"):
            labels = configuration(ecr, repository, stored).get("config", {}).get("Labels") or {}
    except (OSError, ValueError) as problem:
        raise Failure(f"the labels of {repository}:{tag} cannot be read: {problem}") from problem
    if (revision := labels.get(REVISION)) != commit:
        raise Failure(f"{repository}:{tag} says it is of commit {revision}, not {commit}")


@takes(option("--tag"))
def find_main(options: Options, found: Found) -> None:
    """Print the digest of a tag in the registry; nothing, if the tag is not there."""
    cloud = Cloud()
    stored = find(cloud("ecr"), cloud.names.ecr_repository, options.tag)
    output({"digest": stored.digest if stored else ""})


ATTEST = option("--attest", default="false", help="whether this repository has attestations: true or false")


@takes(option("--tag"), option("--booted", default="", help="the engine's id of the image that was booted"), ATTEST)
def main(options: Options, found: Found) -> None:
    """Prove that what the registry holds under a tag is one image, and the very one that was booted here; print its digest."""
    cloud = Cloud()
    stored = require(cloud("ecr"), cloud.names.ecr_repository, options.tag)
    if options.booted:
        prove(stored, options.booted)
    say(f"pushed: {cloud.names.ecr_repository}:{options.tag} is {stored.digest}, {stored.megabytes:.1f} MB")
    output({"digest": stored.digest})
    how = "Built, booted and pushed" if options.booted else "It was there already, neither built nor pushed again:"
    signed = "It gets attestations." if options.attest == "true" else "No attestations: `ATTEST` is not `true`."
    summary(f"{how} `{cloud.names.ecr_repository}:{options.tag}`, `{stored.digest}`, {stored.megabytes:.1f} MB compressed. {signed}")


@takes(option("--tag"), option("--digest"), option("--commit"), ATTEST)
def verify_main(options: Options, found: Found) -> None:
    """Verify that a tag has that digest, and that its image is labelled with that commit."""
    cloud = Cloud()
    verify(cloud("ecr"), cloud.names.ecr_repository, options.tag, options.digest, options.commit)
    by = "its attestation, digest and revision label" if options.attest == "true" else "digest and revision label; no attestation"
    line = f"Verified {options.tag} by {by}."
    say(line)
    summary(line)
