"""The file dialogs: for everything that can be opened, for pictures, and for training data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gui_utils.file_picker import FilePicker
from viz.model.trainings import DATA
from viz.protocol.lab import PICTURE_SUFFIXES
from viz.storage import session_files
from viz.storage.classify import holds_pictures
from viz.storage.sources import NETWORK_SUFFIXES, is_run_folder

if TYPE_CHECKING:
    from gui_utils.widgets import Widgets
    from viz.model.windows import PickerPurpose, PickerRequest
    from viz.panels.common.context import PanelContext


_SENT = (*NETWORK_SUFFIXES, *PICTURE_SUFFIXES, ".npz", ".npy", ".zip")


class FileDialogs:
    """The file dialogs, closed until the model asks for a file.

    Args:
        ui: The widgets to draw with.
    """

    def __init__(self, ui: Widgets) -> None:
        self._pickers: dict[PickerPurpose, FilePicker] = {
            "open": FilePicker(
                ui, "Open", (*NETWORK_SUFFIXES, *session_files.SUFFIXES), is_run_folder
            ),
            "lab picture": FilePicker(ui, "Open a picture", PICTURE_SUFFIXES),
            "send": FilePicker(ui, "Send to the worker's machine", _SENT),
            "training data": FilePicker(ui, "Pictures to train on", (".zip",), holds_pictures),
        }
        self._slot: int | None = None

    @property
    def is_open(self) -> bool:
        """True if any dialog is open."""
        return any(picker.is_open for picker in self._pickers.values())

    @property
    def typed(self) -> str:
        """The text in the picker that is open; empty where none is."""
        return next((picker.typed for picker in self._pickers.values() if picker.is_open), "")

    def close(self) -> None:
        """Hide all dialogs."""
        for picker in self._pickers.values():
            picker.close()

    def draw(self, ctx: PanelContext) -> None:
        """Draw the dialog that is open, and open the chosen file."""
        windows = ctx.model.windows
        if windows.picker is not None:
            self._open(windows.picker, ctx)
            windows.picker = None
        chosen = self._pickers["open"].draw(ctx.model.recent)
        if chosen is not None:
            ctx.commands.files.open(chosen, self._slot)
        picture = self._pickers["lab picture"].draw()
        if picture is not None:
            ctx.commands.files.open_picture(picture)
        sent = self._pickers["send"].draw()
        if sent is not None:
            ctx.commands.worker_files.send(sent)
        data = self._pickers["training data"].draw()
        if data is not None:
            ctx.state.training.data = str(data.absolute())

    def _open(self, request: PickerRequest, ctx: PanelContext) -> None:
        folder = None
        match request.purpose:
            case "open":
                self._slot = request.slot
                folder = Path(ctx.model.recent[0]).parent if ctx.model.recent else None
            case "training data":
                folder = DATA if DATA.is_dir() else None
        self._pickers[request.purpose].open(folder)
