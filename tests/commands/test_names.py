"""What everything is called, and how a fork calls it otherwise."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from commands import names as names_of
from commands.names import Names, container_of, read_definition, resolve
from commands.report import Failure

BASE_URL = {"BASE_URL": "https://lms.example.org"}
Change = Callable[[dict[str, Any]], object]


def test_the_task_definition_says_most_names(names: Names) -> None:
    assert asdict(names) == {
        "aws_account_id": "471112588210",
        "aws_region": "ap-northeast-2",
        "ecr_repository": "lms-ecs",
        "ecs_cluster": "lms-ecs",
        "ecs_service": "lms-ecs-service",
        "ecs_container": "lms-ecs",
        "build_role": "lms-ecs-build",
        "deploy_role": "lms-ecs-deploy",
        "release_role": "lms-ecs-release",
        "read_role": "lms-ecs-read",
        "infra_role": "lms-ecs-infra",
        "execution_role": "ecsTaskExecutionRole",
        "task_role": "ecsTaskRole",
        "log_group": "/ecs/lms-ecs",
        "secret_name": "lms-ecs/app",
        "base_url": "https://lms.example.org",
        "storage_url": "s3://lms-ecs-471112588210",
    }


@pytest.mark.parametrize("field", [field for field in Names.__dataclass_fields__ if field not in ("base_url", "storage_url")])
def test_a_repository_variable_overrides_each_name(field: str, definition: dict[str, Any]) -> None:
    value = {"aws_account_id": "999988887777", "aws_region": "eu-west-1"}.get(field, "other")
    assert asdict(resolve(definition, BASE_URL | {field.upper(): value}))[field] == value


def test_a_fork_deploys_to_its_own_account_by_variables_alone(definition: dict[str, Any]) -> None:
    outputs = resolve(definition, BASE_URL | {"AWS_ACCOUNT_ID": "999988887777", "DEPLOY_ROLE": "ship"}).outputs()
    assert outputs["deploy_role_arn"] == "arn:aws:iam::999988887777:role/ship"
    assert outputs["storage_url"] == "s3://lms-ecs-999988887777"  # a bucket's name is taken world-wide
    assert outputs["execution_role_arn"] == "arn:aws:iam::999988887777:role/ecsTaskExecutionRole"
    assert {"build_role_arn", "task_role_arn", *Names.__dataclass_fields__} <= set(outputs)


def test_an_empty_variable_is_none_and_spaces_around_one_do_not_count(definition: dict[str, Any]) -> None:
    names = resolve(definition, {"BASE_URL": " https://lms.example.org\n", "ECS_CLUSTER": ""})
    assert (names.base_url, names.ecs_cluster) == ("https://lms.example.org", "lms-ecs")


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({}, "the repository variable BASE_URL is not set"),
        ({"BASE_URL": "lms.example.org"}, "BASE_URL must be scheme://host[:port], not 'lms.example.org'"),
        ({"BASE_URL": "https://lms.example.org/path"}, "BASE_URL must be scheme"),
        ({"BASE_URL": "https://name@lms.example.org"}, "BASE_URL must be scheme"),
        ({"BASE_URL": "https://[lms.example.org"}, "BASE_URL must be scheme"),
        ({"AWS_ACCOUNT_ID": "4711"}, "AWS_ACCOUNT_ID must be 12 digits, not '4711'"),
        ({"AWS_REGION": "Seoul"}, "AWS_REGION must be like ap-northeast-2, not 'Seoul'"),
        ({"STORAGE_URL": "https://bucket"}, "STORAGE_URL must be s3://bucket/prefix, not 'https://bucket'"),
        ({"ECS_SERVICE": "two words"}, "ECS_SERVICE must not be empty or hold spaces: 'two words'"),
        ({"TASK_ROLE": " "}, "TASK_ROLE must not be empty"),
    ],
)
def test_a_bad_variable_is_named(variables: dict[str, str], problem: str, definition: dict[str, Any]) -> None:
    with pytest.raises(Failure) as refused:
        resolve(definition, variables if not variables or "BASE_URL" in variables else BASE_URL | variables)
    assert str(refused.value).startswith(problem)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda container: container.update(image="lms-ecs:latest"), "the image must be ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG"),
        (
            lambda container: container["secrets"][0].update(valueFrom="arn:aws:ssm:eu-west-1:1:parameter/x"),
            "must come from Secrets Manager",
        ),
    ],
)
def test_a_task_definition_without_names_is_refused(change: Change, problem: str, definition: dict[str, Any]) -> None:
    change(container_of(definition))
    with pytest.raises(Failure, match=problem):
        resolve(definition, BASE_URL)


@pytest.mark.parametrize("containers", [None, [], [{}, {}], {"name": "lms-ecs"}])
def test_a_task_has_one_container(containers: object) -> None:
    with pytest.raises(Failure, match="exactly one container definition"):
        container_of({"containerDefinitions": containers})


def test_a_bad_task_definition_is_shown_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "task-definition.json"
    path.write_text('{\n  "family": "lms",\n}')
    with pytest.raises(Failure, match="is not valid JSON") as refused:
        read_definition(path)
    assert (refused.value.file, refused.value.line) == (str(path), 3)


def test_a_task_definition_must_be_an_object_that_can_be_read(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"missing\.json cannot be read: No such file"):
        read_definition(tmp_path / "missing.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(Failure, match="must hold a JSON object"):
        read_definition(tmp_path / "list.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff")
    with pytest.raises(Failure, match="is not valid JSON") as refused:
        read_definition(tmp_path / "bytes.json")
    assert refused.value.line == 1


@pytest.mark.parametrize(
    ("text", "variables"),
    [("", {}), ("null", {}), ("{}", {}), (json.dumps({"base_url": "x", "ECS_CLUSTER": "y"}), {"BASE_URL": "x", "ECS_CLUSTER": "y"})],
)
def test_the_variables_are_json_with_names_in_capitals(text: str, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VARIABLES", text)
    assert names_of.variables() == variables


@pytest.mark.parametrize("text", ["BASE_URL=x", "[1]"])
def test_variables_that_are_no_json_object_are_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VARIABLES", text)
    with pytest.raises(Failure, match="VARIABLES must be the JSON of the repository variables"):
        names_of.variables()
