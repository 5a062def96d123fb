"""What the registry holds under a tag."""

import json
from typing import Any

import pytest

from pipeline import registry
from pipeline.registry import INDEXES, MANIFESTS, Stored
from pipeline.report import Failure
from tests.pipeline.conftest import Script, in_registry, manifest, refusal

INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.mark.parametrize("media_type", MANIFESTS)
def test_a_manifest_of_one_image_is_read(media_type: str) -> None:
    read = registry.read("sha256:d", media_type, text := manifest("sha256:c", 40_000_000, 9_999_000))
    assert read == Stored("sha256:d", "sha256:c", 50.0)
    assert (read.media_type, read.manifest) == (media_type, text)


@pytest.mark.parametrize("media_type", [INDEX, "application/vnd.docker.distribution.manifest.list.v2+json", ""])
def test_an_index_of_several_images_is_refused(media_type: str) -> None:
    with pytest.raises(Failure, match=r"sha256:d is no single image but .*: push with BUILDX_NO_DEFAULT_ATTESTATIONS=1"):
        registry.read("sha256:d", media_type, json.dumps({"manifests": []}))


def test_an_image_is_found_by_its_tag() -> None:
    ecr = Script("ecr", batch_get_image=[in_registry("sha256:d", "sha256:c")])
    assert registry.find(ecr, "lms-ecs", "sha-1") == Stored("sha256:d", "sha256:c", 50.0)
    assert ecr.requests("batch_get_image") == [
        {"repositoryName": "lms-ecs", "imageIds": [{"imageTag": "sha-1"}], "acceptedMediaTypes": [*MANIFESTS, *INDEXES]}
    ]


def test_a_registry_that_leaves_the_media_type_to_the_manifest_is_understood() -> None:
    text = json.dumps(json.loads(manifest("sha256:c", 1)) | {"mediaType": MANIFESTS[0]})
    ecr = Script("ecr", batch_get_image=[{"images": [{"imageId": {"imageDigest": "sha256:d"}, "imageManifest": text}]}])
    assert registry.require(ecr, "lms-ecs", "sha-1").digest == "sha256:d"
    ecr = Script("ecr", batch_get_image=[{"images": [{"imageId": {"imageDigest": "sha256:d"}, "imageManifest": "{}"}]}])
    with pytest.raises(Failure, match="no single image"):
        registry.find(ecr, "lms-ecs", "sha-1")


@pytest.mark.parametrize("answer", [{"images": []}, {"images": [], "failures": [{"failureCode": "ImageNotFound"}]}])
def test_a_tag_that_is_not_there_is_none(answer: dict[str, Any]) -> None:
    assert registry.find(Script("ecr", batch_get_image=[answer]), "lms-ecs", "sha-1") is None
    with pytest.raises(Failure, match="lms-ecs holds no image sha-1: was it pushed"):
        registry.require(Script("ecr", batch_get_image=[answer]), "lms-ecs", "sha-1")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"images": [], "failures": [{"failureCode": "KmsError"}]}, "look up lms-ecs:sha-1: KmsError"),
        (
            refusal("RepositoryNotFoundException", "it does not exist"),
            "look up lms-ecs:sha-1: RepositoryNotFoundException: it does not exist",
        ),
    ],
)
def test_a_registry_that_refuses_is_no_empty_registry(answer: Any, problem: str) -> None:
    with pytest.raises(Failure) as refused:
        registry.find(Script("ecr", batch_get_image=[answer]), "lms-ecs", "sha-1")
    assert str(refused.value) == problem


def test_only_the_image_that_was_booted_is_proven() -> None:
    stored = Stored("sha256:d", "sha256:c", 50.0)
    registry.prove(stored, "sha256:c")
    registry.prove(stored, "sha256:d")  # the engine's id since version 29: the manifest's, no longer the configuration's
    with pytest.raises(Failure, match=r"another image \(sha256:c\) than the one that was booted \(sha256:x\)"):
        registry.prove(stored, "sha256:x")
