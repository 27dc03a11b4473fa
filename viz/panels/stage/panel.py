"""The stage: pictures side by side or compared, and the gestures on them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.gestures import drag_step
from gui_utils.keyboard_focus import arrow_steps, asks_for_menu
from gui_utils.labels import shortened
from gui_utils.theme import u32
from viz.model.comparison import Cell, cells_of
from viz.panels.atlas.panel import AtlasPanel
from viz.panels.common import hints
from viz.panels.common.context import PanelContext, within
from viz.panels.common.picture_geometry import (
    Rect,
    arrange,
    fitted_size,
    is_smooth,
    moved_corners,
    placed,
    turn_between,
    zoomed_at,
)
from viz.panels.common.picture_textures import PictureTextures
from viz.panels.inputs.transform import reset_place
from viz.panels.recording.slit_scan import drags_line, draw_line
from viz.panels.stage import captions
from viz.panels.stage.dragging import PointDragging
from viz.panels.stage.dragging import is_shown as points_are_dragged
from viz.panels.stage.dragging_bar import draw_bar
from viz.panels.stage.gallery import GalleryPanel
from viz.panels.stage.magnifier import draw_magnifier
from viz.panels.stage.picture_frame import PictureFrame
from viz.panels.stage.picture_keys import SCALE_STEP, ZOOM_STEP, move_by_keys
from viz.panels.stage.picture_menu import MENU_NAME, draw_picture_menu
from viz.panels.stage.waiting import draw_empty, draw_waiting
from viz.state.timeline import take_over

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from viz.model.atlas_tiles import AtlasTiles
    from viz.model.pictures import Picture
    from viz.panels.common.actions import Action
    from viz.state.app_state import AppState
    from viz.state.inputs import TransformState

GAP = 12
LINE = 24
"""Height of the title above a picture and of the caption below it, in pixels at a scale of 1."""
NOTE = 20
"""Height of the line that says what to see in a picture, in pixels at a scale of 1."""
FOOT = 40
"""Height of the hint, or of the atlas's bar, in pixels at a scale of 1."""
_BLANK = (64, 64)
"""Height and width of a picture that nothing is known of, in pixels."""
SPLIT_STEP = 0.02
"""Step of the divider by an arrow, in fractions of the picture."""


