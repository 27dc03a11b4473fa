"""Commands about files of the machine on which the worker is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from viz.commands.base import CommandGroup
from viz.export.film import free_path
from viz.model.compute import host_of
from viz.model.windows import PickerRequest
from viz.protocol.worker_files import FolderTask
from viz.worker.transfers import FetchTask, SendTask

if TYPE_CHECKING:
    from gui_utils.window import Window
    from viz.commands.networks import NetworkCommands
    from viz.model.window_model import WindowModel
    from viz.protocol.jobs import JobReport

OUT = Path("out")
"""Where fetched files go."""


class WorkerFileCommands(CommandGroup):
    """Commands that look into folders of the worker's machine, and open and fetch what is there.

    Args:
        model: What the window knows.
        window: The window.
        networks: Shows networks.
    """

    def __init__(self, model: WindowModel, window: Window, networks: NetworkCommands) -> None:
        super().__init__(model, window)
        self._networks = networks

    def look(self) -> None:
        """Show the files of the worker's machine."""
        self._model.windows.worker_files = True
        files, roots = self._model.worker_files, self._model.compute.roots
        if roots:
            self.go_to(files.folder or roots[0])

    def go_to(self, folder: str) -> None:
        """Look into a folder there."""
        files = self._model.worker_files
        files.folder, files.error = folder, ""
        files.job = self._model.jobs.start(FolderTask(folder), self._take)
        self._window.request_frames()

    def open(self, path: str) -> None:
        """Show a network, or the newest one of a run, of the worker's machine."""
        self._networks.open(path, None)

    def fetch(self, path: str) -> None:
        """Copy a file of the worker's machine into out/."""
        # The name comes from elsewhere: no folder in it may lead out of this one.
        name = path.replace("\\", "/").rpartition("/")[2]
        if name.strip(".") == "":
            self._model.status.show_error("A file without a name cannot be fetched.")
            return
        self._model.jobs.start(FetchTask(path, str(free_path(OUT / name))))
        self._model.status.show(f"Fetching {name} from {host_of(self._model.compute.command)}.")

    def choose_to_send(self) -> None:
        """Let the user choose a file of this machine for the folder that is looked into."""
        self._model.windows.picker = PickerRequest("send")

    def send(self, path: Path) -> None:
        """Copy a file of this machine into the folder that is looked into."""
        folder = self._model.worker_files.folder

        def look_again(report: JobReport) -> None:
            if report.state == "done" and self._model.worker_files.folder == folder:
                self.go_to(folder)

        task = SendTask(str(path.absolute()), f"{folder.rstrip('/')}/{path.name}")
        self._model.jobs.start(task, look_again)

    def _take(self, report: JobReport) -> None:
        self._model.worker_files.take(report)
        self._window.request_frames()
