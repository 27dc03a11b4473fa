"""The layers of a network, and the feature maps of the chosen layer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.colour_scale import colour_scale
from gui_utils.labels import number_text, shortened
from gui_utils.resample import for_display
from gui_utils.texture import Texture
from gui_utils.theme import Palette, u32
from viz.panels.common import controls, layout
from viz.panels.common.actions import Action, Chord, Run, go_to
from viz.panels.common.context import PanelContext, within
from viz.panels.layers.edits import draw_changes
from viz.panels.layers.mosaic import Mosaic
from viz.panels.layers.table import LayerTable, short_name
from viz.protocol.names import LETTERS
from viz.state.instruments import with_valid_layer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.protocol.request import MapsOf
    from viz.protocol.result import FeatureMaps, LayerRow
    from viz.state.app_state import AppState
    from viz.state.instruments import LayersState

AROUND_MAPS_PX = 166
"""Height of everything between the table's last row and the maps."""
PAGE_SIZES = (1, 4, 16, 64)
MODES: tuple[tuple[MapsOf, str], ...] = (
    ("channels", "Maps"),
    ("mean", "Mean"),
    ("max", "Max"),
    ("pca", "PCA"),
)
DEVIATIONS_SHOWN = 3.0


class LayersPanel:
    """A table of layers, the feature maps of the chosen layer, and one map enlarged."""

    title = "Layers"

    def __init__(self) -> None:
        self._table = LayerTable()
        self._maps: Texture | None = None
        self._maps_of: tuple[FeatureMaps, Mosaic, float, float, Palette] | None = None

    def draw(self, layers: LayersState, ctx: PanelContext) -> None:
        """Draw the table and the maps, and apply the user's choice of layer and channel."""
        choose_slot(layers, ctx)
        summary = ctx.model.summary_of(ctx.model.layer_slot)
        if summary is None:
            ctx.ui.dim(
                "The layers are listed once the network has been loaded."
                if ctx.state.networks
                else "Open a network to look into its layers."
            )
            return
        rows = summary.layers
        ctx.state.layers = layers = with_valid_layer(layers, rows)
        chosen = next(row for row in rows if row.name == layers.layer)
        shown = min(layers.channel_count, chosen.channels - layers.first_channel)
        shown = shown if layers.of == "channels" else 1
        columns = math.ceil(math.sqrt(shown))
        maps_height = imgui.get_content_region_avail().x * math.ceil(shown / columns) / columns
        self._table.draw(rows, layers, maps_height + ctx.host.px(AROUND_MAPS_PX), ctx)
        imgui.spacing()
        self._draw_header(chosen, layers, ctx)
        draw_changes(chosen, ctx)
        controls.choose(
            ctx,
            layers,
            "of",
            "Show",
            MODES,
            "Single feature maps; or for each pixel over all maps: mean, largest"
            " magnitude, or the three principal components as red, green and blue.",
        )
        result = ctx.model.result_of(ctx.model.layer_slot)
        maps = result.maps if result is not None else None
        if maps is None or maps.layer != layers.layer or maps.of != layers.of:
            ctx.ui.dim("Waiting for the maps …")
            return
        self._draw_statistics(maps, ctx)
        if maps.of != "pca":
            self._draw_scale(maps, layers, ctx)
        self._draw_maps(maps, layers, ctx)

    def free(self) -> None:
        """Free the textures."""
        self._table.free()
        if self._maps is not None:
            self._maps.free()
            self._maps = None

    def _draw_header(self, row: LayerRow, layers: LayersState, ctx: PanelContext) -> None:
        """Draw the name of the chosen layer and, at the right end, the range of channels shown."""
        imgui.align_text_to_frame_padding()
        right = imgui.get_cursor_pos_x() + imgui.get_content_region_avail().x
        ctx.ui.heading(short_name(row.name))
        name_end = imgui.get_item_rect_max().x - imgui.get_window_pos().x
        last = min(layers.first_channel + layers.channel_count, row.channels)
        digits = len(str(row.channels))
        pages = f"{layers.first_channel:>{digits}}–{last - 1:>{digits}} of {row.channels}"
        with ctx.host.fonts.mono():
            pages_width = imgui.calc_text_size(pages).x
        side, gap, chip = imgui.get_frame_height(), ctx.host.px(4), ctx.host.px(24)
        chips_width = len(PAGE_SIZES) * chip + (len(PAGE_SIZES) - 1) * ctx.host.px(2)
        at = right - chips_width - pages_width - 2 * side - 4 * gap
        if at > name_end + gap:  # otherwise the pages get a line of their own
            imgui.same_line(at)
        if ctx.ui.icon_button(
            icons.LEFT, "page back", tip="Previous channels.", enabled=layers.first_channel > 0
        ):
            layers.first_channel = max(0, layers.first_channel - layers.channel_count)
        imgui.same_line(0, gap)
        with ctx.host.fonts.mono():
            ctx.ui.text(pages)
        imgui.same_line(0, gap)
        if ctx.ui.icon_button(
            icons.RIGHT, "page on", tip="Next channels.", enabled=last < row.channels
        ):
            layers.first_channel += layers.channel_count
        imgui.same_line(0, 2 * gap)
        for size in PAGE_SIZES:
            if ctx.ui.chip(f"{size}", size == layers.channel_count, chip):
                layers.channel_count = size
                layers.first_channel -= layers.first_channel % size
            ctx.ui.tip(f"{size} maps at a time.")
            imgui.same_line(0, ctx.host.px(2))
        imgui.new_line()

    def _draw_statistics(self, maps: FeatureMaps, ctx: PanelContext) -> None:
        gap = ctx.host.px(4)
        for index, (name, value) in enumerate(
            (("Mean", maps.mean), ("σ", maps.std), ("Min", maps.low), ("Max", maps.high))
        ):
            figure = number_text(value, 2, 6)
            with ctx.host.fonts.mono():
                width = imgui.calc_text_size(figure).x
            if index:
                ctx.ui.flow(imgui.calc_text_size(name).x + gap + width, 12)
            ctx.ui.text(name, ctx.host.palette.dim)
            imgui.same_line(0, gap)
            with ctx.host.fonts.mono():
                imgui.text_unformatted(figure)

    def _draw_scale(self, maps: FeatureMaps, layers: LayersState, ctx: PanelContext) -> None:
        if maps.std <= 0:
            return
        widest = DEVIATIONS_SHOWN * maps.std
        span = widest / layers.gain
        _low, high = colour_scale(
            ctx.ui,
            "maps",
            (-span, span),
            "diverging",
            default=(-widest, widest),
            decimals=2,
            symmetric=True,
            tip="Values of the colours; by default ± three standard deviations of the layer.",
        )
        if high != span:
            layers.gain = within(layers, "gain", widest / high)

    def _draw_maps(self, maps: FeatureMaps, layers: LayersState, ctx: PanelContext) -> None:
        count, height, width = maps.maps.shape
        count = 1 if maps.of == "pca" else count
        if count == 0:
            return
        space = imgui.get_content_region_avail()
        room = max(space.y, ctx.host.px(96))
        mosaic = Mosaic.of(count, height, width, space.x / room)
        rows, columns = mosaic.size
        zoom = min(space.x / columns, room / rows)
        texture = self._updated_maps(maps, mosaic, layers.gain, columns * zoom, ctx)
        origin = imgui.get_cursor_screen_pos()
        imgui.image(texture.ref, (columns * zoom, rows * zoom))
        pointer = imgui.get_io().mouse_pos
        if not imgui.is_item_hovered():
            return
        found = mosaic.at((pointer.x - origin.x) / zoom, (pointer.y - origin.y) / zoom)
        if found is not None:
            index, y, x = found
            if maps.of == "channels" and imgui.is_mouse_double_clicked(imgui.MouseButton_.left):
                layers.first_channel, layers.channel_count = maps.first_channel + index, 1
            imgui.set_tooltip(described(maps, index, y, x))

    def _updated_maps(
        self, maps: FeatureMaps, mosaic: Mosaic, gain: float, drawn_width: float, ctx: PanelContext
    ) -> Texture:
        palette = ctx.host.palette
        if self._maps is None:
            self._maps = Texture()
        of = self._maps_of
        if of is None or of[0] is not maps or of[1:] != (mosaic, gain, drawn_width, palette):
            span = DEVIATIONS_SHOWN * maps.std / gain
            red, green, blue = (round(255 * part) for part in palette.window)
            if maps.of == "pca":
                picture = in_colours(maps.maps, DEVIATIONS_SHOWN)
            else:
                picture = mosaic.compose(maps.maps, -span, span, (red, green, blue))
            self._maps.update(for_display(picture, drawn_width))
            self._maps_of = (maps, mosaic, gain, drawn_width, palette)
        return self._maps


