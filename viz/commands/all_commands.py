"""All commands, grouped by subject: `commands.files.open(path)`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from viz.commands.compute import ComputeCommands
from viz.commands.directions import DirectionCommands
from viz.commands.dragging import DragCommands
from viz.commands.export import ExportCommands
from viz.commands.files import FileCommands
from viz.commands.find import FindCommands
from viz.commands.library import LibraryCommands
from viz.commands.made_files import MadeFileCommands
from viz.commands.networks import NetworkCommands
from viz.commands.presets import PresetCommands
from viz.commands.training import TrainingCommands
from viz.commands.window import WindowCommands
from viz.commands.worker_files import WorkerFileCommands

if TYPE_CHECKING:
    from generator.files.published import NetworkCache
    from gui_utils.window import Window
    from viz.model.window_model import WindowModel
    from viz.worker.client import RenderWorker
    from viz.worker.starting import Start


@dataclass(frozen=True)
class Commands:
    """All commands of the window."""

    networks: NetworkCommands
    files: FileCommands
    find: FindCommands
    directions: DirectionCommands
    dragging: DragCommands
    training: TrainingCommands
    export: ExportCommands
    made: MadeFileCommands
    library: LibraryCommands
    presets: PresetCommands
    window: WindowCommands
    compute: ComputeCommands
    worker_files: WorkerFileCommands

    @classmethod
    def on(
        cls,
        model: WindowModel,
        window: Window,
        worker: RenderWorker,
        cache: NetworkCache,
        beside: Start,
    ) -> Commands:
        """Make the commands of a window.

        Args:
            model: What the window knows.
            window: The window.
            worker: Reads networks.
            cache: Where downloads are kept.
            beside: Starts a worker on this machine.
        """
        networks = NetworkCommands(model, window, worker)
        training = TrainingCommands(model, window, networks)
        find = FindCommands(model, window)
        files = FileCommands(model, window, networks, training, find)
        return cls(
            networks=networks,
            files=files,
            find=find,
            directions=DirectionCommands(model, window),
            dragging=DragCommands(model, window),
            training=training,
            export=ExportCommands(model, window),
            made=MadeFileCommands(model, window),
            library=LibraryCommands(model, window, networks, cache),
            presets=PresetCommands(model, window, files),
            window=WindowCommands(model, window),
            compute=ComputeCommands(model, window, worker, beside),
            worker_files=WorkerFileCommands(model, window, networks),
        )
