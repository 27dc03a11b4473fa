"""An editor of w: a map of layers and components on which offsets are painted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui

from gui_utils.colormaps import colourise
from gui_utils.colour_scale import colour_scale
from gui_utils.keyboard_focus import arrow_steps, asks_for_menu, has_focus, kept_keys
from gui_utils.texture import Texture
from gui_utils.theme import Palette, u32
from gui_utils.tooltips import show_tooltip
from viz.panels.common import controls
from viz.panels.common.context import PanelContext, within
from viz.panels.inputs.style_mixing import layer_count
from viz.panels.layers.panel import choose_slot
from viz.state.w_offsets import offset_of, row_from, row_of, row_text, set_offsets, set_row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.protocol.result import NetworkResult
    from viz.state.inputs import WEditState

ROW_PX = 13
COLUMNS = 32
"""Number of components shown at once."""
WHEEL_STEP = 0.25
"""Standard deviations that one step of the mouse wheel adds to the cell under the pointer."""


@dataclass(frozen=True)
class Cells:
    """Positions of the map's cells in the window."""

    x: float
    y: float
    width: float
    row: float
    """Height of a row in pixels."""
    layers: int
    columns: int
    first: int
    """Index of the component in the first column."""

    @property
    def column(self) -> float:
        """Width of a column in pixels."""
        return self.width / self.columns

    @property
    def height(self) -> float:
        """Height of all rows in pixels."""
        return self.layers * self.row

    def centre(self, layer: int, component: int) -> tuple[float, float]:
        """Return the centre of a cell in the window."""
        return (
            self.x + (component - self.first + 0.5) * self.column,
            self.y + (layer + 0.5) * self.row,
        )

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Return the (layer, component) nearest to a point of the window."""
        layer = int((y - self.y) // self.row)
        column = int((x - self.x) // self.column)
        return (
            min(max(layer, 0), self.layers - 1),
            self.first + min(max(column, 0), self.columns - 1),
        )


class VectorPanel:
    """The components of w of each layer, with offsets painted by hand."""

    title = "Vector w"

    def __init__(self) -> None:
        self.cells: Cells | None = None
        """Positions of the cells in the last drawn frame."""
        self._texture: Texture | None = None
        self._painted_of: tuple[NetworkResult, float, float, int] | None = None
        self._last: tuple[int, int] = (0, 0)
        self._row = 0
        """Layer whose menu is open."""

    def draw(self, edit: WEditState, ctx: PanelContext) -> None:
        """Draw the map and the brush, and apply painted offsets to `edit`."""
        choose_slot(ctx.state.layers, ctx)
        result = ctx.model.result_of(ctx.model.layer_slot)
        if result is None or result.scores is None:
            ctx.ui.dim("Waiting for w …")
            return
        controls.choose(
            ctx,
            edit,
            "basis",
            "Basis",
            (("principal", "Principal"), ("axes", "Entries")),
            "The principal directions of each network's own W, the strongest first, or the entries "
            "of w as they are. Offsets along both add up.",
        )
        controls.slide(
            ctx,
            edit,
            "brush",
            "Brush",
            "The offset that painted cells get, in deviations of each network's w along them.",
            unit="σ",
            origin=0.0,
        )
        controls.check(
            ctx,
            edit,
            "all_layers",
            "All layers at once",
            "Paint a component in all layers at once.",
        )
        self._draw_map(edit, result, ctx)

    def free(self) -> None:
        """Free the texture."""
        if self._texture is not None:
            self._texture.free()
            self._texture = None

    def _draw_map(self, edit: WEditState, result: NetworkResult, ctx: PanelContext) -> None:
        scores = result.scores
        assert scores is not None
        layers, components = scores.shape
        columns = min(components, COLUMNS)
        gutter = ctx.host.px(20)
        where, width = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
        cells = Cells(
            where.x + gutter,
            where.y,
            width - gutter,
            ctx.host.px(ROW_PX),
            layers,
            columns,
            min(edit.first, components - columns),
        )
        self.cells = cells
        self._paint_map(cells, edit, result, ctx)
        pressed = imgui.invisible_button(
            "cells", (width, cells.height), imgui.ButtonFlags_.enable_nav
        )
        if has_focus():
            self._edit_by_keys(cells, components, pressed, edit, ctx)
            at = self._last
            self._outline(cells, *at, edit, ctx)
            show_tooltip(ctx.host, _described(*at, float(scores[at]), edit, _KEYS))
        else:
            self._edit_by_mouse(cells, scores, edit, ctx)
        if imgui.begin_popup_context_item("row menu"):
            self._draw_row_menu(edit, ctx)
            imgui.end_popup()
        if components > columns:
            self._draw_scroll_bar(cells, components, edit, ctx)
        imgui.spacing()
        _low, high = colour_scale(
            ctx.ui,
            "w",
            (-edit.span, edit.span),
            "diverging",
            default=(-3.0, 3.0),
            unit="σ",
            decimals=1,
            symmetric=True,
            tip="Difference of each layer's w from the mean, in standard deviations.",
        )
        if high != edit.span:
            edit.span = within(edit, "span", high)

    def _edit_by_mouse(
        self, cells: Cells, scores: NDArray[np.float32], edit: WEditState, ctx: PanelContext
    ) -> None:
        """Paint with the pointer, and say what is under it."""
        self._paint_with_hand(cells, edit, ctx)
        if not imgui.is_item_hovered():
            return
        pointer = imgui.get_mouse_pos()
        layer, component = cells.at(pointer.x, pointer.y)
        on_cells = pointer.x >= cells.x
        self._take_wheel(layer, component, edit, ctx)
        self._outline(cells, layer, component if on_cells else None, edit, ctx)
        if on_cells and not imgui.is_item_active():
            score = float(scores[layer, component])
            imgui.set_tooltip(_described(layer, component, score, edit, _GESTURES))
        elif not on_cells:
            imgui.set_tooltip(f"Layer {layer}: right click resets, copies or pastes its row.")
        if imgui.is_mouse_clicked(imgui.MouseButton_.right):
            self._row = layer

    def _edit_by_keys(
        self, cells: Cells, components: int, pressed: bool, edit: WEditState, ctx: PanelContext
    ) -> None:
        """Go to a cell by the arrows; change its offset with Shift, by Space and by Delete."""
        layer, component = self._last
        layer = min(layer, cells.layers - 1)
        component = min(max(component, cells.first), cells.first + cells.columns - 1)
        right, down = arrow_steps()
        removes = any(kept_keys(imgui.Key.delete, imgui.Key.backspace))
        value = None
        if imgui.get_io().key_shift:
            change = WHEEL_STEP * (right - down)
            value = offset_of(edit, layer, component) + change if change else None
        else:
            layer = min(max(layer + down, 0), cells.layers - 1)
            component = min(max(component + right, 0), components - 1)
            last_first = max(component - cells.columns + 1, 0)
            edit.first = min(max(cells.first, last_first), component)
        self._last, self._row = (layer, component), layer
        if asks_for_menu():
            imgui.open_popup("row menu")
        elif pressed:
            value = edit.brush
        if removes:
            value = 0.0
        if value is not None:
            self._set(layer, component, value, edit, ctx)

    @staticmethod
    def _set(layer: int, component: int, value: float, edit: WEditState, ctx: PanelContext) -> None:
        """Set the offset of a component in one layer, or in all of them."""
        for each in range(layer_count(ctx)) if edit.all_layers else (layer,):
            set_offsets(edit, each, (component,), value)

    def _paint_with_hand(self, cells: Cells, edit: WEditState, ctx: PanelContext) -> None:
        """Paint with a left drag; remove offsets with Shift, or with a double click on a cell."""
        if not (imgui.is_item_active() or imgui.is_item_deactivated()):
            return
        pointer = imgui.get_mouse_pos()
        cell = cells.at(pointer.x, pointer.y)
        if imgui.is_item_activated():
            self._last = cell
        if pointer.x < cells.x and cell == self._last:
            return
        erases = imgui.get_io().key_shift
        if imgui.is_mouse_double_clicked(imgui.MouseButton_.left):
            erases = True
        elif imgui.is_item_deactivated():
            return
        for layer, component in stroke(self._last, cell):
            self._set(layer, component, 0.0 if erases else edit.brush, edit, ctx)
        self._last = cell

    def _take_wheel(self, layer: int, component: int, edit: WEditState, ctx: PanelContext) -> None:
        io = imgui.get_io()
        imgui.set_item_key_owner(imgui.Key.mouse_wheel_y)
        if io.mouse_wheel:
            value = offset_of(edit, layer, component) + WHEEL_STEP * io.mouse_wheel
            self._set(layer, component, value, edit, ctx)
        if io.mouse_wheel_h:
            edit.first = round(within(edit, "first", edit.first - round(4 * io.mouse_wheel_h)))

    def _draw_row_menu(self, edit: WEditState, ctx: PanelContext) -> None:
        pasted = row_from(imgui.get_clipboard_text())
        count = layer_count(ctx)
        imgui.text_disabled(f"Layer {self._row}")
        if imgui.menu_item_simple("Reset row", enabled=bool(row_of(edit, self._row))):
            set_row(edit, self._row, [])
        if imgui.menu_item_simple("Copy row"):
            imgui.set_clipboard_text(row_text(row_of(edit, self._row)))
        if imgui.menu_item_simple("Paste row", enabled=pasted is not None) and pasted is not None:
            set_row(edit, self._row, pasted)
        if imgui.menu_item_simple("Same for all layers"):
            same = row_of(edit, self._row)
            for layer in range(count):
                set_row(edit, layer, same)
        imgui.separator()
        if imgui.menu_item_simple("Reset all rows", enabled=bool(edit.rows)):
            edit.rows = []

    def _paint_map(
        self, cells: Cells, edit: WEditState, result: NetworkResult, ctx: PanelContext
    ) -> None:
        texture = self._updated(cells, edit, result)
        palette, draw = ctx.host.palette, imgui.get_window_draw_list()
        corner = (cells.x + cells.width, cells.y + cells.height)
        draw.add_image(texture.ref, (cells.x, cells.y), corner)
        with ctx.host.fonts.small_mono():
            line = imgui.get_text_line_height()
            for layer in range(cells.layers):
                top = cells.y + layer * cells.row
                changed = bool(row_of(edit, layer))
                text = f"{layer:>2}"
                at = (cells.x - ctx.host.px(20), top + (cells.row - line) / 2)
                draw.add_text(at, u32(palette.accent if changed else palette.dim), text)
        self._mark_offsets(cells, edit, palette)

    @staticmethod
    def _mark_offsets(cells: Cells, edit: WEditState, palette: Palette) -> None:
        """Draw a dot on every cell with an offset."""
        draw, radius = imgui.get_window_draw_list(), min(cells.column, cells.row) / 6
        for row in edit.rows:
            if row.basis != edit.basis or row.layer >= cells.layers:
                continue
            shown = row.offsets[cells.first : cells.first + cells.columns]
            for column, value in enumerate(shown):
                if value:
                    x = cells.x + (column + 0.5) * cells.column
                    y = cells.y + (row.layer + 0.5) * cells.row
                    draw.add_circle_filled((x, y), radius + 1, u32(palette.stage))
                    draw.add_circle_filled((x, y), radius, u32(palette.text))

    @staticmethod
    def _outline(
        cells: Cells, layer: int, component: int | None, edit: WEditState, ctx: PanelContext
    ) -> None:
        """Outline the cell under the pointer, or its column or row."""
        draw, colour = imgui.get_window_draw_list(), u32(ctx.host.palette.accent)
        top, bottom = cells.y + layer * cells.row, cells.y + (layer + 1) * cells.row
        left, right = cells.x, cells.x + cells.width
        if component is not None:
            left = cells.x + (component - cells.first) * cells.column
            right = left + cells.column
            if edit.all_layers:
                top, bottom = cells.y, cells.y + cells.height
        draw.add_rect((left, top), (right, bottom), colour, 0.0, 1.5)

    @staticmethod
    def _draw_scroll_bar(
        cells: Cells, components: int, edit: WEditState, ctx: PanelContext
    ) -> None:
        height = ctx.host.px(10)
        left = imgui.get_cursor_screen_pos().x + ctx.host.px(20)
        top = imgui.get_cursor_screen_pos().y
        imgui.set_cursor_screen_pos((left, top))
        reachable = imgui.ButtonFlags_.enable_nav
        imgui.invisible_button("components", (cells.width, height), reachable)
        share = cells.columns / components
        right, down = arrow_steps()
        if right or down:
            edit.first = min(max(cells.first + right + down, 0), components - cells.columns)
        elif imgui.is_item_active() and not has_focus():
            at = (imgui.get_mouse_pos().x - left) / cells.width - share / 2
            edit.first = min(max(round(at * components), 0), components - cells.columns)
        last = cells.first + cells.columns - 1
        ctx.ui.tip(f"Components {cells.first} to {last} of {components}; drag to see the others.")
        palette, draw = ctx.host.palette, imgui.get_window_draw_list()
        start = left + cells.first / components * cells.width
        middle = (top + height / 2) - ctx.host.px(2)
        thickness = ctx.host.px(4)
        draw.add_rect_filled(
            (left, middle), (left + cells.width, middle + thickness), u32(palette.frame), 2.0
        )
        colour = palette.accent if imgui.is_item_hovered() else palette.frame_active
        end = start + share * cells.width
        draw.add_rect_filled((start, middle), (end, middle + thickness), u32(colour), 2.0)

    def _updated(self, cells: Cells, edit: WEditState, result: NetworkResult) -> Texture:
        if self._texture is None:
            self._texture = Texture()
        of, now = self._painted_of, (result, edit.span, cells.width, cells.first)
        if of is None or of[0] is not result or of[1:] != now[1:]:
            assert result.scores is not None
            shown = result.scores[:, cells.first : cells.first + cells.columns]
            colours = colourise(shown, -edit.span, edit.span, "diverging")
            rows, columns = math.ceil(cells.row), math.ceil(cells.column)
            self._texture.update(colours.repeat(rows, axis=0).repeat(columns, axis=1))
            self._painted_of = now
        return self._texture


_GESTURES = (
    "Drag paints, Shift+drag or a double click takes away,\n"
    "the wheel moves one cell, right click offers more."
)
_KEYS = (
    "Arrows go to a cell, Space paints it, Delete takes away,\n"
    "Shift+arrows change it, Enter offers more."
)


def _described(layer: int, component: int, score: float, edit: WEditState, how: str) -> str:
    """Return the tooltip of a cell."""
    kind = "direction" if edit.basis == "principal" else "entry"
    return (
        f"layer {layer}, {kind} {component}\n"
        f"w {score:+.2f} σ, of it by hand {offset_of(edit, layer, component):+.2f} σ\n\n{how}"
    )


def stroke(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the cells on the straight line from one to another, both included."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    rows = np.linspace(start[0], end[0], steps + 1).round().astype(int)
    columns = np.linspace(start[1], end[1], steps + 1).round().astype(int)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))
