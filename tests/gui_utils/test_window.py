"""Frames due, waking, dropped files, pixels; and the message where there is no display."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from OpenGL import GL

from gui_utils.window import FRAMES_PER_EVENT, Window, WindowError
from tests.patience import PATIENCE_S


def test_only_as_many_frames_are_due_as_were_asked_for(window: Window) -> None:
    for _ in range(FRAMES_PER_EVENT):
        assert window.frame_due
        window.present()
    assert not window.frame_due
    window.request_frames(2)
    window.present()
    window.present()
    assert not window.frame_due


def test_another_thread_ends_the_wait(window: Window) -> None:
    for _ in range(FRAMES_PER_EVENT):
        window.present()
    threading.Timer(0.05, window.wake).start()
    started = time.perf_counter()
    window.wait(2 * PATIENCE_S)
    assert time.perf_counter() - started < PATIENCE_S


def test_dropped_files_are_handed_over_once_and_ask_for_a_frame(window: Window) -> None:
    for _ in range(FRAMES_PER_EVENT):
        window.present()
    window.receive_drop(["/a/b.safetensors", "c"])
    assert window.frame_due
    assert window.take_drops() == [Path("/a/b.safetensors"), Path("c")]
    assert window.take_drops() == []


def test_pixels_are_read_with_the_top_row_first(window: Window) -> None:
    window.clear((1.0, 0.0, 0.0))
    GL.glEnable(GL.GL_SCISSOR_TEST)
    GL.glScissor(0, 470, 640, 10)  # OpenGL counts rows from below: this is the top
    GL.glClearColor(0.0, 0.0, 1.0, 1.0)
    GL.glClear(GL.GL_COLOR_BUFFER_BIT)
    GL.glDisable(GL.GL_SCISSOR_TEST)
    pixels = window.read_pixels()
    assert pixels.shape == (480, 640, 3)
    assert np.all(pixels[:10] == (0, 0, 255))
    assert np.all(pixels[10:] == (255, 0, 0))


def test_asking_to_close_is_seen_by_the_loop(window: Window) -> None:
    assert not window.should_close
    window.ask_to_close()
    assert window.should_close


@pytest.mark.skipif("sys.platform != 'linux'", reason="elsewhere there always is a display")
def test_without_a_display_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(WindowError, match="--offscreen"):
        Window("test", (320, 240))


@pytest.mark.parametrize(("offscreen", "focused", "times"), [(0, 0, 1), (0, 1, 0), (1, 0, 0)])
def test_attention_is_asked_for_unless_somebody_works_in_the_window(
    window: Window, monkeypatch: pytest.MonkeyPatch, offscreen: int, focused: int, times: int
) -> None:
    asked: list[object] = []
    monkeypatch.setattr("glfw.get_window_attrib", lambda _window, _which: focused)
    monkeypatch.setattr("glfw.request_window_attention", asked.append)
    window.offscreen = bool(offscreen)
    window.ask_for_attention()
    window.offscreen = True
    assert len(asked) == times


@pytest.mark.process
def test_the_glfw_of_another_environment_is_not_taken(tmp_path: Path) -> None:
    """With two of them, the window of the one has no size for the other."""
    other = tmp_path / "libglfw.so.3"
    other.touch()
    code = "import os, gui_utils; print(os.environ['PYGLFW_LIBRARY'])"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYGLFW_LIBRARY": str(other)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "imgui_bundle" in run.stdout
