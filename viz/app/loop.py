"""The visualizer's window: one loop from the state to the worker, to the panels, and back."""

from __future__ import annotations

import logging
import math
import os
import sys
import time
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from generator.files.published import NetworkCache
from gui_utils.host import GuiHost
from gui_utils.widgets import Widgets
from gui_utils.window import Window
from viz.app.desktop_entry import ICONS, NAME
from viz.app.initial_state import first_state
from viz.app.signals import closed_by_signals
from viz.app.worker_messages import WorkerMessages
from viz.commands.all_commands import Commands
from viz.model.jobs import Jobs
from viz.model.window_model import WindowModel
from viz.panels.common import layout
from viz.panels.common.context import PanelContext
from viz.panels.inputs.w_editor import VectorPanel
from viz.panels.layers.table import STRIP_PX
from viz.panels.window.workspace import Workspace
from viz.state.animation import is_moving
from viz.state.instruments import with_valid_layer
from viz.state.paths import in_words, put_back, values_of
from viz.state.to_lab_tasks import given_samples, questions
from viz.state.to_request import request_for
from viz.storage.autosave import Autosave
from viz.storage.classify import NetworkFile, Unknown, classify
from viz.storage.download_task import DownloadTask
from viz.storage.downloads import Downloads
from viz.storage.favourites import FavouriteShelf
from viz.storage.file_watch import SourceWatch
from viz.storage.layouts import LayoutShelf
from viz.storage.log_files import keep_log, log_folder
from viz.storage.preferences import Preferences, config_folder
from viz.worker.client import RenderWorker
from viz.worker.process import serve
from viz.worker.starting import Beside
from viz.worker.transfers import FetchTask, SendTask, Transfers

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from viz.app.options import Options
    from viz.protocol.request import Request
    from viz.state.app_state import AppState
    from viz.storage.classify import Classified
    from viz.worker.starting import Start

log = logging.getLogger(__name__)

TITLE = "Alias-Free Visualizer"
ICON_SIZES = (16, 32, 48, 64, 128)
UNTOUCHED_LIMIT_S = 120.0
SETTLED_FRAMES = 8
"""Unchanged frames after which the window has settled: docking takes most of them."""
LONGEST_STEP_S = 0.1
"""An animation never jumps further than this, however long a frame took."""
TOOLTIP_TIME_S = 0.9
"""Keep redrawing this long after the mouse stops, so that tooltips can appear."""
RATE_MEMORY_S = 1.6
"""Time after the last picture at which its rate is no longer shown."""
RESTING_S = 0.15
"""Idle time after which a draft is rendered again at full precision."""
MEASURING = ("atlas", "difference", "equivariance", "lab")
"""Stages on which pictures are measured or laid side by side: drafts have no place there."""


