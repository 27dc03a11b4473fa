"""A hand for windows without a display: moves the mouse and presses keys as GLFW tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import glfw
from imgui_bundle import imgui

from gui_utils.events import Modifier
from gui_utils.keys import IMGUI_KEYS, IMGUI_MODIFIERS
from systems.desktop import has_command_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gui_utils.counted import CountedWindow

Point = tuple[float, float]

NUMBERS = {name: number for number, name in IMGUI_KEYS.items()}
"""GLFW's number of each key of Dear ImGui."""
MODIFIERS = {
    imgui.Key.mod_shift: glfw.KEY_LEFT_SHIFT,
    imgui.Key.mod_ctrl: glfw.KEY_LEFT_SUPER if has_command_key() else glfw.KEY_LEFT_CONTROL,
    imgui.Key.mod_alt: glfw.KEY_LEFT_ALT,
}
"""A key for each modifier."""


class Hand:
    """Synthetic events, a frame after each: a click too short to be seen would not count.

    Args:
        window: Where the pointer is.
        frame: Draws one frame.
    """

    def __init__(self, window: CountedWindow, frame: Callable[[], None]) -> None:
        self.frame = frame
        self._window = window
        self._held = Modifier.NONE

    def rest(self, seconds: float) -> None:
        """Do nothing for so long."""
        self._window.pass_time(seconds)

    def move(self, to: Point) -> None:
        self.jump(to)
        self.frame()

    def jump(self, to: Point) -> None:
        """Move without a frame: what follows happens in the same one."""
        self._window.move_pointer(*to)
        self._window.receive_pointer(*to)

    def press(self, button: int = 0) -> None:
        self._window.receive_button(button, True)
        self.frame()

    def release(self, button: int = 0) -> None:
        self._window.receive_button(button, False)
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
        self._window.receive_wheel(0.0, by)
        self.frame()

    def hold(self, key: imgui.Key, down: bool) -> None:
        """Press or release a key; for the modifiers `imgui.Key.mod_shift` and the like."""
        self.turn(key, down)
        self.frame()

    def turn(self, key: imgui.Key, down: bool) -> None:
        """Press or release a key without a frame."""
        number = MODIFIERS.get(key) or NUMBERS[key]
        for modifier, name in IMGUI_MODIFIERS.items():
            if name == key:
                self._held = self._held | modifier if down else self._held & ~modifier
        self._window.receive_key(number, 0, down, self._held)

    def key(self, key: imgui.Key, *modifiers: imgui.Key) -> None:
        for modifier in modifiers:
            self.hold(modifier, True)
        self.hold(key, True)
        self.hold(key, False)
        for modifier in modifiers:
            self.hold(modifier, False)

    def type(self, text: str) -> None:
        for character in text:
            self._window.receive_character(character)
        self.frame()
