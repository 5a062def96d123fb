"""Who asks: the environment of the process at the other end of a local TCP connection."""

from collections.abc import Mapping

import psutil


class Unknown(Exception):
    """The asking process cannot be told."""


def environment(address: tuple[str, int], marker: str) -> Mapping[str, str]:
    """The environment of the process that holds this local address, or of its nearest parent, which has the variable `marker`.

    Raises:
        Unknown: there is no such process, or it may not be read.

    """
    try:
        process: psutil.Process | None = psutil.Process(_owner(address))
        while process:
            variables: dict[str, str] = process.environ()
            if marker in variables:
                return variables
            process = process.parent()
    except psutil.Error as error:
        raise Unknown(f"the process that asks cannot be read: {error}") from error
    raise Unknown(f"neither the process that asks nor a parent of it has {marker}: it is no job of a workflow")


def _owner(address: tuple[str, int]) -> int:
    for connection in psutil.net_connections("tcp4"):
        if connection.laddr and tuple(connection.laddr) == address and connection.pid:
            return connection.pid
    raise Unknown(f"no process of this machine holds {address[0]}:{address[1]}")
