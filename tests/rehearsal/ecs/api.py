"""The whole API: an action's name and body in, its answer out."""

import copy
import re
from collections.abc import Callable
from typing import Any

from tests.rehearsal.ecs import shapes
from tests.rehearsal.ecs.api_clusters import Clusters
from tests.rehearsal.ecs.api_definitions import Definitions
from tests.rehearsal.ecs.api_deployments import Deployments
from tests.rehearsal.ecs.api_services import Services
from tests.rehearsal.ecs.api_tasks import Tasks
from tests.rehearsal.ecs.errors import ApiError
from tests.rehearsal.ecs.state import State, Task

Action = Callable[[dict[str, Any]], dict[str, Any]]
VERBS = re.compile(r"^(create|describe|delete|register|deregister|list|update|run|stop|tag|untag)_")


class Api:
    """Finds the method that carries out an action: ``RunTask`` is ``run_task``. `begin` brings a task to life."""

    def __init__(self, state: State, begin: Callable[[Task], None]) -> None:
        self._state = state
        clusters, definitions = Clusters(state), Definitions(state)
        services = Services(state, clusters, definitions)
        parts = (clusters, definitions, services, Tasks(state, clusters, definitions, begin), Deployments(state, services))
        self._actions: dict[str, Action] = {_camel(name): getattr(part, name) for part in parts for name in dir(part) if VERBS.match(name)}

    def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """One call. The answer is the caller's own: ECS changes nothing in it later.

        Raises ApiError: the call is refused.
        """
        if action not in self._actions:
            raise ApiError("UnknownOperationException", f"The rehearsal's ECS does not have {action}.")
        request = shapes.without_nulls(body)
        shapes.check(action, request)
        with self._state.lock:
            return copy.deepcopy(self._actions[action](request))


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
