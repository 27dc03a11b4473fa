"""Controls that shift, turn and scale the networks' input, and their animations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.keys import with_ctrl
from viz.panels.common import controls, motion
from viz.panels.common.actions import Action, Chord, Run, switch
from viz.panels.common.context import PanelContext, within
from viz.panels.common.lengths import in_pixels, picture_width
from viz.state.inputs import TransformState

if TYPE_CHECKING:
    from viz.state.app_state import AppState

K = imgui.Key
ARROWS = (
    (K.left_arrow, "Left", -1, 0),
    (K.right_arrow, "Right", 1, 0),
    (K.up_arrow, "Up", 0, -1),
    (K.down_arrow, "Down", 0, 1),
)


class TransformPanel:
    """Translation, rotation and scale of the input."""

    title = "Transform"

    def draw(self, transform: TransformState, ctx: PanelContext) -> None:
        """Draw the controls and apply the user's changes to `transform`."""
        self._draw_place(transform, ctx)
        motion.draw_orbit(transform, ctx)
        motion.draw_orbit_period(transform, ctx)
        motion.draw_spin(transform, ctx)

    def _draw_place(self, transform: TransformState, ctx: PanelContext) -> None:
        arrows = "Drag a picture to shift it, Shift+arrows move one pixel."
        controls.slide_pair(
            ctx,
            transform,
            ("x", "y"),
            "Shift",
            (f"To the right. {arrows}", f"Downwards. {arrows}"),
            low=-0.5 * in_pixels(ctx)["factor"],
            high=0.5 * in_pixels(ctx)["factor"],
            origin=0.0,
            **in_pixels(ctx),
        )
        controls.slide_turn(
            ctx,
            transform,
            "angle_rad",
            "Turn",
            "Anticlockwise about the centre. Shift+drag turns a picture.",
        )
        # A typed or animated value can lie outside.
        if abs(transform.angle_rad) > math.pi + 1e-6:
            transform.angle_rad = math.remainder(transform.angle_rad, 2 * math.pi)
        controls.slide(
            ctx,
            transform,
            "scale",
            "Scale",
            f"About the centre. {with_ctrl('wheel')} scales a picture.",
            low=0.5,
            high=2.0,
            unit="×",
            origin=1.0,
            logarithmic=True,
        )
        controls.slide(
            ctx,
            transform,
            "shear",
            "Shear",
            "Shift to the right per distance downwards.",
            low=-1.0,
            high=1.0,
            unit="px/px",
            origin=0.0,
        )
        controls.check(
            ctx,
            transform,
            "snap",
            "Snap to pixels",
            "Round the shift to whole pixels of each network's picture.",
        )
        controls.slide(
            ctx,
            ctx.state.canvas,
            "extent",
            "Canvas",
            "How much of the plane is drawn in one pass: the input goes on beyond the picture, "
            "which is framed. Of all networks; twice as wide takes four times as long. + and - "
            "step.",
            unit="×",
        )


def reset_place(transform: TransformState) -> None:
    """Remove shift, rotation and scaling, and stop their animations."""
    fresh = TransformState()
    transform.x, transform.y = fresh.x, fresh.y
    transform.angle_rad, transform.scale = fresh.angle_rad, fresh.scale
    transform.shear = fresh.shear
    transform.orbit, transform.spin = False, False
    transform.orbit_phase = 0.0


def _nudge(right: int, down: int) -> Run:
    def run(state: AppState, ctx: PanelContext) -> None:
        transform, width = state.edited_transform, picture_width(ctx)
        if width:
            transform.x = within(transform, "x", transform.x + right / width)
            transform.y = within(transform, "y", transform.y + down / width)

    return run


ACTIONS: tuple[Action, ...] = (
    switch(
        "Snap to pixels",
        "Round the shift to whole pixels of each picture.",
        lambda state: state.edited_transform,
        "snap",
        menu="Edit",
    ),
    switch("Orbit", "Move the input in a circle.", lambda state: state.edited_transform, "orbit"),
    switch("Spin", "Turn the input steadily.", lambda state: state.edited_transform, "spin"),
    *(
        Action(
            f"Shift one pixel {text.lower()}",
            "Move the networks' input by one pixel of the first picture.",
            _nudge(right, down),
            keys=(Chord(key, text, shift=True, repeats=True),),
        )
        for key, text, right, down in ARROWS
    ),
)
