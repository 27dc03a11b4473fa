"""Commands about the published networks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from generator.files.published import find_published
from viz.commands.base import CommandGroup
from viz.storage import bundled
from viz.storage.downloads import catalogue

if TYPE_CHECKING:
    from generator.files.published import NetworkCache
    from gui_utils.window import Window
    from viz.commands.networks import NetworkCommands
    from viz.model.window_model import WindowModel
    from viz.storage.download_task import Catalogue, DownloadTask

CATALOGUE_S = 0.5
"""Time after which the cache of downloads is looked at again."""


class LibraryCommands(CommandGroup):
    """Commands that list, download and remove published networks.

    Args:
        model: What the window knows.
        window: The window.
        networks: Shows networks.
        cache: Where downloads are kept.
    """

    def __init__(
        self, model: WindowModel, window: Window, networks: NetworkCommands, cache: NetworkCache
    ) -> None:
        super().__init__(model, window)
        self._networks = networks
        self._cache = cache
        self._catalogue: tuple[float, Catalogue] | None = None

    def show(self, slot: int | None) -> None:
        """Show the list of published networks; one chosen goes to `slot`."""
        windows = self._model.windows
        windows.library, windows.library_slot = True, slot
        self._window.request_frames()

    def catalogue(self) -> Catalogue:
        """List the published networks and which of them are here, looked up twice a second."""
        now = time.monotonic()
        if self._catalogue is None or now - self._catalogue[0] > CATALOGUE_S:
            self._catalogue = now, catalogue(self._cache)
        return self._catalogue[1]

    def set_cache_limit(self, limit_bytes: int) -> None:
        """Bound the cache of downloads; what is over the bound is removed."""
        self._catalogue = None
        try:
            self._cache.set_limit(limit_bytes)
        except (ValueError, OSError) as error:
            self._model.status.show_error(f"The cache's limit stays: {error}.")
            return
        self._model.status.show(f"The cache keeps at most {limit_bytes / 1e9:.1f} GB.")

    def remove(self, name: str) -> None:
        """Delete a published network from the cache."""
        self._catalogue = None
        try:
            self._cache.remove(find_published(name))
        except (ValueError, OSError) as error:
            self._model.status.show_error(f"{name} cannot be removed: {error}.")
            return
        self._model.status.show(f"Removed {name} from the cache.")

    def open_downloaded(self, task: DownloadTask) -> None:
        """Show a network that has just been downloaded."""
        self._catalogue = None
        self._networks.open(f"{bundled.LIBRARY}{task.name}", task.slot)
