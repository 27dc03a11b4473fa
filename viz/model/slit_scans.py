"""Slit scans of every network: one line of every picture, side by side over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.protocol.slit_scan import SlitScan, along_line
from viz.state.inputs import MAX_NETWORKS

if TYPE_CHECKING:
    import numpy as np

    from viz.protocol.result import Result
    from viz.protocol.slit_scan import Line
    from viz.state.recording import SlitScanState


class SlitScans:
    """The scan of every slot, added to with every result."""

    def __init__(self) -> None:
        self._scans: list[SlitScan] = []
        self._made_for: tuple[Line, int, tuple[str, ...]] | None = None
        self.changed: set[int] = set()
        """Slots whose scan has grown since a panel last drew it; the panel takes them out."""

    def take(self, result: Result, settings: SlitScanState) -> None:
        """Add a column from every picture of a new result, if that is wanted."""
        if not settings.on:
            return
        made_for = (settings.line, settings.length, result.request.networks)
        if made_for != self._made_for:
            self._made_for = made_for
            self._scans = [SlitScan(settings.length) for _ in range(MAX_NETWORKS)]
        for slot, one in enumerate(result.networks):
            if one.picture is not None and one.quality == "full":
                self._scans[slot].push(along_line(one.picture, settings.line))
                self.changed.add(slot)

    def clear(self) -> None:
        """Forget all scans."""
        self._made_for = None
        self._scans = []

    def images(self) -> list[tuple[int, np.ndarray, float | None]]:
        """List (slot, image [length, columns, 3] uint8, share that sticks) of scanned networks."""
        found = ((slot, scan.image, scan) for slot, scan in enumerate(self._scans))
        return [(slot, image, scan.sticking) for slot, image, scan in found if image is not None]

    def whole(self, slot: int) -> np.ndarray | None:
        """Return the scan of a slot at full length, future columns empty; None without one."""
        return self._scans[slot].whole if slot < len(self._scans) else None
