"""Keys on a picture that has the keyboard's focus: what the mouse does there, in steps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.keyboard_focus import arrow_steps, kept_keys
from viz.panels.common import hints
from viz.panels.common.context import within
from viz.state.timeline import take_over

if TYPE_CHECKING:
    from viz.state.app_state import AppState
    from viz.state.inputs import TransformState

K = imgui.Key
ZOOM_STEP = 1.15
SCALE_STEP = 1.05
TURN_RAD = math.radians(1.0)
PAN_STEP = 0.02
"""Step of the view, in widths of the picture."""


def move_by_keys(transform: TransformState, width_px: int, state: AppState) -> None:
    """Move what the last drawn picture shows, or the view of it.

    Arrows shift by a pixel; with Shift they turn by a degree, with Ctrl they scale, and with Alt
    they move the view; Page up and Page down look closer and away.

    Args:
        transform: Transform of the picture.
        width_px: Width of the picture that its network draws, in pixels; 0 while unknown.
        state: The whole state.
    """
    right, down = arrow_steps()
    closer, away = kept_keys(K.page_up, K.page_down)
    io, view = imgui.get_io(), state.view
    if closer or away:
        view.zoom = within(view, "zoom", view.zoom * ZOOM_STEP ** (closer - away))
    if not (right or down):
        return
    if io.key_alt:
        view.pan_x = within(view, "pan_x", view.pan_x - PAN_STEP * right)
        view.pan_y = within(view, "pan_y", view.pan_y - PAN_STEP * down)
        return
    if transform is state.transform:
        take_over(state)
        transform = state.transform
    if io.key_ctrl:
        scale = transform.scale * SCALE_STEP ** (right - down)
        transform.scale = within(transform, "scale", scale)
    elif io.key_shift:
        turned = transform.angle_rad - TURN_RAD * (right + down)
        transform.angle_rad = math.remainder(turned, 2 * math.pi)
        hints.done(view, "turn")
    elif width_px:
        transform.x = within(transform, "x", transform.x + right / width_px)
        transform.y = within(transform, "y", transform.y + down / width_px)
        hints.done(view, "drag")
