"""Schedules in wall-clock time: a run of N minutes ends annealed, however fast the machine is."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field


@dataclass
class Budget:
    """Counts the seconds spent training, over any number of kills and resumptions."""

    minutes: float
    spent_s: float = 0.0
    _since: float = field(default_factory=time.monotonic)

    def elapsed_s(self) -> float:
        return self.spent_s + time.monotonic() - self._since

    @property
    def progress(self) -> float:
        """0 at the start, 1 when the budget is used up."""
        return min(1.0, self.elapsed_s() / (60 * self.minutes))


def learning_rate(peak: float, progress: float, warmup: float = 0.02) -> float:
    """Linear warm-up, then a cosine to 1 % of the peak."""
    if progress < warmup:
        return peak * max(0.02, progress / warmup)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup))))
