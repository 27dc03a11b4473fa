"""Favourites kept between starts, in a file of the user's own."""

from __future__ import annotations

import json
import logging
from collections import deque
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from generator.files.atomic_files import write_atomically
from viz.state.inputs import Favourite
from viz.storage.session import LARGEST_FILE, MOST_MESSAGES, read_list

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

log = logging.getLogger(__name__)

NAME = "favourites.json"
FORMAT = "alias-free-visualizer favourites"
VERSION = 1


class FavouriteShelf:
    """The file of favourites in a folder, written when they have changed.

    What another window has added in the meantime stays in the file.

    Args:
        folder: Where the file lies.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._known: list[Favourite] = []
        """What is in the file, as far as this shelf has read or written it."""
        self._failed = False

    def load(self) -> list[Favourite]:
        """Read the favourites; a damaged file is put aside, none is an empty list."""
        try:
            self._known = self._read()
        except FileNotFoundError:
            self._known = []
        except OSError as error:
            log.warning("%s cannot be read: %s", self._path, error)
        except (ValueError, RecursionError) as error:
            log.warning("%s is damaged (%s) and put aside", self._path, error)
            self._put_aside()
        return list(self._known)

    def save(self, favourites: Sequence[Favourite]) -> bool:
        """Write the favourites if they are others than before, all at once.

        A disk that refuses is worth one warning; the next call tries again.

        Returns:
            Whether they were written.
        """
        if list(favourites) == self._known:
            return False
        kept = [*favourites, *self._added_elsewhere(favourites)]
        content = {
            "format": FORMAT,
            "version": VERSION,
            "favourites": [asdict(one) for one in kept],
        }
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, json.dumps(content, indent=2, allow_nan=False) + "\n")
        except OSError as error:
            if not self._failed:
                log.warning("favourites are not kept: %s", error)
            self._failed = True
            return False
        self._known, self._failed = list(favourites), False
        return True

    def _added_elsewhere(self, favourites: Sequence[Favourite]) -> list[Favourite]:
        """List what another window has put into the file since this one looked."""
        try:
            there = self._read()
        except (OSError, ValueError, RecursionError):
            return []
        return [one for one in there if one not in self._known and one not in favourites]

    def _read(self) -> list[Favourite]:
        """Read the file.

        Raises:
            ValueError: it is damaged, or of a later version.
            OSError: it cannot be read.
        """
        with self._path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise ValueError("it is too large")
        content: Any = json.loads(data.decode("utf-8"))
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ValueError("it holds no favourites")
        if content.get("version") != VERSION:
            raise ValueError(f"it is of version {content.get('version')!r:.20}")
        messages: deque[str] = deque(maxlen=MOST_MESSAGES)
        favourites: list[Favourite] = read_list(
            content.get("favourites"), Favourite, "favourites", messages
        )
        for message in messages:
            log.warning("%s: %s", self._path, message)
        return favourites

    def _put_aside(self) -> None:
        """Rename the file, so that the next save does not replace what a hand may still mend."""
        try:
            self._path.replace(self._path.with_suffix(".damaged.json"))
        except OSError as error:
            log.warning("%s cannot be renamed: %s", self._path, error)
