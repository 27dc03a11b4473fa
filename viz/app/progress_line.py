"""How far a first picture is, on a terminal: one line that changes, or one for each step."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

    from viz.model.first_pictures import Step


class ProgressLine:
    """Writes the steps of a start.

    Args:
        file: Where to; None: standard error, and nowhere if there is none.
    """

    def __init__(self, file: TextIO | None = None) -> None:
        self._file = sys.stderr if file is None else file
        self._is_terminal = self._file is not None and self._file.isatty()
        self._shown = ""

    def show(self, step: Step | None) -> None:
        """Show the step that is being taken; None: all are done."""
        line = "" if step is None else step.text
        if self._file is None or (line == self._shown and not self._is_terminal):
            return
        if step is not None and step.fraction and self._is_terminal:
            line = f"{line.rstrip(' …')}, {step.fraction:.0%}"
        if line == self._shown:
            return
        before, self._shown = self._shown, line
        if self._is_terminal:
            print(f"\r{line:<{len(before)}}", end="\r" if not line else "", file=self._file)
        elif line:
            print(line, file=self._file)
        self._file.flush()
