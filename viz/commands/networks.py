"""Commands about the networks on the stage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from generator.files.run_folders import pick_snapshot
from viz.commands.base import CommandGroup
from viz.state.inputs import MAX_NETWORKS, NetworkSlot
from viz.state.paths import drop_item
from viz.storage import bundled

if TYPE_CHECKING:
    from gui_utils.window import Window
    from viz.model.window_model import WindowModel
    from viz.worker.client import RenderWorker


def opening(source: str) -> str:
    """Return the subject of what the status bar tells of a network that is being opened."""
    return f"opening {source}"


class NetworkCommands(CommandGroup):
    """Commands that open and close networks.

    Args:
        model: What the window knows.
        window: The window.
        worker: Reads the networks.
    """

    def __init__(self, model: WindowModel, window: Window, worker: RenderWorker) -> None:
        super().__init__(model, window)
        self._worker = worker

    def open(self, source: str, slot: int | None) -> None:
        """Show a network in `slot`, or beside the others if None (the last, when it is full)."""
        self.place(source, slot)
        awaited = self._model.awaited
        awaited.add(source)
        self._model.status.show(
            f"Opening {bundled.label(source)}.",
            holds=lambda: (
                source in awaited and any(one.source == source for one in self._state.networks)
            ),
            about=opening(source),
        )

    def place(self, source: str, slot: int | None) -> None:
        """Put a network where `open` does, without a word: it is none to be opened again."""
        networks = self._state.networks
        if slot is None and len(networks) >= MAX_NETWORKS:
            slot = len(networks) - 1
        if slot is None:
            networks.append(NetworkSlot(source))
        else:
            networks[slot] = NetworkSlot(source, frozen=networks[slot].frozen)

    def open_best(self, slot: int) -> None:
        """Show the best snapshot of the run folder in a slot, in place of its newest."""
        try:
            best = pick_snapshot(Path(self._state.networks[slot].source), "best")
        except (ValueError, OSError) as error:
            self._model.status.show_error(f"No best snapshot: {error}.")
            return
        self.open(str(best.path), slot)
        self._model.status.show(f"Opening {best.path.name}: {best.metric} {best.score:.4g}.")

    def close(self, slot: int) -> None:
        """Take a network off the stage."""
        state, label = self._state, self._model.label(slot)
        drop_item(state, "networks", slot)
        state.view.focus = -1
        state.layers.slot = self._model.layer_slot
        self._model.status.show(f"Closed {label}.")

    def cancel_loading(self) -> None:
        """Give up the network that is being read."""
        self._worker.cancel_loading()

    def try_again(self) -> None:
        """Ask once more for what has failed."""
        self._model.attempts += 1
        self._model.thumbnails.outdate()
        self._model.status.show("Trying again.")