class App:
    """The program; `step` is one turn of its loop.

    Raises:
        WindowError: no window can be had.
        ValueError, OSError: the session cannot be read.
    """

    def __init__(self, options: Options) -> None:
        options, dropped = _without_other_files(options)
        self.options = options
        self._remembers = not options.offscreen
        self._folder = config_folder()
        self._preferences = Preferences.load(self._folder) if self._remembers else Preferences()
        self._kept_preferences = asdict(self._preferences)
        if options.fresh:
            self._preferences.forget_look()
        remembered_in = self._folder if self._remembers else None
        if self._remembers:
            keep_log("window", log_folder())
            log.info("starting in %s", Path.cwd())
        state, messages = first_state(options, self._preferences, remembered_in)
        self._favourites = FavouriteShelf(self._folder) if self._remembers else None
        if self._favourites is not None:
            state.favourites = self._favourites.load()
        self._autosave = Autosave(self._folder, state) if self._remembers else None
        self.window = Window(TITLE, options.size, name=NAME, offscreen=options.offscreen)
        self.window.show_icon(ICONS / f"icon-{side}.png" for side in ICON_SIZES)
        if self._remembers:
            self._folder.mkdir(parents=True, exist_ok=True)
        self.host = GuiHost(
            self.window,
            theme=state.view.theme,
            ui_scale=state.view.ui_scale,
        )
        logs = log_folder() if self._remembers else None
        beside: Start = Beside(partial(serve, logs=logs))
        self.worker = RenderWorker(
            _elsewhere(options.worker) if options.worker else beside, self.window.wake
        )
        cache = NetworkCache()
        self.downloads = Downloads(cache, self.window.wake)
        self.transfers = Transfers(lambda task, listener: jobs.start(task, listener))
        jobs = Jobs(
            self.worker,
            {DownloadTask: self.downloads, FetchTask: self.transfers, SendTask: self.transfers},
        )
        self.model = WindowModel(state, jobs, lambda: self.window.now_s)
        self.model.status.redraw = self.window.request_frames
        self.model.recent = list(self._preferences.recent)
        self.model.licence_accepted = self._preferences.licence_accepted
        self.model.unfolded = dict(self._preferences.unfolded)
        self.model.windows.offers_tour = self._remembers and not self._preferences.tour_offered
        self.model.trainings.wake = self.window.wake
        self.model.trainings.remembered = list(self._preferences.runs)
        self.model.compute.command = options.worker
        self.model.compute.remembered = list(self._preferences.workers)
        if options.worker:
            self.model.compute.remember(options.worker)
        self.commands = Commands.on(self.model, self.window, self.worker, cache, beside)
        self.ctx = PanelContext(
            self.model, self.commands, self.host, Widgets(self.host, self.model.unfolded)
        )
        layouts = LayoutShelf(remembered_in, fresh=options.fresh)
        self.workspace = Workspace(self.model, self.ctx.ui, layouts)
        self._messages = WorkerMessages(
            self.model,
            self.commands,
            self.worker,
            (self.downloads, self.transfers),
            self.window,
        )
        self.model.status.show_lasting("; ".join(messages))
        if options.offscreen and messages:
            print(f"visualizer: {'; '.join(messages)}", file=sys.stderr)
        elif options.session is not None and not options.trust and not options.networks:
            self.commands.files.open(options.session)  # asks about what was left out
        for found in dropped:
            self.commands.files.open(found.path, found=found)
            if options.offscreen or options.trust:  # nobody can, or need, answer a question
                self.commands.files.answer(allowed=options.trust)
        self._sent: Request | None = None
        self._sent_id = 0
        self._advanced_at = self.window.now_s
        self._redraw_at: float | None = None
        self._status_due_at = math.inf
        self._untouched = True
        self._watch = SourceWatch()

    @property
    def state(self) -> AppState:
        """The present state."""
        return self.model.state

    def run(self) -> None:
        """Turn until the window is closed."""
        self.model.trainings.follow()
        with closed_by_signals(self.window):
            while not self.window.should_close:
                self.step(self._time_to_sleep())
            if self._remembers:
                self._save_what_is_set()

    def step(self, sleep_s: float) -> bool:
        """Take one turn: events, results, animation, request, and a frame where one is due.

        Args:
            sleep_s: The longest time to wait for something to happen.

        Returns:
            Whether a frame was drawn.
        """
        self.window.wait(sleep_s)
        answered = self._messages.answered_id
        self._messages.take_all(idle=self._is_answered)
        if self._messages.answered_id != answered:
            self._redraw_in(RATE_MEMORY_S)
        self._pace()
        self._status_due_at = self.model.status.end_what_is_over(self.window.now_s)
        self.model.state = self._with_valid_layer
        self.model.history.follow(self.state)
        for path in self.window.take_drops():
            self.commands.files.open(path)
            self._note_changes()
        self._ask()
        if self._redraw_at is not None and self.window.now_s >= self._redraw_at:
            self._redraw_at = None
            self.window.request_frames(1)
        if self.window.now_s >= self._save_due_at:
            self._save_what_is_set()
        if not self.window.frame_due:
            return False
        playing = self.state.playing
        self._draw()
        self.commands.export.film_window()
        changed = self._note_changes()
        if self._untouched and self.state.playing != playing:
            self._untouched = False  # the user has taken the transport over
        elif self._untouched and (changed or self.workspace.is_touched):
            self._stop_at_first_touch()
        self.window.present()
        self._ask()
        return True

    def close(self) -> None:
        """End the worker and the window."""
        self.workspace.docking.keep(now=True)
        self.commands.export.end_film()
        self.downloads.close()
        self.transfers.close()
        self.model.trainings.close()
        self.worker.close()
        self.workspace.free()
        self.ctx.thumbnails.free()
        self.host.close()
        self.window.close()

    def screenshot(self) -> NDArray[np.uint8]:
        """Draw a frame and return it: [height, width, 3]."""
        self._draw()
        pixels = self.window.read_pixels()
        self.window.present()
        return pixels

    def settle(
        self,
        limit_s: float,
        calm_frames: int = SETTLED_FRAMES,
        on_turn: Callable[[], object] | None = None,
    ) -> bool:
        """Turn until the newest request has its result and the panels have shown it.

        Args:
            limit_s: When to give up.
            calm_frames: Frames to draw after the result has come.
            on_turn: Called after every turn.

        Returns:
            Whether that happened within `limit_s` seconds.
        """
        deadline = time.perf_counter() + limit_s
        calm = 0
        while calm < calm_frames and time.perf_counter() < deadline:
            if self._is_answered:
                self.window.request_frames(1)
            drawn = self.step(0.0 if self._is_answered else 0.05)
            calm = calm + drawn if self._is_answered else 0
            if on_turn is not None:
                on_turn()
        return calm >= calm_frames

    def _draw(self) -> None:
        started = time.perf_counter()
        self.window.limit_size(*(side * self.host.scale for side in layout.SMALLEST))
        self.workspace.docking.prepare(self.window.size, self.host.scale)
        self.host.frame(self._draw_gui)
        self.workspace.docking.keep()
        self.model.timings.frame_ms = 1e3 * (time.perf_counter() - started)
        self.host.set_look(self.state.view.theme, self.state.view.ui_scale)

    def _draw_gui(self) -> None:
        state, kept = self.state, values_of(self.state, self.state.locks)
        self.workspace.draw(self.ctx)
        if self.state is state:  # else another session has been opened
            refused = put_back(state, {path: kept[path] for path in state.locks if path in kept})
            if refused:
                names = "; ".join(in_words(path) for path in refused)
                self.model.status.show(
                    f"Locked: {names}. Right click the control to unlock it.", about="locks"
                )

    def _pace(self) -> None:
        """Move the animations on, as far as the worker keeps up."""
        now = self.window.now_s
        if self._moves and self.window.untouched_s > UNTOUCHED_LIMIT_S:
            self.state.playing = False
            self._say_paused("Paused after two minutes untouched. Space plays on.")
        if not self._moves:
            self._advanced_at = now
            return
        if self._waiting_count >= 2 or now < self._next_step_at:
            return
        seconds = min(now - self._advanced_at, LONGEST_STEP_S)
        self._advanced_at = now
        self.move_on(seconds)

    def move_on(self, seconds: float) -> None:
        """Show the motion `seconds` later."""
        self.model.state = self.model.playback.step(self.state, seconds)

    def _say_paused(self, line: str) -> None:
        self.model.status.show(line, holds=lambda: not self.state.playing, about="playing")

    def _stop_at_first_touch(self) -> None:
        self._untouched = False
        if self._moves:
            self.state.playing = False
            self._say_paused("Paused. Space plays on.")

    def _ask(self) -> None:
        """Send what the state asks for, if it is not what was asked last, or files have changed."""
        summary = self.model.summary_of(self.model.layer_slot)
        visible = self.model.windows.visible
        request = request_for(
            self._with_valid_layer,
            maps=(layout.LAYERS in visible or self._lab_wants_maps) and summary is not None,
            spectrum=layout.SPECTRUM in visible,
            equivariance="all"
            if self.state.view.show == "equivariance"
            else layout.EQUIVARIANCE in visible,
            strip_px=STRIP_PX if layout.LAYERS in visible else 0,
            scores=self.state.w_edit.basis if VectorPanel.title in visible else None,
            hurried=self._hand_rests_in_s > 0 and self.state.view.show not in MEASURING,
        )
        request = replace(request, attempt=self.model.attempts)
        changed = self._watch.has_changed(request.networks, self.window.now_s)
        if changed:
            self.model.tiles.forget()
            self.model.thumbnails.outdate()
        self._ask_for_tiles()
        self._ask_for_thumbnails()
        self.model.asked = request
        if request.networks and (changed or request != self._sent):
            self._sent = request
            self._sent_id = self.worker.submit(request)
        self._ask_for_lab()

    @property
    def _with_valid_layer(self) -> AppState:
        """The state with a layer that the network looked into has; itself where it has one."""
        summary = self.model.summary_of(self.model.layer_slot)
        if summary is None:
            return self.state
        layers = with_valid_layer(self.state.layers, summary.layers)
        return self.state if layers is self.state.layers else replace(self.state, layers=layers)

    def _ask_for_lab(self) -> None:
        lab, asked = self.state.lab, None
        if self._lab_is_shown:
            result = self.model.full_result_of(self.model.layer_slot)
            asked = questions(lab, given_samples(lab, result))
        self.model.lab.ask(asked)

    @property
    def _lab_wants_maps(self) -> bool:
        return self._lab_is_shown and self.state.lab.signal == "channel"

    @property
    def _lab_is_shown(self) -> bool:
        return self.state.view.show == "lab" or layout.LAB in self.model.windows.visible

    def _ask_for_tiles(self) -> None:
        """Have the atlas drawn on, a few tiles at a time: what is wanted changes with every pan."""
        if self.state.view.show == "atlas" and self.worker.tiles_wanted is None:
            request = self.model.tiles.request(self.state)
            if request is not None and not self.window.hidden:
                self.worker.submit_tiles(request)

    def _ask_for_thumbnails(self) -> None:
        """Have the thumbnails that are seen drawn, a few at a time, while the hand rests."""
        if self.worker.thumbnails_wanted is None and self._hand_rests_in_s <= 0:
            request = self.model.thumbnails.request(self.state.performance.threads)
            if request is not None and not self.window.hidden:
                self.worker.submit_thumbnails(request)

    @property
    def _save_due_at(self) -> float:
        """Time at which to keep the session next, on the window's clock."""
        if self._autosave is None:
            return math.inf
        return self._autosave.due_at(self.window.now_s - self.window.untouched_s)

    def _save_what_is_set(self) -> None:
        if self._autosave is not None:
            self._autosave.write(self.state, self.window.now_s)
            if self._favourites is not None:
                self._favourites.save(self.state.favourites)
            self._save_preferences()

    def _save_preferences(self) -> None:
        self._preferences.take_from(self.state.view, self.model.recent)
        self._preferences.licence_accepted = self.model.licence_accepted
        self._preferences.unfolded = dict(self.model.unfolded)
        self._preferences.tour_offered = True
        self._preferences.workers = list(self.model.compute.remembered)
        self._preferences.runs = list(self.model.trainings.remembered)
        now = asdict(self._preferences)
        if now != self._kept_preferences and self._preferences.save(self._folder):
            self._kept_preferences = now

    def _note_changes(self) -> bool:
        """Make what has just been done by hand something that can be undone; was there any?"""
        return self.model.history.record(
            self.state, held=self.host.is_held, now_s=self.window.now_s
        )

    @property
    def _hand_rests_in_s(self) -> float:
        """Time until the user's hand counts as resting; 0 when it does."""
        since = self.window.now_s - self.model.history.changed_at
        return max(0.0, RESTING_S - since)

    def _redraw_in(self, seconds: float) -> None:
        at = self.window.now_s + seconds
        self._redraw_at = at if self._redraw_at is None else min(self._redraw_at, at)

    @property
    def _is_answered(self) -> bool:
        if self._hand_rests_in_s > 0 or not self.model.lab.is_settled:
            return False
        return not self.state.networks or 0 < self._sent_id == self._messages.answered_id

    @property
    def _waiting_count(self) -> int:
        return self._sent_id - self._messages.answered_id

    @property
    def _moves(self) -> bool:
        return is_moving(self.state) and not self.window.hidden

    @property
    def _next_step_at(self) -> float:
        return self._advanced_at + 1.0 / self.state.performance.max_rate

    def _time_to_sleep(self) -> float:
        """Until something of our own is due; events and results end the sleep earlier."""
        if self.window.untouched_s < TOOLTIP_TIME_S:
            self._redraw_in(0.1)
        if self.host.wants_text:
            self._redraw_in(0.5)  # the caret blinks
        if self.model.status.loading:
            self._redraw_in(0.05)
        now = self.window.now_s
        due = min(now + 60.0, self._watch.due_at)
        if self._moves and self._waiting_count < 2:
            due = min(due, self._next_step_at)
        if self._redraw_at is not None:
            due = min(due, self._redraw_at)
        due = min(due, self._save_due_at, self._status_due_at)
        if self._hand_rests_in_s > 0:
            due = min(due, now + self._hand_rests_in_s)
        return max(0.0, due - now)


def _elsewhere(command: str) -> Start:
    """Return what starts a worker elsewhere; its line is loaded with the first one only."""
    from viz.worker.elsewhere import worker_at

    return worker_at(command)


def _without_other_files(options: Options) -> tuple[Options, list[Classified]]:
    """Separate the networks of a command line from other files, which are opened as if dropped.

    What cannot be opened stays among the networks, in whose place the error is shown.
    """
    found = [classify(Path(os.path.expanduser(source))) for source in options.networks]
    networks = tuple(
        source
        for source, one in zip(options.networks, found, strict=True)
        if isinstance(one, NetworkFile | Unknown)
    )
    others: list[Classified] = [one for one in found if not isinstance(one, NetworkFile | Unknown)]
    return replace(options, networks=networks), others
