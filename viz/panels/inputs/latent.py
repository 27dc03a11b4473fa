"""Controls for the latent: a seed, a pad over the seed grid, and movement through latent space."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.gestures import drag_step
from gui_utils.keyboard_focus import arrow_steps, has_focus
from gui_utils.labels import shortened
from gui_utils.theme import u32
from viz.panels.common import controls, motion
from viz.panels.common.actions import Action, Chord, Run, switch
from viz.panels.common.context import PanelContext, within
from viz.panels.common.picture_geometry import Rect
from viz.panels.common.places import paint_number
from viz.state.inputs import SEED_COUNT, SEEDS_PER_ROW, LatentState, seed_at
from viz.state.to_thumbnails import at, thumbnail_here

if TYPE_CHECKING:
    from viz.protocol.latent import GivenLatent
    from viz.state.app_state import AppState

PAD_HEIGHT = 132
CELL = 60
"""Distance between neighbouring seeds on the pad, in pixels at a scale of 1."""
FINE_STEP = 0.1
"""Step of an arrow with Shift, in seeds."""
PICTURE = 56
"""Side of a seed's thumbnail there."""


class LatentPanel:
    """Seed, position between seeds, and movement."""

    title = "Latent"

    def draw(self, latent: LatentState, ctx: PanelContext) -> None:
        """Draw the controls and apply the user's changes to `latent`."""
        place = latent.x, latent.y
        if latent.given is not None:
            self._draw_given(latent, latent.given, ctx)
        self._draw_seed(latent, ctx)
        self._draw_pad(latent, ctx)
        if (latent.x, latent.y) != place:
            latent.given = None
        motion.draw_drift(latent, ctx)
        motion.draw_drift_period(latent, ctx)
        motion.draw_drift_curve(latent, ctx)
        motion.draw_travel(latent, ctx)

    @staticmethod
    def step_px(ctx: PanelContext) -> float:
        """Return the distance between neighbouring seeds on the grid, in pixels."""
        return ctx.host.px(CELL)

    def _draw_given(self, latent: LatentState, given: GivenLatent, ctx: PanelContext) -> None:
        """Draw the loaded latent used instead of the seeds, and a button that goes back to them."""
        ctx.ui.label("From file")
        side = imgui.get_frame_height()
        room = imgui.get_content_region_avail().x - side - ctx.host.px(2)
        left = imgui.get_cursor_pos_x()
        text = f"{given.name}  {given.words}"
        ctx.ui.text(shortened(text, room, lambda one: imgui.calc_text_size(one).x))
        ctx.ui.tip(
            f"{text}: this latent stands in the place of the seeds, in networks whose size it has. "
            "Any other seed takes over again."
        )
        imgui.same_line(left + room + ctx.host.px(2))
        if ctx.ui.icon_button(icons.CLOSE, "given", tip="Back to the seeds."):
            latent.given = None

    def _draw_seed(self, latent: LatentState, ctx: PanelContext) -> None:
        seed = seed_at(latent.x, latent.y)
        side = imgui.get_frame_height()
        wanted = ctx.ui.integer(
            "Seed",
            seed,
            0,
            SEED_COUNT - 1,
            default=0,
            reserve=2 * (side + ctx.host.px(2)),
            tip="Which z the networks draw; between seeds it is the nearest one.",
            shortcut="Left, Right",
            menu=controls.menu_of(ctx, latent, "x", "y"),
        )
        imgui.same_line(0, ctx.host.px(2))
        if ctx.ui.icon_button(icons.DICE, "random seed", tip="Go to a random seed."):
            wanted = random.randrange(10_000)
        imgui.same_line(0, ctx.host.px(2))
        if ctx.ui.icon_button(
            icons.SHEET, "gallery", tip="Show a sheet of seeds on the stage (G)."
        ):
            view = ctx.state.view
            view.show = "side" if view.show == "gallery" else "gallery"
        if wanted != seed:
            go_to_seed(latent, wanted)

    def _draw_pad(self, latent: LatentState, ctx: PanelContext) -> None:
        origin = imgui.get_cursor_screen_pos()
        size = imgui.ImVec2(imgui.get_content_region_avail().x, ctx.host.px(PAD_HEIGHT))
        cell = self.step_px(ctx)
        pressed = imgui.invisible_button("seed grid", size, imgui.ButtonFlags_.enable_nav)
        ctx.mark("seed grid")
        io = imgui.get_io()
        here = origin.x + size.x / 2, origin.y + _place_in_height(latent.y, size.y, cell)
        if has_focus():
            _walk(latent, pressed)
        elif imgui.is_item_deactivated() and _was_click(io):
            latent.x = float(round(latent.x + (io.mouse_pos.x - here[0]) / cell))
            latent.y = float(round(latent.y + (io.mouse_pos.y - here[1]) / cell))
        elif step := drag_step():
            latent.x = within(latent, "x", latent.x - step[0] / cell)
            latent.y = within(latent, "y", latent.y - step[1] / cell)
        if imgui.is_item_hovered():
            imgui.set_mouse_cursor(imgui.MouseCursor_.resize_all)
        if ctx.ui.reset_menu("pad"):
            go_to_seed(latent, 0)
        ctx.ui.tip(
            "The grid of seeds: 1 more to the right, 100 more below. Drag to blend between "
            "neighbours in W, click to go to a seed. With the focus, arrows go to the neighbours, "
            "with Shift a tenth of the way."
        )
        self._paint_pad(latent, ctx, origin, size, cell)

    def _paint_pad(
        self,
        latent: LatentState,
        ctx: PanelContext,
        origin: imgui.ImVec2,
        size: imgui.ImVec2,
        cell: float,
    ) -> None:
        palette, draw = ctx.host.palette, imgui.get_window_draw_list()
        corner = imgui.ImVec2(origin.x + size.x, origin.y + size.y)
        down = _place_in_height(latent.y, size.y, cell)
        middle = imgui.ImVec2(origin.x + size.x / 2, origin.y + down)
        draw.add_rect_filled(origin, corner, u32(palette.stage), imgui.get_style().frame_rounding)
        draw.push_clip_rect(origin, corner, True)
        columns = range(
            math.floor(latent.x - size.x / 2 / cell), math.ceil(latent.x + size.x / 2 / cell) + 1
        )
        rows = range(
            math.floor(latent.y - down / cell), math.ceil(latent.y + (size.y - down) / cell) + 1
        )
        for row in rows:
            for column in columns:
                if column + SEEDS_PER_ROW * row >= 0:
                    x = middle.x + (column - latent.x) * cell
                    y = middle.y + (row - latent.y) * cell
                    self._paint_seed(ctx, column, row, (x, y))
        radius = ctx.host.px(7)
        draw.add_circle(middle, radius, u32(palette.stage), 0, ctx.host.px(4))
        draw.add_circle(middle, radius, u32(palette.accent), 0, ctx.host.px(2))
        draw.pop_clip_rect()

    def _paint_seed(
        self, ctx: PanelContext, column: int, row: int, middle: tuple[float, float]
    ) -> None:
        """Draw the thumbnail of a seed with its number."""
        side = ctx.host.px(PICTURE)
        rect = Rect(middle[0] - side / 2, middle[1] - side / 2, side, side).on_pixels
        here = thumbnail_here(ctx.state)
        if here is not None:
            ctx.draw_thumbnail(at(here, column, row), rect)
        paint_number(ctx, rect, str(seed_at(column, row)))


