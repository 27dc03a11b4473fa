"""The table of a network's layers: as many columns as fit, the rest in a tooltip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.labels import number_text
from gui_utils.texture import Texture
from gui_utils.theme import u32
from viz.panels.layers.edits import changed_layers, draw_row_menu
from viz.protocol.result import LayerFigures, LayerRow, NetworkResult

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.state.instruments import LayersState

STRIP_PX = 24
HEAD_PX = 20
FEWEST_ROWS = 4
NAME_PX = 72
"""Width reserved for the names of layers."""
PADDING_PX = 5

Figure = Callable[[LayerRow, LayerFigures | None], str]


@dataclass(frozen=True)
class Column:
    """A column of numbers."""

    name: str
    tip: str
    characters: int
    rank: int
    """Priority: columns with the lowest rank stay if not all fit."""
    text: Figure


SHORT_TYPES = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16", "float64": "fp64"}

COLUMNS = (
    Column("Size", "Width of its feature maps in pixels, margin included.", 4, 0, lambda row, _:
           f"{row.width}"),
    Column("Rate", "Sampling rate, in cycles/picture.", 4, 1, lambda row, _:
           f"{row.sampling_rate:.0f}"),
    Column("Cutoff", "Cutoff of its low-pass filter, in cycles/picture.", 6, 2, lambda row, _:
           f"{row.cutoff:.1f}"),
    Column("Stopband", "Start of the filter's stopband, in cycles/picture.", 7, 4,
           lambda row, _: number_text(row.stopband, 1)),
    Column("Up/down", "Up- and downsampling factors around its nonlinearity.", 6, 5, lambda row, _:
           f"{row.up}/{row.down}"),
    Column("Maps", "Number of feature maps (channels).", 4, 3, lambda row, _: f"{row.channels}"),
    Column("σ", "Standard deviation over all of its feature maps, in the newest picture.", 6, 6,
           lambda _, now: number_text(now.std if now else None, 2)),
    Column("Type", "Number format in which it was computed.", 4, 7, lambda _, now:
           SHORT_TYPES.get(now.dtype, now.dtype) if now else number_text(None, 0)),
)  # fmt: skip


class LayerTable:
    """The table, in which a click chooses a layer."""

    def __init__(self) -> None:
        self._strip: Texture | None = None
        self._strip_of: NetworkResult | None = None
        self._shown_at = ""
        """Chosen layer to which the table has last scrolled."""

    def draw(
        self, rows: tuple[LayerRow, ...], layers: LayersState, below: float, ctx: PanelContext
    ) -> None:
        """Draw the table without cut rows.

        Args:
            rows: The layers.
            layers: State whose `layer` is set by a click.
            below: Height needed below the table.
            ctx: Model, commands and widgets.
        """
        result = ctx.model.result_of(ctx.model.layer_slot)
        strip = self._updated_strip(result)
        figures = result.figures if result is not None else ()
        row_height = ctx.host.px(STRIP_PX)
        height = ctx.host.px(HEAD_PX) + whole_rows(
            len(rows), imgui.get_content_region_avail().y - below, row_height + ctx.host.px(1)
        )
        flags = (
            imgui.TableFlags_.scroll_y
            | imgui.TableFlags_.sizing_fixed_fit
            | imgui.TableFlags_.pad_outer_x
        )
        columns = self._fitting(ctx)
        imgui.push_style_var(imgui.StyleVar_.cell_padding, (ctx.host.px(PADDING_PX), 0))
        imgui.push_style_var(imgui.StyleVar_.item_spacing, (ctx.host.px(8), 0))
        if imgui.begin_table(f"layers {len(columns)}", 2 + len(columns), flags, (0, height)):
            self._draw_head(columns, ctx)
            for index, row in enumerate(rows):
                now = figures[index] if index < len(figures) else None
                self._draw_row(index, row, now, len(rows), columns, strip, layers, ctx)
            imgui.end_table()
            ctx.mark("layers")
        imgui.pop_style_var(2)
        with ctx.host.fonts.small():
            ctx.ui.text(
                "Size in px; rate, cutoff and stopband in cycles/picture", ctx.host.palette.dim
            )

    def free(self) -> None:
        """Free the texture."""
        if self._strip is not None:
            self._strip.free()
            self._strip = None

    def _fitting(self, ctx: PanelContext) -> tuple[Column, ...]:
        """Return the columns that fit, in order."""
        padding = 2 * ctx.host.px(PADDING_PX)
        room = imgui.get_content_region_avail().x - imgui.get_style().scrollbar_size
        room -= ctx.host.px(STRIP_PX) + ctx.host.px(NAME_PX) + 2 * padding
        with ctx.host.fonts.mono():
            character = imgui.calc_text_size("0").x
        kept = []
        for column in sorted(COLUMNS, key=lambda one: one.rank):
            room -= column.characters * character + padding
            if room >= 0:
                kept.append(column)
        return tuple(column for column in COLUMNS if column in kept)

    def _draw_head(self, columns: tuple[Column, ...], ctx: PanelContext) -> None:
        imgui.table_setup_scroll_freeze(0, 1)
        fixed, host = imgui.TableColumnFlags_.width_fixed, ctx.host
        imgui.table_setup_column("map", fixed, host.px(STRIP_PX))
        imgui.table_setup_column("layer", imgui.TableColumnFlags_.width_stretch)
        with host.fonts.mono():
            character = imgui.calc_text_size("0").x
        for column in columns:
            imgui.table_setup_column(column.name, fixed, column.characters * character)
        imgui.table_next_row(0, host.px(HEAD_PX))
        heads = [("Layer", "Click a layer to see its feature maps; [ and ] go up and down.")]
        heads += [(column.name, column.tip) for column in columns]
        with host.fonts.small():
            for index, (name, tip) in enumerate(heads, start=1):
                imgui.table_set_column_index(index)
                if index > 1:
                    _right_align(name)
                ctx.ui.text(name, host.palette.dim)
                ctx.ui.tip(tip)

    def _draw_row(
        self,
        index: int,
        row: LayerRow,
        now: LayerFigures | None,
        count: int,
        columns: tuple[Column, ...],
        strip: Texture | None,
        layers: LayersState,
        ctx: PanelContext,
    ) -> None:
        height, palette = ctx.host.px(STRIP_PX), ctx.host.palette
        chosen = row.name == layers.layer
        imgui.table_next_row(0, height + ctx.host.px(1))
        imgui.table_set_column_index(0)
        flags = imgui.SelectableFlags_.span_all_columns | imgui.SelectableFlags_.allow_overlap
        place = imgui.get_cursor_pos()
        if imgui.selectable(f"##{row.name}", chosen, flags, (0, height))[0]:
            layers.layer, layers.first_channel = row.name, 0
        ctx.ui.tip(described(row, now))
        if imgui.begin_popup_context_item(f"menu {row.name}"):
            draw_row_menu(row, ctx)
            imgui.end_popup()
        if chosen and self._shown_at != row.name:
            self._shown_at = row.name
            self._scroll_to(index, ctx)
        imgui.set_cursor_pos(place)
        if strip is not None:
            imgui.image(strip.ref, (height, height), (0, index / count), (1, (index + 1) / count))
        nudge = (height - imgui.get_text_line_height()) / 2
        imgui.table_set_column_index(1)
        imgui.set_cursor_pos_y(imgui.get_cursor_pos_y() + nudge)
        ctx.ui.text(short_name(row.name), palette.text if chosen else palette.dim)
        if row.name in changed_layers(ctx):
            imgui.same_line(0, ctx.host.px(5))
            at, radius = imgui.get_cursor_screen_pos(), ctx.host.px(3)
            middle = at.y + imgui.get_text_line_height() / 2
            imgui.get_window_draw_list().add_circle_filled(
                (at.x + radius, middle), radius, u32(palette.accent)
            )
            imgui.new_line()
        with ctx.host.fonts.mono():
            for cell, column in enumerate(columns, start=2):
                imgui.table_set_column_index(cell)
                imgui.set_cursor_pos_y(imgui.get_cursor_pos_y() + nudge)
                text = column.text(row, now)
                _right_align(text)
                ctx.ui.text(text, palette.text)

    @staticmethod
    def _scroll_to(index: int, ctx: PanelContext) -> None:
        """Scroll the last drawn row into view."""
        top = imgui.get_window_pos().y + ctx.host.px(HEAD_PX)
        low, high = imgui.get_item_rect_min().y, imgui.get_item_rect_max().y
        if low < top - 1 or high > imgui.get_window_pos().y + imgui.get_window_height() + 1:
            row_height = ctx.host.px(STRIP_PX) + ctx.host.px(1)
            imgui.set_scroll_y(max(0, index - FEWEST_ROWS // 2) * row_height)

    def _updated_strip(self, result: NetworkResult | None) -> Texture | None:
        if result is not None and result.strip is not None and result is not self._strip_of:
            self._strip = self._strip or Texture()
            count, height, width = result.strip.shape
            self._strip.update(result.strip.reshape(count * height, width))
            self._strip_of = result
        return self._strip


def short_name(name: str) -> str:
    """Return a layer's name without size and channels, which have their own columns."""
    return name.split("_", maxsplit=1)[0]


