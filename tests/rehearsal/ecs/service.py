"""ECS as a whole: one call of the API in, one answer out."""

import threading
from collections.abc import Mapping
from typing import Any

from tests.rehearsal.ecs.alarms import CloudWatch
from tests.rehearsal.ecs.api import Api
from tests.rehearsal.ecs.aws import Aws
from tests.rehearsal.ecs.engine import Engine
from tests.rehearsal.ecs.names import Names
from tests.rehearsal.ecs.ports import LoadBalancer, TaskRoles
from tests.rehearsal.ecs.runner import Neighbours, Runner
from tests.rehearsal.ecs.scheduler import Scheduler
from tests.rehearsal.ecs.state import State


class Ecs:
    """The service: it runs until :meth:`close`.

    `account` has twelve digits, `docker_host` is such as ``unix:///var/run/docker.sock``, `network` the name of the Docker network in
    which tasks live. At `endpoint_url` Secrets Manager, CloudWatch and ECR answer. Every container gets `container_environment`
    beside its own variables.
    """

    def __init__(
        self,
        *,
        account: str,
        region: str,
        docker_host: str,
        network: str,
        endpoint_url: str,
        balancer: LoadBalancer,
        roles: TaskRoles,
        container_environment: Mapping[str, str],
    ) -> None:
        self._state = State(Names(account, region))
        self._engine = Engine(docker_host, network)
        common = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE", **container_environment}
        aws = Aws(account=account, region=region, endpoint_url=endpoint_url)
        self._scheduler = Scheduler(self._state, balancer, CloudWatch(account=account, region=region, endpoint_url=endpoint_url))
        self._runner = Runner(self._state, Neighbours(self._engine, aws, balancer, roles, common), self._scheduler.failed)
        self._api = Api(self._state, self._runner.begin)
        self._closing = threading.Event()
        self._scheduler.start(self._runner.begin)
        self._listener = threading.Thread(target=self._listen, daemon=True, name="ecs-docker-events")
        self._listener.start()

    def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """One call of the API, such as ``RegisterTaskDefinition``.

        Raises ApiError: the call is refused.
        """
        return self._api.call(action, body)

    def close(self) -> None:
        """Stop every container it made, without draining, and end its threads. Takes seconds."""
        self._closing.set()
        self._scheduler.close()
        self._runner.close()
        self._engine.close()
        self._listener.join(5)

    def _listen(self) -> None:
        """Wake a task when Docker tells of its container; if Docker hangs up, ask again."""
        while not self._closing.is_set():
            for task_id in self._engine.events():
                for task in list(self._state.tasks.values()):
                    if task.id == task_id:
                        task.wake.set()
            self._closing.wait(0.5)
