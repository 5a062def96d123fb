"""Every bad deploy of the table, played on a live service, one after another. Needs a Docker engine."""

import pytest

from tests.rehearsal import recorded
from tests.rehearsal.live import Live
from tests.rehearsal.scenarios import TABLE, Scenario

pytestmark = pytest.mark.engine


def follows(request: pytest.FixtureRequest) -> Scenario | None:
    """The scenario that is played next, of those that were selected."""
    items = request.session.items
    following = items[items.index(request.node) + 1 :][:1]
    return next((item.callspec.params.get("scenario") for item in following if hasattr(item, "callspec")), None)


@pytest.mark.parametrize("scenario", TABLE, ids=lambda scenario: scenario.name)
def test_a_bad_deploy_ends_red_by_its_name_while_the_old_version_serves_and_the_next_good_one_deploys(
    scenario: Scenario, live: Live, request: pytest.FixtureRequest
) -> None:
    live.bad(scenario)
    following = follows(request)
    if scenario.then != "later" or following is None or following.then != "later":
        live.recover(scenario)


def test_what_these_plays_called_was_recorded_before(live: Live) -> None:
    recorded.check()
