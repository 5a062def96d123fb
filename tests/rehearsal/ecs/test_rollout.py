"""Deployments from beginning to end, as a real client sees them, in a world without an engine."""

from typing import Any

import pytest

from tests.rehearsal.ecs.test_registration import GOOD
from tests.rehearsal.ecs.world import World, create, described, newest, register, update


def test_a_deployment_goes_from_in_progress_to_completed_and_says_so(ecs: Any, world: World) -> None:
    first = create(ecs)["deployments"][0]
    assert (first["status"], first["rolloutState"]) == ("PRIMARY", "IN_PROGRESS")
    assert newest(ecs)["status"] == "PENDING"
    world.turn()
    service = described(ecs)
    assert [(item["rolloutState"], item["runningCount"], item["rolloutStateReason"]) for item in service["deployments"]] == [
        ("COMPLETED", 2, f"ECS deployment {first['id']} completed.")
    ]
    messages = [event["message"] for event in service["events"]]
    assert messages[:2] == [
        "(service lms-ecs-service) has reached a steady state.",
        f"(service lms-ecs-service) (deployment {first['id']}) deployment completed.",
    ]
    assert messages[2].startswith("(service lms-ecs-service) has started 2 tasks: (task ")
    deployment = newest(ecs)
    assert (deployment["status"], deployment["deploymentCircuitBreaker"]["status"]) == ("SUCCESSFUL", "MONITORING_COMPLETE")


def test_a_roll_replaces_every_task(ecs: Any, world: World) -> None:
    create(ecs)
    world.turn()
    before = set(ecs.list_tasks(cluster="lms-ecs")["taskArns"])
    update(ecs, taskDefinition=register(ecs))
    assert [item["status"] for item in described(ecs)["deployments"]] == ["PRIMARY", "ACTIVE"]
    world.turn()
    service = described(ecs)
    assert [item["taskDefinition"].rpartition(":")[2] for item in service["deployments"]] == ["2"]
    assert before.isdisjoint(ecs.list_tasks(cluster="lms-ecs", serviceName="lms-ecs-service")["taskArns"])
    assert before == set(ecs.list_tasks(cluster="lms-ecs", desiredStatus="STOPPED")["taskArns"])
    ecs.get_waiter("services_stable").wait(cluster="lms-ecs", services=["lms-ecs-service"], WaiterConfig={"MaxAttempts": 1})


def test_the_breaker_rolls_back_and_the_next_good_deploy_works(ecs: Any, world: World) -> None:
    good = create(ecs)["deployments"][0]["id"]
    world.turn()
    world.faulty = True
    bad = update(ecs, taskDefinition=register(ecs))["deployments"][0]["id"]
    world.turn(2)
    world.faulty = False
    service = described(ecs)
    assert [(item["id"], item["status"], item["rolloutState"], item["failedTasks"]) for item in service["deployments"]] == [
        (good, "PRIMARY", "IN_PROGRESS", 0),
        (bad, "ACTIVE", "FAILED", 2),
    ]
    assert [item["rolloutStateReason"] for item in service["deployments"]] == [
        f"ECS deployment circuit breaker: rolling back to deploymentId {good}.",
        "ECS deployment circuit breaker: tasks failed to start.",
    ]
    assert newest(ecs)["status"] == "ROLLBACK_IN_PROGRESS"
    world.turn()
    service = described(ecs)
    assert [item["id"] for item in service["deployments"]] == [good]
    assert service["taskDefinition"].endswith(":1")
    messages = [event["message"] for event in service["events"]]
    assert f"(service lms-ecs-service) (deployment {bad}) deployment failed: tasks failed to start." in messages
    assert f"(service lms-ecs-service) rolling back to deployment {good}." in messages
    deployment = newest(ecs)
    assert deployment["status"] == "ROLLBACK_SUCCESSFUL"
    assert deployment["deploymentCircuitBreaker"] == {"status": "TRIGGERED", "failureCount": 2, "threshold": 2}
    assert deployment["rollback"]["serviceRevisionArn"] == deployment["sourceServiceRevisions"][0]["arn"]
    update(ecs, taskDefinition=register(ecs))
    world.turn()
    assert (newest(ecs)["status"], described(ecs)["taskDefinition"][-2:]) == ("SUCCESSFUL", ":3")


def test_a_first_deployment_has_nothing_to_go_back_to(ecs: Any, world: World) -> None:
    world.faulty = True
    create(ecs)
    world.turn()
    assert [(item["status"], item["rolloutState"]) for item in described(ecs)["deployments"]] == [("PRIMARY", "FAILED")]
    assert newest(ecs)["status"] == "STOPPED"
    world.faulty = False
    update(ecs, taskDefinition=register(ecs))
    world.turn()
    assert [item["rolloutState"] for item in described(ecs)["deployments"]] == ["COMPLETED"]


