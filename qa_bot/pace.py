"""Knows how fast a stage of work goes, and says so in a line: how much is done, how many a second, how long it will take.

Leaves drawing the line to the terminal and the window.
"""

from __future__ import annotations

import time
from collections.abc import Callable

Progress = Callable[[str, int, int], None]  # (what is done, how many, of how many; 0 where that is not known)

# A rate is told after this long; before it, it would jump about.
_SETTLED_SECONDS = 1.0


class Pace:
    """Follows the reports of one run, stage by stage."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage: str | None = None
        self._began = 0.0
        self._first = 0

    def line(self, what: str, done: int, total: int) -> str:
        """Return "embedding papers, 512 of 2,000, 150 a second, 10 s left"; `total` 0 means that it is not known."""
        now = self._clock()
        if what != self._stage:
            self._stage, self._began, self._first = what, now, done
        parts = [what]
        if total:
            parts.append(f"{done:,} of {total:,}")
        elif done:
            parts.append(f"{done:,}")
        seconds, count = now - self._began, done - self._first
        if seconds >= _SETTLED_SECONDS and count:
            rate = count / seconds
            parts.append(f"{rate:,.0f} a second" if rate >= 10 else f"{rate:.1f} a second")
            if total > done:
                parts.append(f"{spoken(total - done, rate)} left")
        return ", ".join(parts)


def spoken(count: int, rate: float) -> str:
    """Return how long `count` things take at a rate (things a second), in words."""
    seconds = count / rate
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
