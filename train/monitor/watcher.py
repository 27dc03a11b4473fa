"""Reads the run folders of the monitor again and again, in a thread."""

import threading
from collections.abc import Sequence
from pathlib import Path

from train.runs.reader import Run, RunReader, is_run, run_folders

READ_EVERY_S = 1.0


class Watcher:
    """The runs in some folders, as they are now.

    Args:
        folders: Run folders, or folders of run folders; new ones in these appear by themselves.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [folder.absolute() for folder in folders]
        self._readers: dict[Path, RunReader] = {}
        self._end = threading.Event()
        self._soon = threading.Event()
        self.runs: tuple[Run, ...] = ()
        """Runs by name, in the order of the folders."""
        self.version = 0
        """Number that grows whenever `runs` changes."""
        self.read()
        self._thread = threading.Thread(target=self._work, name="run folders", daemon=True)
        self._thread.start()

    def read(self) -> None:
        """Look at every folder once."""
        paths: dict[Path, None] = {}
        for folder in self._folders:
            inside = [] if is_run(folder) else run_folders(folder)
            paths |= dict.fromkeys(inside or [folder])
        self._readers = {path: self._readers.get(path) or RunReader(path) for path in paths}
        runs = tuple(reader.read() for reader in self._readers.values())
        if runs != self.runs:
            self.runs = runs
            self.version += 1

    def look_soon(self) -> None:
        """Look again at once."""
        self._soon.set()

    def close(self) -> None:
        """End the thread."""
        self._end.set()
        self._soon.set()
        self._thread.join(5.0)

    def _work(self) -> None:
        while not self._end.is_set():
            self._soon.wait(READ_EVERY_S)
            self._soon.clear()
            if not self._end.is_set():
                self.read()
