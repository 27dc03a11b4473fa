"""What is said about a keyframe, and what its menu offers."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.keys import with_ctrl
from viz.panels.common.context import PanelContext, within
from viz.panels.recording.paces import draw_pace_menu
from viz.state.inputs import seed_at
from viz.state.timeline import KEYFRAME_S, keyframe
from viz.state.timeline import go_to as go_to_keyframe

if TYPE_CHECKING:
    from viz.state.app_state import KeyframeState, TimelineState


def described(frame: KeyframeState, first: KeyframeState, timeline: TimelineState) -> str:
    """Return the tooltip of a keyframe."""
    lines = [f"Seed {seed_at(frame.x, frame.y)} at {frame.at_s - first.at_s:.2f} s"]
    if timeline.moves_transform:
        lines.append(
            f"shift {100 * frame.shift_x:.1f}, {100 * frame.shift_y:.1f} %, "
            f"turn {math.degrees(frame.angle_rad):.1f}°, scale {frame.scale:.2f}, "
            f"shear {frame.shear:.2f}"
        )
    if timeline.moves_truncation:
        lines.append(f"psi {frame.psi:.2f}")
    lines.append(
        "\nDrag it to another time: near whole and half seconds it snaps, not with Alt; "
        f"with {with_ctrl()} a copy stays. Double click goes there; right click offers more."
    )
    return "\n".join(lines)


def draw_keyframe_menu(frame: KeyframeState, timeline: TimelineState, ctx: PanelContext) -> None:
    """Draw what can be done with a keyframe, inside a popup."""
    draw_time("at", frame, "at_s")
    imgui.separator()
    if imgui.begin_menu("Way to the next"):
        draw_pace_menu(frame, ctx)
        imgui.end_menu()
    imgui.separator()
    if imgui.menu_item_simple("Go there"):
        go_to_keyframe(ctx.state, frame)
    if imgui.menu_item_simple("Replace by this moment"):
        _set(frame, replace(keyframe(ctx.state, frame.at_s), pace=frame.pace))
    if imgui.menu_item("Duplicate", with_ctrl("drag"), False)[0]:
        duplicate(timeline, frame)
    if imgui.menu_item_simple("Remove"):
        timeline.frames = [one for one in timeline.frames if one is not frame]


def duplicate(timeline: TimelineState, frame: KeyframeState) -> None:
    """Duplicate a keyframe, half way to the next one or one step after the last."""
    copy = replace(frame)
    later = [one.at_s for one in timeline.frames if one.at_s > frame.at_s]
    free = (frame.at_s + min(later)) / 2 if later else frame.at_s + KEYFRAME_S
    copy.at_s = within(copy, "at_s", free)
    timeline.frames.append(copy)


def _set(frame: KeyframeState, like: KeyframeState) -> None:
    for field in fields(frame):
        setattr(frame, field.name, getattr(like, field.name))


def draw_time(label: str, owner: KeyframeState | TimelineState, name: str) -> None:
    """Draw a field for the time in seconds in a menu."""
    imgui.set_next_item_width(imgui.get_font_size() * 6)
    changed, value = imgui.drag_float(label, getattr(owner, name), 0.02, 0.0, 0.0, "%.2f s")
    if changed:
        setattr(owner, name, within(owner, name, value))
