"""Which deployment is ours, what of it counts, and all pages of it."""

from typing import Any

import pytest

from pipeline import rollout
from tests.pipeline.deployments import HEAD, OLD, REVISIONS, TARGET, arn, cluster, described, listed


def test_the_newest_of_ours_counts_over_all_pages() -> None:
    pages = [
        {"serviceDeployments": [listed("old", "SUCCESSFUL", -9), listed("new", "STOPPED", -30)], "nextToken": "2"},
        {"serviceDeployments": [listed("new")]},
    ]
    ecs = cluster(described("IN_PROGRESS"), list_service_deployments=pages)
    found = rollout.find(ecs, TARGET)
    assert found
    assert (found.good, found.superseded, found.alarms) == (OLD, False, ())
    assert ecs.requests("list_service_deployments")[1]["nextToken"] == "2"


@pytest.mark.parametrize(
    ("state", "superseded"),
    [
        (described("STOPPED"), True),
        (described("STOPPED", deploymentCircuitBreaker={"status": "TRIGGERED"}), False),
        (described("STOPPED", alarms={"status": "TRIGGERED"}), False),
        (described("IN_PROGRESS"), False),
    ],
)
def test_a_newer_deployment_supersedes_one_that_did_not_fail_by_itself(state: dict[str, Any], superseded: bool) -> None:
    both = [{"serviceDeployments": [listed("new"), listed("old", minutes=5)]}]
    found = rollout.find(cluster(state, list_service_deployments=both), TARGET)
    assert found
    assert (found.superseded, found.good) == (superseded, "")


def test_the_revision_that_no_task_ever_ran_is_nothing_to_go_back_to() -> None:
    idle = {"serviceRevisionArn": arn("revision", "old"), "taskDefinition": f"{HEAD}:task-definition/lms-ecs-service-bootstrap:1"}
    revisions = {"serviceRevisions": [idle, REVISIONS["serviceRevisions"][0]]}
    found = rollout.find(cluster(described("STOPPED"), describe_service_revisions=[revisions]), TARGET)
    assert found
    assert found.good == ""


def test_many_tasks_are_described_a_hundred_at_a_time() -> None:
    ecs = cluster(list_tasks=[{"taskArns": [str(number) for number in range(150)]}])
    assert len(rollout.tasks(ecs, TARGET, "RUNNING")) == 4
    assert [len(request["tasks"]) for request in ecs.requests("describe_tasks")] == [100, 50]
    assert ecs.requests("list_tasks") == [{"cluster": "lms-ecs", "desiredStatus": "RUNNING", "serviceName": "lms-ecs-service"}]
