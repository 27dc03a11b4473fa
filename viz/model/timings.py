"""Speed of the pictures: rate, latency and render times."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.protocol.result import Result

HISTORY = 240
"""Results whose times are kept."""


class Timings:
    """Times of the newest results."""

    def __init__(self) -> None:
        self._arrivals: deque[float] = deque(maxlen=64)
        self._render_ms: deque[float] = deque(maxlen=HISTORY)
        self._latency_ms: deque[float] = deque(maxlen=HISTORY)
        self.frame_ms: float | None = None
        """Time that the last frame of the window took; None before the first."""

    def record(self, result: Result, now_s: float) -> None:
        """Count a result that has arrived, unless most of its time went into reading networks."""
        if result.read_networks:
            return
        self._arrivals.append(now_s)
        self._render_ms.append(result.total_ms)
        self._latency_ms.append(result.latency_ms)

    @property
    def render_history_ms(self) -> Sequence[float]:
        """Render times of all networks, maps and spectra together, oldest first."""
        return self._render_ms

    @property
    def latency_history_ms(self) -> Sequence[float]:
        """Times from a request to its picture, oldest first."""
        return self._latency_ms

    @property
    def render_ms(self) -> float | None:
        """Render time of the newest result; None while there is none."""
        return self._render_ms[-1] if self._render_ms else None

    @property
    def latency_ms(self) -> float | None:
        """Time from the newest request to its picture; None while there was none."""
        return self._latency_ms[-1] if self._latency_ms else None

    def rate(self, now_s: float) -> float | None:
        """New pictures a second over the last second or so; None while nothing moves."""
        recent = [at for at in self._arrivals if now_s - at < 1.5]
        if len(recent) < 3:
            return None
        return (len(recent) - 1) / max(recent[-1] - recent[0], 1e-6)
