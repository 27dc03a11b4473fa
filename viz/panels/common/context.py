"""What every panel is given besides its part of the state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from gui_utils.host import GuiHost
from gui_utils.widgets import Widgets
from viz.model.lab import LabDesk
from viz.model.trainings import TrainingDesk
from viz.protocol.jobs import JobList, Task, Verb
from viz.protocol.result import LiveEq, NetworkResult, NetworkSummary, Result
from viz.state.app_state import AppState
from viz.state.ranges import limits
from viz.storage import bundled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gui_utils.theme import Colour
    from viz.export.live_film import LiveSubject
    from viz.storage.download_task import Catalogue

Folder = Literal["settings", "logs", "caches"]

LETTERS = "ABCD"
KIND_NAMES = {
    "stylegan2": "StyleGAN2",
    "stylegan3-t": "StyleGAN3-T",
    "stylegan3-r": "StyleGAN3-R",
}


class Commands(Protocol):
    """Orders that are no state."""

    def choose_file(self, slot: int | None) -> None:
        """Open the file picker; the file goes to `slot`, or beside the others if None."""

    def choose_picture(self) -> None:
        """Open the file picker for a picture that goes to the signal lab."""

    def open_network(self, source: str, slot: int | None) -> None:
        """Show a network in `slot`, or beside the others if None."""

    def close_network(self, slot: int) -> None:
        """Take a network off the stage."""

    def open_best(self, slot: int) -> None:
        """Show the best snapshot of the run folder in a slot, in place of its newest."""

    def show_library(self, slot: int | None) -> None:
        """Show the list of published networks; one chosen goes to `slot`."""

    def catalogue(self) -> Catalogue:
        """The published networks, and which of them are here."""

    def set_cache_limit(self, limit_bytes: int) -> None:
        """Bound the cache of downloads; what is over the bound is removed."""

    def remove_download(self, name: str) -> None:
        """Delete a published network from the cache."""

    def open_recent(self, source: str) -> None:
        """Open a network, a session or a picture that was opened before."""

    @property
    def recent(self) -> Sequence[str]:
        """Networks and sessions opened lately, newest first."""

    @property
    def own_presets(self) -> Sequence[str]:
        """The names of the user's own presets."""

    def open_preset(self, name: str) -> None:
        """Start from a preset."""

    def name_preset(self) -> None:
        """Ask under which name to keep everything that is set."""

    def save_preset(self, name: str) -> None:
        """Keep everything that is set under a name."""

    def remove_preset(self, name: str) -> None:
        """Forget a preset of the user's own."""

    def save_session(self) -> Path | None:
        """Write the state to a session file; returns its path."""

    def save_wallpapers(self) -> None:
        """Have the shown networks' planes drawn to PNG files of the screen's size."""

    def save_still(self) -> Path | None:
        """Write the pictures to a PNG; returns its path."""

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""

    @property
    def can_redo(self) -> bool:
        """Whether a change has been taken back."""

    def undo(self) -> None:
        """Take the last change back."""

    def redo(self) -> None:
        """Make the change again that was taken back last."""

    def save_latents(self) -> Path | None:
        """Write z, w and the session to a NumPy archive; returns its path."""

    def copy_pictures(self) -> None:
        """Put the pictures on the clipboard."""

    def open_folder(self, which: Folder) -> None:
        """Show a folder that the program keeps things in."""

    def reset_layout(self) -> None:
        """Put every panel where it was at the first start."""

    def toggle_fullscreen(self) -> None:
        """Fill the screen, or stop filling it."""

    def show_palette(self) -> None:
        """Open the command palette."""

    def freeze_pictures(self) -> None:
        """Keep the pictures as they are, to compare later ones with them."""

    def freeze_spectra(self) -> None:
        """Keep the spectra as they are, to compare later ones with them."""

    def save_spectra(self, suffix: str) -> Path | None:
        """Write the spectra to a `.png`, `.csv` or `.npz` file; returns its path."""

    def show_keys(self) -> None:
        """Show or hide the list of keys."""

    def cancel_loading(self) -> None:
        """Give up the network that is being read."""

    def try_again(self) -> None:
        """Ask once more for what has failed."""

    def film_live(self, of: LiveSubject) -> None:
        """Film the window or the pictures from now on, or end that."""

    def save_slit_scan(self) -> None:
        """Write the live slit scans to a PNG."""

    def new_training(self) -> None:
        """Show the form for a new training."""

    def choose_training_data(self) -> None:
        """Open the file picker for the pictures of a new training."""

    def start_training(self) -> bool:
        """Start the training that is set in the form; returns whether it was started."""

    def stop_training(self, run: Path) -> None:
        """Ask a training to end with a snapshot."""

    def resume_training(self, run: Path) -> None:
        """Continue a training where it stopped."""

    def watch_training(self, run: Path) -> None:
        """Show the newest network of a run, now and whenever there is a newer one."""

    def duplicate_training(self, run: Path) -> None:
        """Put the settings of a run into the form for a new one."""

    def open_monitor(self, runs: Sequence[Path]) -> None:
        """Open the training monitor on some runs, in a window of its own."""

    def show_folder(self, folder: Path) -> None:
        """Show a folder in the system's own program."""

    def start_job(self, task: Task) -> int:
        """Have a task done in the background; returns the job's id (see `PanelContext.jobs`)."""

    def control_job(self, job: int, verb: Verb) -> None:
        """Pause a job, let it go on, or cancel it."""

    def quit(self) -> None:
        """End the program."""

    def say(self, message: str) -> None:
        """Put a line into the status bar."""


