"""Pictures of the signal lab: input and outputs, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui

from gui_utils.keyboard_focus import arrow_steps, has_focus
from gui_utils.texture import Texture
from gui_utils.theme import Colour, u32
from viz.panels.common.context import PanelContext, within
from viz.panels.lab import controls, pictures
from viz.panels.lab.arrangement import ASIDE, GAP
from viz.panels.lab.texts import lane_names
from viz.protocol.lab import ZOOMS, LabView, LabViewTask, Trace
from viz.state.lab import LabPage, LabState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable


@dataclass(frozen=True, slots=True)
class Tile:
    """Position and size of one picture on the screen."""

    x: float
    y: float
    size: int

    @property
    def low(self) -> tuple[float, float]:
        """Upper left corner (x, y)."""
        return self.x, self.y

    @property
    def high(self) -> tuple[float, float]:
        """Lower right corner (x, y)."""
        return self.x + self.size, self.y + self.size


@dataclass(frozen=True, slots=True)
class Aside:
    """Space for captions."""

    row: float
    """Left edge of the tiles."""
    left: float
    """Edges of the space right of the tiles."""
    right: float


def lane_colours(ctx: PanelContext) -> tuple[Colour, Colour]:
    """Return the colours of the naive and the filtered way, in pictures and curves."""
    return ctx.host.palette.warning, ctx.host.palette.accent


class Figures:
    """Three columns: transformed input, output of the naive and of the filtered operation."""

    def __init__(self) -> None:
        self._textures: dict[str, tuple[Hashable, Texture]] = {}

    def draw(
        self,
        lab: LabState,
        task: LabViewTask,
        view: LabView,
        size: int,
        ctx: PanelContext,
        rows: Collection[LabPage] = ("signals", "spectra", "errors"),
    ) -> None:
        """Draw the columns, each picture `size` pixels wide, as far as their rows are asked for."""
        gap = ctx.host.px(GAP)
        left, right = imgui.get_cursor_screen_pos().x, imgui.get_content_region_avail().x
        columns = [left + index * (size + gap) for index in range(3)]
        self._draw_heads(lab, view, columns, ctx)
        traces = (view.input, view.lanes[0].moved_first, view.lanes[1].moved_first)
        side = len(view.input.samples)
        top = imgui.get_cursor_screen_pos().y
        aside = Aside(left, columns[2] + size + gap, left + right)
        if "signals" in rows:
            for index, trace in enumerate(traces):
                tile = Tile(columns[index], top, size)
                self._draw_signal(f"signal {index}", trace, side, tile, lab, ctx)
            words = "Left half: the samples, right half: the signal they represent"
            top = self._caption(words, top, size, aside, ctx)
        if "spectra" in rows:
            widest = max(trace.rate for trace in traces) / 2
            limits = (0.5, *view.band_limits)
            for index, trace in enumerate(traces):
                tile = Tile(columns[index], top, size)
                self._draw_spectrum(f"spectrum {index}", trace, widest, limits[index], tile, ctx)
            words = f"Spectra, ± {widest:g} c/px; solid: limit of the grid, dashed: of the band"
            top = self._caption(words, top, size, aside, ctx)
        if "errors" in rows:
            self._draw_errors(lab, view, columns, top, size, ctx)
            words = "f(t(z)) − t(f(z)): what sticks to the grid, −60 … 0 dB"
            self._caption(words, top, size, aside, ctx)
        imgui.dummy((0, 0))  # the space is used up to here

    def _draw_errors(
        self,
        lab: LabState,
        view: LabView,
        columns: list[float],
        top: float,
        size: int,
        ctx: PanelContext,
    ) -> None:
        """Draw where the operation does not commute and, in the first column, the transform."""
        side = len(view.input.samples)
        for index, lane in enumerate(view.lanes, start=1):
            tile = Tile(columns[index], top, size)
            trace = lane.moved_first
            key = (id(lane), lab.zoom, size)

            def make(error: np.ndarray = lane.error, of: Trace = trace) -> np.ndarray:
                return pictures.error_map(error, of.offset, of.rate, side, lab.zoom, size)

            self._image(f"error {index}", key, make, tile)
            imgui.set_cursor_screen_pos(tile.low)
            imgui.invisible_button(f"##error {index}", (size, size))
            ctx.ui.tip(
                "f(t(z)) − t(f(z)), from −60 dB (dark) to the full scale of the signal, 0 dB"
                " (bright). Grey: unknown after a turn."
            )
        imgui.set_cursor_screen_pos((columns[0], top))
        imgui.begin_group()
        with ctx.host.fonts.small():
            controls.set_move(lab, size, ctx)
            controls.choose_zoom(lab, size, ctx)
        imgui.end_group()

    def free(self) -> None:
        """Free the textures."""
        for _key, texture in self._textures.values():
            texture.free()
        self._textures = {}

    def _draw_heads(
        self, lab: LabState, view: LabView, columns: list[float], ctx: PanelContext
    ) -> None:
        """Draw the heading of each column, and how well its operation commutes."""
        top, host = imgui.get_cursor_screen_pos().y, ctx.host
        palette, draw = host.palette, imgui.get_window_draw_list()
        colours = (palette.text, *lane_colours(ctx))
        names = ("input, t(z)", *lane_names(lab))
        for x, name, colour in zip(columns, names, colours, strict=True):
            with host.fonts.small():
                draw.add_text((x, top), u32(colour), name.capitalize())
        line = host.px(17)
        for x, lane, colour in zip(columns[1:], view.lanes, colours[1:], strict=True):
            imgui.set_cursor_screen_pos((x, top + line))
            imgui.push_font(host.fonts.bold, 20.0)
            ctx.ui.text(decibels(lane.db), colour)
            imgui.pop_font()
            ctx.ui.tip(
                "How well the operation commutes with the move: energy of t(f(z)) without its mean"
                " over that of the difference, f(t(z)) − t(f(z)). Above 60 dB nothing is visible."
            )
        with host.fonts.mono():
            moved = f"{lab.shift_px:.2f} px"
            if lab.move == "turn":
                moved = f"{np.degrees(lab.turn_rad):.0f}°"
            draw.add_text((columns[0], top + line + host.px(3)), u32(palette.dim), moved)
        imgui.set_cursor_screen_pos((columns[0], top + line + host.px(26)))

    def _draw_signal(
        self, name: str, trace: Trace, side: int, tile: Tile, lab: LabState, ctx: PanelContext
    ) -> None:
        def make() -> np.ndarray:
            return pictures.samples_and_signal(trace, side, lab.zoom, tile.size)

        self._image(name, (id(trace), lab.zoom, tile.size), make, tile)
        draw, palette = imgui.get_window_draw_list(), ctx.host.palette
        middle = tile.x + tile.size // 2
        draw.add_line((middle, tile.y), (middle, tile.y + tile.size), u32(palette.stage, 0.8))
        low, high = pictures.window(side, lab.zoom)
        row = (lab.cut * side - 0.5 - low) / (high - low)
        if 0 <= row <= 1:
            y = tile.y + row * tile.size
            accent = u32(palette.error, 0.9)
            draw.add_line((tile.x, y), (tile.x + tile.size, y), accent)
        imgui.set_cursor_screen_pos(tile.low)
        reachable = imgui.ButtonFlags_.enable_nav
        imgui.invisible_button(f"##{name}", (tile.size, tile.size), reachable)
        imgui.set_item_key_owner(imgui.Key.mouse_wheel_y)
        right, down = arrow_steps()
        ctx.ui.tip(
            "Left half: the samples, as pixels. Right half: the only signal they represent, their"
            " sinc interpolation.\n\nDrag to choose the row of the cut below, the wheel magnifies;"
            " double click resets. With the focus, Up and Down choose the row, Left and Right"
            " magnify."
        )
        if down:
            lab.cut = within(lab, "cut", lab.cut + down / side)
        if right:
            _magnify(lab, right)
        if has_focus():
            return
        if imgui.is_item_hovered():
            wheel = imgui.get_io().mouse_wheel
            if wheel:
                _magnify(lab, 1 if wheel > 0 else -1)
            if imgui.is_mouse_double_clicked(imgui.MouseButton_.left):
                lab.cut, lab.zoom = LabState().cut, LabState().zoom
                return
        if imgui.is_item_active() and not imgui.is_mouse_double_clicked(imgui.MouseButton_.left):
            dragged = imgui.get_mouse_drag_delta(imgui.MouseButton_.left, 0.0)
            if dragged.x or dragged.y:
                share = (imgui.get_mouse_pos().y - tile.y) / tile.size
                place = low + share * (high - low)
                lab.cut = within(lab, "cut", (place + 0.5) / side)

    def _draw_spectrum(
        self, name: str, trace: Trace, widest: float, limit: float, tile: Tile, ctx: PanelContext
    ) -> None:
        palette = ctx.host.palette
        outside = np.array([round(255 * part) for part in palette.stage], np.uint8)

        def make() -> np.ndarray:
            return pictures.spectrum(trace, widest, tile.size, outside)

        self._image(name, (id(trace), widest, tile.size, palette.stage), make, tile)
        draw = imgui.get_window_draw_list()
        scale, white = tile.size / 2 / widest, (1.0, 1.0, 1.0)
        middle = (tile.x + tile.size / 2, tile.y + tile.size / 2)
        nyquist = trace.rate / 2
        for at, alpha, dashed in ((nyquist, 0.7, False), (limit, 0.9, True)):
            if dashed and at >= nyquist - 1e-6:
                continue
            half = at * scale - 0.5
            corners = (middle[0] - half, middle[1] - half), (middle[0] + half, middle[1] + half)
            colour = u32(white if at < widest or dashed else palette.line, alpha)
            if dashed:
                _dashed_square(draw, *corners, colour, ctx.host.px(3))
            else:
                draw.add_rect(*corners, colour)
        imgui.set_cursor_screen_pos(tile.low)
        imgui.invisible_button(f"##{name}", (tile.size, tile.size))
        ctx.ui.tip(
            f"Power at every frequency, zero in the middle, {pictures.POWER_DB[0]:.0f} dB to the"
            f" input's peak. The grid holds ± {nyquist:g} cycles per pixel of the input; the"
            f" output is meant to have no more than {limit:.3g}."
        )

    def _image(self, name: str, key: Hashable, make: Callable[[], np.ndarray], tile: Tile) -> None:
        before = self._textures.get(name)
        texture = before[1] if before is not None else Texture()
        if before is None or before[0] != key:
            texture.update(make())
            self._textures[name] = (key, texture)
        imgui.get_window_draw_list().add_image(texture.ref, tile.low, tile.high)

    @staticmethod
    def _caption(words: str, top: float, size: int, aside: Aside, ctx: PanelContext) -> float:
        """Draw the caption of a row beside or below it; return where the next row starts."""
        beside = aside.right - aside.left >= ctx.host.px(ASIDE)
        below = top + size + ctx.host.px(2)
        start = (aside.left, top) if beside else (aside.row, below)
        imgui.set_cursor_screen_pos(start)
        imgui.push_font(ctx.host.fonts.body, 12.0)
        ctx.ui.dim(words)
        end = imgui.get_cursor_screen_pos().y
        imgui.pop_font()
        next_row = top + size + ctx.host.px(GAP) if beside else end
        imgui.set_cursor_screen_pos((aside.row, next_row))
        return next_row


def _magnify(lab: LabState, steps: int) -> None:
    lab.zoom = ZOOMS[min(max(ZOOMS.index(lab.zoom) + steps, 0), len(ZOOMS) - 1)]


def decibels(db: float) -> str:
    """Format a commutation error in decibels."""
    return "> 119 dB" if db >= 119.95 else f"{db:.1f} dB"


def _dashed_square(
    draw: imgui.ImDrawList,
    low: tuple[float, float],
    high: tuple[float, float],
    colour: int,
    dash: float,
) -> None:
    corners = (low, (high[0], low[1]), high, (low[0], high[1]), low)
    for (x0, y0), (x1, y1) in pairwise(corners):
        length = abs(x1 - x0) + abs(y1 - y0)
        count = max(1, int(length / (2 * dash)))
        for index in range(count):
            start, end = index / count, (index + 0.5) / count
            draw.add_line(
                (x0 + (x1 - x0) * start, y0 + (y1 - y0) * start),
                (x0 + (x1 - x0) * end, y0 + (y1 - y0) * end),
                colour,
            )