def go_to_seed(latent: LatentState, seed: int) -> None:
    """Go exactly to a seed, in the row of the grid that contains it."""
    seed %= SEED_COUNT
    latent.given = None
    latent.x, latent.y = float(seed % SEEDS_PER_ROW), float(seed // SEEDS_PER_ROW)


def _place_in_height(y: float, height: float, cell: float) -> float:
    """Return how far down the pad the place `y` is shown: in the middle, but above it in row 0.

    There is nothing above that row: room for it would stay empty.
    """
    first = cell / 2
    return min(height / 2, max(first, first + y * cell))


def step_seed(latent: LatentState, by: int) -> None:
    """Go to the seed `by` steps after the nearest one."""
    go_to_seed(latent, seed_at(latent.x, latent.y) + by)


def _walk(latent: LatentState, pressed: bool) -> None:
    """Go on by the arrows, seed by seed or, with Shift, in tenths; Space goes to the nearest."""
    right, down = arrow_steps()
    if not (right or down or pressed):
        return
    if imgui.get_io().key_shift:
        x, y = latent.x + FINE_STEP * right, latent.y + FINE_STEP * down
    else:
        x, y = float(round(latent.x) + right), float(round(latent.y) + down)
    latent.x, latent.y = within(latent, "x", x), within(latent, "y", y)


def _was_click(io: imgui.IO) -> bool:
    moved = io.mouse_drag_max_distance_sqr[imgui.MouseButton_.left]
    return bool(moved < 4.0)


def _step_seed(by: int) -> Run:
    return lambda state, _ctx: step_seed(state.edited_latent, by)


def _random_seed(state: AppState, _ctx: PanelContext) -> None:
    go_to_seed(state.edited_latent, random.randrange(10_000))


ACTIONS: tuple[Action, ...] = (
    Action(
        "Random seed",
        "Go to a random seed.",
        _random_seed,
        menu="Edit",
        starts_group=True,
    ),
    switch(
        "Drift",
        "Drift around the current point of W along a small closed loop.",
        lambda state: state.edited_latent,
        "walk",
    ),
    switch("Travel", "Move along the row of seeds.", lambda state: state.edited_latent, "animate"),
    *(
        Action(
            f"{'Previous' if by < 0 else 'Next'} seed",
            f"Go to the seed {'before' if by < 0 else 'after'} this one.",
            _step_seed(by),
            keys=(Chord(key, text, repeats=True),),
            keys_when=lambda state: state.view.show != "atlas",
        )
        for key, text, by in (
            (imgui.Key.left_arrow, "Left", -1),
            (imgui.Key.right_arrow, "Right", 1),
        )
    ),
)
