"""The visualizer's window: one loop from the state to the worker, to the panels, and back."""

from __future__ import annotations

import logging
import sys
import time
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image

from gui_utils.file_picker import FilePicker
from gui_utils.host import GuiHost
from gui_utils.widgets import Widgets
from gui_utils.window import Window, WindowError
from viz import bundled
from viz.options import Options
from viz.panels import layout
from viz.panels.context import PanelContext
from viz.panels.layers import STRIP_PX, keep_layer_valid
from viz.panels.stage import shown_slots
from viz.panels.workspace import Workspace
from viz.preferences import RECENT_COUNT, Preferences, config_folder
from viz.protocol import Request, Result, WorkerEvent
from viz.render.worker import RenderWorker
from viz.state import (
    MAX_NETWORKS,
    AppState,
    NetworkSlot,
    advance,
    is_moving,
    request_for,
    starting_state,
)

log = logging.getLogger(__name__)

TITLE = "Alias-Free Visualizer"
UNTOUCHED_LIMIT_S = 120.0
SETTLING_LIMIT_S = 120.0
SETTLED_FRAMES = 8
"""Frames without news after which the window has settled: docking takes most of them."""
LONGEST_STEP_S = 0.1
"""An animation never jumps further than this, however long a frame took."""
TOOLTIP_TIME_S = 0.9
"""After the mouse has come to rest, this long frames are still drawn now and then."""
OUT = Path("out")


def run(options: Options) -> int:
    """Open the window (or draw without one) and stay until it is closed.

    Returns:
        The process's exit code: 0, or 1 when there is no window or no picture.
    """
    try:
        app = App(options)
    except (WindowError, ValueError) as error:
        print(f"visualizer: {error}", file=sys.stderr)
        return 1
    try:
        if options.screenshot is not None:
            return app.take_screenshot(options.screenshot)
        app.run()
        return 0
    finally:
        app.close()


