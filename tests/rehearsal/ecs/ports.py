"""What ECS needs from its neighbours: a load balancer, alarms, and somebody who hands credentials to tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class RoleRefused(Exception):
    """The role of a task cannot be assumed; :class:`TaskRoles` may raise it."""


class LoadBalancer(Protocol):
    """Target groups: who is in them, and how they fare."""

    def register(self, target_group_arn: str, address: str, port: int) -> None:
        """Begin checking a target and, once it is healthy, sending it requests."""
        ...

    def deregister(self, target_group_arn: str, address: str, port: int) -> None:
        """Send no new request from now on; returns at once, requests under way go on."""
        ...

    def health(self, target_group_arn: str, address: str, port: int) -> str:
        """One of ``initial``, ``healthy``, ``unhealthy``, ``draining``, ``unused``."""
        ...

    def deregistration_delay(self, target_group_arn: str) -> float:
        """How long requests under way may take after a target has left, in seconds."""
        ...


class TaskRoles(Protocol):
    """Credentials of the task role."""

    def environment(self, task_arn: str, role_arn: str) -> dict[str, str]:
        """What the container finds in its environment to fetch its credentials.

        Raises RoleRefused: the role does not exist, or does not trust ECS tasks.
        """
        ...

    def forget(self, task_arn: str) -> None:
        """The task has stopped: its credentials end."""
        ...


@dataclass(frozen=True)
class AlarmState:
    """An alarm of CloudWatch as it is now."""

    name: str
    firing: bool
    seconds: float
    """How much of the past it judges: the length of its period times their number."""


class Alarms(Protocol):
    """CloudWatch's alarms."""

    def look(self, names: Sequence[str]) -> list[AlarmState]:
        """Those of these that there are."""
        ...
