"""Style mixing: some layers use the w of a second seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.keyboard_focus import arrow_steps, has_focus
from gui_utils.theme import mix as blend
from gui_utils.theme import u32
from viz.panels.common import controls
from viz.state.inputs import MAX_LAYERS, SEED_COUNT, StyleMixState

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext

HEIGHT = 28


class StyleMixPanel:
    """A choice of layers that take their style from another latent."""

    title = "Style mixing"

    def __init__(self) -> None:
        self._painting = True
        self._last_cell = 0

    def draw(self, mix: StyleMixState, ctx: PanelContext) -> None:
        """Draw the controls and apply the user's changes to `mix`."""
        tip = "Painted layers take the w of the second seed."
        controls.check(ctx, mix, "on", "Mix", tip)
        side = imgui.get_frame_height()
        mix.seed = ctx.ui.integer(
            "Seed",
            mix.seed,
            0,
            SEED_COUNT - 1,
            default=1,
            reserve=2 * (side + ctx.host.px(2)),
            tip="The second seed, mapped to w by each network's own mapping network.",
            menu=controls.menu_of(ctx, mix, "seed"),
        )
        imgui.same_line(0, ctx.host.px(2))
        if ctx.ui.icon_button(icons.NONE, "no layer", tip="Take no layer from the second seed."):
            mix.layers = []
        imgui.same_line(0, ctx.host.px(2))
        if ctx.ui.icon_button(icons.ALL, "all layers", tip="Take all layers from the second seed."):
            mix.layers = list(range(layer_count(ctx)))
        self._draw_mask(mix, ctx)

    def _draw_mask(self, mix: StyleMixState, ctx: PanelContext) -> None:
        count = layer_count(ctx)
        if not count:
            ctx.ui.dim("The layers are listed once a network has been loaded.")
            return
        ctx.ui.label("Layers")
        origin, width = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
        height = ctx.host.px(HEIGHT)
        pressed = imgui.invisible_button("mask", (width, height), imgui.ButtonFlags_.enable_nav)
        focused = has_focus()
        if focused:
            self._paint_by_keys(mix, count, pressed)
        else:
            self._paint_by_mouse(mix, count, (imgui.get_mouse_pos().x - origin.x) / width)
        ctx.ui.tip(
            "From the coarsest layer, left, to the finest. Press and drag to paint the layers that "
            "take the second seed. With the focus, Left and Right go to a layer, Space paints it, "
            "and Shift goes on painting."
        )
        if ctx.ui.reset_menu("mask"):
            mix.layers = []
        palette, draw = ctx.host.palette, imgui.get_window_draw_list()
        gap = 1.0 if count > 24 else 2.0
        for index in range(count):
            left = origin.x + index * width / count
            right = origin.x + (index + 1) * width / count - gap
            colour = palette.frame
            if index in mix.layers:
                colour = palette.accent if mix.on else blend(palette.frame, palette.accent, 0.4)
            draw.add_rect_filled((left, origin.y), (right, origin.y + height), u32(colour), 2.0)
            if focused and index == self._last_cell:
                inner = ctx.host.px(2)
                low, high = (
                    (left + inner, origin.y + inner),
                    (right - inner, origin.y + height - inner),
                )
                draw.add_rect(low, high, u32(palette.text), 2.0, thickness=inner)

    def _paint_by_mouse(self, mix: StyleMixState, count: int, at: float) -> None:
        """Paint with the pointer, `at` fractions of the mask's width."""
        cell = min(max(int(at * count), 0), count - 1)
        if imgui.is_item_activated():
            self._painting, self._last_cell = cell not in mix.layers, cell
        if imgui.is_item_active() or imgui.is_item_deactivated():
            self._paint_to(cell, mix)

    def _paint_by_keys(self, mix: StyleMixState, count: int, pressed: bool) -> None:
        """Go to a layer by the arrows, with Shift painting on; change it when it is pressed."""
        self._last_cell = min(self._last_cell, count - 1)
        right, down = arrow_steps()
        cell = min(max(self._last_cell + right + down, 0), count - 1)
        if pressed:
            self._painting = cell not in mix.layers
        if pressed or (cell != self._last_cell and imgui.get_io().key_shift):
            self._paint_to(cell, mix)
        self._last_cell = cell

    def _paint_to(self, cell: int, mix: StyleMixState) -> None:
        mix.layers = painted(mix.layers, self._last_cell, cell, add=self._painting)
        mix.on = mix.on or self._painting
        self._last_cell = cell


def painted(layers: list[int], start: int, end: int, *, add: bool) -> list[int]:
    """Return the selected layers after a stroke from one layer to another inclusive, sorted."""
    stroke = set(range(min(start, end), max(start, end) + 1))
    return sorted(set(layers) | stroke if add else set(layers) - stroke)


def layer_count(ctx: PanelContext) -> int:
    """Return the largest number of w vectors of any network; 0 while none is known."""
    counts = [
        summary.num_ws
        for slot in range(len(ctx.state.networks))
        if (summary := ctx.model.summary_of(slot)) is not None
    ]
    return min(max(counts, default=0), MAX_LAYERS)
