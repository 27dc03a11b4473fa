"""What every panel is given besides its part of the state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gui_utils.host import GuiHost
from gui_utils.widgets import Widgets
from viz.commands.all_commands import Commands
from viz.model.window_model import WindowModel
from viz.state.ranges import limits

if TYPE_CHECKING:
    from gui_utils.theme import Colour
    from viz.state.app_state import AppState


@dataclass(frozen=True)
class PanelContext:
    """The program as panels see it."""

    model: WindowModel
    """Everything that is known besides the state; panels only read it."""
    commands: Commands
    """Everything that has a verb."""
    host: GuiHost
    ui: Widgets

    @property
    def state(self) -> AppState:
        """Everything that is set, as it is now."""
        return self.model.state

    def colour(self, slot: int) -> Colour:
        """The colour that belongs to a slot."""
        return self.host.palette.series[slot % len(self.host.palette.series)]


def within(owner: object, name: str, value: float) -> float:
    """`value`, kept inside the range of a field of the state."""
    low, high = limits(owner, name)
    return min(max(value, low), high)
