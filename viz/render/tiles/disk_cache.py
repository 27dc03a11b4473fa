"""Tiles of the atlas on disk, for whoever asks for it: bounded, the oldest go first."""

from __future__ import annotations

import hashlib
import logging
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from viz.protocol.tiles import Grid, Plane, TileId

log = logging.getLogger(__name__)

KEPT_SHARE = 0.9
"""Share of the limit down to which the oldest files are deleted once it is exceeded."""


class TileFiles:
    """Keeps tiles as PNG files; errors of the disk cost the files alone.

    Args:
        folder: Where; made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bytes: int | None = None

    def name(self, plane: Plane, grid: Grid, tile: TileId, network: Path) -> Path:
        """The file of a tile: another one whenever its pixels could be others.

        Args:
            plane, grid, tile: The tile.
            network: The plane's network file, as it is now.

        Raises:
            OSError: there is no such file.
        """
        stat = network.stat()
        of_network = (str(network), stat.st_mtime_ns, stat.st_size)
        key = hashlib.sha256(repr((of_network, plane, grid, tile)).encode()).hexdigest()
        return self.folder / key[:2] / f"{key[2:]}.png"

    def get(self, path: Path) -> NDArray[np.uint8] | None:
        """A tile's pixels, RGBA; None where they are not kept."""
        try:
            with Image.open(path, formats=["PNG"]) as image:
                pixels = np.array(image.convert("RGBA"))
            os.utime(path)
        except (OSError, UnidentifiedImageError, SyntaxError, ValueError):
            return None
        return pixels

    def put(self, path: Path, pixels: NDArray[np.uint8], limit_bytes: int) -> None:
        """Keep a tile, and remove the oldest ones where there are too many."""
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels[..., :3]).save(draft, format="PNG", compress_level=1)
            size = draft.stat().st_size
            draft.replace(path)
            if self._bytes is None:
                self._bytes = sum(size for _date, size, _path in self._all())
            else:
                self._bytes += size
            if self._bytes > limit_bytes:
                self._remove_oldest(limit_bytes)
        except OSError as error:
            log.warning("a tile cannot be kept in %s: %s", self.folder, error)
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def _all(self) -> list[tuple[int, int, Path]]:
        """Date, size and path of every file."""
        found = []
        for path in self.folder.glob("*/*.png"):
            with suppress(FileNotFoundError):  # another window has removed it
                stat = path.stat()
                found.append((stat.st_mtime_ns, stat.st_size, path))
        return found

    def _remove_oldest(self, limit_bytes: int) -> None:
        files = sorted(self._all())
        total = sum(size for _date, size, _path in files)
        for _date, size, path in files:
            if total <= KEPT_SHARE * limit_bytes:
                break
            path.unlink(missing_ok=True)
            total -= size
        self._bytes = total
