"""find and pushed: what the registry holds under a tag, and the proof that it is the image that was booted."""

import json
from dataclasses import dataclass, field
from typing import Any

from pipeline.aws import Cloud, named
from pipeline.report import Failure, output, say, summary
from pipeline.verbs import Found, Options, option, takes

MANIFESTS = ("application/vnd.docker.distribution.manifest.v2+json", "application/vnd.oci.image.manifest.v1+json")
"""Manifests of one image. An index of several has a digest of its own, and what runs would not match what was pushed."""
INDEXES = ("application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.oci.image.index.v1+json")
"""Asked for too, only so that one in the registry can be named."""


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


def prove(stored: Stored, booted: str) -> None:
    """Raises Failure unless `stored` is the image with the engine's id `booted`.

    An engine's id of an image is its configuration's digest, or, since Docker 29, its manifest's.
    """
    if booted not in (stored.config, stored.digest):
        raise Failure(f"the registry holds another image ({stored.config}) than the one that was booted ({booted})")


@takes(option("--tag"))
def find_main(options: Options, found: Found) -> None:
    """Print the digest of a tag in the registry; nothing, if the tag is not there."""
    cloud = Cloud()
    stored = find(cloud("ecr"), cloud.names.ecr_repository, options.tag)
    output({"digest": stored.digest if stored else ""})


@takes(option("--tag"), option("--booted", default="", help="the engine's id of the image that was booted"))
def main(options: Options, found: Found) -> None:
    """Prove that what the registry holds under a tag is one image, and the very one that was booted here; print its digest."""
    cloud = Cloud()
    stored = require(cloud("ecr"), cloud.names.ecr_repository, options.tag)
    if options.booted:
        prove(stored, options.booted)
    say(f"pushed: {cloud.names.ecr_repository}:{options.tag} is {stored.digest}, {stored.megabytes:.1f} MB")
    output({"digest": stored.digest})
    summary(f"Pushed `{cloud.names.ecr_repository}:{options.tag}`, `{stored.digest}`, {stored.megabytes:.1f} MB compressed.")
