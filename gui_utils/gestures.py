"""Mouse drags measured without loss, however few frames they last."""

from __future__ import annotations

from imgui_bundle import imgui


def drag_step(button: imgui.MouseButton_ = imgui.MouseButton_.left) -> tuple[float, float] | None:
    """Return how far the mouse was dragged on the last drawn item since the previous call.

    The distance is measured from where the button was pressed, not from where the pointer was one
    frame earlier, up to where it was released: a quick drag may be pressed, moved and released
    between two frames.

    Args:
        button: The mouse button.

    Returns:
        (right, down) in pixels, or None if the item is not being dragged or the mouse did not move.
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
