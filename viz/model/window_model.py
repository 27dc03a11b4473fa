"""The window's model besides the state: results, jobs, trainings, the status line.

Commands change it, messages of the worker fill it, panels draw it. It knows neither ImGui nor
tensors.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from viz.model.atlas_tiles import AtlasTiles
from viz.model.compute import ComputePlace
from viz.model.dragging import Dragging
from viz.model.finder import Finder
from viz.model.first_pictures import FirstPictures
from viz.model.lab import Lab
from viz.model.latest_task import REST_S, LatestTask
from viz.model.made_files import MadeFiles
from viz.model.moved import MovedPictures
from viz.model.pictures import Pictures
from viz.model.slit_scans import SlitScans
from viz.model.spectrum_sources import SpectrumSources
from viz.model.stage import StageModel
from viz.model.status import Status
from viz.model.thumbnails import Thumbnails
from viz.model.timings import Timings
from viz.model.trainings import Trainings
from viz.model.windows import Windows
from viz.model.worker_files import WorkerFiles
from viz.state.history import History
from viz.state.playback import Playback
from viz.storage.preferences import RECENT_COUNT

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz.model.jobs import Jobs
    from viz.state.app_state import AppState


class WindowModel(StageModel):
    """All that the window knows, with the state.

    Args:
        state: What is set; the newest is always `state`.
        jobs: Long work in the background.
        clock: Seconds on any rising clock.
    """

    def __init__(
        self, state: AppState, jobs: Jobs, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        super().__init__(state, jobs)
        self.history = History(state)
        self.playback = Playback()
        self.status = Status()
        self.windows = Windows()
        self.timings = Timings()
        self.compute = ComputePlace()
        self.worker_files = WorkerFiles()
        self.trainings = Trainings()
        self.attempts = 0
        """Number of times the user has asked to try again."""
        self.made = MadeFiles()
        self.finder = Finder()
        self.dragging = Dragging()
        self.unfolded: dict[str, bool] = {}
        """Whether each section is unfolded that was ever folded or unfolded."""
        self.awaited: set[str] = set()
        """Networks that the user has opened and that have not been read yet."""
        self.recent: list[str] = []
        """Networks and sessions opened lately, newest first."""
        self.licence_accepted = False
        """True once the user has accepted the licence of the published networks."""
        self.pictures = Pictures(self)
        self.moved = MovedPictures(self)
        self.first_pictures = FirstPictures()
        self.tiles = AtlasTiles()
        self.thumbnails = Thumbnails()
        self.slit_scans = SlitScans()
        self.spectra = SpectrumSources(self)
        self.lab = Lab(jobs)

        def following() -> LatestTask:
            return LatestTask(jobs, patience_s=-math.inf, rest_s=REST_S, clock=clock)

        self.aliasing, self.sweep, self.layer_scores = following(), following(), following()

    def forget(self, source: str) -> None:
        """Take what cannot be opened out of those opened lately."""
        self.recent = [one for one in self.recent if one != source]

    def remember(self, source: str) -> None:
        """Put a network or session at the head of those opened lately."""
        if source in self.recent:
            self.recent.remove(source)
        self.recent.insert(0, source)
        del self.recent[RECENT_COUNT:]
