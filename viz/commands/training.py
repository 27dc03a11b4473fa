"""Orders about trainings: the form for a new one, and what is done with a run."""

from __future__ import annotations

import webbrowser
from typing import TYPE_CHECKING

from gui_utils.file_picker import FilePicker
from train.data.picture_source import PICTURE_SUFFIXES
from train.runs.reader import is_run
from viz.commands.base import Orders
from viz.model.training_form import duplicate
from viz.model.trainings import DATA
from viz.panels.common import layout
from viz.state.inputs import MAX_NETWORKS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gui_utils.host import GuiHost
    from viz.panels.window.workspace import Workspace
    from viz.state.app_state import AppState


class TrainingCommands(Orders):
    """Starts, watches, stops and continues trainings."""

    def __init__(self, state: AppState, host: GuiHost, workspace: Workspace) -> None:
        super().__init__(state, host, workspace)
        self.data_picker = FilePicker(self.ctx.ui, "Pictures to train on", (".zip",), _has_pictures)

    def new_training(self) -> None:
        """Show the form for a new training."""
        self._workspace.training_form.open()
        self._window.request_frames()

    def choose_training_data(self) -> None:
        """Open the file picker for the pictures of a new training."""
        self.data_picker.open(DATA if DATA.is_dir() else None)

    def draw_data_picker(self) -> None:
        """Draw the picker for pictures if it is open, and take what is chosen."""
        chosen = self.data_picker.draw()
        if chosen is not None:
            self.ctx.state.training.data = str(chosen.absolute())

    def open_for_training(self, path: Path) -> bool:
        """Take a dropped zip or folder of pictures, or the folder of a run without a network.

        Returns:
            Whether it was any of them.
        """
        if is_run(path):
            self.ctx.training.remember(path)
            self.ctx.state.training.chosen = str(path.absolute())
            self._workspace.bring_to_front(layout.TRAINING)
            self.say(f"{path.name} is under Training; it has no network yet.")
        elif path.suffix.lower() == ".zip" or _has_pictures(path):
            self.ctx.state.training.data = str(path.absolute())
            self.new_training()
            self.say(f"{path.name}: pictures for a training.")
        else:
            return False
        return True

    def start_training(self) -> bool:
        """Start the training that is set in the form; returns whether it was started."""
        training = self.ctx.state.training
        try:
            run = self.ctx.training.start(training)
        except (ValueError, OSError) as error:
            self.complain(f"The training is not started: {error}.")
            return False
        training.chosen, training.name = str(run), ""
        self._workspace.bring_to_front(layout.TRAINING)
        self.say(f"Training in {run}. It goes on when this window is closed.")
        return True

    def stop_training(self, run: Path) -> None:
        """Ask a training to end with a snapshot."""
        try:
            self.ctx.training.stop(run)
        except ValueError as error:
            self.complain(f"{error}.")
            return
        self.say(f"{run.name} stops after this step, with a snapshot.")

    def resume_training(self, run: Path) -> None:
        """Continue a training where it stopped."""
        try:
            self.ctx.training.resume(run)
        except (ValueError, OSError) as error:
            self.complain(f"{error}.")
            return
        self.say(f"{run.name} goes on from its newest state.")

    def watch_training(self, run: Path) -> None:
        """Show the newest network of a run, now and whenever there is a newer one."""
        state, source = self.ctx.state, str(run.absolute())
        slots = [slot for slot, one in enumerate(state.networks) if one.source == source]
        if slots:
            if state.view.focus >= 0:
                state.view.focus = slots[0]
            self.say(f"{run.name} is watched already: every new network of it is shown.")
            return
        self.open_network(source, None)
        if state.view.focus >= 0:
            state.view.focus = len(state.networks) - 1
        full = len(state.networks) == MAX_NETWORKS
        instead = ", in the last place" if full else ""
        self.say(f"Watching {run.name}{instead}: every new network of it is shown here.")

    def duplicate_training(self, run: Path) -> None:
        """Put the settings of a run into the form for a new one."""
        found = self.ctx.training.run_of(str(run))
        try:
            if found is None:
                raise ValueError("it is not there any more")
            duplicate(found, self.ctx.state.training)
        except (TypeError, ValueError) as error:
            self.complain(f"The settings of {run.name} cannot be taken over: {error}.")
            return
        self.new_training()

    def open_monitor(self, runs: Sequence[Path]) -> None:
        """Open the training monitor on some runs, in a window of its own."""
        try:
            self.ctx.training.open_monitor(runs)
        except OSError as error:
            self.complain(f"The monitor cannot be opened: {error}.")
            return
        self.say("The training monitor opens in a window of its own.")

    def show_folder(self, folder: Path) -> None:
        """Show a folder in the system's own program."""
        webbrowser.open(folder.absolute().as_uri())


def _has_pictures(folder: Path) -> bool:
    """Whether pictures lie right in a folder, or one folder deeper."""
    try:
        for depth in ("*", "*/*"):
            for index, path in enumerate(folder.glob(depth)):
                if path.suffix.lower() in PICTURE_SUFFIXES:
                    return True
                if index > 500:
                    break
    except OSError:
        return False
    return False