class StagePanel:
    """The pictures of all networks, with the same zoom and pan.

    Args:
        tiles: Tiles of the networks' planes, for the atlas.
    """

    title = "Stage"

    def __init__(self, tiles: AtlasTiles) -> None:
        self._textures = PictureTextures()
        self.atlas = AtlasPanel(tiles)
        self.gallery = GalleryPanel()
        self._points = PointDragging()
        self.picture_rects: dict[int, Rect] = {}
        """Rectangle of each shown picture in the window, by slot; whole even if clipped."""
        self.cell_rects: dict[str, Rect] = {}
        """Rectangle of each cell in the window, by key."""
        self._pointed: tuple[float, float] | None = None
        """Position under the pointer, in fractions of the picture it is on."""
        self._notes: dict[int, str] = {}
        """What to see in each picture, by slot, while the hints last."""
        self._actions: Sequence[Action] = ()
        self._chosen: list[Action] = []
        """Chosen in the menu of a picture in this frame."""

    def draw(self, state: AppState, ctx: PanelContext, actions: Sequence[Action] = ()) -> None:
        """Draw the pictures, and apply the user's gestures to transform and view.

        Args:
            state: The whole state.
            ctx: Model, commands and widgets.
            actions: All actions; a right click on a picture offers some of them.
        """
        self._actions = actions
        self._draw_all(state, ctx)
        while self._chosen:  # now that all is drawn, networks may go
            self._chosen.pop().run(state, ctx)

    def _draw_all(self, state: AppState, ctx: PanelContext) -> None:
        ctx.commands.dragging.settle()
        pointed, self._pointed = self._place_under_pointer(), None
        self.picture_rects, self.cell_rects = {}, {}
        where, space = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail()
        drags = points_are_dragged(state)
        below_all = hints.current(state.view) or state.view.show == "atlas" or drags
        foot = ctx.host.px(FOOT if below_all else GAP)
        area = Rect(where.x, where.y, space.x, space.y - foot)
        if state.view.show != "atlas":
            self.atlas.leave()
        shown = cells_of(state)
        if not shown:
            draw_empty(area, ctx)
            return
        if state.view.show == "gallery":
            self.gallery.draw(Rect(where.x, where.y, space.x, space.y), state, ctx)
            return
        self.gallery.forget_seed()
        self._pointed = pointed
        line = ctx.host.px(LINE)
        below = line + (ctx.host.px(30) if state.view.show == "difference" else 0)
        pictures = (cell.slot for cell in shown if cell.kind == "picture")
        self._notes = hints.notes(pictures, ctx)
        below += ctx.host.px(NOTE) if self._notes else 0
        aspect = _aspect(shown, ctx)
        spaces = arrange(len(shown), area, ctx.host.px(GAP), line, below, aspect)
        if state.view.show == "atlas":
            self._draw_atlas(shown, spaces, area, state, ctx)
            return
        for cell, space_of_cell in zip(shown, spaces, strict=True):
            imgui.push_id(cell.key)
            self._draw_cell(cell, space_of_cell, state, ctx)
            imgui.pop_id()
        lowest = max(min(one.bottom, area.bottom - below) for one in self.cell_rects.values())
        below_pictures = Rect(area.x, lowest + below, area.width, foot)
        if drags:
            draw_bar(below_pictures, state, ctx)
        else:
            self._draw_hint(below_pictures, state, ctx)

    def forget_places(self) -> None:
        """Know of no picture in the window: something else is on the stage."""
        self.picture_rects, self.cell_rects, self._pointed = {}, {}, None

    def free(self) -> None:
        """Free the textures."""
        self._textures.free()
        self._points.free()
        self.atlas.free()

    def _draw_atlas(
        self, cells: list[Cell], spaces: list[Rect], area: Rect, state: AppState, ctx: PanelContext
    ) -> None:
        self.atlas.begin_frame(state, ctx)
        for cell, space in zip(cells, spaces, strict=True):
            imgui.push_id(cell.key)
            self.cell_rects[cell.key] = space
            self.atlas.draw_cell(cell.slot, space, state, ctx)
            self._offer(cell, state, ctx)
            captions.draw_title(cell, space, LINE, ctx)
            imgui.pop_id()
        self.atlas.end_frame(ctx)
        self.atlas.draw_bar(Rect(area.x, area.bottom, area.width, ctx.host.px(40)), state, ctx)

    def _place_under_pointer(self) -> tuple[float, float] | None:
        """Return the position of the pointer in a picture of the last frame; None beside them."""
        pointer = imgui.get_io().mouse_pos
        if not imgui.is_window_hovered(imgui.HoveredFlags_.allow_when_blocked_by_active_item):
            return None
        for rect in self.cell_rects.values():
            x, y = (pointer.x - rect.x) / rect.width, (pointer.y - rect.y) / rect.height
            if 0 <= x < 1 and 0 <= y < 1:
                return x, y
        return None

    def _draw_cell(self, cell: Cell, space: Rect, state: AppState, ctx: PanelContext) -> None:
        result = ctx.model.result_of(cell.slot)
        picture, level, failure = self._pixels(cell, state, ctx)
        summary = ctx.model.summary_of(cell.slot)
        size = _BLANK if summary is None else summary.size
        if picture is not None:
            size = picture.shape[0], picture.shape[1]
        view = state.view
        fitted = fitted_size(size, space, squares=view.squares)
        rect = placed(fitted, space, view.zoom, (view.pan_x, view.pan_y))
        self.cell_rects[cell.key] = rect
        visible = _overlap(rect, space)
        if picture is None:
            draw_waiting(visible, cell, failure, ctx)
        elif cell.kind == "split":
            self._draw_split(cell, picture, rect, space, state, ctx)
        else:
            self._paint(cell.key, picture, rect, space, state)
            self._paint_moved(cell, rect, space, state, ctx)
        if cell.kind != "difference":
            self.picture_rects[cell.slot] = rect
            if picture is not None and result is not None and result.extent > 1:
                _draw_frame(rect, space, result.extent, ctx)
            draw_line(rect, visible, state.slit_scan, ctx)
        units = result.units if result is not None else (1.0, 1.0)
        frame = PictureFrame(cell.slot, rect, visible, rect.width / units[1])
        self._points.draw(frame, cell, state, ctx)
        self._draw_texts(cell, rect, visible, picture, level, ctx)
        imgui.set_cursor_screen_pos((visible.x, visible.y))
        flags = imgui.ButtonFlags_.mouse_button_left | imgui.ButtonFlags_.mouse_button_middle
        flags |= imgui.ButtonFlags_.enable_nav
        # Only for a split: elsewhere a press counts in the very frame in which the pointer arrives.
        if cell.kind == "split":
            imgui.set_next_item_allow_overlap()
        imgui.invisible_button("picture", (visible.width, visible.height), flags)
        ctx.mark("pictures")
        if not drags_line(rect, state.slit_scan):
            if not self._points.takes_gestures(frame, cell, state, ctx):
                transform = state.transform_of(cell.slot)
                self._move(rect, frame.unit, transform, state)
                move_by_keys(transform, summary.size[1] if summary is not None else 0, state)
            self._look(rect, space, fitted, state)
            if asks_for_menu():
                imgui.open_popup(MENU_NAME)
        if not self._points.removes(frame, cell, state, ctx):
            self._offer(cell, state, ctx)
        if cell.kind == "split":
            self._drag_split(rect, space, state, ctx)

    def _pixels(
        self, cell: Cell, state: AppState, ctx: PanelContext
    ) -> tuple[Picture | None, NDArray[np.float32] | None, str]:
        """Return a cell's pixels, the difference in dB if it shows one, or why there are none."""
        if cell.kind != "difference":
            return _shown(cell.slot, state, ctx), None, ""
        try:
            level = ctx.model.pictures.level(cell)
        except ValueError as error:
            return None, None, f"{error}"
        if level is None:
            return None, None, ""
        return self._textures.coloured(cell, level, state.view), level, ""

    def _offer(self, cell: Cell, state: AppState, ctx: PanelContext) -> None:
        """Offer what can be done with the picture that was drawn last, on a right click."""
        if chosen := draw_picture_menu(cell.slot, self._actions, state, ctx):
            self._chosen.append(chosen)

    def _draw_texts(
        self,
        cell: Cell,
        rect: Rect,
        visible: Rect,
        picture: Picture | None,
        level: NDArray[np.float32] | None,
        ctx: PanelContext,
    ) -> None:
        """Draw what stands above and below a cell, and the magnifier over it."""
        captions.draw_title(cell, visible, LINE, ctx)
        zoom = rect.width / picture.shape[1] if picture is not None else None
        if cell.kind == "difference":
            captions.draw_difference(visible, level, self._pointed, ctx.state.view, ctx)
        else:
            under = visible
            if self._notes and cell.kind == "picture":
                captions.draw_note(self._notes.get(cell.slot, ""), visible, ctx)
                under = replace(visible, height=visible.height + ctx.host.px(NOTE))
            result = ctx.model.result_of(cell.slot)
            picture = self._read_out(cell, picture, ctx)
            captions.draw_caption(cell.slot, under, result, picture, zoom, self._pointed, ctx)
        if ctx.state.view.magnifier and picture is not None and self._pointed is not None:
            draw_magnifier(self._textures, cell.key, picture, rect, self._pointed, ctx)

    def _paint(self, key: str, picture: Picture, rect: Rect, space: Rect, state: AppState) -> None:
        smooth = is_smooth(state.view, rect.width / picture.shape[1], state.view.zoom)
        texture = self._textures.texture(key, picture, rect.width, smooth=smooth)
        draw = imgui.get_window_draw_list()
        draw.push_clip_rect((space.x, space.y), (space.right, space.bottom), True)
        draw.add_image(texture.ref, (rect.x, rect.y), (rect.right, rect.bottom))
        draw.pop_clip_rect()

    def _paint_moved(
        self, cell: Cell, rect: Rect, space: Rect, state: AppState, ctx: PanelContext
    ) -> None:
        """Draw the last full picture where the drag has moved it; what it bares stays a draft."""
        moved = ctx.model.moved.of(cell.slot)
        if moved is None or cell.kind != "picture":
            return
        smooth = is_smooth(state.view, rect.width / moved.picture.shape[1], state.view.zoom)
        texture = self._textures.texture(
            f"{cell.key} moved", moved.picture, rect.width, smooth=smooth
        )
        corners = moved_corners(rect, moved.matrix, moved.extent)
        draw, shown = imgui.get_window_draw_list(), _overlap(rect, space)
        draw.push_clip_rect((shown.x, shown.y), (shown.right, shown.bottom), True)
        draw.add_image_quad(texture.ref, *corners)
        draw.pop_clip_rect()

    def _draw_split(
        self,
        cell: Cell,
        picture: Picture,
        rect: Rect,
        space: Rect,
        state: AppState,
        ctx: PanelContext,
    ) -> None:
        """Draw the first network's picture left of the divider, the second's right of it."""
        at = round(rect.x + state.view.split_at * rect.width)
        middle = min(max(at, space.x), space.right)
        self._paint(cell.key, picture, rect, _between(space, space.x, middle), state)
        second = ctx.model.pictures.other(cell)
        if second is not None:
            rest = _between(space, middle, space.right)
            self._paint(f"{cell.key} right", second, rect, rest, state)
        palette, draw = ctx.host.palette, imgui.get_window_draw_list()
        visible = _overlap(rect, space)
        line, knob = ctx.host.px(2), ctx.host.px(7)
        draw.add_rect_filled(
            (middle - line / 2, visible.y), (middle + line / 2, visible.bottom), u32(palette.accent)
        )
        draw.add_circle_filled((middle, visible.centre[1]), knob + 2, u32(palette.stage))
        draw.add_circle_filled((middle, visible.centre[1]), knob, u32(palette.accent))

    def _read_out(self, cell: Cell, picture: Picture | None, ctx: PanelContext) -> Picture | None:
        """Return the picture whose pixels are read: in a split, the one under the pointer."""
        pointed = self._pointed
        if cell.kind != "split" or pointed is None or pointed[0] < ctx.state.view.split_at:
            return picture
        return ctx.model.pictures.other(cell)

    def _drag_split(self, rect: Rect, space: Rect, state: AppState, ctx: PanelContext) -> None:
        """Drag the divider; drawn after the picture, so that it takes over its gestures."""
        visible, grip = _overlap(rect, space), ctx.host.px(8)
        at = rect.x + state.view.split_at * rect.width
        middle = min(max(at, space.x), space.right)
        imgui.set_cursor_screen_pos((middle - grip, visible.y))
        imgui.invisible_button("split", (2 * grip, visible.height), imgui.ButtonFlags_.enable_nav)
        steps, _down = arrow_steps()
        if imgui.is_item_hovered() or imgui.is_item_active():
            imgui.set_mouse_cursor(imgui.MouseCursor_.resize_ew)
        if imgui.is_item_hovered() and imgui.is_mouse_double_clicked(imgui.MouseButton_.left):
            state.view.split_at = 0.5
        elif step := drag_step():
            moved = state.view.split_at + step[0] / rect.width
            state.view.split_at = within(state.view, "split_at", moved)
        elif steps:
            moved = state.view.split_at + steps * SPLIT_STEP
            state.view.split_at = within(state.view, "split_at", moved)
        ctx.ui.tip(
            "Drag: left of it the first network, right of it the second. Double click resets."
        )

    def _move(
        self, rect: Rect, per_unit: float, transform: TransformState, state: AppState
    ) -> None:
        """Move, turn and scale the input by drags of the last drawn picture and the wheel."""
        io, view = imgui.get_io(), state.view
        pointer = (io.mouse_pos.x, io.mouse_pos.y)
        if transform is state.transform and _moves_transform(io):
            take_over(state)
            transform = state.transform
        if step := drag_step(imgui.MouseButton_.left):
            if io.key_shift:
                before = (pointer[0] - step[0], pointer[1] - step[1])
                turned = transform.angle_rad + turn_between(rect.centre, before, pointer)
                transform.angle_rad = math.remainder(turned, 2 * math.pi)
                hints.done(view, "turn")
            else:
                transform.x = within(transform, "x", transform.x + step[0] / per_unit)
                transform.y = within(transform, "y", transform.y + step[1] / per_unit)
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

    def _look(self, rect: Rect, space: Rect, fitted: tuple[float, float], state: AppState) -> None:
        """Pan and zoom by the middle button on the last drawn picture, and the wheel."""
        io, view = imgui.get_io(), state.view
        pointer = (io.mouse_pos.x, io.mouse_pos.y)
        if step := drag_step(imgui.MouseButton_.middle):
            view.pan_x = within(view, "pan_x", view.pan_x + step[0] / rect.width)
            view.pan_y = within(view, "pan_y", view.pan_y + step[1] / rect.height)
        if io.mouse_wheel and not io.key_ctrl and imgui.is_item_hovered():
            zoom = within(view, "zoom", view.zoom * ZOOM_STEP**io.mouse_wheel)
            pan = (view.pan_x, view.pan_y)
            x, y = zoomed_at(pointer, space, fitted, view.zoom, pan, zoom)
            view.pan_x, view.pan_y = within(view, "pan_x", x), within(view, "pan_y", y)
            view.zoom = zoom

    def _draw_hint(self, area: Rect, state: AppState, ctx: PanelContext) -> None:
        text = hints.current(state.view)
        if not text:
            return
        size = imgui.calc_text_size(text)
        offer = _offer_width(ctx) if ctx.model.windows.offers_tour else 0.0
        if size.x + offer > area.width:
            offer = 0.0
        text = shortened(text, area.width, lambda one: imgui.calc_text_size(one).x)
        size = imgui.calc_text_size(text)
        x, y = area.centre
        x -= (size.x + offer) / 2
        draw = imgui.get_window_draw_list()
        draw.add_text((x, y - size.y / 2), u32(ctx.host.palette.text), text)
        if offer:
            _offer_tour((x + size.x, y), ctx)


