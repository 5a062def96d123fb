"""What is mended of MiniStack's ECR, and of other answers."""

import json

import pytest

from tests.rehearsal.aws.front import error_of, is_registry, target_health
from tests.rehearsal.aws.health import Standing
from tests.rehearsal.aws.ministack import variables
from tests.rehearsal.aws.registry import MANIFEST, Mutability, Registry, not_scanned, put_refusal, reachable
from tests.rehearsal.ecs.errors import ApiError

NAME = "471112588210.dkr.ecr.ap-northeast-2.amazonaws.com"
LATEST = ("latest",)


@pytest.mark.parametrize(
    ("mode", "exclusions", "tag", "immutable"),
    [
        ("MUTABLE", (), "v1", False),
        ("IMMUTABLE", (), "latest", True),
        ("IMMUTABLE", LATEST, "latest", True),
        ("IMMUTABLE_WITH_EXCLUSION", LATEST, "latest", False),
        ("IMMUTABLE_WITH_EXCLUSION", LATEST, "latest2", True),
        ("IMMUTABLE_WITH_EXCLUSION", ("dev-*",), "dev-1", False),
        ("MUTABLE_WITH_EXCLUSION", ("v*",), "v1", True),
        ("MUTABLE_WITH_EXCLUSION", ("v*",), "latest", False),
    ],
)
def test_a_tag_is_immutable_by_its_repository_but_for_the_excluded(
    mode: str, exclusions: tuple[str, ...], tag: str, immutable: bool
) -> None:
    assert Mutability(mode, exclusions).immutable(tag) is immutable


@pytest.mark.parametrize(
    ("mode", "existing", "new", "code"),
    [
        ("IMMUTABLE", None, "sha256:1", None),
        ("IMMUTABLE", "sha256:1", "sha256:1", "ImageTagAlreadyExistsException"),
        ("IMMUTABLE", "sha256:1", "sha256:2", "ImageTagAlreadyExistsException"),
        ("MUTABLE", "sha256:1", "sha256:1", "ImageAlreadyExistsException"),
        ("MUTABLE", "sha256:1", "sha256:2", None),
    ],
)
def test_an_image_is_put_unless_its_tag_must_stay_or_nothing_would_change(
    mode: str, existing: str | None, new: str, code: str | None
) -> None:
    assert put_refusal(Mutability(mode), tag="v1", existing=existing, new=new) == code


def test_the_registry_is_named_by_an_address_that_docker_reaches() -> None:
    answer = {"repositories": [{"repositoryUri": f"{NAME}/lms-ecs"}], "proxyEndpoint": f"https://{NAME}", "count": 1}
    expected = {"repositories": [{"repositoryUri": "127.0.0.1:4566/lms-ecs"}], "proxyEndpoint": "http://127.0.0.1:4566", "count": 1}
    assert reachable(answer, registry=NAME, host="127.0.0.1:4566") == expected


def test_a_repository_is_described_with_the_exclusions_that_it_was_made_with() -> None:
    ecr = Registry(registry=NAME, host="127.0.0.1:4566")
    filters = [{"filterType": "WILDCARD", "filter": "latest"}]
    request = {"repositoryName": "a", "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": filters}
    ecr.mended("CreateRepository", request, {"repository": {"repositoryName": "a"}})
    described = ecr.mended("DescribeRepositories", {}, {"repositories": [{"repositoryName": "a"}, {"repositoryName": "b"}]})
    assert described["repositories"][0]["imageTagMutabilityExclusionFilters"] == filters
    assert described["repositories"][1] == {"repositoryName": "b", "imageTagMutability": "MUTABLE"}
    ecr.mended("PutImageTagMutability", {"repositoryName": "a", "imageTagMutability": "IMMUTABLE"}, {})
    assert ecr.mutability("a") == Mutability("IMMUTABLE")


