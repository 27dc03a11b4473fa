"""The context that every panel receives besides its part of the state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.host import GuiHost
from gui_utils.widgets import Widgets
from viz.commands.all_commands import Commands
from viz.model.window_model import WindowModel
from viz.panels.common.chart_keys import ChartKeys
from viz.panels.common.chart_links import ChartLinks
from viz.panels.common.picture_geometry import Rect
from viz.panels.common.thumbnails import ThumbnailTextures
from viz.state.ranges import limits

if TYPE_CHECKING:
    from gui_utils.theme import Colour
    from viz.protocol.thumbnails import Thumbnail
    from viz.state.app_state import AppState


@dataclass(frozen=True)
class PanelContext:
    """Model, commands and widgets, as panels use them."""

    model: WindowModel
    """Everything the window knows besides the state; panels only read it."""
    commands: Commands
    """Commands: everything that does more than change the state."""
    host: GuiHost
    ui: Widgets
    thumbnails: ThumbnailTextures = field(default_factory=ThumbnailTextures)
    chart_links: ChartLinks = field(default_factory=ChartLinks)
    chart_keys: ChartKeys = field(default_factory=ChartKeys)
    landmarks: dict[str, Rect] = field(default_factory=dict)
    """Where in the window the controls are that the tour speaks of, in this frame."""

    @property
    def state(self) -> AppState:
        """The whole state, as it is now."""
        return self.model.state

    def draw_thumbnail(self, thumbnail: Thumbnail, rect: Rect) -> bool:
        """Draw a thumbnail, an older one of the same place, or a blank: was there a picture?"""
        smooth, palette = not self.state.view.squares, self.host.palette
        return self.thumbnails.draw(self.model.thumbnails, thumbnail, rect, palette, smooth=smooth)

    def mark(self, name: str) -> None:
        """Remember where the last drawn item is; several of one name are one landmark."""
        low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
        here = Rect(low.x, low.y, high.x - low.x, high.y - low.y)
        if here.width > 0 and here.height > 0:
            known = self.landmarks.get(name)
            self.landmarks[name] = here if known is None else known.joined(here)

    def colour(self, slot: int) -> Colour:
        """Return the colour of a slot."""
        return self.host.palette.series[slot % len(self.host.palette.series)]


def within(owner: object, name: str, value: float) -> float:
    """Clamp `value` to the range of a field of the state."""
    low, high = limits(owner, name)
    return min(max(value, low), high)
