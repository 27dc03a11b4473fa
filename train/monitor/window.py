"""The monitor's window: the runs at the left, what is known of them in tabs."""

import math
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import dearpygui.dearpygui as dpg
import numpy as np
from PIL import Image

from train.monitor.curves import Curves
from train.monitor.look import DIM, ERROR, RGB, RUN_COLOURS, WARNING, use_look
from train.monitor.memory import HIDDEN_KEPT, Memory, memory_file
from train.monitor.pictures import Pictures
from train.monitor.texts import LogText, SettingsTable, progress_text
from train.monitor.watcher import Watcher
from train.runs import launch
from train.runs.reader import Run

TITLE = "Training monitor"
TABS = ("Curves", "Pictures", "Log", "Settings")
LEFT_WIDTH = 260
BUSY_FPS, CALM_FPS = 40.0, 8.0
CALM_AFTER_S = 1.5
"""Seconds after the last movement of the mouse until fewer frames are drawn."""
SETTLED_FRAMES = 12
HOLD_S = 0.8
"""Seconds for which *Stop* is held until it acts, so that no slip ends a run."""
HOLDS_HEIGHT = 4


class MonitorWindow:
    """The window and everything in it; `frame` is one turn of its loop.

    There can be one in a process, once: Dear PyGui cannot begin anew.

    Args:
        folders: Run folders, or folders of run folders.
        scale: Size of text and controls.
        remembered_in: File of what is remembered; None: the user's own.
    """

    def __init__(
        self, folders: Sequence[Path], *, scale: float = 1.0, remembered_in: Path | None = None
    ) -> None:
        self._file = remembered_in or memory_file()
        self.memory = Memory.load(self._file)
        self.watcher = Watcher(folders)
        self.curves = Curves(self.memory)
        self.pictures = Pictures()
        self._log = LogText()
        self._settings = SettingsTable(self.memory)
        self._seen_version = 0
        self._listed: tuple[str, ...] = ()
        self.chosen = ""
        """Folder of the run whose pictures and log are shown."""
        self._held_since: float | None = None
        """Since when *Stop* is held; infinite once it has acted."""
        self._moved_at = time.monotonic()
        self._mouse: tuple[float, float] = (0.0, 0.0)
        dpg.create_context()
        dpg.configure_app(manual_callback_management=True)
        use_look(scale)
        self._build(scale)
        memory = self.memory
        dpg.create_viewport(
            title=TITLE, width=memory.width, height=memory.height, x_pos=memory.x, y_pos=memory.y
        )
        dpg.setup_dearpygui()
        dpg.show_viewport()
        dpg.set_primary_window("main", True)
        dpg.set_value("tabs", f"tab {memory.tab}" if memory.tab in TABS else f"tab {TABS[0]}")

    def run(self) -> None:
        """Draw frames until the window is closed, or the process is asked to end."""
        ended = False

        def end(_number: int, _frame: object) -> None:
            nonlocal ended
            ended = True

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        while dpg.is_dearpygui_running() and not ended:
            started = time.monotonic()
            self.frame()
            mouse = tuple(dpg.get_mouse_pos(local=False))
            if mouse != self._mouse or dpg.is_mouse_button_down(dpg.mvMouseButton_Left):
                self._mouse, self._moved_at = mouse, started
            calm = started - self._moved_at > CALM_AFTER_S
            time.sleep(
                max(0.0, 1 / (CALM_FPS if calm else BUSY_FPS) - (time.monotonic() - started))
            )

    def frame(self) -> None:
        """Take in what has been read, answer the user, and draw."""
        if self.watcher.version != self._seen_version:
            self._seen_version = self.watcher.version
            self.show()
        jobs = dpg.get_callback_queue()
        if jobs:
            dpg.run_callbacks(jobs)
        self.pictures.fit()
        self._follow_hold(time.monotonic())
        dpg.render_dearpygui_frame()

    def show(self) -> None:
        """Show the runs as they were read last."""
        runs = self.watcher.runs
        colours = self.colours
        paths = tuple(str(run.path) for run in runs)
        if self.chosen not in paths:
            self.chosen = paths[0] if paths else ""
        if paths != self._listed:
            self._list(runs, colours)
            self._listed = paths
        for run in runs:
            self._describe(run)
        drawn = [run for run in runs if str(run.path) not in self.memory.hidden]
        self.curves.show(drawn, colours)
        self._settings.show(drawn)
        self._show_chosen()

    @property
    def colours(self) -> dict[str, RGB]:
        """Return the colour of every run, by folder."""
        return {
            str(run.path): RUN_COLOURS[index % len(RUN_COLOURS)]
            for index, run in enumerate(self.watcher.runs)
        }

    @property
    def chosen_run(self) -> Run | None:
        """Return the run whose pictures and log are shown."""
        return next((run for run in self.watcher.runs if str(run.path) == self.chosen), None)

    def choose(self, path: str) -> None:
        """Show the pictures and the log of a run."""
        self.chosen = path
        for run in self.watcher.runs:
            dpg.set_value(f"choose {run.path}", str(run.path) == path)
        self._show_chosen()

    def overlay(self, path: str, on: bool) -> None:
        """Draw the curves of a run, or do not."""
        others = [one for one in self.memory.hidden if one != path]
        self.memory.hidden = others if on else [path, *others][:HIDDEN_KEPT]
        self.show()

    def stop(self) -> None:
        """Ask the chosen run to end with a snapshot."""
        self._order(lambda run: launch.stop(run.path), "stops after its step, with a snapshot")

    def resume(self) -> None:
        """Continue the chosen run."""
        self._order(lambda run: launch.resume(run.path), "goes on from its newest state")

    def write_screenshot(self, path: Path) -> None:
        """Draw until everything is in its place and write it to a PNG.

        Raises:
            OSError: it cannot be written.
        """
        for _ in range(SETTLED_FRAMES):
            self.frame()
        Image.fromarray(self.pixels()).save(path)

    def pixels(self) -> np.ndarray:
        """Read what the window shows, [height, width, 3] uint8.

        Raises:
            OSError: the window's pixels cannot be read here.
        """
        taken: list[np.ndarray] = []

        def take(_sender: object, buffer: object) -> None:
            taken.append(np.array(buffer, np.float32))

        dpg.output_frame_buffer(callback=take)
        for _ in range(SETTLED_FRAMES):
            self.frame()
            if taken:
                break
        if not taken:
            raise OSError("the window's pixels cannot be read")
        width, height = dpg.get_viewport_client_width(), dpg.get_viewport_client_height()
        floats = taken[0].reshape(-1)[: width * height * 4].reshape(height, width, 4)
        return (floats[..., :3].clip(0, 1) * 255).astype(np.uint8)

    def close(self) -> None:
        """Remember the layout and end."""
        self.watcher.close()
        memory = self.memory
        memory.width, memory.height = dpg.get_viewport_width(), dpg.get_viewport_height()
        memory.x, memory.y = (max(0, round(at)) for at in dpg.get_viewport_pos())
        tab = dpg.get_item_alias(dpg.get_value("tabs")) or f"tab {TABS[0]}"
        memory.tab = tab.removeprefix("tab ")
        memory.save(self._file)
        dpg.destroy_context()

    def _follow_hold(self, now: float) -> None:
        """Stop the chosen run once the button has been held long enough; show how long it has."""
        held = dpg.is_item_active("stop") and dpg.is_item_enabled("stop")
        if not held:
            self._held_since = None
        elif self._held_since is None:
            self._held_since = now
        share = 0.0 if self._held_since is None else (now - self._held_since) / HOLD_S
        dpg.set_value("held", max(share, 0.0))
        if share >= 1:
            self._held_since = math.inf
            self.stop()

    def _order(self, do: Callable[[Run], object], outcome: str) -> None:
        run = self.chosen_run
        if run is None:
            return
        try:
            do(run)
        except (ValueError, OSError) as error:
            self._say(f"{error}", ERROR)
            return
        self._say(f"{run.name} {outcome}", DIM)
        self.watcher.look_soon()

    def _say(self, text: str, colour: RGB) -> None:
        dpg.set_value("said", text)
        dpg.configure_item("said", color=colour)

    def _build(self, scale: float) -> None:
        width = round(LEFT_WIDTH * scale)
        with dpg.handler_registry():
            dpg.add_mouse_wheel_handler(callback=self.curves.heed_hand)
            dpg.add_mouse_drag_handler(
                button=dpg.mvMouseButton_Left, threshold=6, callback=self.curves.heed_hand
            )
            dpg.add_mouse_drag_handler(
                button=dpg.mvMouseButton_Right, threshold=6, callback=self.curves.heed_hand
            )
            dpg.add_key_press_handler(dpg.mvKey_Left, callback=lambda: self._arrow(-1))
            dpg.add_key_press_handler(dpg.mvKey_Right, callback=lambda: self._arrow(1))
        with dpg.window(tag="main"), dpg.group(horizontal=True):
            with dpg.child_window(width=width, border=False):
                with dpg.group(horizontal=True):
                    dpg.add_button(label="Stop", tag="stop", width=80)
                    dpg.add_button(label="Resume", tag="resume", width=80, callback=self.resume)
                dpg.add_progress_bar(tag="held", width=80, height=HOLDS_HEIGHT)
                for tag, text in (
                    (
                        "stop",
                        "Hold it a moment. The chosen run ends after its step, with a snapshot.",
                    ),
                    (
                        "resume",
                        "The chosen run goes on exactly where its newest state was written.",
                    ),
                ):
                    with dpg.tooltip(tag):
                        dpg.add_text(text, wrap=300)
                dpg.add_text("", tag="said", wrap=width - 10)
                dpg.add_child_window(tag="runs", border=False)
            with dpg.tab_bar(tag="tabs"):
                for name, build in zip(
                    TABS,
                    (
                        self.curves.build,
                        self.pictures.build,
                        self._log.build,
                        self._settings.build,
                    ),
                    strict=True,
                ):
                    with dpg.tab(label=name, tag=f"tab {name}"):
                        build()

    def _arrow(self, by: int) -> None:
        if dpg.get_item_alias(dpg.get_value("tabs")) == "tab Pictures":
            self.pictures.step(by)

    def _list(self, runs: Sequence[Run], colours: dict[str, RGB]) -> None:
        dpg.delete_item("runs", children_only=True)
        if not runs:
            dpg.add_text("There is no run in these folders yet.", color=DIM, parent="runs", wrap=0)
        for run in runs:
            path = str(run.path)
            with dpg.group(parent="runs"):
                with dpg.group(horizontal=True):
                    dpg.add_checkbox(
                        tag=f"overlay {path}",
                        default_value=path not in self.memory.hidden,
                        user_data=path,
                        callback=lambda _tag, on, path: self.overlay(path, bool(on)),
                    )
                    dpg.add_color_button(
                        (*colours[path], 255), width=12, height=20, no_border=True, no_alpha=True
                    )
                    dpg.add_selectable(
                        label=run.name,
                        tag=f"choose {path}",
                        default_value=path == self.chosen,
                        user_data=path,
                        callback=lambda _tag, _on, path: self.choose(path),
                    )
                with dpg.tooltip(f"overlay {path}"):
                    dpg.add_text("Draw its curves, and list its settings.")
                with dpg.tooltip(f"choose {path}"):
                    dpg.add_text(f"{path}\nShow its pictures and its log.")
                dpg.add_text("", tag=f"progress {path}", color=DIM, indent=34)
                dpg.add_text("", tag=f"trouble {path}", indent=34, wrap=0)

    def _describe(self, run: Run) -> None:
        dpg.set_value(f"progress {run.path}", progress_text(run))
        trouble = run.problem or (run.warnings[-1].message if run.warnings else "")
        dpg.configure_item(
            f"trouble {run.path}", show=bool(trouble), color=ERROR if run.problem else WARNING
        )
        dpg.set_value(f"trouble {run.path}", trouble)

    def _show_chosen(self) -> None:
        run = self.chosen_run
        self.pictures.show(run)
        self._log.show(run)
        live = run is not None and run.state == "live"
        dpg.configure_item("stop", enabled=live)
        dpg.configure_item("resume", enabled=run is not None and run.state == "stopped")
