"""Tooltips wait, and stand beside what they explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from imgui_bundle import imgui

from gui_utils.tooltips import placed
from gui_utils.widgets import Widgets
from tests.gui_utils.hand import Hand

if TYPE_CHECKING:
    from gui_utils.host import GuiHost

ROOM = (0.0, 0.0, 1000.0, 600.0)


@pytest.mark.parametrize(
    ("item", "column", "where"),
    [
        ((80, 100, 280, 120), (0, 0, 300, 600), (306, 100)),  # right of a column on the left
        ((780, 100, 980, 120), (700, 0, 1000, 600), (544, 100)),  # left of one on the right
        ((80, 590, 280, 600), (0, 0, 300, 600), (306, 560)),  # never out of the window
        ((400, 300, 440, 320), None, (400, 326)),  # below, where the window is wide
        ((400, 570, 440, 590), None, (400, 524)),  # or above
        ((950, 300, 990, 320), None, (850, 326)),
    ],
)
def test_a_tooltip_covers_neither_its_control_nor_its_column(
    item: tuple[float, float, float, float],
    column: tuple[float, float, float, float] | None,
    where: tuple[float, float],
) -> None:
    assert placed(item, column, (150.0, 40.0), ROOM, 6.0, 240.0) == where


def test_a_tooltip_comes_when_the_mouse_has_rested(host: GuiHost) -> None:
    ui = Widgets(host)
    shown: list[bool] = []

    def gui() -> None:
        imgui.set_next_window_pos((0, 0))
        imgui.set_next_window_size((300, 200))
        imgui.begin("window", None, imgui.WindowFlags_.no_title_bar)
        imgui.button("Press", (200, 30))
        ui.tip("What it does.")
        imgui.end()
        tooltip: imgui.internal.Window | None = imgui.internal.find_window_by_name("##Tooltip_00")
        shown.append(tooltip is not None and tooltip.active)

    def frame() -> None:
        host.frame(gui)
        host.window.present()

    hand = Hand(host.window, frame)
    hand.move((100, 20))
    for _ in range(20):  # a third of a second
        frame()
    assert not any(shown)
    for _ in range(20):
        frame()
    assert shown[-1]
    tooltip = imgui.internal.find_window_by_name("##Tooltip_00")
    assert tooltip.pos.x >= 300