def in_colours(components: NDArray[np.float32], span: float) -> NDArray[np.uint8]:
    """Draw three maps as red, green and blue: [height, width, 3] uint8; 0 is mid-grey.

    Args:
        components: [3, height, width].
        span: Value at which a colour is saturated.
    """
    return np.clip(128 + components.transpose(1, 2, 0) * (127 / span), 0, 255).astype(np.uint8)


def described(maps: FeatureMaps, index: int, y: int, x: int) -> str:
    """Return the tooltip of a pixel of a map."""
    match maps.of:
        case "channels":
            name = f"channel {maps.first_channel + index}"
        case "pca":
            values = ", ".join(f"{value:+.2f}" for value in maps.maps[:, y, x])
            return f"principal components, in σ\n({x}, {y}) px   {values}"
        case "mean":
            name = "mean of all channels"
        case _:
            name = "largest magnitude of all channels"
    return f"{name}\n({x}, {y}) px   {maps.maps[index, y, x]:+.3f}"


def choose_slot(layers: LayersState, ctx: PanelContext) -> None:
    """Draw buttons that choose the inspected network; nothing with a single network."""
    count = len(ctx.state.networks)
    if count < 2:
        return
    gap = ctx.host.px(2)
    width = (imgui.get_content_region_avail().x - gap * (count - 1)) / count
    room = width - 2 * imgui.get_style().frame_padding.x - ctx.host.px(16)
    named = all(imgui.calc_text_size(ctx.model.label(slot)).x <= room for slot in range(count))
    for slot in range(count):
        if slot:
            imgui.same_line(0, gap)
        if imgui.button(f"##slot{slot}", (width, 0)):
            layers.slot, layers.first_channel = slot, 0
        ctx.ui.tip(f"Inspect network {LETTERS[slot]}, {ctx.model.label(slot)}.")
        _paint_slot(slot, slot == ctx.model.layer_slot, named or count == 2, ctx)


