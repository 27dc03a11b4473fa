"""Life cycle of Dear ImGui inside a `Window`: set-up, frames, recovery from errors, shutdown."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from imgui_bundle import imgui, implot

from gui_utils.events import (
    ButtonChanged,
    CharacterTyped,
    Event,
    FocusChanged,
    KeyChanged,
    PointerCrossed,
    PointerMoved,
    WheelTurned,
)
from gui_utils.fonts import Fonts, load_fonts
from gui_utils.keyboard_focus import KeyboardFocus
from gui_utils.keys import IMGUI_KEYS, IMGUI_MODIFIERS
from gui_utils.theme import Palette, ThemeName, apply_theme, vec4
from systems.desktop import has_command_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gui_utils.window import Window

log = logging.getLogger(__name__)

SHORTEST_FRAME_S = 1e-5
"""Shortest time between two frames that Dear ImGui accepts."""
FRAMES_TO_FOCUS = 3
"""Frames until a text field that was given the keyboard reads characters."""
ALWAYS_S, NEVER_S = 1e9, 0.0


class GuiHost:
    """Dear ImGui with docking and ImPlot, drawn into a window.

    Args:
        window: Window to draw into; its own callbacks stay in place.
        theme: Theme at the start.
        ui_scale: Size of text and widgets, multiplied with the monitor's own scale.
    """

    def __init__(
        self,
        window: Window,
        *,
        theme: ThemeName = "dark",
        ui_scale: float = 1.0,
    ) -> None:
        self.window = window
        self.failures: dict[str, str] = {}
        """Error message of each guarded part, by name, until the part is drawn without error."""
        self._before_next_frame: list[Callable[[], None]] = []
        self._context = imgui.create_context()
        self._plots = implot.create_context()
        io = imgui.get_io()
        io.config_flags |= imgui.ConfigFlags_.docking_enable
        io.config_error_recovery_enable_assert = False
        io.config_error_recovery_enable_tooltip = False
        io.config_windows_move_from_title_bar_only = True
        io.config_mac_osx_behaviors = has_command_key()  # then ⌘ is what Ctrl is elsewhere
        io.set_ini_filename(None)  # whoever wants to keep the layout does
        io.config_input_trickle_event_queue = False  # the window's own queue deals events out
        io.mouse_single_click_delay = 2 * ALWAYS_S  # it has to be longer than a double click
        imgui.backends.glfw_init_for_opengl(window.address, False)
        imgui.backends.opengl3_init("#version 330")
        self.fonts: Fonts = load_fonts()
        self.palette: Palette = apply_theme(theme, ui_scale * window.content_scale)
        self.scale = ui_scale * window.content_scale
        self._look = (theme, self.scale)
        self._drawn_at = window.now_s
        self._frames_to_focus = 0
        self.focus = KeyboardFocus()

    def set_look(self, theme: ThemeName, ui_scale: float) -> None:
        """Change theme and scale from the next frame on."""
        look = (theme, ui_scale * self.window.content_scale)
        if look == self._look:
            return
        self._look = look

        def change() -> None:
            self.palette = apply_theme(*look)
            self.scale = look[1]

        self._before_next_frame.append(change)
        self.window.request_frames()

    @property
    def wants_text(self) -> bool:
        """True while the user types in a text field."""
        return bool(imgui.get_io().want_text_input)

    def give_keyboard(self, offset: int = 0) -> None:
        """Give the keyboard to the next text field; -1 for the last one.

        What is typed from now on waits until the field can read it.
        """
        imgui.set_keyboard_focus_here(offset)
        self.focus.rest()
        self._frames_to_focus = FRAMES_TO_FOCUS
        self.window.request_frames()

    @property
    def is_held(self) -> bool:
        """True while a mouse button is down or a control is in use."""
        return bool(imgui.is_any_mouse_down() or imgui.is_any_item_active())

    def px(self, size: float) -> float:
        """Convert a length at a scale of 1 to pixels of this window."""
        return round(size * self.scale)

    def frame(self, draw: Callable[[], None]) -> None:
        """Draw one frame; `present` of the window has to be called afterwards.

        An error in `draw` that no `guard` caught is raised after the frame has been closed, so
        that the next frame starts clean.
        """
        for change in self._before_next_frame:
            change()
        self._before_next_frame.clear()
        imgui.backends.opengl3_new_frame()
        imgui.backends.glfw_new_frame()
        # Everything is timed by the window's clock, not by GLFW's.
        now = self.window.now_s
        imgui.get_io().delta_time = max(now - self._drawn_at, SHORTEST_FRAME_S)
        self._drawn_at = now
        self._deal_events()
        imgui.new_frame()
        try:
            draw()
        finally:
            imgui.render()
            self.window.clear(self.palette.stage)
            imgui.backends.opengl3_render_draw_data(imgui.get_draw_data())

    def _deal_events(self) -> None:
        """Tell Dear ImGui as much of what has happened as one frame can tell apart."""
        writing = self.wants_text or imgui.get_current_context().want_text_input_next_frame == 1
        self._frames_to_focus = 0 if writing else max(0, self._frames_to_focus - 1)
        dealt = [] if self._frames_to_focus else self.window.events.deal(writing=writing)
        self.focus.prepare(dealt, writing=writing)
        for event in dealt:
            self._tell(event)
        if self.window.events:
            self.window.request_frames(2)  # this one and the next

    def _tell(self, event: Event) -> None:
        io, backend = imgui.get_io(), imgui.backends
        match event:
            case PointerMoved(x, y):
                io.add_mouse_pos_event(x, y)
            case PointerCrossed(inside):
                backend.glfw_cursor_enter_callback(self.window.address, int(inside))
            case FocusChanged(focused):
                backend.glfw_window_focus_callback(self.window.address, int(focused))
            case ButtonChanged(button, down, again):
                # The time of the event decides about double clicks, not the time of the frame.
                if down:
                    io.mouse_double_click_time = ALWAYS_S if again else NEVER_S
                if button < imgui.MouseButton_.count:
                    io.add_mouse_button_event(button, down)
            case WheelTurned(x, y):
                io.add_mouse_wheel_event(x, y)
            case KeyChanged(key, down, held):
                for modifier, name in IMGUI_MODIFIERS.items():
                    io.add_key_event(name, modifier in held)
                if key in IMGUI_KEYS:
                    io.add_key_event(IMGUI_KEYS[key], down)
            case CharacterTyped(character):
                io.add_input_character(ord(character))

    @contextmanager
    def guard(self, name: str) -> Iterator[None]:
        """Keep an error inside the block from affecting the rest of the frame.

        Whatever the block left open in Dear ImGui is closed, one line reports the error in the
        window, and each error is logged only once.
        """
        before = imgui.internal.ErrorRecoveryState()
        imgui.internal.error_recovery_store_state(before)
        try:
            yield
        except Exception as error:
            self._close_what_is_open(before)
            line = f"{type(error).__name__}: {error}"
            if self.failures.get(name) != line:
                log.exception("%s could not be drawn", name)
            self.failures[name] = line
            imgui.push_style_color(imgui.Col_.text, vec4(self.palette.error))
            imgui.text_wrapped(f"{name} could not be drawn: {line}")
            imgui.pop_style_color()
        else:
            self.failures.pop(name, None)

    def _close_what_is_open(self, before: imgui.internal.ErrorRecoveryState) -> None:
        if implot.internal.get_current_plot() is not None:
            implot.end_plot()
        io = imgui.get_io()
        io.config_error_recovery_enable_debug_log = False  # the original error is logged instead
        imgui.internal.error_recovery_try_to_recover_state(before)
        io.config_error_recovery_enable_debug_log = True

    def close(self) -> None:
        """Shut down Dear ImGui; the window stays open."""
        imgui.backends.opengl3_shutdown()
        imgui.backends.glfw_shutdown()
        implot.destroy_context(self._plots)
        imgui.destroy_context(self._context)
