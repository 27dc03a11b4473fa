"""Commands that choose the machine on which the worker computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.commands.base import CommandGroup

if TYPE_CHECKING:
    from gui_utils.window import Window
    from viz.model.window_model import WindowModel
    from viz.worker.client import RenderWorker
    from viz.worker.starting import Start


class ComputeCommands(CommandGroup):
    """Commands about where the worker is.

    Args:
        model: What the window knows.
        window: The window.
        worker: The worker.
        beside: Starts it on this machine.
    """

    def __init__(
        self, model: WindowModel, window: Window, worker: RenderWorker, beside: Start
    ) -> None:
        super().__init__(model, window)
        self._worker = worker
        self._beside = beside

    def use(self, command: str) -> None:
        """Compute where a command starts a worker, or one listens; empty: on this machine."""
        place = self._model.compute
        if command == place.command:
            return
        start = self._beside
        if command:
            from viz.worker.elsewhere import worker_at

            try:
                start = worker_at(command)
            except ValueError as error:
                self._model.status.show_error(f"{error}".capitalize())
                return
            place.remember(command)
        place.command, place.roots = command, ()
        self._model.worker_files.forget()
        self._model.tiles.forget()
        self._worker.use(start)
