"""An OpenGL 3.3 window made with GLFW, on the screen or offscreen.

The window counts the frames that are still to be drawn: every event asks for a few, and a loop
that draws only while `frame_due` is true uses no CPU when nothing moves.
"""

from __future__ import annotations

import ctypes
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import glfw
import numpy as np
from OpenGL import GL
from PIL import Image

from gui_utils.events import (
    ButtonChanged,
    CharacterTyped,
    Clicks,
    EventQueue,
    FocusChanged,
    KeyChanged,
    Modifier,
    PointerCrossed,
    PointerMoved,
    WheelTurned,
)
from gui_utils.keys import MODIFIER_KEYS, key_as_labelled, writes
from systems.desktop import display

if TYPE_CHECKING:
    from collections.abc import Iterable

FRAMES_PER_EVENT = 3
"""Frames that Dear ImGui needs to settle after an event (hover, then active, then layout)."""


WAITED_S = 1e-3
"""An event that comes so soon after the window began to listen may have happened before."""


class WindowError(RuntimeError):
    """There is no display or no OpenGL; the message says what to do about it."""


class Window:
    """A window with an OpenGL 3.3 core context, current in the thread that created it.

    Args:
        title: The window's title.
        name: What desktops call the program, as in the name of its entry; empty: nothing.
        size: Width and height in screen coordinates.
        offscreen: Draw without a display, with GLFW's null platform and EGL.
        max_fps: Highest frame rate; not limited offscreen.

    Raises:
        WindowError: There is no display, or no OpenGL 3.3.
    """

    def __init__(
        self,
        title: str,
        size: tuple[int, int] = (1600, 900),
        *,
        name: str = "",
        offscreen: bool = False,
        max_fps: float = 60.0,
    ) -> None:
        self.offscreen = offscreen
        self._pending = FRAMES_PER_EVENT
        self._min_interval_s = 0.0 if offscreen else 1.0 / max_fps
        self._last_frame = 0.0
        self._wake = threading.Event()
        self._drops: list[Path] = []
        self.events = EventQueue()
        """What mouse and keyboard did and no frame has seen yet."""
        self._clicks = Clicks()
        self._pointer = (-1.0, -1.0)
        self._listening_since = self._deaf_since = self.now_s
        self._before_fullscreen: tuple[int, int, int, int] | None = None
        self._smallest = (0, 0)
        self._last_touched = self.now_s
        _start_glfw(offscreen)
        _hint_context(offscreen)
        for hint in (glfw.X11_CLASS_NAME, glfw.X11_INSTANCE_NAME, glfw.WAYLAND_APP_ID):
            glfw.window_hint_string(hint, name)
        self.handle = glfw.create_window(size[0], size[1], title, None, None)
        if not self.handle:
            reason = _glfw_reason()
            glfw.terminate()
            raise WindowError(
                f"no OpenGL 3.3 here ({reason}); install the graphics driver, or Mesa's software "
                "one (on Debian: libegl1 libgl1-mesa-dri)"
            )
        glfw.make_context_current(self.handle)
        glfw.swap_interval(0 if offscreen else 1)
        self.renderer: str = GL.glGetString(GL.GL_RENDERER).decode(errors="replace")
        """Name of the device that OpenGL runs on, as the driver reports it."""
        self._listen()

    @property
    def address(self) -> int:
        """The GLFWwindow pointer as an integer, for compiled code."""
        return int(ctypes.cast(self.handle, ctypes.c_void_p).value or 0)

    @property
    def should_close(self) -> bool:
        """True once the user or the program has asked to close the window."""
        return bool(glfw.window_should_close(self.handle))

    @property
    def hidden(self) -> bool:
        """True while the window is minimised."""
        return bool(glfw.get_window_attrib(self.handle, glfw.ICONIFIED))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in screen coordinates, like mouse positions."""
        width, height = glfw.get_window_size(self.handle)
        return int(width), int(height)

    @property
    def framebuffer_size(self) -> tuple[int, int]:
        """Width and height in pixels, as OpenGL uses them."""
        width, height = glfw.get_framebuffer_size(self.handle)
        return int(width), int(height)

    @property
    def content_scale(self) -> float:
        """Size of text relative to 96 dpi, in screen coordinates.

        Where one screen coordinate spans several pixels (macOS, Wayland), the system enlarges the
        window itself.
        """
        if self.offscreen:
            return 1.0
        pixels_per_coordinate = self.framebuffer_size[0] / max(self.size[0], 1)
        scale = float(glfw.get_window_content_scale(self.handle)[0])
        return max(1.0, scale / max(pixels_per_coordinate, 1.0))

    @property
    def untouched_s(self) -> float:
        """Seconds since the last mouse or keyboard event."""
        return self.now_s - self._last_touched

    @property
    def now_s(self) -> float:
        """Monotonic time in seconds; the only clock by which user input is timed."""
        return time.perf_counter()

    def limit_size(self, width: float, height: float) -> None:
        """Make the window at least so large, in screen coordinates, as far as the screen allows."""
        if self.offscreen:
            return
        screen = self.screen_size
        least = min(round(width), screen[0]), min(round(height), screen[1])
        if least == self._smallest:
            return
        self._smallest = least
        glfw.set_window_size_limits(self.handle, *least, glfw.DONT_CARE, glfw.DONT_CARE)
        now = self.size
        if now[0] < least[0] or now[1] < least[1]:
            glfw.set_window_size(self.handle, max(now[0], least[0]), max(now[1], least[1]))

    def show_icon(self, files: Iterable[Path]) -> None:
        """Give the window an icon, in several sizes; Wayland and macOS take that of the program."""
        if not self.offscreen:
            icons = [Image.open(path).convert("RGBA") for path in files]
            glfw.set_window_icon(self.handle, len(icons), icons)

    def close(self) -> None:
        """Destroy the window and terminate GLFW. Safe to call twice."""
        if self.handle is not None:
            glfw.destroy_window(self.handle)
            self.handle = None
            glfw.terminate()

    def ask_to_close(self) -> None:
        """Make `should_close` true, so that the loop ends when it is ready."""
        glfw.set_window_should_close(self.handle, True)
        self.request_frames(1)

    def request_frames(self, count: int = FRAMES_PER_EVENT) -> None:
        """Ask for at least `count` more frames."""
        self._pending = max(self._pending, count)

    def wake(self) -> None:
        """End `wait` early; can be called from any thread."""
        self._wake.set()
        if not self.offscreen and self.handle is not None:
            glfw.post_empty_event()

    @property
    def frame_due(self) -> bool:
        """True if a frame has to be drawn now."""
        return self._pending > 0 and (self.now_s >= self._last_frame + self._min_interval_s)

    def wait(self, timeout_s: float) -> None:
        """Sleep until there is something to do, and handle the events that arrived.

        An event, a call of `wake`, a frame that is due or the end of `timeout_s` ends the sleep.
        """
        due_in = self._last_frame + self._min_interval_s - self.now_s
        sleep_s = min(timeout_s, max(0.0, due_in)) if self._pending else timeout_s
        self._listening_since = self.now_s
        if sleep_s <= 0:
            glfw.poll_events()
        elif self.offscreen:
            self._wake.wait(sleep_s)
            glfw.poll_events()
        else:
            glfw.wait_events_timeout(sleep_s)
        self._wake.clear()
        self._deaf_since = self.now_s

    def present(self) -> None:
        """Show the frame that was just drawn."""
        self._last_frame = self.now_s
        self._pending = max(0, self._pending - 1)
        if self.offscreen:
            # Offscreen, swapping does not end a frame, and Mesa would pile up its commands.
            GL.glFinish()
        glfw.swap_buffers(self.handle)

    def clear(self, colour: tuple[float, float, float]) -> None:
        """Fit the viewport to the framebuffer and fill it with `colour` (0…1)."""
        width, height = self.framebuffer_size
        GL.glViewport(0, 0, width, height)
        GL.glClearColor(*colour, 1.0)
        GL.glClear(GL.GL_COLOR_BUFFER_BIT)

    def read_pixels(self) -> np.ndarray:
        """Read the last drawn frame, before `present`: [height, width, 3] uint8, top row first."""
        width, height = self.framebuffer_size
        GL.glPixelStorei(GL.GL_PACK_ALIGNMENT, 1)
        data = GL.glReadPixels(0, 0, width, height, GL.GL_RGB, GL.GL_UNSIGNED_BYTE)
        pixels = np.frombuffer(data, np.uint8).reshape(height, width, 3)
        return np.ascontiguousarray(pixels[::-1])

    @property
    def screen_size(self) -> tuple[int, int]:
        """Width and height of the first screen in pixels; offscreen, those of the window."""
        monitor = None if self.offscreen else glfw.get_primary_monitor()
        if monitor is None:
            return self.size
        mode = glfw.get_video_mode(monitor)
        return mode.size.width, mode.size.height

    def toggle_fullscreen(self) -> None:
        """Switch to fullscreen, or back to the previous size."""
        if self.offscreen:
            return
        if self._before_fullscreen is None:
            x, y = glfw.get_window_pos(self.handle)
            self._before_fullscreen = (x, y, *self.size)
            monitor = glfw.get_primary_monitor()
            mode = glfw.get_video_mode(monitor)
            glfw.set_window_monitor(
                self.handle, monitor, 0, 0, mode.size.width, mode.size.height, mode.refresh_rate
            )
        else:
            glfw.set_window_monitor(self.handle, None, *self._before_fullscreen, 0)
            self._before_fullscreen = None
        self.request_frames()

    def ask_for_attention(self) -> None:
        """Have the desktop point out the window, unless somebody works in it."""
        if not self.offscreen and not glfw.get_window_attrib(self.handle, glfw.FOCUSED):
            glfw.request_window_attention(self.handle)

    def move_pointer(self, x: float, y: float) -> None:
        """Move the mouse pointer, in screen coordinates from the upper left corner."""
        glfw.set_cursor_pos(self.handle, x, y)

    def copy_text(self, text: str) -> None:
        """Put text on the clipboard."""
        glfw.set_clipboard_string(None, text)  # of the whole system, whatever the window

    def take_drops(self) -> list[Path]:
        """Return the files dropped on the window since the last call, in order."""
        drops, self._drops = self._drops, []
        return drops

    def receive_drop(self, paths: list[str]) -> None:
        """Handle files as if they had been dropped on the window."""
        self._drops.extend(Path(path) for path in paths)
        self._touch()

    def _touch(self) -> None:
        self._last_touched = self.now_s
        self.request_frames()

    def receive_key(self, key: int, scancode: int, pressed: bool, held: Modifier) -> None:
        """Handle a key, by GLFW's number; for a modifier key, `held` may leave it out."""
        own = MODIFIER_KEYS.get(key, Modifier.NONE)
        if own:
            held = held | own if pressed else held & ~own
        key = key_as_labelled(key, scancode)
        self.events.add(KeyChanged(key, pressed, held, bool(own), writes(key, held)))
        self._touch()

    def receive_character(self, character: str) -> None:
        """Handle a typed character."""
        self.events.add(CharacterTyped(character))
        self._touch()

    def receive_button(self, button: int, pressed: bool) -> None:
        """Handle a mouse button."""
        now = self.now_s
        waited = now - self._listening_since < WAITED_S
        earliest = self._deaf_since if waited else now
        again = pressed and self._clicks.press(button, self._pointer, earliest, now)
        self.events.add(ButtonChanged(button, pressed, again))
        self._touch()

    def receive_pointer(self, x: float, y: float) -> None:
        """Handle a movement of the pointer, in screen coordinates."""
        self._pointer = (x, y)
        self.events.add(PointerMoved(x, y))
        self._touch()

    def receive_wheel(self, x: float, y: float) -> None:
        """Handle a turn of the wheel."""
        self.events.add(WheelTurned(x, y))
        self._touch()

    def _listen(self) -> None:
        """Register callbacks that keep events for the next frames and count them."""

        def exposed(*_: Any) -> None:
            self.request_frames()

        def crossed(_window: Any, inside: int) -> None:
            self.events.add(PointerCrossed(bool(inside)))
            self.request_frames()

        def focused(_window: Any, focused: int) -> None:
            self.events.add(FocusChanged(bool(focused)))
            self.request_frames()

        def key_changed(_window: Any, key: int, scancode: int, action: int, held: int) -> None:
            if action != glfw.REPEAT:
                self.receive_key(key, scancode, action == glfw.PRESS, Modifier(held & 15))

        def button_changed(_window: Any, button: int, action: int, _held: int) -> None:
            self.receive_button(button, action == glfw.PRESS)

        handle = self.handle
        glfw.set_cursor_pos_callback(handle, lambda _window, x, y: self.receive_pointer(x, y))
        glfw.set_mouse_button_callback(handle, button_changed)
        glfw.set_scroll_callback(handle, lambda _window, x, y: self.receive_wheel(x, y))
        glfw.set_key_callback(handle, key_changed)
        glfw.set_char_callback(handle, lambda _window, code: self.receive_character(chr(code)))
        glfw.set_cursor_enter_callback(handle, crossed)
        glfw.set_window_focus_callback(handle, focused)
        glfw.set_drop_callback(handle, lambda _window, paths: self.receive_drop(paths))
        for subscribe in (
            glfw.set_window_iconify_callback,
            glfw.set_window_refresh_callback,
            glfw.set_framebuffer_size_callback,
            glfw.set_window_content_scale_callback,
        ):
            subscribe(handle, exposed)


