"""Commands about the window itself: layout, undo, overlays, folders, the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from viz.commands.base import CommandGroup
from viz.model.about import PROJECT, guide
from viz.state.paths import in_words
from viz.storage.log_files import cache_folder, log_folder
from viz.storage.preferences import config_folder

if TYPE_CHECKING:
    from pathlib import Path

Folder = Literal["settings", "logs", "caches"]


class WindowCommands(CommandGroup):
    """Commands that lay out, undo, show overlays and end the program."""

    def undo(self) -> None:
        """Take the last change back."""
        changed = self._model.history.undo(self._state)
        told = f"Undone: {in_words('.'.join(changed))}." if changed else "Nothing to undo."
        self._model.status.show(told, about="history")

    def redo(self) -> None:
        """Make the change again that was taken back last."""
        changed = self._model.history.redo(self._state)
        told = f"Done again: {in_words('.'.join(changed))}." if changed else "Nothing to do again."
        self._model.status.show(told, about="history")

    def reset_layout(self) -> None:
        """Put every panel where it was at the first start."""
        self._model.windows.reset_layout = True
        self._window.request_frames()

    def toggle_fullscreen(self) -> None:
        """Fill the screen, or stop filling it."""
        self._window.toggle_fullscreen()

    def show_palette(self) -> None:
        """Open the command palette."""
        self._model.windows.palette = True

    def show_keys(self) -> None:
        """Show or hide the list of keys."""
        self._model.windows.keys_shown = not self._model.windows.keys_shown

    def show_about(self) -> None:
        """Show versions, licences and where the documents are."""
        self._model.windows.about = True

    def begin_tour(self) -> None:
        """Begin the tour at its first step; it is not offered again."""
        self._model.windows.tour, self._model.windows.offers_tour = True, False

    def open_guide(self) -> None:
        """Open the guide, or say where it lies."""
        self._open_document(guide())

    def open_documents(self) -> None:
        """Show the folder of the documents, or say where it is."""
        self._open_document(PROJECT / "docs")

    def _open_document(self, path: Path) -> None:
        if not path.exists():
            self._model.status.show_error(f"{path} is missing: the program was copied without it.")
        else:
            self._open_outside(path, f"The document is {path}.")

    def open_folder(self, which: Folder) -> None:
        """Show a folder that the program keeps things in, in the system's own program."""
        folders = {"settings": config_folder, "logs": log_folder, "caches": cache_folder}
        folder = folders[which]()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._model.status.show_error(f"{folder} cannot be made: {error.strerror}.")
            return
        self._open_outside(folder, f"{which.capitalize()} are in {folder}.")

    def freeze_pictures(self) -> None:
        """Keep the pictures as they are, to compare later ones with them."""
        self._model.pictures.freeze()
        self._model.status.show("Frozen. What changes from now on shows as difference.")

    def freeze_spectra(self) -> None:
        """Keep the spectra as they are now, to compare later ones with them."""
        status = self._model.status
        try:
            frozen = self._model.spectra.freeze()
        except ValueError as error:
            status.show_error(f"Nothing frozen: {error}.")
            return
        if frozen:
            status.show("Frozen. Spectra from now on are compared with these.")
        else:
            status.show_error(
                "Nothing frozen: no spectrum is shown; open the Spectrum panel first."
            )

    def quit(self) -> None:
        """End the program."""
        self._window.ask_to_close()
