"""How much of this process one user may use: a leaky bucket, as in Canvas, that a script calling in sequence never fills.

A request costs ten units for each second it takes; the bucket holds 700 and leaks 10 a second. So one user, with however many
tokens, may keep one thread busy for ever, and several threads for a while; then they are asked to wait, and the other users'
requests go through.
"""

import threading
import time
from dataclasses import dataclass, field

CAPACITY = 700.0
LEAK_PER_SECOND = 10.0
COST_PER_SECOND = 10.0
MOST_USERS = 10_000


@dataclass
class Buckets:
    """The levels of all users seen lately; in memory, for this process."""

    levels: dict[int, tuple[float, float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def level(self, user_id: int, now: float) -> float:
        """How full the bucket is at `now` (seconds of a monotonic clock)."""
        level, at = self.levels.get(user_id, (0.0, now))
        return max(level - (now - at) * LEAK_PER_SECOND, 0.0)

    def add(self, user_id: int, cost: float, now: float) -> float:
        """Pour `cost` in. Returns what room remains, in units."""
        with self.lock:
            if len(self.levels) >= MOST_USERS:
                self.levels = {key: value for key, value in self.levels.items() if self.level(key, now) > 0}
            level = self.level(user_id, now) + cost
            self.levels[user_id] = (level, now)
            return max(CAPACITY - level, 0.0)

    def full(self, user_id: int, now: float) -> bool:
        """Whether the next request must wait."""
        return self.level(user_id, now) >= CAPACITY


def cost_of(seconds: float) -> float:
    """What a request that took `seconds` costs, in units."""
    return seconds * COST_PER_SECOND


clock = time.monotonic