def _paint_slot(slot: int, chosen: bool, named: bool, ctx: PanelContext) -> None:
    """Draw letter and name on the last drawn button; the chosen one is underlined in its colour.

    Args:
        slot: Slot of the network.
        chosen: True if this network is inspected.
        named: True if there is room for names; otherwise only the letter is drawn.
        ctx: Model, commands and widgets.
    """
    palette, draw = ctx.host.palette, imgui.get_window_draw_list()
    low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
    padding, space = imgui.get_style().frame_padding, ctx.host.px(16 if named else 8)
    room = high.x - low.x - 2 * padding.x - space
    name = ctx.model.label(slot) if named else ""
    name = shortened(name, room, lambda text: imgui.calc_text_size(text).x)
    left = low.x + padding.x + max(0.0, (room - imgui.calc_text_size(name).x) / 2)
    top = low.y + padding.y
    draw.add_text((left + space, top), u32(palette.text if chosen else palette.dim), name)
    with ctx.host.fonts.heading():
        draw.add_text((left, top), u32(ctx.colour(slot)), LETTERS[slot])
    if chosen:
        line = ctx.host.px(2)
        draw.add_rect_filled((low.x, high.y - line), (high.x, high.y), u32(ctx.colour(slot)))


def step_layer(layers: LayersState, rows: tuple[LayerRow, ...], by: int) -> None:
    """Go to the layer `by` rows further down the table, if there is one."""
    names = [row.name for row in rows]
    if not names:
        return
    index = names.index(layers.layer) if layers.layer in names else len(names) // 2
    layers.layer = names[min(max(index + by, 0), len(names) - 1)]
    layers.first_channel = 0


def _step_layer(by: int) -> Run:
    def run(state: AppState, ctx: PanelContext) -> None:
        summary = ctx.model.summary_of(ctx.model.layer_slot)
        if summary is not None:
            step_layer(state.layers, summary.layers, by)

    return run


ACTIONS: tuple[Action, ...] = (
    Action(
        "Layer up",
        "Inspect the previous layer.",
        _step_layer(-1),
        keys=(Chord(imgui.Key.left_bracket, "[", repeats=True),),
    ),
    Action(
        "Layer down",
        "Inspect the next layer.",
        _step_layer(1),
        keys=(Chord(imgui.Key.right_bracket, "]", repeats=True),),
    ),
    go_to(layout.LAYERS),
)
