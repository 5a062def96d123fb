"""Deployments with alarms and bake time, as a real client sees them, in a world without an engine."""

from typing import Any

import boto3
import pytest

from tests.rehearsal.ecs import scheduler
from tests.rehearsal.ecs.alarms import CloudWatch
from tests.rehearsal.ecs.ports import AlarmState
from tests.rehearsal.ecs.world import ACCOUNT, REGION, World, create, described, newest, register, update

ALARMS = {"alarmNames": ["5xx", "slow"], "enable": True, "rollback": True}


@pytest.fixture(autouse=True)
def long_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bake does not end before the test wants it to."""
    monkeypatch.setattr(scheduler, "MINUTE", 60.0)


def baked(ecs: Any, world: World, monkeypatch: pytest.MonkeyPatch, **configuration: Any) -> None:
    """A service with alarms whose first deployment is through."""
    create(ecs, deploymentConfiguration={"alarms": ALARMS, **configuration})
    world.turn()
    over(world, monkeypatch)


def over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the bake be over."""
    with monkeypatch.context() as quick:
        quick.setattr(scheduler, "MINUTE", 0.0)
        world.turn()


def messages(ecs: Any) -> list[str]:
    return [event["message"].removeprefix("(service lms-ecs-service) ") for event in described(ecs)["events"]]