def described(row: LayerRow, now: LayerFigures | None) -> str:
    """Return the tooltip of a layer, with all its properties."""
    lines = [
        row.name,
        f"{row.channels} maps of {row.width} × {row.height} px",
        f"rate {row.sampling_rate:.0f}, cutoff {row.cutoff:.2f}, "
        f"stopband {number_text(row.stopband, 2)} cycles/picture",
        f"up {row.up}, down {row.down}{', critically sampled' if row.critical else ''}",
    ]
    if now is not None:
        lines.append(
            f"{now.dtype}: mean {now.mean:.3g}, σ {now.std:.3g}, {now.low:.3g} to {now.high:.3g}"
        )
    return "\n".join(lines) + "\n\nClick to inspect it, right click to change it."


def whole_rows(count: int, space: float, row_height: float) -> float:
    """Return the height of a table body that cuts no row, fits the rows, and is never very small.

    Args:
        count: Number of rows.
        space: Available height.
        row_height: Height of a row.
    """
    return min(count, max(FEWEST_ROWS, int(space // row_height))) * row_height


def _right_align(text: str) -> None:
    room = imgui.get_content_region_avail().x - imgui.calc_text_size(text).x
    imgui.set_cursor_pos_x(imgui.get_cursor_pos_x() + max(0.0, room))
