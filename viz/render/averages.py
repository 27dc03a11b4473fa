"""Networks whose average is chosen by its length, one run at a time in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from train.averages import LengthChoice, newest_averages

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator import Generator
    from viz.storage.average_sources import AverageSource


class AverageStore:
    """Reads what a run has kept once, and again when the run has kept more."""

    def __init__(self) -> None:
        self._known: tuple[Path, int] | None = None
        self._choice: LengthChoice | None = None

    @staticmethod
    def file_of(source: AverageSource) -> Path:
        """Return the file that changes whenever a run has kept more.

        Raises:
            ValueError: it has kept no averages.
        """
        return newest_averages(Path(source.run).expanduser())

    def is_ready(self, file: Path) -> bool:
        """Return True if a network of this run takes a moment only.

        Args:
            file: As `file_of` returns it.
        """
        return self._known == (file, file.stat().st_mtime_ns)

    def network(
        self, source: AverageSource, file: Path, progress: Callable[[float], None]
    ) -> Generator:
        """Make the network of one length.

        Args:
            source: The run and the length.
            file: As `file_of` returns it.
            progress: Told which fraction is read, where the run has to be read.

        Raises:
            ValueError: the run cannot be read.
        """
        known = file, file.stat().st_mtime_ns
        if self._choice is None or self._known != known:
            self._choice = self._known = None  # its memory first
            self._choice = LengthChoice(file.parent, progress)
            self._known = known
        return self._choice.network(source.length)