def test_a_deployment_is_in_progress_while_it_bakes_and_the_old_one_stays_listed(
    ecs: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    baked(ecs, world, monkeypatch)
    update(ecs, taskDefinition=register(ecs))
    world.turn(20)
    assert [(one["status"], one["rolloutState"], one["runningCount"]) for one in described(ecs)["deployments"]] == [
        ("PRIMARY", "IN_PROGRESS", 2),
        ("ACTIVE", "COMPLETED", 0),
    ]
    assert (newest(ecs)["status"], newest(ecs)["alarms"]["status"]) == ("IN_PROGRESS", "MONITORING")
    over(world, monkeypatch)
    assert [one["rolloutState"] for one in described(ecs)["deployments"]] == ["COMPLETED"]
    assert (newest(ecs)["status"], newest(ecs)["alarms"]) == (
        "SUCCESSFUL",
        {"status": "MONITORING_COMPLETE", "alarmNames": ["5xx", "slow"], "triggeredAlarmNames": []},
    )


@pytest.mark.parametrize("rounds", [1, 20], ids=["while tasks are replaced", "while it bakes"])
def test_an_alarm_fails_the_deployment_and_the_version_before_comes_back(
    ecs: Any, world: World, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    baked(ecs, world, monkeypatch)
    good = described(ecs)["deployments"][0]["id"]
    bad = update(ecs, taskDefinition=register(ecs))["deployments"][0]["id"]
    world.turn(rounds)
    world.alarms.firing = {"slow"}
    statuses = []
    for _ in range(8):
        world.turn(1)
        statuses.append(newest(ecs)["status"])
    assert list(dict.fromkeys(statuses)) == ["ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"]
    found = newest(ecs)
    assert found["alarms"] == {"status": "TRIGGERED", "alarmNames": ["5xx", "slow"], "triggeredAlarmNames": ["slow"]}
    assert (
        found["statusReason"] == found["rollback"]["reason"] == "Service deployment rolled back because a deployment alarm was triggered."
    )
    assert found["deploymentCircuitBreaker"]["status"] == "DISABLED"
    assert f"(deployment {bad}) deployment failed: alarm detected." in messages(ecs)
    assert f"rolling back to deployment {good}." in messages(ecs)
    assert [(one["id"], one["rolloutState"], one["runningCount"]) for one in described(ecs)["deployments"]] == [(good, "COMPLETED", 2)]
    world.alarms.firing = set()
    update(ecs, taskDefinition=register(ecs))
    world.turn()
    over(world, monkeypatch)
    assert (newest(ecs)["status"], described(ecs)["taskDefinition"][-2:]) == ("SUCCESSFUL", ":3")


def test_on_the_way_back_a_task_that_serves_leaves_only_when_its_successor_is_healthy(
    ecs: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    baked(ecs, world, monkeypatch)
    update(ecs, taskDefinition=register(ecs))
    world.turn(20)
    world.alarms.firing = {"5xx"}
    for _ in range(12):
        world.turn(1)
        assert described(ecs)["runningCount"] >= 2


def test_an_alarm_that_fires_already_is_not_heeded_and_an_event_says_so(ecs: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    baked(ecs, world, monkeypatch)
    world.alarms.firing = {"5xx"}
    new = update(ecs, taskDefinition=register(ecs))["deployments"][0]["id"]
    world.turn()
    assert (newest(ecs)["status"], newest(ecs)["alarms"]["status"]) == ("SUCCESSFUL", "DISABLED")
    said = f"(deployment {new}) deployment alarms are not monitored for this deployment: 5xx in ALARM state when it started."
    assert said in messages(ecs)


def test_without_rollback_an_alarm_leaves_the_deployment_where_it_is(ecs: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    baked(ecs, world, monkeypatch, alarms={**ALARMS, "rollback": False})
    update(ecs, taskDefinition=register(ecs))
    world.turn()
    world.alarms.firing = {"5xx"}
    world.turn()
    assert (newest(ecs)["status"], newest(ecs)["statusReason"]) == (
        "STOPPED",
        "Service deployment stopped because a deployment alarm was triggered.",
    )
    assert described(ecs)["deployments"][0]["rolloutState"] == "FAILED"


def test_a_bake_may_be_stopped_by_hand(ecs: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    baked(ecs, world, monkeypatch)
    update(ecs, taskDefinition=register(ecs))
    world.turn()
    ecs.stop_service_deployment(serviceDeploymentArn=newest(ecs)["serviceDeploymentArn"], stopType="ROLLBACK")
    world.turn()
    assert (newest(ecs)["status"], newest(ecs)["alarms"]["triggeredAlarmNames"]) == ("ROLLBACK_SUCCESSFUL", [])
    assert described(ecs)["taskDefinition"].endswith(":1")


@pytest.mark.parametrize(
    ("configuration", "seconds"),
    [({}, 0), ({"bakeTimeInMinutes": 2}, 120), ({"alarms": ALARMS}, 300), ({"alarms": ALARMS, "bakeTimeInMinutes": 0}, 0)],
    ids=["none", "as said", "as long as the alarms judge", "none though there are alarms"],
)
def test_how_long_a_deployment_bakes(ecs: Any, world: World, configuration: dict[str, Any], seconds: float) -> None:
    create(ecs, deploymentConfiguration=configuration)
    service = next(iter(world.state.services.values()))
    alarms = world.alarms.look(service.history[0].alarm_names)
    assert world.scheduler._view(service, {}, alarms).bake == seconds


@pytest.mark.parametrize(
    ("configuration", "words"),
    [({"alarms": {**ALARMS, "alarmNames": []}}, "alarmNames cannot be empty"), ({"bakeTimeInMinutes": 1441}, "between 0 and 1440")],
)
def test_what_cannot_be_watched_is_refused(ecs: Any, configuration: dict[str, Any], words: str) -> None:
    with pytest.raises(ecs.exceptions.InvalidParameterException, match=words):
        create(ecs, deploymentConfiguration=configuration)


@pytest.mark.engine  # MiniStack is where engines are
def test_cloudwatch_is_asked_and_one_that_does_not_answer_reports_nothing(ministack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.rehearsal.ecs.alarms.EVERY", 0.0)
    session = boto3.session.Session(aws_access_key_id=ACCOUNT, aws_secret_access_key="x", region_name=REGION)
    client = session.client("cloudwatch", endpoint_url=ministack)
    metric = {"Namespace": "AWS/ApplicationELB", "MetricName": "HTTPCode_Target_5XX_Count", "Statistic": "Sum", "Period": 60}
    client.put_metric_alarm(AlarmName="5xx", **metric, EvaluationPeriods=5, Threshold=1, ComparisonOperator="GreaterThanThreshold")
    seen = CloudWatch(account=ACCOUNT, region=REGION, endpoint_url=ministack)
    assert seen.look(["5xx", "none"]) == [AlarmState("5xx", False, 300)]
    client.set_alarm_state(AlarmName="5xx", StateValue="ALARM", StateReason="a test")
    assert seen.look(["5xx"]) == [AlarmState("5xx", True, 300)]
    assert CloudWatch(account=ACCOUNT, region=REGION, endpoint_url="http://127.0.0.1:9").look(["5xx"]) == []
    client.close()
