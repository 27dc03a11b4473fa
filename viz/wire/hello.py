"""The first message of each end: who it is, and whether the two understand each other."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from viz.wire.codec import VERSION


@dataclass(frozen=True, slots=True)
class Hello:
    """Description of one end of a line."""

    version: int
    """Of the messages."""
    machine: str
    """Its name in its network."""
    roots: tuple[str, ...] = ()
    """Folders that a worker opens files in."""

    @staticmethod
    def of_this_machine(roots: tuple[str, ...] = ()) -> Hello:
        """Describe this end."""
        return Hello(VERSION, platform.node() or "a machine without a name", roots)


def mismatch(other: object) -> str:
    """Say in one line why the two ends do not understand each other; empty if they do."""
    if not isinstance(other, Hello):
        return "the other end did not introduce itself; update it to the version here"
    if other.version == VERSION:
        return ""
    older = "there" if other.version < VERSION else "here"
    return (
        f"{other.machine} speaks version {other.version} of the messages, this program "
        f"{VERSION}; update the one {older}"
    )