@pytest.mark.parametrize(
    ("authorization", "known"),
    [
        ("Basic {}", True),
        ("basic {}", True),
        ("Basic QVdTOnRva2Vu", False),
        ("Basic QVdTOm90aGVy", False),
        ("Bearer {}", False),
        ("Basic ???", False),
        ("", False),
    ],
)
def test_only_a_token_that_was_given_out_opens_the_registry(authorization: str, known: bool) -> None:
    ecr = Registry(registry=NAME, host="127.0.0.1:4566")
    answer = {"authorizationData": [{"authorizationToken": "QVdTOnRva2Vu"}]}
    given, other = (ecr.mended("GetAuthorizationToken", {}, answer)["authorizationData"][0]["authorizationToken"] for _ in range(2))
    assert ecr.knows(authorization.format(given)) is known
    assert given != other, "each who asks has one of its own"


@pytest.mark.parametrize(
    ("path", "is_ours"),
    [
        ("/v2/", True),
        ("/v2", True),
        ("/v2/lms-ecs/manifests/v1", True),
        ("/v2/team/lms/blobs/uploads/", True),
        ("/v2/lms/tags/list", True),
        ("/v2/credentials/x", False),
        ("/v2/apis", False),
        ("/bucket/blobs/x", False),
    ],
)
def test_paths_of_the_registry_are_told_from_others(path: str, is_ours: bool) -> None:
    assert is_registry(path) is is_ours


def test_a_manifest_is_named_by_repository_and_reference() -> None:
    found = MANIFEST.fullmatch("/v2/team/lms/manifests/v1")
    assert found
    assert found.groupdict() == {"repository": "team/lms", "reference": "v1"}


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (
            ApiError("ClusterNotFoundException", "Cluster not found."),
            400,
            {"__type": "ClusterNotFoundException", "message": "Cluster not found."},
        ),
        (KeyError("x"), 500, {"__type": "ServerException", "message": "KeyError('x')"}),
    ],
)
def test_an_error_of_ecs_is_answered_in_its_shape(error: Exception, status: int, body: dict[str, str]) -> None:
    assert error_of(error) == (status, body)


def test_target_health_says_state_and_reason() -> None:
    answer = target_health(
        {
            ("10.0.0.1", 8000): Standing("unhealthy", 0, "Target.ResponseCodeMismatch", "codes: [503]"),
            ("10.0.0.2", 8000): Standing("healthy", 0, "", ""),
        }
    )
    assert b"<Id>10.0.0.1</Id><Port>8000</Port>" in answer
    assert b"<State>unhealthy</State><Reason>Target.ResponseCodeMismatch</Reason>" in answer
    assert answer.count(b"<Reason>") == 1


def test_ministack_gets_nothing_of_this_machines_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    state = tmp_path_factory.mktemp("state")
    base = {"PATH": "/bin", "AWS_ENDPOINT_URL": "x", "DOCKER_HOST": "unix:///var/run/docker.sock", "HOSTNAME": "h", "AUTH": "true"}
    found = variables(base, account="471112588210", region="ap-northeast-2", port=1, state=state, enforce=False)
    assert json.loads(json.dumps(found)) == found
    assert found.keys() & {"AWS_ENDPOINT_URL", "HOSTNAME"} == set()
    assert found["DOCKER_HOST"] != base["DOCKER_HOST"]
    assert (found["PATH"], found["AUTH"]) == ("/bin", "false")


def test_a_layer_is_fetched_without_a_token_by_the_address_that_was_given_out_for_it_only() -> None:
    mended = Registry(registry=NAME, host="127.0.0.1:4566")
    answer = {"downloadUrl": f"https://{NAME}/v2/lms-ecs/blobs/sha256:1", "layerDigest": "sha256:1"}
    url = mended.mended("GetDownloadUrlForLayer", {}, answer)["downloadUrl"]
    assert url.startswith("http://127.0.0.1:4566/v2/lms-ecs/blobs/sha256:1?")
    target = url.removeprefix("http://127.0.0.1:4566")
    assert mended.signed(target)
    assert not mended.signed(target.replace("sha256:1?", "sha256:2?"))
    assert not mended.signed(target.partition("?")[0])


def test_a_registry_that_scans_nothing_says_so() -> None:
    refusal = not_scanned({"repositoryName": "lms-ecs", "imageId": {"imageDigest": "sha256:1"}})
    assert refusal["__type"] == "ScanNotFoundException"
    assert "the image with '{imageDigest:'sha256:1'}' in the repository with name 'lms-ecs'" in refusal["message"]
