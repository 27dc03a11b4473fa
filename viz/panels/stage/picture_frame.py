"""The place of a picture on the stage, and of what is on it."""

from __future__ import annotations

from dataclasses import dataclass

from viz.panels.common.picture_geometry import Rect


@dataclass(frozen=True)
class PictureFrame:
    """The place of a picture in the window."""

    slot: int
    rect: Rect
    visible: Rect
    """What of it is seen."""
    unit: float
    """Pixels of the window that are one picture width."""

    def on_screen(self, x: float, y: float) -> tuple[float, float]:
        """Convert a place on the picture to one in the window."""
        centre = self.rect.centre
        return centre[0] + x * self.unit, centre[1] + y * self.unit

    def on_picture(self, x: float, y: float, extent: int) -> tuple[float, float]:
        """Convert a place in the window to the nearest one on the trained picture."""
        centre = self.rect.centre
        across, down = (length / extent / 2 for length in (self.rect.width, self.rect.height))
        right = min(max(x - centre[0], -across), across)
        below = min(max(y - centre[1], -down), down)
        return right / self.unit, below / self.unit