def display_answers() -> bool:
    """Return True if a window can be shown, by trying; no window may be open."""
    try:
        _start_glfw(offscreen=False)
    except WindowError:
        return False
    glfw.terminate()
    return True


def _start_glfw(offscreen: bool) -> None:
    glfw.ERROR_REPORTING = "ignore"  # errors are read where a call fails
    if offscreen:
        glfw.init_hint(glfw.PLATFORM, glfw.PLATFORM_NULL)
    else:
        glfw.init_hint(glfw.PLATFORM, glfw.ANY_PLATFORM)
        if not display():
            raise WindowError(
                "no display: neither DISPLAY nor WAYLAND_DISPLAY is set; start it on a desktop, "
                "or with --offscreen --screenshot PNG"
            )
    if not glfw.init():
        raise WindowError(f"the window system does not answer ({_glfw_reason()})")


def _hint_context(offscreen: bool) -> None:
    glfw.default_window_hints()
    glfw.window_hint(glfw.CONTEXT_VERSION_MAJOR, 3)
    glfw.window_hint(glfw.CONTEXT_VERSION_MINOR, 3)
    glfw.window_hint(glfw.OPENGL_PROFILE, glfw.OPENGL_CORE_PROFILE)
    glfw.window_hint(glfw.OPENGL_FORWARD_COMPAT, True)
    glfw.window_hint(glfw.SCALE_TO_MONITOR, True)
    if offscreen:
        glfw.window_hint(glfw.CONTEXT_CREATION_API, glfw.EGL_CONTEXT_API)


def _glfw_reason() -> str:
    _code, text = glfw.get_error()
    return text.decode(errors="replace") if text else "no reason given"
