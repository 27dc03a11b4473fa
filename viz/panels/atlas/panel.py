"""The atlas on the stage: the unbounded planes of the networks, panned and zoomed like a map."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.gestures import drag_step
from gui_utils.keyboard_focus import arrow_steps, has_focus
from gui_utils.labels import number_text
from gui_utils.theme import u32
from viz.model.atlas_tiles import Shown, look_onto
from viz.panels.atlas.inertia import Glide
from viz.panels.atlas.live_picture import LivePictures
from viz.panels.atlas.seam_overlay import ToScreen, draw_scale, draw_seams
from viz.panels.atlas.texture_sheets import SheetId, Sheets, zoom_for
from viz.panels.atlas.what_plays import on_entering
from viz.panels.common import controls
from viz.panels.common.context import PanelContext, within
from viz.panels.common.picture_geometry import Rect, is_smooth, turn_between
from viz.protocol.tiles import (
    COARSE,
    FINE,
    Grid,
    Look,
    grid_of,
    plane_of,
    pooled,
    seam_db,
    turned,
    visible,
)
from viz.state.animation import is_moving
from viz.state.app_state import AppState, AtlasState
from viz.state.flight import atlas_shown, take_over
from viz.state.to_request import request_for

if TYPE_CHECKING:
    from viz.model.atlas_tiles import AtlasTiles

ZOOM_STEP = 1.15
KEY_SPEED = 900.0
"""Panning speed while an arrow key is held, in screen pixels a second at a scale of 1."""
ARROWS = (
    (imgui.Key.left_arrow, -1, 0),
    (imgui.Key.right_arrow, 1, 0),
    (imgui.Key.up_arrow, 0, -1),
    (imgui.Key.down_arrow, 0, 1),
)


class AtlasPanel:
    """The visible part of a network's plane in each cell of the stage.

    Args:
        tiles: Tiles of the networks' planes.
    """

    def __init__(self, tiles: AtlasTiles) -> None:
        self._tiles = tiles
        self._sheets = Sheets(tiles.store)
        self._pictures = LivePictures()
        self._is_open = False
        self._generation = tiles.generation
        self._glide = Glide()
        self._has_focus = False
        """Whether one of the planes had the keyboard's focus in the last frame."""
        self._atlas = AtlasState()
        """Place shown in this frame."""

    def free(self) -> None:
        """Free the textures."""
        self._sheets.free()
        self._pictures.free()

    def leave(self) -> None:
        """Note that something else is on the stage."""
        self._is_open = False

    def begin_frame(self, state: AppState, ctx: PanelContext) -> None:
        """Start a frame; called before its cells are drawn."""
        if not self._is_open:
            self._is_open = True
            if told := on_entering(state):
                ctx.model.status.show(told)
        self._tiles.look_away()
        if self._generation != self._tiles.generation:
            self._generation = self._tiles.generation
            self._sheets.free()
        self._atlas = atlas_shown(state)
        self._sheets.begin_frame()
        self._tiles.store.limit_bytes = state.atlas.memory_mb * 1_000_000
        self._tiles.store.trim()
        self._move_by_keys(state, ctx)
        self._has_focus = False
        if step := self._glide.step(imgui.get_io().delta_time):
            self._pan(step, state, ctx)
        if self._glide.moves:
            ctx.host.window.request_frames(1)

    def draw_cell(self, slot: int, space: Rect, state: AppState, ctx: PanelContext) -> None:
        """Draw the plane of the network in a slot, with its caption, and handle gestures on it."""
        draw, palette = imgui.get_window_draw_list(), ctx.host.palette
        summary = ctx.model.summary_of(slot)
        draw.add_rect_filled((space.x, space.y), (space.right, space.bottom), u32(palette.bar))
        if summary is not None:
            grid = grid_of(summary.kind, summary.resolution)
            shown, drawn = self._look_at(slot, grid, space, state, ctx)
            draw.push_clip_rect((space.x, space.y), (space.right, space.bottom), True)
            self._draw_plane(slot, drawn, shown, space, state, ctx)
            if state.atlas.seams and drawn.plane.angle_rad == shown.plane.angle_rad:
                width = ctx.host.px(1) * self._atlas.picture_px
                draw_seams(self._tiles.store, drawn, space, width, ctx)
            self._draw_origin(shown, space, state, ctx)
            draw.pop_clip_rect()
            self._draw_caption(drawn, space, state, ctx)
        imgui.set_cursor_screen_pos((space.x, space.y))
        flags = imgui.ButtonFlags_.mouse_button_left | imgui.ButtonFlags_.mouse_button_middle
        flags |= imgui.ButtonFlags_.enable_nav
        imgui.invisible_button("plane", (space.width, space.height), flags)
        arrow_steps()  # they move the map, not the focus
        self._has_focus = self._has_focus or has_focus()
        self._gestures(space, state, ctx)

    def end_frame(self, ctx: PanelContext) -> None:
        """End a frame; called after its cells have been drawn."""
        if self._sheets.behind:
            ctx.host.window.request_frames(1)

    def draw_bar(self, area: Rect, state: AppState, ctx: PanelContext) -> None:
        """Draw the bar below the planes: place, magnification, turn, seams, back to the origin."""
        atlas, ui, host = state.atlas, ctx.ui, ctx.host
        inner = host.px(12)
        imgui.set_cursor_screen_pos((area.x + inner, area.y + host.px(8)))
        imgui.begin_child("atlas bar", (area.width - 2 * inner, host.px(28)))
        if imgui.button("Origin"):
            go_to_origin(state, ctx)
        ui.tip("Back to the trained picture, upright, at the default magnification (Home).")
        imgui.same_line(0, host.px(12))
        controls.check(
            ctx,
            atlas,
            "seams",
            "Seams",
            "Colour each border by how well its two tiles join where both were drawn, measured in "
            "fp32. 50 dB and more cannot be seen.",
        )
        if atlas.seams:
            imgui.same_line(0, host.px(12))
            draw_scale(ctx)
        imgui.same_line(0, host.px(16))
        reason = "" if _turns(ctx) else "Turning needs a StyleGAN3-R network."
        with ui.disabled(reason):
            imgui.begin_child("turn", (host.px(248), host.px(28)))
            controls.slide_turn(
                ctx,
                atlas,
                "angle_rad",
                "Turn",
                "The whole plane, anticlockwise about the middle; only StyleGAN3-R stays the same. "
                "Shift+drag turns it.",
            )
            imgui.end_child()
        imgui.end_child()

    def _look_at(
        self, slot: int, grid: Grid, space: Rect, state: AppState, ctx: PanelContext
    ) -> tuple[Shown, Shown]:
        """Say what is seen of a plane; returns it as it is now, and the one that is drawn."""
        atlas = self._atlas
        width = ctx.host.px(1) * atlas.picture_px
        # Seams are measured in float32, like everything that is measured.
        precision = "fp32" if atlas.seams else state.performance.precision
        plane = plane_of(request_for(state), slot, precision=precision, angle_rad=atlas.angle_rad)
        look = Look(
            turned((atlas.x, atlas.y), atlas.angle_rad), (space.width / width, space.height / width)
        )
        shown = Shown(plane, grid, look)
        return shown, self._tiles.look_at(slot, shown, moving=is_moving(state))

    def _draw_plane(
        self,
        slot: int,
        drawn: Shown,
        shown: Shown,
        space: Rect,
        state: AppState,
        ctx: PanelContext,
    ) -> None:
        """Draw the mean colour, then what was shown before, then estimates, then the tiles.

        While something moves, what was shown before covers a map that is not yet whole, and the
        picture of this moment lies on top. At rest the picture makes way for its tiles.
        """
        draw = imgui.get_window_draw_list()
        earlier = [] if self._tiles.is_covered(drawn) else self._tiles.earlier(slot)
        moves = is_moving(state)
        colour = next(
            (
                mean
                for one in (drawn, *reversed(earlier))
                if (mean := self._tiles.store.mean_colour(one.plane)) is not None
            ),
            self._picture_colour(slot, ctx),
        )
        if colour is not None:
            red, green, blue = colour
            filling = u32((red / 255, green / 255, blue / 255))
            draw.add_rect_filled((space.x, space.y), (space.right, space.bottom), filling)
        hides = moves and not self._tiles.is_mapped(drawn)
        if hides:
            for level in (COARSE, FINE):
                self._draw_sheets(drawn, shown, level, space, state, ctx)
        for index, one in enumerate(earlier, 1):
            paste = hides and index == len(earlier)
            for level in (COARSE, FINE):
                self._draw_sheets(one, shown, level, space, state, ctx, paste=paste)
        if not hides:
            self._draw_sheets(drawn, shown, COARSE, space, state, ctx)
            if not self._tiles.is_covered(drawn):
                self._draw_picture(slot, shown, space, ctx)
            self._draw_sheets(drawn, shown, FINE, space, state, ctx)
        if moves:
            self._draw_picture(slot, shown, space, ctx)
        error = self._tiles.errors.get(drawn.plane, "")
        if error:
            draw.add_text(
                (space.x + ctx.host.px(8), space.y + ctx.host.px(8)),
                u32(ctx.host.palette.error),
                error,
            )

    def _draw_sheets(
        self,
        drawn: Shown,
        shown: Shown,
        level: int,
        space: Rect,
        state: AppState,
        ctx: PanelContext,
        *,
        paste: bool = True,
    ) -> None:
        """Draw the sheets of one level of a plane at their place on the plane shown now."""
        grid, draw = drawn.grid, imgui.get_window_draw_list()
        width = ctx.host.px(1) * self._atlas.picture_px
        side = grid.side(level)
        scale = side * width / grid.step_px
        smooth = is_smooth(state.view, scale, math.inf)
        zoom = zoom_for(scale, grid.step_px, smooth=smooth)
        across = self._sheets.across(grid, zoom)
        angle = shown.plane.angle_rad - drawn.plane.angle_rad
        columns, rows = visible(look_onto(drawn.plane, shown), side * across)
        to_screen = ToScreen(shown.look, space, width)
        for row in rows:
            for column in columns:
                name = SheetId(drawn.plane, level, zoom, column, row)
                sheet = self._sheets.get(name, grid, paste=paste)
                if sheet is None:
                    continue
                left, top = column * side * across, row * side * across
                right, bottom = left + side * across, top + side * across
                ref = sheet.texture.ref
                if not angle:
                    draw.add_image(ref, to_screen(left, top), to_screen(right, bottom))
                    continue
                first, second, third, fourth = (
                    to_screen(*turned(corner, angle))
                    for corner in ((left, top), (right, top), (right, bottom), (left, bottom))
                )
                draw.add_image_quad(ref, first, second, third, fourth)

    def _draw_picture(self, slot: int, shown: Shown, space: Rect, ctx: PanelContext) -> None:
        width = ctx.host.px(1) * self._atlas.picture_px
        to_screen = ToScreen(shown.look, space, width)
        self._pictures.draw(slot, to_screen, width, shown.plane.angle_rad, ctx)

    def _draw_origin(self, shown: Shown, space: Rect, state: AppState, ctx: PanelContext) -> None:
        """Outline the trained picture on the plane."""
        to_screen = ToScreen(shown.look, space, ctx.host.px(1) * self._atlas.picture_px)
        first, second, third, fourth = (
            to_screen(*turned(corner, shown.plane.angle_rad))
            for corner in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
        )
        draw, palette = imgui.get_window_draw_list(), ctx.host.palette
        for colour, thickness in ((palette.stage, 3), (palette.text, 1)):
            draw.add_quad(first, second, third, fourth, u32(colour), ctx.host.px(thickness))

    def _draw_caption(self, shown: Shown, space: Rect, state: AppState, ctx: PanelContext) -> None:
        """Draw the place on the left, seams in the middle, magnification on the right."""
        atlas, palette = self._atlas, ctx.host.palette
        width = ctx.host.px(1) * atlas.picture_px
        y, draw = space.bottom + ctx.host.px(6), imgui.get_window_draw_list()
        zoom = f"{number_text(width / shown.grid.resolution, 2, 5)}×"
        texts = [(f"({atlas.x:+.2f}, {atlas.y:+.2f})", 0.0), (zoom, 1.0)]
        if atlas.seams:
            level = seam_db(*pooled(self._tiles.store.seams(shown.plane)))
            count = len(self._tiles.store.seams(shown.plane))
            texts.insert(1, (f"{count} seams {number_text(level, 1, 5)} dB", 0.5))
        with ctx.host.fonts.mono():
            sizes = [imgui.calc_text_size(text).x for text, _share in texts]
            if len(texts) > 2 and sizes[0] + sizes[1] / 2 + ctx.host.px(12) > space.width / 2:
                texts = texts[1:]  # if there is no room for the place
            for text, share in texts:
                left = space.x + share * (space.width - imgui.calc_text_size(text).x)
                draw.add_text((left, y), u32(palette.dim), text)

    def _picture_colour(self, slot: int, ctx: PanelContext) -> tuple[int, int, int] | None:
        result = ctx.model.result_of(slot)
        if result is None or result.picture is None:
            return None
        red, green, blue = (int(part) for part in result.picture[::4, ::4, :3].mean((0, 1)))
        return red, green, blue

    def _gestures(self, space: Rect, state: AppState, ctx: PanelContext) -> None:
        io = imgui.get_io()
        if imgui.is_item_activated():
            self._glide.stop()
        left, middle = imgui.MouseButton_.left, imgui.MouseButton_.middle
        step = drag_step(left) or drag_step(middle)
        if step and io.key_shift and _turns(ctx):
            pointer = (io.mouse_pos.x, io.mouse_pos.y)
            before = (pointer[0] - step[0], pointer[1] - step[1])
            take_over(state)
            atlas = state.atlas
            angle = atlas.angle_rad + turn_between(space.centre, before, pointer)
            atlas.angle_rad = math.remainder(angle, 2 * math.pi)
        elif step:
            self._pan(step, state, ctx)
            self._glide.pushed(step, io.delta_time)
        elif imgui.is_item_active():
            self._glide.pushed((0.0, 0.0), io.delta_time)
        if imgui.is_item_deactivated():
            self._glide.let_go(state.view.reduced_motion)
        if not imgui.is_item_hovered():
            return
        imgui.set_mouse_cursor(imgui.MouseCursor_.hand)
        if imgui.is_mouse_double_clicked(left):
            go_to_origin(state, ctx)
        if io.mouse_wheel:
            self._zoom_at((io.mouse_pos.x, io.mouse_pos.y), io.mouse_wheel, space, state, ctx)

    def _pan(self, step: tuple[float, float], state: AppState, ctx: PanelContext) -> None:
        """Move the view by a step in screen pixels."""
        take_over(state)
        atlas = state.atlas
        width = ctx.host.px(1) * atlas.picture_px
        right, down = turned((step[0] / width, step[1] / width), -atlas.angle_rad)
        atlas.x = within(atlas, "x", atlas.x - right)
        atlas.y = within(atlas, "y", atlas.y - down)

    def _zoom_at(
        self,
        pointer: tuple[float, float],
        notches: float,
        space: Rect,
        state: AppState,
        ctx: PanelContext,
    ) -> None:
        """Zoom about the point under the pointer."""
        take_over(state)
        atlas = state.atlas
        before = atlas.picture_px
        atlas.picture_px = within(atlas, "picture_px", before * ZOOM_STEP**notches)
        x, y = space.centre
        away = 1 - atlas.picture_px / before
        self._pan(((pointer[0] - x) * away, (pointer[1] - y) * away), state, ctx)

    def _move_by_keys(self, state: AppState, ctx: PanelContext) -> None:
        io = imgui.get_io()
        if io.want_text_input or io.key_ctrl or io.key_shift or io.key_alt:
            return
        speed = ctx.host.px(1) * KEY_SPEED * min(io.delta_time, 0.1)
        for key, right, down in ARROWS:
            if imgui.is_key_down(key) and (self._has_focus or not ctx.host.focus.takes(key)):
                self._glide.stop()
                self._pan((-right * speed, -down * speed), state, ctx)
                ctx.host.window.request_frames(1)


def go_to_origin(state: AppState, _ctx: PanelContext) -> None:
    """Go to the trained picture, upright, at the default magnification."""
    take_over(state)
    fresh, atlas = AtlasState(), state.atlas
    atlas.x, atlas.y, atlas.angle_rad = fresh.x, fresh.y, fresh.angle_rad
    atlas.picture_px = fresh.picture_px


def _turns(ctx: PanelContext) -> bool:
    """Return True if a loaded network can be turned."""
    summaries = (ctx.model.summary_of(slot) for slot in range(len(ctx.state.networks)))
    return any(one is not None and one.kind == "stylegan3-r" for one in summaries)
