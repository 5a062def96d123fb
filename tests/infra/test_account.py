"""What real AWS would say to what the templates and make infra ask of it, where the embedded one says nothing."""

from copy import deepcopy

import pytest

from commands.report import Failure
from infra import account
from tests.infra.templates import read
from tests.infra.test_main import cloudformation, event, events, stack
from tests.infra.test_templates import one
from tests.rehearsal.ecs import registration
from tests.rehearsal.ecs.errors import ApiError
from tests.rehearsal.stacks import lowered


def test_fargate_takes_the_revision_that_the_idle_service_has() -> None:
    bootstrap = lowered(one(read(), "service", "Bootstrap"))
    registration.check(registration.complete(deepcopy(bootstrap)))
    del bootstrap["executionRoleArn"]
    with pytest.raises(ApiError, match="execution role ARN to support ECR images"):
        registration.check(registration.complete(bootstrap))


def test_a_stack_has_not_ended_by_the_state_that_it_had_before() -> None:
    begun, failed = event(2, "UPDATE_IN_PROGRESS"), event(3, "UPDATE_FAILED", "no room")
    formation = cloudformation(
        describe_stacks=[stack("UPDATE_IN_PROGRESS"), stack("UPDATE_ROLLBACK_COMPLETE")],
        describe_stack_events=[events(), events(), events(begun), events(failed, begun)],
    )
    with pytest.raises(Failure, match=r"UPDATE_ROLLBACK_COMPLETE: .*no room"):
        account.apply(formation, "network", {"StackName": "lms-ecs-network", "ChangeSetName": "x"})
    asked = [call for call, _ in formation.asked if call in ("describe_stacks", "describe_stack_events")]
    assert asked == [*["describe_stack_events"] * 3, "describe_stacks", "describe_stack_events", "describe_stacks"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again at once."""
    monkeypatch.setattr(account, "EVERY", 0.001)
