"""Frames, and what happens to them when something in them goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from imgui_bundle import imgui, implot

if TYPE_CHECKING:
    from gui_utils.host import GuiHost


def drawn(host: GuiHost, frames: int = 3) -> np.ndarray:
    """The pixels after a few frames of a window with a filled square at its corner."""
    for _ in range(frames):
        host.frame(lambda: _square())
        pixels = host.window.read_pixels()
        host.window.present()
    return pixels


def _square() -> None:
    draw = imgui.get_background_draw_list()
    draw.add_rect_filled((10, 20), (50, 60), imgui.color_convert_float4_to_u32((0, 1, 0, 1)))


def test_a_frame_puts_what_is_drawn_where_it_belongs(host: GuiHost) -> None:
    pixels = drawn(host)
    assert np.all(pixels[25:55, 15:45] == (0, 255, 0))
    assert not np.any(np.all(pixels[70:, :] == (0, 255, 0), axis=-1))


def test_themes_change_with_the_next_frame(host: GuiHost) -> None:
    dark = drawn(host)[400, 600]
    host.set_look("light", 1.0)
    light = drawn(host)[400, 600]
    assert dark.mean() < 64 < 192 < light.mean()


def test_text_grows_with_the_scale(host: GuiHost) -> None:
    sizes = []

    def measure() -> None:
        sizes.append(imgui.get_font_size())

    host.frame(measure)
    host.set_look("dark", 1.5)
    host.frame(measure)
    assert sizes[1] == pytest.approx(1.5 * sizes[0], rel=0.05)


def test_a_part_that_raises_costs_itself_only(host: GuiHost) -> None:
    reached: list[str] = []

    def gui(broken: bool) -> None:
        imgui.begin("Window")
        with host.guard("Broken part"):
            imgui.begin_child("half-open")
            imgui.push_id("half-open too")
            if broken and implot.begin_plot("half-open as well"):
                raise ValueError("no such layer")
            imgui.pop_id()
            imgui.end_child()
        imgui.text("after")
        reached.append("after")
        imgui.end()

    for _ in range(3):
        host.frame(lambda: gui(broken=True))
    assert host.failures == {"Broken part": "ValueError: no such layer"}
    host.frame(lambda: gui(broken=False))
    assert host.failures == {}
    assert len(reached) == 4


def test_an_unguarded_error_leaves_the_next_frame_in_order(host: GuiHost) -> None:
    def gui() -> None:
        imgui.begin("Window")
        raise KeyError("unguarded")

    with pytest.raises(KeyError):
        host.frame(gui)
    assert np.all(drawn(host)[25:55, 15:45] == (0, 255, 0))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's own figures")
def test_frames_without_a_screen_leave_no_memory_behind(host: GuiHost) -> None:
    """Nothing waited for Mesa, which kept about a megabyte of every frame."""

    def resident_mb() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

    def draw(count: int) -> None:
        for _ in range(count):
            host.frame(lambda: imgui.show_demo_window(True))
            host.window.present()

    draw(30)
    before = resident_mb()
    draw(150)
    assert resident_mb() - before < 60