OFFER = "Tour of two minutes"


def _offer_width(ctx: PanelContext) -> float:
    """Return the width of the offer of the tour beside a hint, with the space before it."""
    inside = imgui.get_style().frame_padding.x
    words = imgui.calc_text_size(OFFER).x + 2 * inside
    return ctx.host.px(24) + words + ctx.host.px(2) + imgui.get_frame_height()


def _offer_tour(at: tuple[float, float], ctx: PanelContext) -> None:
    """Draw the offer of the tour: a button that begins it and one that ends the offer."""
    side = imgui.get_frame_height()
    imgui.set_cursor_screen_pos((at[0] + ctx.host.px(24), at[1] - side / 2))
    # The keyboard has it in the menu: on the stage the arrows belong to the pictures.
    imgui.push_item_flag(imgui.ItemFlags_.no_nav, True)
    if imgui.button(OFFER):
        ctx.commands.window.begin_tour()
    ctx.ui.tip("Be shown around, control by control; later under Help.")
    imgui.same_line(0, ctx.host.px(2))
    if ctx.ui.icon_button(icons.CLOSE, "no tour", tip="Not now; it stays under Help."):
        ctx.model.windows.offers_tour = False
    imgui.pop_item_flag()


def _shown(slot: int, state: AppState, ctx: PanelContext) -> Picture | None:
    """Return a network's picture: that of a drag while its points are dragged."""
    answered = ctx.model.result.request if ctx.model.result is not None else None
    given = state.latent_of(slot).given
    dragged = ctx.model.dragging.picture(slot, answered, given)
    return ctx.model.pictures.picture(slot) if dragged is None else dragged


