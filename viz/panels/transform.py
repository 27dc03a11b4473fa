"""Where the networks' input is moved: shift, turn, scale, and their animations."""

from __future__ import annotations

import math

from imgui_bundle import imgui

from viz.panels.actions import Action, Chord, Run
from viz.panels.context import PanelContext, within
from viz.state import AppState, TransformState

K = imgui.Key
ARROWS = (
    (K.left_arrow, "Left", -1, 0),
    (K.right_arrow, "Right", 1, 0),
    (K.up_arrow, "Up", 0, -1),
    (K.down_arrow, "Down", 0, 1),
)


class TransformPanel:
    title = "Transform"

    def draw(self, transform: TransformState, ctx: PanelContext) -> None:
        """Draw the controls and change `transform` by what is done to them."""
        self._draw_place(transform, ctx)
        self._draw_motion(transform, ctx)

    def _draw_place(self, transform: TransformState, ctx: PanelContext) -> None:
        ui = ctx.ui
        width = picture_width(ctx)
        unit, per_unit, decimals = ("px", width, 1) if width else ("", 1.0, 3)
        x, y = ui.slider_pair(
            "Shift",
            (transform.x * per_unit, transform.y * per_unit),
            -0.5 * per_unit,
            0.5 * per_unit,
            default=0.0,
            unit=unit,
            decimals=decimals,
            origin=0.0,
            tips=(
                "To the right. Drag a picture to shift it, Shift+arrows move one pixel.",
                "Downwards. Drag a picture to shift it, Shift+arrows move one pixel.",
            ),
        )
        if x != transform.x * per_unit:
            transform.x = within(transform, "x", x / per_unit)
        if y != transform.y * per_unit:
            transform.y = within(transform, "y", y / per_unit)
        shown = math.degrees(transform.angle_rad)
        degrees = ui.slider(
            "Turn",
            shown,
            -180.0,
            180.0,
            default=0.0,
            unit="°",
            decimals=1,
            origin=0.0,
            tip="Anticlockwise about the centre. Shift+drag turns a picture.",
        )
        if degrees != shown:
            transform.angle_rad = math.remainder(math.radians(degrees), 2 * math.pi)
        transform.scale = within(
            transform,
            "scale",
            ui.slider(
                "Scale",
                transform.scale,
                0.5,
                2.0,
                default=1.0,
                unit="×",
                origin=1.0,
                logarithmic=True,
                tip="About the centre. Ctrl+wheel scales a picture.",
            ),
        )
        transform.shear = within(
            transform,
            "shear",
            ui.slider(
                "Shear",
                transform.shear,
                -1.0,
                1.0,
                default=0.0,
                unit="h",
                origin=0.0,
                tip="How far a place one height lower is moved to the right, in heights.",
            ),
        )
        _changed, transform.snap = imgui.checkbox("Snap to pixels", transform.snap)
        ui.tip("Round the shift to whole pixels of each network's picture.")

    def _draw_motion(self, transform: TransformState, ctx: PanelContext) -> None:
        ui = ctx.ui
        width = picture_width(ctx)
        unit, per_unit, decimals = ("px", width, 1) if width else ("", 1.0, 3)
        transform.orbit, radius = ui.switched_slider(
            "Orbit",
            transform.orbit,
            transform.orbit_radius * per_unit,
            0.0,
            0.5 * per_unit,
            default=0.1 * per_unit,
            unit=unit,
            decimals=decimals,
            tip="Move along a circle through this place (Space pauses).",
            slider_tip="Radius of the circle.",
        )
        if radius != transform.orbit_radius * per_unit:
            transform.orbit_radius = within(transform, "orbit_radius", radius / per_unit)
        transform.orbit_period_s = within(
            transform,
            "orbit_period_s",
            ui.slider(
                "Period",
                transform.orbit_period_s,
                0.5,
                120.0,
                default=6.0,
                unit="s",
                decimals=1,
                logarithmic=True,
                tip="Seconds for one round of the orbit.",
            ),
        )
        transform.spin, transform.spin_period_s = ui.switched_slider(
            "Spin",
            transform.spin,
            transform.spin_period_s,
            -30.0,
            30.0,
            default=12.0,
            unit="s/turn",
            decimals=1,
            origin=0.0,
            tip="Turn steadily (Space pauses).",
            slider_tip="Seconds for one turn; negative is clockwise, 0 stands still.",
        )


def picture_width(ctx: PanelContext) -> int:
    """Width in pixels of the first network's picture; 0 while unknown."""
    summary = ctx.summary_of(0)
    return summary.resolution if summary is not None else 0


def reset_place(transform: TransformState) -> None:
    """Back to no shift, no turn, no scaling, and nothing moving."""
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


def _toggle_snap(state: AppState, ctx: PanelContext) -> None:
    transform = state.edited_transform
    transform.snap = not transform.snap


ACTIONS: tuple[Action, ...] = (
    Action(
        "Snap to pixels",
        "Round the shift to whole pixels of each picture.",
        _toggle_snap,
        menu="Edit",
        is_on=lambda state: state.edited_transform.snap,
    ),
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