@dataclass
class PanelContext:
    """The program as panels see it during one frame."""

    state: AppState
    host: GuiHost
    ui: Widgets
    commands: Commands
    result: Result | None = None
    """The newest result, possibly of an older request."""
    summaries: dict[str, NetworkSummary] = field(default_factory=dict)
    """Every network read so far, by source."""
    live_eq: dict[int, LiveEq] = field(default_factory=dict)
    """The newest EQ-T of the pictures, by slot."""
    jobs: JobList = field(default_factory=JobList)
    """Long work in the background."""
    training: TrainingDesk = field(default_factory=TrainingDesk)
    """The trainings there are."""
    lab: LabDesk = field(init=False)
    """The signal lab's questions and answers."""

    def __post_init__(self) -> None:
        self.lab = LabDesk(self.commands)

    def result_of(self, slot: int) -> NetworkResult | None:
        """The newest result of the network in a slot; None until there is one."""
        if self.result is None or slot >= len(self.state.networks):
            return None
        source = self.state.networks[slot].source
        results = self.result.networks
        if slot < len(results) and results[slot].source == source:
            return results[slot]
        return next((one for one in results if one.source == source), None)

    def summary_of(self, slot: int) -> NetworkSummary | None:
        """What is known about the network in a slot; None until it has been read."""
        if slot >= len(self.state.networks):
            return None
        return self.summaries.get(self.state.networks[slot].source)

    def live_eq_of(self, slot: int) -> LiveEq | None:
        """EQ-T of what the network in a slot shows; None while unknown."""
        figure = self.live_eq.get(slot)
        if figure is None or slot >= len(self.state.networks):
            return None
        return figure if figure.source == self.state.networks[slot].source else None

    def label(self, slot: int) -> str:
        """What the network in a slot is called."""
        network = self.state.networks[slot]
        return network.label or bundled.label(network.source)

    def colour(self, slot: int) -> Colour:
        """The colour that belongs to a slot."""
        return self.host.palette.series[slot % len(self.host.palette.series)]

    @property
    def layer_slot(self) -> int:
        """The network that is looked into; 0 if the chosen one is gone."""
        slot = self.state.layers.slot
        return slot if slot < len(self.state.networks) else 0


def within(owner: object, name: str, value: float) -> float:
    """`value`, kept inside the range of a field of the state."""
    low, high = limits(owner, name)
    return min(max(value, low), high)
