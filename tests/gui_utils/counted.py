"""A window whose time does not depend on how fast the machine is."""

from __future__ import annotations

import time

from gui_utils.window import Window

FRAME_S = 1 / 60


class CountedWindow(Window):
    """A window whose time is counted.

    Every frame takes a sixtieth of a second, waiting what is waited, and everything else nothing,
    however long it takes.
    """

    _counted_s = 0.0

    @property
    def now_s(self) -> float:
        return self._counted_s

    def wait(self, timeout_s: float) -> None:
        begun = time.perf_counter()
        super().wait(timeout_s)
        self._counted_s += min(max(timeout_s, 0.0), time.perf_counter() - begun)

    def present(self) -> None:
        super().present()
        self._counted_s += FRAME_S

    def pass_time(self, seconds: float) -> None:
        """Let nothing happen for a while."""
        self._counted_s += seconds