def test_a_rollback_that_fails_too_is_not_tried_again(ecs: Any, world: World) -> None:
    create(ecs)
    world.turn()
    world.faulty = True
    update(ecs, taskDefinition=register(ecs))
    for arn in ecs.list_tasks(cluster="lms-ecs")["taskArns"]:
        ecs.stop_task(cluster="lms-ecs", task=arn)
    world.turn()
    assert newest(ecs)["status"] == "ROLLBACK_FAILED"
    assert described(ecs)["deployments"][0]["rolloutState"] == "FAILED"


def test_a_service_deployment_can_be_stopped_by_going_back(ecs: Any, world: World) -> None:
    create(ecs)
    world.turn()
    update(ecs, taskDefinition=register(ecs))
    arn = newest(ecs)["serviceDeploymentArn"]
    ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    assert newest(ecs)["status"] == "ROLLBACK_REQUESTED"
    world.turn()
    assert newest(ecs)["status"] == "ROLLBACK_SUCCESSFUL"
    assert described(ecs)["taskDefinition"].endswith(":1")
    with pytest.raises(ecs.exceptions.ConflictException):
        ecs.stop_service_deployment(serviceDeploymentArn=arn)


def test_a_newer_deployment_ends_the_one_under_way(ecs: Any, world: World) -> None:
    create(ecs)
    world.turn()
    update(ecs, taskDefinition=register(ecs))
    update(ecs, taskDefinition=register(ecs))
    world.turn()
    history = ecs.list_service_deployments(cluster="lms-ecs", service="lms-ecs-service")["serviceDeployments"]
    assert [item["status"] for item in history] == ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]
    found = ecs.list_service_deployments(cluster="lms-ecs", service="lms-ecs-service", status=["STOPPED"], createdAt={"after": 0})
    assert [item["serviceDeploymentArn"] for item in found["serviceDeployments"]] == [history[1]["serviceDeploymentArn"]]


def test_a_change_of_numbers_is_no_deployment_and_force_is(ecs: Any, world: World) -> None:
    first = create(ecs)["deployments"][0]["id"]
    world.turn()
    assert update(ecs, desiredCount=3)["deployments"][0]["id"] == first
    world.turn()
    assert described(ecs)["runningCount"] == 3
    assert update(ecs, forceNewDeployment=True)["deployments"][0]["id"] != first


def test_a_stopped_task_of_a_service_is_replaced(ecs: Any, world: World) -> None:
    create(ecs)
    world.turn()
    arn = ecs.list_tasks(cluster="lms-ecs")["taskArns"][0]
    stopped = ecs.stop_task(cluster="lms-ecs", task=arn, reason="why not")["task"]
    assert (stopped["desiredStatus"], stopped["stopCode"], stopped["stoppedReason"]) == ("STOPPED", "UserInitiated", "why not")
    world.turn()
    running = ecs.list_tasks(cluster="lms-ecs")["taskArns"]
    assert (arn in running, len(running)) == (False, 2)


def test_a_revision_shows_the_images_that_it_resolved(ecs: Any, world: World) -> None:
    create(ecs)
    world.turn()
    task = next(iter(world.state.tasks.values()))
    world.state.note_digest(task, "lms-ecs", "sha256:ab")
    arn = newest(ecs)["targetServiceRevision"]["arn"]
    revision = ecs.describe_service_revisions(serviceRevisionArns=[arn])["serviceRevisions"][0]
    image = GOOD["containerDefinitions"][0]["image"]
    assert revision["containerImages"] == [{"containerName": "lms-ecs", "image": image, "imageDigest": "sha256:ab"}]


@pytest.mark.parametrize(("settings", "counted"), [({}, 0), ({"resetOnHealthyTask": True}, 0), ({"resetOnHealthyTask": False}, 2)])
def test_a_healthy_task_forgives_earlier_failures_unless_told_otherwise(
    ecs: Any, world: World, settings: dict[str, bool], counted: int
) -> None:
    breaker = {"enable": True, "rollback": True, "thresholdConfiguration": {"type": "COUNT", "value": 5}, **settings}
    world.faulty = True
    create(ecs, deploymentConfiguration={"deploymentCircuitBreaker": breaker})
    world.turn(1)
    world.faulty = False
    world.turn()
    deployment = described(ecs)["deployments"][0]
    assert (deployment["rolloutState"], deployment["failedTasks"]) == ("COMPLETED", counted)
