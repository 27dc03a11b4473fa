"""Drags that lose nothing, however few frames they span."""

from __future__ import annotations

from imgui_bundle import imgui


def drag_step(button: imgui.MouseButton_ = imgui.MouseButton_.left) -> tuple[float, float] | None:
    """How far the mouse has been dragged on the item drawn last since the call before.

    Counted from where the button went down, not from where the pointer was a frame earlier, and up
    to where it was let go: a quick drag may be pressed, moved and released between two frames.

    Args:
        button: The mouse button.

    Returns:
        (right, down) in pixels, or None where the item is not being dragged or did not move.
    """
    if not (imgui.is_item_active() or imgui.is_item_deactivated()):
        return None
    if not (imgui.is_mouse_down(button) or imgui.is_mouse_released(button)):
        return None
    step = imgui.get_mouse_drag_delta(button, 0.0)
    if step.x == 0 and step.y == 0:
        return None
    imgui.reset_mouse_drag_delta(button)
    return step.x, step.y
