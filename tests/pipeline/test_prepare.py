"""What goes into the task definition, looked up before anything changes."""

from typing import Any

import pytest

from commands.names import Names
from commands.report import Failure
from pipeline import prepare
from pipeline.prepare import Running
from tests.pipeline.conftest import Script, in_registry, refusal

ARN = "arn:aws:secretsmanager:ap-northeast-2:471112588210:secret:lms-ecs/app-AbCdEf"
REGISTRY = "471112588210.dkr.ecr.ap-northeast-2.amazonaws.com"


def test_secrets_are_named_by_their_whole_arn_and_key(definition: dict[str, Any]) -> None:
    assert prepare.secrets(definition, ARN) == f"DATABASE_URL={ARN}:DATABASE_URL::\nSECRET_KEY={ARN}:SECRET_KEY::"


@pytest.mark.parametrize(
    ("variables", "lines"),
    [
        ({}, []),
        ({"LOG_LEVEL": "DEBUG", "WEB_CONCURRENCY": "2"}, ["LOG_LEVEL=DEBUG", "WEB_CONCURRENCY=2"]),
        ({"ALLOWED_HOSTS": "a,b", "CORS_ORIGINS": "https://c"}, ["ALLOWED_HOSTS=a,b", "CORS_ORIGINS=https://c"]),
        ({"LOG_LEVEL": "", "SECRET_KEY": "no", "ECS_CLUSTER": "no"}, []),
    ],
)
def test_addresses_and_chosen_settings_reach_the_task(variables: dict[str, str], lines: list[str], names: Names) -> None:
    expected = ["BASE_URL=https://lms.example.org", "STORAGE_URL=s3://lms-ecs-471112588210", *lines]
    assert prepare.environment(names, variables).splitlines() == expected


def test_the_active_service_is_described(names: Names) -> None:
    inactive, active = {"status": "INACTIVE", "serviceName": "old"}, {"status": "ACTIVE", "serviceName": "lms-ecs-service"}
    ecs = Script("ecs", describe_services=[{"services": [inactive, active]}])
    assert prepare.describe_service(ecs, names) == active
    assert ecs.asked == [("describe_services", {"cluster": "lms-ecs", "services": ["lms-ecs-service"]})]


@pytest.mark.parametrize("services", [[], [{"status": "DRAINING"}], [{"status": "INACTIVE"}]])
def test_a_service_that_is_not_active_is_a_failure(services: list[dict[str, str]], names: Names) -> None:
    with pytest.raises(Failure, match="the cluster lms-ecs has no active service lms-ecs-service"):
        prepare.describe_service(Script("ecs", describe_services=[{"services": services}]), names)


def test_a_cluster_that_is_not_there_is_named(names: Names) -> None:
    with pytest.raises(Failure, match="describe the service lms-ecs-service: ClusterNotFoundException: no"):
        prepare.describe_service(Script("ecs", describe_services=[refusal("ClusterNotFoundException")]), names)


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        (
            {"image": f"{REGISTRY}/lms-ecs:sha-1", "dockerLabels": {"commit": "1", "other": "2"}},
            Running("lms-ecs:sha-1", "1", "lms-ecs-task:7"),
        ),
        ({"image": "nginx"}, Running("nginx", "", "lms-ecs-task:7")),
    ],
)
def test_what_runs_now_is_read_from_its_task_definition(container: dict[str, Any], expected: Running) -> None:
    arn = "arn:aws:ecs:ap-northeast-2:471112588210:task-definition/lms-ecs-task:7"
    ecs = Script("ecs", describe_task_definition=[{"taskDefinition": {"containerDefinitions": [container]}}])
    assert prepare.running(ecs, {"taskDefinition": arn}) == expected
    assert ecs.asked == [("describe_task_definition", {"taskDefinition": arn})]


@pytest.mark.parametrize(
    ("running", "wanted", "expected"),
    [("", 0, "2"), ("", 1, ""), ("old", 0, ""), ("old", 2, "")],
    ids=["never deployed", "never deployed but started", "stopped on purpose", "in use"],
)
def test_only_a_service_that_never_ran_is_given_tasks(running: str, wanted: int, expected: str) -> None:
    assert prepare.desired_count({"desiredCount": wanted}, Running("lms-ecs:x", running, "r")) == expected


def test_a_refusal_to_describe_what_runs_is_named() -> None:
    with pytest.raises(Failure, match="describe the running task definition: AccessDenied"):
        prepare.running(Script("ecs", describe_task_definition=[refusal("AccessDenied")]), {"taskDefinition": "x"})


@pytest.mark.parametrize(("answer", "size"), [(in_registry("sha256:old"), 50.0), ({"images": []}, None), (refusal("AccessDenied"), None)])
def test_the_size_of_what_runs_is_told_if_it_can_be(answer: Any, size: float | None, names: Names) -> None:
    ecr = Script("ecr", batch_get_image=[answer])
    assert prepare.megabytes(ecr, names, "lms-ecs:sha-old") == size
    assert ecr.requests("batch_get_image")[0]["imageIds"] == [{"imageTag": "sha-old"}]


def test_of_a_secret_only_the_arn_is_asked_for(names: Names) -> None:
    manager = Script("secretsmanager", describe_secret=[{"ARN": ARN}])
    assert prepare.secret_arn(manager, names) == ARN
    assert manager.asked == [("describe_secret", {"SecretId": "lms-ecs/app"})]


def test_a_secret_that_is_not_there_is_named(names: Names) -> None:
    with pytest.raises(Failure, match="describe the secret lms-ecs/app: ResourceNotFoundException: no"):
        prepare.secret_arn(Script("secretsmanager", describe_secret=[refusal("ResourceNotFoundException")]), names)
