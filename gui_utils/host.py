"""Dear ImGui's life inside a `Window`: set-up, frames, recovery from errors, the end."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from imgui_bundle import imgui, implot

from gui_utils.fonts import Fonts, load_fonts
from gui_utils.theme import Palette, ThemeName, apply_theme, vec4

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gui_utils.window import Window

log = logging.getLogger(__name__)

SHORTEST_FRAME_S = 1e-5
"""Dear ImGui wants time to pass from frame to frame."""


class GuiHost:
    """Dear ImGui and ImPlot with docking, drawn into a window.

    Args:
        window: Where to draw; its own callbacks stay in place.
        theme: The theme to start with.
        ui_scale: Size of text and widgets, on top of the monitor's own scale.
        ini_path: Where the docking layout is remembered; None forgets it.
    """

    def __init__(
        self,
        window: Window,
        *,
        theme: ThemeName = "dark",
        ui_scale: float = 1.0,
        ini_path: Path | None = None,
    ) -> None:
        self.window = window
        self.failures: dict[str, str] = {}
        """What went wrong in a guarded part, by its name, until it draws again without error."""
        self._before_next_frame: list[Callable[[], None]] = []
        self._context = imgui.create_context()
        self._plots = implot.create_context()
        io = imgui.get_io()
        io.config_flags |= imgui.ConfigFlags_.docking_enable
        io.config_error_recovery_enable_assert = False
        io.config_error_recovery_enable_tooltip = False
        io.config_windows_move_from_title_bar_only = True
        io.set_ini_filename(str(ini_path) if ini_path else "")
        imgui.backends.glfw_init_for_opengl(window.address, True)
        imgui.backends.opengl3_init("#version 330")
        self.fonts: Fonts = load_fonts()
        self.palette: Palette = apply_theme(theme, ui_scale * window.content_scale)
        self.scale = ui_scale * window.content_scale
        self._look = (theme, self.scale)
        self._drawn_at = window.now_s

    def set_look(self, theme: ThemeName, ui_scale: float) -> None:
        """Change theme and size from the next frame on."""
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
        """Whether a text field is being typed into."""
        return bool(imgui.get_io().want_text_input)

    @property
    def is_held(self) -> bool:
        """Whether a mouse button is down or a control is being used."""
        return bool(imgui.is_any_mouse_down() or imgui.is_any_item_active())

    def px(self, size: float) -> float:
        """A length at a scale of 1 in the pixels of this window."""
        return round(size * self.scale)

    def frame(self, draw: Callable[[], None]) -> None:
        """Draw one frame; the window still has to `present` it.

        An error in `draw` that no `guard` caught is raised after the frame has been closed, so
        that the next one starts clean.
        """
        for change in self._before_next_frame:
            change()
        self._before_next_frame.clear()
        imgui.backends.opengl3_new_frame()
        imgui.backends.glfw_new_frame()
        now = self.window.now_s  # not GLFW's clock: double clicks are timed as all else is
        imgui.get_io().delta_time = max(now - self._drawn_at, SHORTEST_FRAME_S)
        self._drawn_at = now
        imgui.new_frame()
        try:
            draw()
        finally:
            imgui.render()
            self.window.clear(self.palette.stage)
            imgui.backends.opengl3_render_draw_data(imgui.get_draw_data())

    @contextmanager
    def guard(self, name: str) -> Iterator[None]:
        """Keep an error in the block from reaching the rest of the frame.

        What the block left open in Dear ImGui is closed, one line says what happened, and the
        same error is logged once.
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
        io.config_error_recovery_enable_debug_log = False  # the error itself is logged instead
        imgui.internal.error_recovery_try_to_recover_state(before)
        io.config_error_recovery_enable_debug_log = True

    def close(self) -> None:
        """Shut Dear ImGui down; the window stays."""
        imgui.backends.opengl3_shutdown()
        imgui.backends.glfw_shutdown()
        implot.destroy_context(self._plots)
        imgui.destroy_context(self._context)
