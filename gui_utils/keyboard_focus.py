"""The keyboard's focus: who gets the arrow keys, Space and Enter.

A program has its own use for these keys. They belong to Dear ImGui's navigation only while it
shows where the focus is: in menus and pop-ups, in dialogs, and from Tab or Ctrl+Tab until the
mouse is used or Escape is pressed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import glfw
from imgui_bundle import imgui

from gui_utils.events import ButtonChanged, Event, KeyChanged, Modifier

if TYPE_CHECKING:
    from collections.abc import Iterable

K = imgui.Key
WALKING_KEYS = frozenset(
    (K.left_arrow, K.right_arrow, K.up_arrow, K.down_arrow, K.space, K.enter, K.keypad_enter)
)
"""Keys that move the focus and press what has it."""
ARROW_KEYS = (K.left_arrow, K.right_arrow, K.up_arrow, K.down_arrow)
ARROWS = frozenset((glfw.KEY_LEFT, glfw.KEY_RIGHT, glfw.KEY_UP, glfw.KEY_DOWN))
NOBODY = (0, 0xFFFFFFFF)
"""Owners of a key that nothing keeps to itself: anything, and nothing."""
FRAMES_TO_SHOW = 4
"""Frames after Tab within which the focus appears, if there is anything that can have it."""


class KeyboardFocus:
    """Switch between walking through controls by keyboard and speaking to the program."""

    def __init__(self) -> None:
        self._walks = False
        self._frames_left = 0
        self.popup_was_open = False
        """True if a menu or pop-up was open as this frame began: Escape was meant for it."""
        self.found_nothing = False
        """True for one frame if the window that Tab was pressed in has nothing to focus."""
        self._was_shown = False
        self._visits = False
        """True for a walk that began in a menu or a dialog, and ends with it."""

    def prepare(self, events: Iterable[Event], *, writing: bool) -> None:
        """Switch navigation on or off for the frame that is about to begin.

        Args:
            events: What this frame is told.
            writing: True while a text field has the keyboard.
        """
        self.popup_was_open = popup_is_open()
        self.found_nothing = False
        begins = False
        for event in events:
            if isinstance(event, ButtonChanged) and event.down:
                self._walks = False
            elif isinstance(event, KeyChanged) and event.down:
                begins = begins or _begins_to_walk(event, writing=writing)
        if begins:
            self._visits = in_front() and (self._visits or not self._walks)
            self._walks, self._frames_left, self._was_shown = True, FRAMES_TO_SHOW, False
        elif self._visits and self._walks and not in_front():
            self._walks = False
            imgui.set_nav_cursor_visible(False)
        elif self._walks and not writing:
            self._count()
        # Until somebody walks, the arrows in a field with a list below it move in that list.
        wanted = self._walks or (not writing and (popup_is_open() or dialog_has_focus()))
        io, flag = imgui.get_io(), imgui.ConfigFlags_.nav_enable_keyboard
        io.config_flags = io.config_flags | flag if wanted else io.config_flags & ~flag

    def _count(self) -> None:
        """End the walk where the focus is no longer shown, or never was."""
        if is_shown():
            self._frames_left, self._was_shown = FRAMES_TO_SHOW, True
            return
        self._frames_left -= 1
        self._walks = self._frames_left > 0
        self.found_nothing = not self._walks and not self._was_shown

    def rest(self) -> None:
        """Stop walking: a text field is given the keyboard."""
        self._walks = False

    def go_to_menu_bar(self) -> None:
        """Show the focus in the main menu bar; nothing where there is none."""
        self._go_to("##MainMenuBar", imgui.internal.NavLayer.menu)

    def go_to(self, title: str) -> None:
        """Show the focus in a window, if there is one of this title."""
        self._go_to(title, imgui.internal.NavLayer.main)

    def _go_to(self, name: str, layer: imgui.internal.NavLayer) -> None:
        window: imgui.internal.Window | None = imgui.internal.find_window_by_name(name)
        if window is None:
            return
        self._walks, self._frames_left, self._was_shown = True, FRAMES_TO_SHOW, True
        self._visits = layer == imgui.internal.NavLayer.menu
        imgui.internal.focus_window(window)
        imgui.get_current_context().nav_layer = layer
        imgui.internal.nav_init_window(window, True)
        imgui.set_nav_cursor_visible(True)

    @property
    def walks(self) -> bool:
        """True from Tab or Ctrl+Tab on, until the mouse is used or Escape has been pressed."""
        return self._walks

    def takes(self, key: imgui.Key, *, shift: bool = False) -> bool:
        """Return True if a key moves or presses the focus, so that it means nothing else.

        With Shift it does only where what has the focus keeps the key to itself.
        """
        if key not in WALKING_KEYS or not self._walks or not is_shown():
            return False
        return not shift or imgui.internal.get_key_owner(key) not in NOBODY


def is_shown() -> bool:
    """Return True while the focus can be seen."""
    return bool(imgui.get_io().nav_visible)


def has_focus() -> bool:
    """Return True while the last drawn item has the focus and that can be seen."""
    return is_shown() and bool(imgui.is_item_focused())


def arrow_steps() -> tuple[int, int]:
    """Return how often arrows were pressed on the last drawn item, which keeps them to itself.

    Drawn with `imgui.ButtonFlags_.enable_nav`, it is reached by Tab, shows the focus, and Tab goes
    on from it.

    Returns:
        (right, down), 0 while the item has no focus that is seen.
    """
    left, right, up, down = kept_keys(*ARROW_KEYS)
    return right - left, down - up


def kept_keys(*keys: imgui.Key) -> tuple[int, ...]:
    """Return how often each key was pressed on the last drawn item, which keeps them to itself."""
    if not has_focus():
        return (0,) * len(keys)
    item = imgui.get_item_id()
    for key in keys:
        imgui.internal.set_key_owner(key, item)
    return tuple(int(imgui.is_key_pressed(key)) for key in keys)


def asks_for_menu() -> bool:
    """Return True if Enter was pressed on the last drawn item: it opens its menu."""
    enters = (K.enter, K.keypad_enter)
    return has_focus() and any(imgui.is_key_pressed(key, False) for key in enters)


def asks_for_context() -> bool:
    """Return True if what a right click offers is asked for by keyboard, on the last drawn item."""
    asked: int = imgui.get_current_context().nav_open_context_menu_item_id
    return asked != 0 and asked == imgui.get_item_id()


def popup_is_open() -> bool:
    """Return True while any menu or pop-up is open."""
    flags = imgui.PopupFlags_
    return bool(imgui.is_popup_open("", flags.any_popup_id | flags.any_popup_level))


def dialog_has_focus() -> bool:
    """Return True while a window above the docked ones has the keyboard."""
    window: imgui.internal.Window | None = imgui.get_current_context().nav_window
    if window is None:
        return False
    root = window.root_window
    # Bars, whose names are not only titles, cannot be docked either.
    return bool(root.flags & imgui.WindowFlags_.no_docking) and "##" not in root.name


def in_front() -> bool:
    """Return True while a menu, a pop-up or a dialog has the keyboard."""
    in_menu = imgui.get_current_context().nav_layer == imgui.internal.NavLayer.menu
    return in_menu or popup_is_open() or dialog_has_focus()


def _begins_to_walk(event: KeyChanged, *, writing: bool) -> bool:
    """Return True for Tab, and for an arrow where menus or dialogs listen to it."""
    if event.key == glfw.KEY_TAB:
        return Modifier.ALT not in event.held
    return event.key in ARROWS and not writing and (popup_is_open() or dialog_has_focus())
