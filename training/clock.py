"""Schedules in wall-clock time: a run of N minutes ends annealed, however fast the machine is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

WARM_UP_MINUTES = 1.0
DECAY = 0.25
LOWEST = 0.01


def now() -> float:
    """Seconds; a name of its own, so that tests can turn the hands."""
    return time.monotonic()


@dataclass
class Budget:
    """Counts the seconds spent training, over any number of kills and resumptions."""

    minutes: float
    spent_s: float = 0.0
    _since: float = field(default_factory=lambda: now())  # noqa: PLW0108 - looked up late, see `now`

    def elapsed_s(self) -> float:
        return self.spent_s + now() - self._since

    @property
    def progress(self) -> float:
        """0 at the start, 1 when the budget is used up."""
        return min(1.0, self.elapsed_s() / (60 * self.minutes))


def learning_rate(peak: float, progress: float, minutes: float) -> float:
    """Linear warm-up over the first minute, the peak, and a linear decay over the last quarter.

    Warm-up, stable, decay (Hu et al., "MiniCPM", 2024): a run that has ended goes on under a larger budget at the peak
    again, and loses nothing by having been annealed once (Wen et al., "Understanding WSD", 2024).
    """
    warm_up = min(0.05, WARM_UP_MINUTES / minutes)
    if progress < warm_up:
        return peak * max(LOWEST, progress / warm_up)
    return peak * max(LOWEST, min(1.0, (1 - progress) / DECAY))
