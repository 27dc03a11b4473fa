"""Layouts of the window, one for each size class, kept between runs."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from generator.files.atomic_files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

SizeClass = Literal["compact", "normal", "large"]
SIZE_CLASSES: tuple[SizeClass, ...] = ("compact", "normal", "large")
LONGEST_TEXT = 1 << 18
"""Bytes of a layout file that are read at most."""
_SCALE = re.compile(r"; scale (\d{1,2}\.\d{1,4})\n")


@dataclass(frozen=True)
class Layout:
    """A layout as Dear ImGui writes it, and the size of text that it was made for."""

    text: str
    scale: float


class LayoutShelf:
    """The layout of every size class.

    Args:
        folder: Where they are kept; None: only in memory.
        fresh: Those of earlier runs are not read.
    """

    def __init__(self, folder: Path | None, *, fresh: bool = False) -> None:
        self._folder = folder
        self._kept: dict[SizeClass, Layout] = {}
        if folder is None or fresh:
            return
        for size_class in SIZE_CLASSES:
            layout = _read(_path(folder, size_class))
            if layout is not None:
                self._kept[size_class] = layout

    def take(self, size_class: SizeClass) -> Layout | None:
        """Return the layout of a size class; None if there is none."""
        return self._kept.get(size_class)

    def keep(self, size_class: SizeClass, layout: Layout) -> None:
        """Remember a layout; a disk that refuses is worth a warning."""
        if self._kept.get(size_class) == layout:
            return
        self._kept[size_class] = layout
        if self._folder is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            text = f"; scale {layout.scale:.4f}\n{layout.text}"
            write_atomically(_path(self._folder, size_class), text)
        except OSError as error:
            log.warning("the layout is not kept: %s", error)


def _path(folder: Path, size_class: SizeClass) -> Path:
    return folder / f"layout-{size_class}.ini"


def _read(path: Path) -> Layout | None:
    """Read a layout; None if there is none that can be used."""
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST_TEXT + 1).decode()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read (%s); using the default layout", path, error)
        return None
    head = _SCALE.match(text)
    if head is None or len(text) > LONGEST_TEXT or not 0.1 <= float(head[1]) <= 20:
        return None
    return Layout(text[head.end() :], float(head[1]))
