"""The keyboard in a chart: it has the focus as a whole, and arrows move the place that is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.keyboard_focus import arrow_steps, asks_for_context, asks_for_menu, has_focus

if TYPE_CHECKING:
    from viz.export.charts import Chart

STEP, FINE_STEP = 0.02, 0.002
"""Steps along x by an arrow, and with Shift, in fractions of the axis; names are one apart."""


@dataclass(frozen=True)
class Pointed:
    """Place in a chart that is read: under the pointer, or where the arrows have led."""

    x: float
    chosen: bool
    """True in the frame in which it is clicked, or Space is pressed."""
    held: bool
    """True while the mouse button is down, and whenever a key has moved or chosen it."""


class ChartKeys:
    """The place that is read by keyboard in each chart, by its name."""

    def __init__(self) -> None:
        self._places: dict[str, float] = {}
        self.read = ""
        """Name of the chart that was read last."""

    def place(self, chart: Chart, left: float, right: float) -> Pointed | None:
        """Return the place that is read in the chart drawn last; None without the focus.

        Args:
            chart: The chart.
            left, right: Ends of its horizontal axis.
        """
        if not has_focus():
            return None
        at = self._places.get(chart.name, (left + right) / 2)
        step = (FINE_STEP if imgui.get_io().key_shift else STEP) * (right - left)
        if chart.places:
            at, step = round(at), 1.0
        steps, _down = arrow_steps()
        at = min(max(at + steps * step, left), right)
        self._places[chart.name], self.read = at, chart.name
        chosen = imgui.is_key_pressed(imgui.Key.space, False)
        return Pointed(at, chosen, chosen or bool(steps))


class Focus:
    """The focus of a chart that is drawn next, at the cursor.

    Args:
        name: Name of the chart.
        size: Its size in pixels.
    """

    def __init__(self, name: str, size: tuple[float, float]) -> None:
        at = imgui.get_cursor_screen_pos()
        corner = imgui.ImVec2(at.x + size[0], at.y + size[1])
        self._box = imgui.internal.ImRect(at, corner)
        self._identity = imgui.get_id(f"focus of {name}")
        imgui.internal.item_add(self._box, self._identity)
        self.asks_for_menu = asks_for_menu() or asks_for_context()
        """True in the frame in which the keyboard asks for the menu of the chart."""

    def draw(self) -> None:
        """Show the focus around the chart, which has been drawn."""
        imgui.internal.render_nav_cursor(self._box, self._identity)
