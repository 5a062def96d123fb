"""The API as a real client sees it, over HTTP."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.ecs.errors import ApiError
from tests.rehearsal.ecs.test_registration import GOOD
from tests.rehearsal.ecs.world import ACCOUNT, NETWORK, REGION, World, create, described, register, update


def test_arns_are_long_and_times_are_times(ecs: Any, world: World) -> None:
    service = create(ecs)
    world.turn()
    assert service["serviceArn"] == f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/lms-ecs/lms-ecs-service"
    assert service["taskDefinition"] == f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/lms-ecs-task:1"
    task = ecs.describe_tasks(cluster="lms-ecs", tasks=ecs.list_tasks(cluster="lms-ecs")["taskArns"])["tasks"][0]
    assert task["taskArn"].startswith(f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/lms-ecs/")
    assert abs(task["startedAt"].timestamp() - time.time()) < 60
    details = {item["name"]: item["value"] for item in task["attachments"][0]["details"]}
    assert details["privateIPv4Address"] == "10.0.0.1"
    assert (task["group"], task["startedBy"]) == ("service:lms-ecs-service", service["deployments"][0]["id"])


def test_a_task_of_its_own_has_its_familys_group_and_overrides(ecs: Any) -> None:
    register(ecs)
    overrides = {"containerOverrides": [{"name": "lms-ecs", "command": ["migrate"]}]}
    task = ecs.run_task(
        cluster="lms-ecs", taskDefinition="lms-ecs-task", networkConfiguration=NETWORK, startedBy="me", overrides=overrides
    )["tasks"][0]
    assert (task["group"], task["startedBy"], task["overrides"]["containerOverrides"][0]["command"]) == (
        "family:lms-ecs-task",
        "me",
        ["migrate"],
    )
    assert ecs.list_tasks(cluster="lms-ecs", family="lms-ecs-task", startedBy="me")["taskArns"] == [task["taskArn"]]
    assert ecs.describe_tasks(cluster="lms-ecs", tasks=["0" * 32])["failures"][0]["reason"] == "MISSING"


def test_a_deleted_service_drains_and_is_then_inactive(ecs: Any, world: World) -> None:
    create(ecs)
    world.turn()
    with pytest.raises(ClientError, match="cannot be stopped while it is scaled above 0"):
        ecs.delete_service(cluster="lms-ecs", service="lms-ecs-service")
    assert ecs.delete_service(cluster="lms-ecs", service="lms-ecs-service", force=True)["service"]["status"] == "DRAINING"
    world.turn()
    assert (described(ecs)["status"], ecs.list_services(cluster="lms-ecs")["serviceArns"]) == ("INACTIVE", [])
    assert create(ecs)["status"] == "ACTIVE"


def test_tags_come_and_go(ecs: Any) -> None:
    arn = create(ecs, tags=[{"key": "team", "value": "lms"}])["serviceArn"]
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "deploy-hold", "value": "abc: why"}])
    ecs.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "deploy-hold", "value": "abc: why"}]
    shown = ecs.describe_services(cluster="lms-ecs", services=["lms-ecs-service"], include=["TAGS"])["services"][0]
    assert shown["tags"] == [{"key": "deploy-hold", "value": "abc: why"}]


@pytest.mark.parametrize(
    ("action", "body", "code", "words"),
    [
        ("DescribeServices", {"services": ["x"], "cluster": "other"}, "ClusterNotFoundException", "Cluster not found."),
        ("UpdateService", {"service": "x", "cluster": "lms-ecs"}, "ServiceNotFoundException", "Service not found."),
        ("RunTask", {"taskDefinition": "none", "cluster": "lms-ecs"}, "ClientException", "TaskDefinition not found."),
        ("StopTask", {"task": "0" * 32, "cluster": "lms-ecs"}, "InvalidParameterException", "The referenced task was not found."),
        ("DescribeTaskDefinition", {"taskDefinition": "none"}, "ClientException", "Unable to describe task definition."),
        ("RegisterTaskDefinition", {**GOOD, "colour": "red"}, "ClientException", "colour"),
        ("RegisterTaskDefinition", {**GOOD, "cpu": 256}, "ClientException", "cpu"),
        ("StopServiceDeployment", {"serviceDeploymentArn": "x"}, "ServiceDeploymentNotFoundException", "not found"),
        ("ExecuteCommand", {}, "UnknownOperationException", "ExecuteCommand"),
    ],
)
def test_refusals_carry_the_code_and_words_of_aws(ecs: Any, world: World, action: str, body: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(ApiError, match=words) as refused:
        world.call(action, body)
    assert refused.value.code == code


def test_a_port_that_the_container_does_not_have_is_refused_at_the_update(ecs: Any, world: World) -> None:
    create(ecs)
    container = {**GOOD["containerDefinitions"][0], "portMappings": [{"containerPort": 9000}]}
    other = ecs.register_task_definition(**{**GOOD, "containerDefinitions": [container]})["taskDefinition"]["taskDefinitionArn"]
    with pytest.raises(ecs.exceptions.InvalidParameterException, match="The container lms-ecs did not have a container port 8000 defined"):
        update(ecs, taskDefinition=other)


def test_an_old_revision_can_be_deregistered_and_is_then_not_run(ecs: Any) -> None:
    arn = register(ecs)
    register(ecs)
    assert ecs.deregister_task_definition(taskDefinition=arn)["taskDefinition"]["status"] == "INACTIVE"
    assert [item.rpartition(":")[2] for item in ecs.list_task_definitions(familyPrefix="lms-ecs-task")["taskDefinitionArns"]] == ["2"]
    with pytest.raises(ecs.exceptions.ClientException, match="TaskDefinition is inactive"):
        ecs.run_task(cluster="lms-ecs", taskDefinition=arn, networkConfiguration=NETWORK)
