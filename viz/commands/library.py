"""Orders about the published networks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from generator.files.published import NetworkCache, find_published
from viz.commands.base import Orders
from viz.storage import bundled
from viz.storage.downloads import Downloads, catalogue

if TYPE_CHECKING:
    from gui_utils.host import GuiHost
    from viz.panels.window.workspace import Workspace
    from viz.state.app_state import AppState
    from viz.storage.download_task import Catalogue, DownloadTask

CATALOGUE_S = 0.5
"""How long the look at the cache of downloads is good for."""


class LibraryCommands(Orders):
    """Lists, downloads and removes published networks."""

    def __init__(self, state: AppState, host: GuiHost, workspace: Workspace) -> None:
        super().__init__(state, host, workspace)
        self._cache = NetworkCache()
        self._catalogue: tuple[float, Catalogue] | None = None
        self.downloads = Downloads(self._cache, host.window.wake)

    def show_library(self, slot: int | None) -> None:
        """Show the list of published networks; one chosen goes to `slot`."""
        self._workspace.library.open(slot)
        self._window.request_frames()

    def catalogue(self) -> Catalogue:
        """The published networks and which of them are here, looked up twice a second."""
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
            self.complain(f"The cache's limit stays: {error}.")
            return
        self.say(f"The cache keeps at most {limit_bytes / 1e9:.1f} GB.")

    def remove_download(self, name: str) -> None:
        """Delete a published network from the cache."""
        self._catalogue = None
        try:
            self._cache.remove(find_published(name))
        except (ValueError, OSError) as error:
            self.complain(f"{name} cannot be removed: {error}.")
            return
        self.say(f"Removed {name} from the cache.")

    def downloaded(self, task: DownloadTask) -> None:
        """Show what has just been downloaded."""
        self._catalogue = None
        self.open_network(f"{bundled.LIBRARY}{task.name}", task.slot)
