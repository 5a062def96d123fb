"""Carries a container's output to CloudWatch Logs, as the awslogs driver does."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

Line = tuple[datetime, str]
PAUSE = 0.2
"""Seconds in which lines gather before they are sent together."""


class Shipper:
    """Two threads of one container: one reads, one sends."""

    def __init__(self, lines: Iterator[Line], send: Callable[[list[Line]], None]) -> None:
        self._queue: queue.Queue[Line | None] = queue.Queue()
        self._send = send
        self._sender = threading.Thread(target=self._forward, daemon=True)
        self._sender.start()
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()

    def finish(self, patience: float) -> None:
        """Wait until all is sent, at most so many seconds."""
        self._sender.join(patience)

    def _read(self, lines: Iterator[Line]) -> None:
        try:
            for line in lines:
                self._queue.put(line)
        except (OSError, ValueError):  # the engine hung up: what was read so far is sent
            pass
        finally:
            self._queue.put(None)

    def _forward(self) -> None:
        open_ended = True
        while open_ended:
            batch = [self._queue.get()]
            if batch[0] is not None:
                time.sleep(PAUSE)
            while not self._queue.empty():
                batch.append(self._queue.get())
            open_ended = None not in batch
            self._send([line for line in batch if line is not None])
