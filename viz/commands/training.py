"""Commands about trainings: the form for a new one, and those for a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from train.config.training import SHORTEST
from viz.commands.base import CommandGroup
from viz.export.film import free_path
from viz.model.training_form import duplicate as take_settings
from viz.model.windows import TRAINING, PickerRequest
from viz.protocol.averages import KeepNetworkTask
from viz.state.inputs import MAX_NETWORKS
from viz.storage.average_sources import AverageSource, average_of, family_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gui_utils.window import Window
    from train.config.divisions import Division
    from viz.commands.networks import NetworkCommands
    from viz.model.window_model import WindowModel
    from viz.protocol.jobs import JobReport


ASK_AGAIN_S = 8.0
"""Time within which a run has to be stopped a second time for it to be meant."""


class TrainingCommands(CommandGroup):
    """Commands that start, watch, stop and continue trainings.

    Args:
        model: What the window knows.
        window: The window.
        networks: Shows networks.
    """

    def __init__(self, model: WindowModel, window: Window, networks: NetworkCommands) -> None:
        super().__init__(model, window)
        self._networks = networks
        self._asked_to_stop: tuple[Path, float] | None = None
        """A run that was asked to stop once, and when."""

    def new(self) -> None:
        """Show the form for a new training."""
        self._model.windows.training_form = True
        self._window.request_frames()

    def choose_data(self) -> None:
        """Let the user choose the pictures of a new training."""
        self._model.windows.picker = PickerRequest("training data")

    def use_data(self, path: Path) -> None:
        """Put a zip or folder of pictures into the form for a new training."""
        self._state.training.data = str(path.absolute())
        self.new()
        self._model.status.show(f"{path.name}: pictures for a training.")

    def start(self) -> bool:
        """Start the training that is set in the form; returns whether it was started."""
        training = self._state.training
        try:
            run = self._model.trainings.start(training)
        except (ValueError, OSError) as error:
            self._model.status.show_error(f"The training is not started: {error}.")
            return False
        training.chosen, training.name = str(run), ""
        self._model.windows.to_front.append(TRAINING)
        self._model.status.show(f"Training in {run}. It goes on when this window is closed.")
        return True

    def enqueue(self) -> bool:
        """Let the training that is set in the form wait for its turn; returns whether it does."""
        training = self._state.training
        try:
            run = self._model.trainings.enqueue(training)
        except (ValueError, OSError) as error:
            self._model.status.show_error(f"The training does not wait: {error}.")
            return False
        training.chosen, training.name = str(run), ""
        self._model.windows.to_front.append(TRAINING)
        self._model.status.show(
            f"{run.name} begins when no other run is at work, also with this window closed."
        )
        return True

    def enqueue_again(self, run: Path) -> None:
        """Let a run that was stopped wait for its turn to go on."""
        self._try(
            lambda: self._model.trainings.enqueue_again(run),
            f"{run.name} goes on when no other run is at work.",
        )

    def start_now(self, run: Path) -> None:
        """Start a run that waits, whatever else is at work."""
        self._try(lambda: self._model.trainings.start_now(run), f"{run.name} begins.")

    def remove_waiting(self, run: Path) -> None:
        """Take a run out of the queue."""
        self._try(lambda: self._model.trainings.remove_waiting(run), f"{run.name} waits no longer.")

    def move_waiting(self, run: Path, by: int) -> None:
        """Let a run that waits begin earlier (-1) or later (1)."""
        where = "earlier" if by < 0 else "later"
        self._try(
            lambda: self._model.trainings.move_waiting(run, by), f"{run.name} begins {where}."
        )

    def _try(self, act: Callable[[], None], done: str) -> None:
        try:
            act()
        except (ValueError, OSError) as error:
            self._model.status.show_error(f"{error}.")
            return
        self._model.status.show(done)

    def stop(self, run: Path) -> None:
        """Ask a training to end with a snapshot."""
        self._try(
            lambda: self._model.trainings.stop(run),
            f"{run.name} stops after this step, with a snapshot.",
        )

    def stop_if_asked_twice(self, run: Path) -> None:
        """Ask a training to end, if that was asked for a moment ago already."""
        asked, now = self._asked_to_stop, self._window.now_s
        if asked is not None and asked[0] == run and now - asked[1] < ASK_AGAIN_S:
            self._asked_to_stop = None
            self.stop(run)
            return
        self._asked_to_stop = run, now
        self._model.status.show(
            f"Choose it once more within {ASK_AGAIN_S:.0f} s to stop {run.name}."
        )

    def resume(self, run: Path, division: Division | None = None) -> None:
        """Continue a training where it stopped; None: on the cores as before."""
        self._try(
            lambda: self._model.trainings.resume(run, division),
            f"{run.name} goes on from its newest state.",
        )

    def watch(self, run: Path) -> None:
        """Show the newest network of a run, now and whenever there is a newer one."""
        state, source = self._state, str(run.absolute())
        slots = [slot for slot, one in enumerate(state.networks) if one.source == source]
        if slots:
            if state.view.focus >= 0:
                state.view.focus = slots[0]
            self._model.status.show(
                f"{run.name} is watched already: every new network of it is shown."
            )
            return
        self._networks.open(source, None)
        if state.view.focus >= 0:
            state.view.focus = len(state.networks) - 1
        full = len(state.networks) == MAX_NETWORKS
        instead = ", in the last place" if full else ""
        self._model.status.show(
            f"Watching {run.name}{instead}: every new network of it is shown here."
        )

    def choose_average(self, run: Path, length: float) -> None:
        """Show a run's weights averaged over a length, a share of its training, on the stage."""
        state, chosen = self._state, AverageSource(str(run.absolute()), length)
        state.training.average = length
        slot = self._average_slot(run)
        if slot is None:
            self._networks.place(str(chosen), None)
            slot = len(state.networks) - 1
            self._model.status.show(
                f"{run.name}, averaged over {100 * length:.1f} % of its training, is on the stage."
            )
        state.networks[slot].source = str(chosen)
        if state.view.focus >= 0:
            state.view.focus = slot

    def average_of(self, run: Path) -> float | None:
        """Return the length of the average of a run that is on the stage; None if none is."""
        slot = self._average_slot(run)
        average = None if slot is None else average_of(self._state.networks[slot].source)
        return None if average is None else average.length

    def keep_average(self, run: Path) -> None:
        """Write the average of a run that is on the stage to a file, and show that."""
        slot = self._average_slot(run)
        if slot is None:
            return
        source = self._state.networks[slot].source
        average = average_of(source)
        assert average is not None, "that is what the slot was found by"
        path = free_path(run / f"average-{average.length:.3f}.safetensors")
        task = KeepNetworkTask(source, self._state.performance.device, str(path))

        def show(report: JobReport) -> None:
            slot = self._average_slot(run)
            if report.state == "done" and slot is not None:
                self._networks.open(str(path), slot)

        self._model.jobs.start(task, show)

    def _average_slot(self, run: Path) -> int | None:
        """Find the slot that shows an average of a run."""
        family = family_of(str(AverageSource(str(run.absolute()), SHORTEST)))
        sources = (one.source for one in self._state.networks)
        return next((slot for slot, one in enumerate(sources) if family_of(one) == family), None)

    def duplicate(self, run: Path) -> None:
        """Put the settings of a run into the form for a new one."""
        found = self._model.trainings.run_of(str(run))
        try:
            if found is None:
                raise ValueError("it is not there any more")
            take_settings(found, self._state.training)
        except (TypeError, ValueError) as error:
            self._model.status.show_error(
                f"The settings of {run.name} cannot be taken over: {error}."
            )
            return
        self.new()

    def open_monitor(self, runs: Sequence[Path]) -> None:
        """Open the training monitor on some runs, in a window of its own."""
        try:
            self._model.trainings.open_monitor(runs)
        except OSError as error:
            self._model.status.show_error(f"The monitor cannot be opened: {error}.")
            return
        self._model.status.show("The training monitor opens in a window of its own.")

    def show_folder(self, run: Path) -> None:
        """Show a run folder in the system's own program."""
        self._open_outside(run, f"The run is in {run}.")