class App:
    """The program. `step` is one turn of its loop; tests call it instead of `run`."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._folder = config_folder()
        remembers = not options.offscreen
        self._preferences = Preferences.load(self._folder) if remembers else Preferences()
        self.state = _first_state(options, self._preferences)
        self.window = Window(TITLE, options.size, offscreen=options.offscreen)
        if remembers:
            self._folder.mkdir(parents=True, exist_ok=True)
        view = self.state.view
        self.host = GuiHost(
            self.window,
            theme=view.theme,
            ui_scale=view.ui_scale,
            ini_path=self._folder / "layout.ini" if remembers else None,
        )
        ui = Widgets(self.host)
        self.workspace = Workspace()
        self.workspace.networks.recent = list(self._preferences.recent)
        self.picker = FilePicker(ui, "Open a network", (".safetensors",), _is_run_folder)
        self._picker_slot: int | None = None
        self.ctx = PanelContext(self.state, self.host, ui, commands=self)
        self.worker = RenderWorker(wake=self.window.wake)
        self._sent: Request | None = None
        self._sent_id = 0
        self._answered_id = 0
        self._advanced_at = time.perf_counter()
        self._redraw_at: float | None = None
        self._opening = True

    # -- the loop

    def run(self) -> None:
        """Turn until the window is closed."""
        while not self.window.should_close:
            self.step(self._time_to_sleep())
        self._preferences.take_from(self.state.view, self.workspace.networks.recent)
        if not self.options.offscreen:
            self._preferences.save(self._folder)

    def step(self, sleep_s: float) -> bool:
        """One turn: events, results, animation, request, and a frame where one is due.

        Args:
            sleep_s: The longest time to wait for something to happen.

        Returns:
            Whether a frame was drawn.
        """
        self.window.wait(sleep_s)
        self._take_results()
        self._take_drops()
        self._pace()
        self._ask()
        now = time.perf_counter()
        if self._redraw_at is not None and now >= self._redraw_at:
            self._redraw_at = None
            self.window.request_frames(1)
        if not self.window.frame_due:
            return False
        self._draw()
        self.window.present()
        self._ask()
        return True

    def close(self) -> None:
        """End the worker and the window."""
        self.worker.close()
        self.workspace.free()
        self.host.close()
        self.window.close()

    def take_screenshot(self, path: Path) -> int:
        """Write the window to a PNG once everything asked for has arrived; returns an exit code."""
        self.state.playing = False
        if not self.settle(SETTLING_LIMIT_S):
            print(f"visualizer: nothing settled within {SETTLING_LIMIT_S:.0f} s", file=sys.stderr)
            return 1
        self._draw()
        pixels = self.window.read_pixels()
        self.window.present()
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
        errors = (
            [one.error for one in self.ctx.result.networks if one.error] if self.ctx.result else []
        )
        for error in errors:
            print(f"visualizer: {error}", file=sys.stderr)
        return 1 if errors else 0

    def settle(self, limit_s: float) -> bool:
        """Turn until the newest request has its result and the panels have shown it.

        Returns:
            Whether that happened within `limit_s` seconds.
        """
        deadline = time.perf_counter() + limit_s
        calm = 0
        while calm < SETTLED_FRAMES and time.perf_counter() < deadline:
            if self._is_answered:
                self.window.request_frames(1)
            self.step(0.0 if self._is_answered else 0.05)
            calm = calm + 1 if self._is_answered else 0
        return calm >= SETTLED_FRAMES

    # -- commands of the panels

    def choose_file(self, slot: int | None) -> None:
        """Open the file picker; the file goes to `slot`, or beside the others if None."""
        self._picker_slot = slot
        recent = self.workspace.networks.recent
        self.picker.open(Path(recent[0]).parent if recent else None)

    def open_network(self, source: str, slot: int | None) -> None:
        """Show a network in `slot`, or beside the others if None (the last, when it is full)."""
        networks = self.state.networks
        if slot is None and len(networks) >= MAX_NETWORKS:
            slot = len(networks) - 1
        if slot is None:
            networks.append(NetworkSlot(source))
        else:
            networks[slot] = NetworkSlot(source)
        if not source.startswith(bundled.PREFIX):
            recent = self.workspace.networks.recent
            if source in recent:
                recent.remove(source)
            recent.insert(0, source)
            del recent[RECENT_COUNT:]
        self.say(f"Opening {bundled.label(source)}.")

    def close_network(self, slot: int) -> None:
        """Take a network off the stage."""
        label = self.ctx.label(slot)
        del self.state.networks[slot]
        self.state.view.focus = -1
        self.state.layers.slot = self.ctx.layer_slot
        self.say(f"Closed {label}.")

    def save_still(self) -> Path | None:
        """Write the pictures on the stage, side by side, to a PNG under out/; returns its path."""
        shown = [self.ctx.result_of(slot) for slot in shown_slots(self.state)]
        pictures = [one.picture for one in shown if one is not None and one.picture is not None]
        if not pictures:
            self.say("There is no picture to save yet.")
            return None
        height = max(picture.shape[0] for picture in pictures)
        padded = [
            np.pad(picture, ((0, height - picture.shape[0]), (0, 0), (0, 0)))
            for picture in pictures
        ]
        path = OUT / f"still-{datetime.now():%Y%m%d-%H%M%S}.png"
        try:
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(np.concatenate(padded, axis=1)).save(path)
        except OSError as error:
            self._fail(f"{path} cannot be written: {error.strerror}")
            return None
        self.say(f"Saved {path}.")
        return path

    def reset_layout(self) -> None:
        """Put every panel where it was at the first start."""
        self.workspace.reset_layout()
        self.window.request_frames()

    def toggle_fullscreen(self) -> None:
        """Fill the screen, or stop filling it."""
        self.window.toggle_fullscreen()

    def show_keys(self) -> None:
        """Show or hide the list of keys."""
        self.workspace.keys_shown = not self.workspace.keys_shown

    def quit(self) -> None:
        """End the program."""
        self.window.ask_to_close()

    def say(self, message: str) -> None:
        """Put a line into the status bar."""
        self.workspace.status.message, self.workspace.status.is_error = message, False
        self.window.request_frames()

    # -- parts of a turn

    def _draw(self) -> None:
        started = time.perf_counter()
        self.host.frame(self._draw_gui)
        took = 1e3 * (time.perf_counter() - started)
        self.workspace.performance.frame_ms = took
        view = self.state.view
        self.host.set_look(view.theme, view.ui_scale)

    def _draw_gui(self) -> None:
        self.workspace.draw(self.ctx, time.perf_counter())
        with self.host.guard("File picker"):
            chosen = self.picker.draw(self.workspace.networks.recent)
            if chosen is not None:
                self.open_network(str(chosen), self._picker_slot)

    def _take_results(self) -> None:
        while (news := self.worker.poll()) is not None:
            if isinstance(news, WorkerEvent):
                self._hear(news)
            else:
                self._take(news)

    def _take(self, result: Result) -> None:
        self._answered_id = result.request.id
        self.ctx.result = result
        for one in result.networks:
            if one.summary is not None:
                self.ctx.summaries[one.source] = one.summary
        failed = next((one for one in result.networks if one.error), None)
        if failed is not None:
            self._fail(failed.error)
        elif self.workspace.status.is_error:
            self.say("")
        now = time.perf_counter()
        self.workspace.performance.record(result, now)
        self._redraw_at = now + 1.6  # the rate is unknown by then, if nothing else comes
        self.window.request_frames(1)

    def _hear(self, event: WorkerEvent) -> None:
        status = self.workspace.status
        match event.kind:
            case "starting":
                status.worker = "starting"
            case "ready":
                status.worker = "ready"
            case "loading":
                status.loading = event.message
            case "loaded":
                status.loading = ""
            case "crashed" | "held":
                status.worker, status.loading = "stopped", ""
                self._fail(event.message)
        self.window.request_frames(1)

    def _take_drops(self) -> None:
        for path in self.window.take_drops():
            if path.suffix == ".safetensors" or _is_run_folder(path):
                self.open_network(str(path), None)
            else:
                self._fail(f"{path.name} is no network: drop a .safetensors file or a run folder.")

    def _pace(self) -> None:
        """Move the animations on, as far as the worker keeps up."""
        now = time.perf_counter()
        if self._opening and self.window.pressed:
            self._opening = False
            if self.state.playing and is_moving(self.state):
                self.state.playing = False
                self.say("Drift paused. Space goes on.")
        if self.window.untouched_s > UNTOUCHED_LIMIT_S and self._moves:
            self.state.playing = False
            self.say("Paused after two minutes untouched. Space goes on.")
        if not self._moves:
            self._advanced_at = now
            return
        if self._waiting_count >= 2 or now < self._next_step_at:
            return
        seconds = min(now - self._advanced_at, LONGEST_STEP_S)
        self._advanced_at = now
        self.state = self.ctx.state = advance(self.state, seconds)

    def _ask(self) -> None:
        """Send what the state asks for, if it is not what was asked last."""
        summary = self.ctx.summary_of(self.ctx.layer_slot)
        if summary is not None:
            keep_layer_valid(self.state.layers, summary.layers)
        visible = self.workspace.visible
        request = request_for(
            self.state,
            maps=layout.LAYERS in visible and summary is not None,
            spectrum=layout.SPECTRUM in visible,
            strip_px=STRIP_PX if layout.LAYERS in visible else 0,
        )
        if not request.networks or request == self._sent:
            return
        self._sent = request
        self._sent_id = self.worker.submit(request)

    def _fail(self, message: str) -> None:
        self.workspace.status.message, self.workspace.status.is_error = message, True
        self.window.request_frames()

    @property
    def _is_answered(self) -> bool:
        return not self.state.networks or (self._sent_id > 0 and self._answered_id == self._sent_id)

    @property
    def _waiting_count(self) -> int:
        return self._sent_id - self._answered_id

    @property
    def _moves(self) -> bool:
        return is_moving(self.state) and not self.window.hidden

    @property
    def _next_step_at(self) -> float:
        return self._advanced_at + 1.0 / self.state.performance.max_rate

    def _time_to_sleep(self) -> float:
        """Until something of our own is due; events and results end the sleep earlier."""
        now = time.perf_counter()
        due = [now + 60.0]
        if self._moves and self._waiting_count < 2:
            due.append(self._next_step_at)
        if self._redraw_at is not None:
            due.append(self._redraw_at)
        if self.window.untouched_s < TOOLTIP_TIME_S:
            self.window.request_frames(1)
            due.append(now + 0.1)
        if self.host.wants_text:
            self._redraw_at = self._redraw_at or now + 0.5
            due.append(self._redraw_at)
        if self.workspace.status.loading:
            self.window.request_frames(1)
            due.append(now + 0.05)
        return max(0.0, min(due) - now)


def _first_state(options: Options, preferences: Preferences) -> AppState:
    """The state to start with: as the command line says, else the bundled networks drifting."""
    sources = list(options.networks) or bundled.starting_pair()
    state = starting_state(sources, reduced_motion=preferences.reduced_motion)
    preferences.apply_to(state.view)
    if options.theme is not None:
        state.view.theme = options.theme
    state.performance.device = options.device
    return state


def _is_run_folder(path: Path) -> bool:
    return path.is_dir() and any(path.glob("network-*.safetensors"))
