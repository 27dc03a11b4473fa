"""A hand for windows without a display: moves the mouse and presses keys through Dear ImGui."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gui_utils.counted import CountedWindow

Point = tuple[float, float]


class Hand:
    """Synthetic events, a frame after each: a click too short to be seen would not count.

    Args:
        window: Where the pointer is.
        frame: Draws one frame.
    """

    def __init__(self, window: CountedWindow, frame: Callable[[], None]) -> None:
        self.frame = frame
        self._window = window

    def rest(self, seconds: float) -> None:
        """Do nothing for so long."""
        self._window.pass_time(seconds)

    def move(self, to: Point) -> None:
        self._window.move_pointer(*to)
        self.frame()

    def jump(self, to: Point) -> None:
        """Move without a frame: what follows happens in the same one."""
        self._window.move_pointer(*to)
        imgui.get_io().add_mouse_pos_event(*to)

    def press(self, button: int = 0) -> None:
        imgui.get_io().add_mouse_button_event(button, True)
        self.frame()

    def release(self, button: int = 0) -> None:
        imgui.get_io().add_mouse_button_event(button, False)
        self.frame()

    def click(self, at: Point, button: int = 0) -> None:
        self.move(at)
        self.press(button)
        self.release(button)

    def double_click(self, at: Point) -> None:
        self.click(at)
        self.press()
        self.release()

    def drag(self, start: Point, end: Point, *, button: int = 0, steps: int = 4) -> None:
        self.move(start)
        self.press(button)
        for step in range(1, steps + 1):
            share = step / steps
            self.move(
                (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))
            )
        self.release(button)

    def wheel(self, by: float) -> None:
        imgui.get_io().add_mouse_wheel_event(0.0, by)
        self.frame()

    def hold(self, key: imgui.Key, down: bool) -> None:
        """Press or release a key; for the modifiers `imgui.Key.mod_shift` and the like."""
        imgui.get_io().add_key_event(key, down)
        self.frame()

    def key(self, key: imgui.Key, *modifiers: imgui.Key) -> None:
        for modifier in modifiers:
            self.hold(modifier, True)
        self.hold(key, True)
        self.hold(key, False)
        for modifier in modifiers:
            self.hold(modifier, False)

    def type(self, text: str) -> None:
        imgui.get_io().add_input_characters_utf8(text)
        self.frame()
