"""The library of published networks as panels see it: plain data, and the task of a download."""

from __future__ import annotations

from dataclasses import dataclass

from viz.protocol.jobs import Task


@dataclass(frozen=True, slots=True)
class Entry:
    """A network that can be downloaded."""

    name: str
    kind: str
    """`stylegan2`, `stylegan3-t` or `stylegan3-r`."""
    data: str
    """Data set that it was trained on."""
    resolution: int
    megabytes: int
    """Approximate size of the file."""
    url: str
    cached: bool
    """The file is in the cache."""
    present_mb: float
    """Megabytes of a download that was broken off."""

    @property
    def words(self) -> str:
        """All words that the entry can be found by, in lower case."""
        size = f"{self.resolution} {self.resolution}x{self.resolution} {self.resolution}²"
        state = "cached here" if self.cached else ""
        return f"{self.name} {self.kind} {self.data} {size} {state}".lower()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The whole library, and the part of it in the cache."""

    entries: tuple[Entry, ...]
    licence: str
    licence_url: str
    used_bytes: int
    limit_bytes: int
    """Most bytes that the cache may hold."""

    def found(self, query: str) -> list[Entry]:
        """Return the entries in which every word of the query occurs, those that are here first."""
        words = query.lower().split()
        fitting = [one for one in self.entries if all(word in one.words for word in words)]
        return sorted(fitting, key=lambda one: not one.cached)


@dataclass(frozen=True, slots=True)
class DownloadTask(Task):
    """Fetch a published network into the cache, and show it."""

    name: str
    slot: int | None = None
    """Slot in which it is shown; None: beside the others."""

    @property
    def title(self) -> str:
        """Name in the status line."""
        return f"Downloading {self.name}"
