"""What the registry holds under a tag."""

import json
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from commands.report import Failure
from pipeline import registry
from pipeline.registry import INDEXES, MANIFESTS, Stored
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


def test_the_digest_that_was_built_is_proven() -> None:
    stored = registry.exactly(Script("ecr", batch_get_image=[in_registry("sha256:d")]), "lms-ecs", "sha-1", "sha256:d")
    assert stored.digest == "sha256:d"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (in_registry("sha256:other"), "lms-ecs:sha-1 is sha256:other in the registry, but sha256:d was built"),
        ({"images": []}, "lms-ecs holds no image sha-1: was it pushed?"),
    ],
)
def test_a_tag_that_was_moved_or_removed_is_refused(answer: dict[str, Any], problem: str) -> None:
    with pytest.raises(Failure) as refused:
        registry.exactly(Script("ecr", batch_get_image=[answer]), "lms-ecs", "sha-1", "sha256:d")
    assert str(refused.value) == problem


LABELLED = {"config": {"Labels": {"org.opencontainers.image.revision": "abc"}}}


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (json.dumps(LABELLED), ""),
        (json.dumps({"config": {"Labels": {"org.opencontainers.image.revision": "abd"}}}), "says it is of commit abd, not abc"),
        (json.dumps({"config": {"Labels": None}}), "says it is of commit None, not abc"),
        (json.dumps({}), "says it is of commit None, not abc"),
        ("none", "the labels of lms-ecs:sha-1 cannot be read: "),
        (None, "the labels of lms-ecs:sha-1 cannot be read: "),
        (refusal("AccessDenied"), "read the labels of lms-ecs:sha-1: AccessDenied: no"),
    ],
)
def test_an_image_is_verified_by_its_revision_label(said: Any, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "config"
    if isinstance(said, str):
        file.write_text(said)
    url = said if isinstance(said, Exception) else {"downloadUrl": file.as_uri()}
    config = "sha256:" + "c" * 64
    ecr = Script("ecr", batch_get_image=[in_registry("sha256:d", config)], get_download_url_for_layer=[url])
    with pytest.raises(Failure, match=re.escape(problem)) if problem else nullcontext():
        registry.verify(ecr, "lms-ecs", "sha-1", "sha256:d", "abc")
    assert ecr.requests("get_download_url_for_layer") == [{"repositoryName": "lms-ecs", "layerDigest": config}]
