"""The pictures, side by side, and the gestures on them."""

from __future__ import annotations

import math

import numpy as np
from imgui_bundle import imgui
from numpy.typing import NDArray

from gui_utils.gestures import drag_step
from gui_utils.labels import figure_text, shortened
from gui_utils.resample import for_display
from gui_utils.texture import Texture
from gui_utils.theme import u32
from viz.panels import hints
from viz.panels.context import KIND_NAMES, LETTERS, PanelContext, within
from viz.panels.geometry import Rect, arrange, fitted_size, placed, turn_between, zoomed_at
from viz.panels.transform import reset_place
from viz.protocol import NetworkResult
from viz.state import MAX_NETWORKS, AppState

GAP = 12
LINE = 24
"""Height of the title above a picture and of the caption below it."""
ZOOM_STEP = 1.15
SCALE_STEP = 1.05


class StagePanel:
    """Shows every network's picture, all under the same view."""

    title = "Stage"

    def __init__(self) -> None:
        self._textures: list[Texture] = []
        self._held: list[tuple[NDArray[np.uint8], float] | None] = []
        self._shown: list[NetworkResult | None] = [None] * MAX_NETWORKS
        self.picture_rects: dict[int, Rect] = {}
        """Where each shown picture lies in the window, by slot, whole even where clipped."""

    def draw(self, state: AppState, ctx: PanelContext) -> None:
        """Draw the pictures and apply what is done to them to transform and view."""
        self.picture_rects = {}
        slots = shown_slots(state)
        where, space = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail()
        foot = ctx.host.px(40)
        area = Rect(where.x, where.y, space.x, space.y - foot)
        if not slots:
            self._draw_empty(area, ctx)
            return
        line = ctx.host.px(LINE)
        for slot, cell in zip(
            slots, arrange(len(slots), area, ctx.host.px(GAP), line, line), strict=True
        ):
            imgui.push_id(slot)
            self._draw_one(slot, cell, state, ctx)
            imgui.pop_id()
        lowest = max(min(one.bottom, area.bottom - line) for one in self.picture_rects.values())
        self._draw_hint(Rect(area.x, lowest + line, area.width, foot), state, ctx)

    def free(self) -> None:
        """Give the textures back."""
        for texture in self._textures:
            texture.free()
        self._textures.clear()
        self._held.clear()

    def _newest(self, slot: int, ctx: PanelContext) -> NetworkResult | None:
        """The slot's newest result with a picture: the one before stays through an error."""
        result = ctx.result_of(slot)
        shown = self._shown[slot]
        if result is not None and result.picture is not None:
            self._shown[slot] = shown = result
        elif shown is not None and shown.source != ctx.state.networks[slot].source:
            self._shown[slot] = shown = None
        return shown

    def _texture(self, slot: int, picture: NDArray[np.uint8], drawn_width: float) -> Texture:
        """The slot's texture, holding the picture as it is needed at that width."""
        while len(self._textures) <= slot:
            self._textures.append(Texture())
            self._held.append(None)
        held = self._held[slot]
        if held is None or held[0] is not picture or held[1] != drawn_width:
            self._textures[slot].update(for_display(picture, drawn_width))
            self._held[slot] = (picture, drawn_width)
        return self._textures[slot]

    def _draw_one(self, slot: int, cell: Rect, state: AppState, ctx: PanelContext) -> None:
        result = ctx.result_of(slot)
        shown = self._newest(slot, ctx)
        picture = shown.picture if shown is not None else None
        pixels = picture.shape[1] if picture is not None else 64
        side = fitted_size(pixels, cell)
        view = state.view
        rect = placed(side, cell, view.zoom, (view.pan_x, view.pan_y))
        self.picture_rects[slot] = rect
        visible = _overlap(rect, cell)
        draw = imgui.get_window_draw_list()
        if picture is not None:
            texture = self._texture(slot, picture, rect.width)
            draw.push_clip_rect((cell.x, cell.y), (cell.right, cell.bottom), True)
            draw.add_image(texture.ref, (rect.x, rect.y), (rect.right, rect.bottom))
            draw.pop_clip_rect()
        else:
            self._draw_waiting(visible, result, ctx)
        self._draw_title(slot, visible, ctx)
        self._draw_caption(visible, result, rect.width / pixels if shown else None, ctx)
        imgui.set_cursor_screen_pos((visible.x, visible.y))
        flags = imgui.ButtonFlags_.mouse_button_left | imgui.ButtonFlags_.mouse_button_middle
        imgui.invisible_button("picture", (visible.width, visible.height), flags)
        self._gestures(rect, cell, side, state)

    def _gestures(self, rect: Rect, cell: Rect, side: float, state: AppState) -> None:
        io, transform, view = imgui.get_io(), state.transform, state.view
        pointer = (io.mouse_pos.x, io.mouse_pos.y)
        if step := drag_step(imgui.MouseButton_.middle):
            view.pan_x += step[0] / rect.width
            view.pan_y += step[1] / rect.height
        elif step := drag_step(imgui.MouseButton_.left):
            if io.key_shift:
                before = (pointer[0] - step[0], pointer[1] - step[1])
                turned = transform.angle_rad + turn_between(rect.centre, before, pointer)
                transform.angle_rad = math.remainder(turned, 2 * math.pi)
                hints.done(view, "turn")
            else:
                transform.x = within(transform, "x", transform.x + step[0] / rect.width)
                transform.y = within(transform, "y", transform.y + step[1] / rect.height)
                hints.done(view, "drag")
        if not imgui.is_item_hovered():
            return
        imgui.set_mouse_cursor(imgui.MouseCursor_.hand)
        if imgui.is_mouse_double_clicked(imgui.MouseButton_.left):
            reset_place(transform)
            view.zoom, view.pan_x, view.pan_y = 1.0, 0.0, 0.0
        if io.mouse_wheel and io.key_ctrl:
            scale = transform.scale * SCALE_STEP**io.mouse_wheel
            transform.scale = within(transform, "scale", scale)
            hints.done(view, "scale")
        elif io.mouse_wheel:
            zoom = within(view, "zoom", view.zoom * ZOOM_STEP**io.mouse_wheel)
            pan = (view.pan_x, view.pan_y)
            view.pan_x, view.pan_y = zoomed_at(pointer, cell, side, view.zoom, pan, zoom)
            view.zoom = zoom
            hints.done(view, "zoom")

    def _draw_title(self, slot: int, rect: Rect, ctx: PanelContext) -> None:
        palette, draw = ctx.host.palette, imgui.get_window_draw_list()
        y = rect.y - ctx.host.px(LINE)
        summary = ctx.summary_of(slot)
        kind = KIND_NAMES.get(summary.kind, summary.kind) if summary else ""
        facts = f"{kind} · {summary.resolution}²" if summary else ""
        facts_width = imgui.calc_text_size(facts).x
        with ctx.host.fonts.heading():
            draw.add_text((rect.x, y), u32(ctx.colour(slot)), LETTERS[slot])
            left, name = rect.x + ctx.host.px(18), ctx.label(slot)
            room = rect.right - left
            beside = room - facts_width - ctx.host.px(12)
            if imgui.calc_text_size(name).x <= beside:
                room = beside
            else:
                facts = ""  # the name goes first where there is no room for both
            fitting = shortened(name, room, lambda text: imgui.calc_text_size(text).x)
            draw.add_text((left, y), u32(palette.text), fitting)
        draw.add_text((rect.right - facts_width, y), u32(palette.dim), facts)

    def _draw_caption(
        self, rect: Rect, result: NetworkResult | None, zoom: float | None, ctx: PanelContext
    ) -> None:
        """What the picture took and how much it is enlarged (None without one); or the error."""
        palette, draw = ctx.host.palette, imgui.get_window_draw_list()
        y = rect.bottom + ctx.host.px(6)
        if result is not None and result.error and zoom is not None:
            with ctx.host.fonts.small():
                text = shortened(result.error, rect.width, lambda one: imgui.calc_text_size(one).x)
                draw.add_text((rect.x, y), u32(palette.error), text)
            return
        known = result is not None and result.picture is not None
        took = result.mapping_ms + result.synthesis_ms if result is not None and known else None
        enlarged = f"{figure_text(zoom, 1)}×"
        with ctx.host.fonts.figure():
            draw.add_text((rect.x, y), u32(palette.dim), f"{figure_text(took, 1)} ms")
            width = imgui.calc_text_size(enlarged).x
            draw.add_text((rect.right - width, y), u32(palette.dim), enlarged)

    def _draw_waiting(self, rect: Rect, result: NetworkResult | None, ctx: PanelContext) -> None:
        palette, draw = ctx.host.palette, imgui.get_window_draw_list()
        draw.add_rect_filled((rect.x, rect.y), (rect.right, rect.bottom), u32(palette.bar))
        failed = result is not None and result.error
        text = result.error if result is not None and failed else "Reading the network …"
        colour = palette.error if failed else palette.dim
        width = rect.width - ctx.host.px(32)
        size = imgui.calc_text_size(text, False, width)
        x, y = rect.centre
        imgui.set_cursor_screen_pos((x - size.x / 2, y - size.y / 2))
        imgui.push_text_wrap_pos(imgui.get_cursor_pos_x() + size.x + 1)
        ctx.ui.text(text, colour)
        imgui.pop_text_wrap_pos()

    def _draw_empty(self, area: Rect, ctx: PanelContext) -> None:
        text = "Drop a network file here, or open one (Ctrl+O)."
        size = imgui.calc_text_size(text)
        x, y = area.centre
        imgui.set_cursor_screen_pos((x - size.x / 2, y - size.y / 2))
        ctx.ui.text(text, ctx.host.palette.dim)
        width = ctx.host.px(120)
        imgui.set_cursor_screen_pos((x - width / 2, y + size.y))
        if imgui.button("Open …", (width, 0)):
            ctx.commands.choose_file(None)

    def _draw_hint(self, area: Rect, state: AppState, ctx: PanelContext) -> None:
        text = hints.current(state.view)
        if not text:
            return
        size = imgui.calc_text_size(text)
        x, y = area.centre
        draw = imgui.get_window_draw_list()
        draw.add_text((x - size.x / 2, y - size.y / 2), u32(ctx.host.palette.text), text)


def shown_slots(state: AppState) -> list[int]:
    """The slots on the stage: the focused one, or all."""
    count = len(state.networks)
    if 0 <= state.view.focus < count:
        return [state.view.focus]
    return list(range(count))


def _overlap(first: Rect, second: Rect) -> Rect:
    """The common part; at least a pixel, at the second's centre if there is none."""
    left, top = max(first.x, second.x), max(first.y, second.y)
    right, bottom = min(first.right, second.right), min(first.bottom, second.bottom)
    if right - left < 1 or bottom - top < 1:
        return Rect(*second.centre, 1, 1)
    return Rect(left, top, right - left, bottom - top)
