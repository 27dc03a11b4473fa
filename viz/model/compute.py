"""Where the worker computes."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import PurePath

from viz.protocol.traffic import Traffic

MOST_REMEMBERED = 8
_TAKE_A_VALUE = frozenset("BbcDEeFIiJLlmOopQRSWw")
"""Options of ssh that are followed by a value."""


@dataclass
class ComputePlace:
    """The machine of the worker, and those used before."""

    command: str = ""
    """Starts the worker; empty: it is a process of this machine."""
    remembered: list[str] = field(default_factory=list)
    """Commands, the newest first."""
    roots: tuple[str, ...] = ()
    """Folders there that the worker opens files in; none where it is on this machine."""
    traffic: Traffic | None = None
    """What the line has carried; None where there is no line."""

    def remember(self, command: str) -> None:
        """Put a command at the head of those used before."""
        others = [one for one in self.remembered if one != command]
        self.remembered = [command, *others][:MOST_REMEMBERED]


def host_of(command: str) -> str:
    """Name the machine of a command for a label: of `ssh gpu-box …`, `gpu-box`."""
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    if not words or PurePath(words[0]).stem != "ssh":
        return command
    rest = iter(words[1:])
    for word in rest:
        if not word.startswith("-"):
            return word
        if len(word) == 2 and word[1] in _TAKE_A_VALUE:
            next(rest, "")
    return command