def _aspect(cells: Sequence[Cell], ctx: PanelContext) -> float:
    """Return width over height of the widest picture in the cells."""
    sizes = [
        summary.size for cell in cells if (summary := ctx.model.summary_of(cell.slot)) is not None
    ]
    return max((width / height for height, width in sizes), default=1.0)


def _draw_frame(rect: Rect, space: Rect, extent: int, ctx: PanelContext) -> None:
    """Outline the trained picture on a larger canvas."""
    x, y = rect.centre
    across, down = rect.width / extent / 2, rect.height / extent / 2
    corners = (round(x - across), round(y - down)), (round(x + across), round(y + down))
    draw = imgui.get_window_draw_list()
    draw.push_clip_rect((space.x, space.y), (space.right, space.bottom), True)
    draw.add_rect(*corners, u32(ctx.host.palette.stage), thickness=ctx.host.px(3))
    draw.add_rect(*corners, u32(ctx.host.palette.text), thickness=ctx.host.px(1))
    draw.pop_clip_rect()


def _moves_transform(io: imgui.IO) -> bool:
    """Return True while the user drags or scales the last drawn picture."""
    dragged = io.mouse_drag_max_distance_sqr[imgui.MouseButton_.left] > 0
    drags = imgui.is_item_active() and imgui.is_mouse_down(imgui.MouseButton_.left) and dragged
    return drags or bool(imgui.is_item_hovered() and io.mouse_wheel and io.key_ctrl)


def _between(space: Rect, left: float, right: float) -> Rect:
    return Rect(left, space.y, max(right - left, 0.0), space.height)


def _overlap(first: Rect, second: Rect) -> Rect:
    """Return the common part of two rectangles; at least one pixel, at the second's centre."""
    left, top = max(first.x, second.x), max(first.y, second.y)
    right, bottom = min(first.right, second.right), min(first.bottom, second.bottom)
    if right - left < 1 or bottom - top < 1:
        return Rect(*second.centre, 1, 1)
    return Rect(left, top, right - left, bottom - top)
