"""What stands between a network and its first picture, and how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from viz.protocol.result import WorkerEvent

STEPS = 4
"""The worker starts, kernels are compiled, the file is read, the picture is drawn."""


class Step(NamedTuple):
    """The step at which a network is."""

    text: str
    """What is being done, for people."""
    done: int
    """Steps before it, of `STEPS`."""
    fraction: float | None = None
    """Share of it that is done, 0…1; None while unknown."""


class FirstPictures:
    """Follows what the worker says, until it has drawn each network for the first time."""

    def __init__(self) -> None:
        self._worker = "starting"
        self._compiling = False
        self._reading: dict[str, float | None] = {}
        self._read: set[str] = set()

    def hear(self, event: WorkerEvent) -> None:
        """Take what the worker says."""
        match event.kind:
            case "starting" | "crashed" | "held":
                self._worker, self._compiling = event.kind, False
                self._reading.clear()
                self._read.clear()
            case "ready":
                self._worker = "ready"
            case "compiling" | "compiled":
                self._compiling = event.kind == "compiling"
            case "loading":
                self._reading[event.source] = event.fraction
                self._read.discard(event.source)
            case "loaded":
                self._reading.pop(event.source, None)
                self._read.add(event.source)

    def step(self, source: str) -> Step:
        """Return the step at which the network of a source is."""
        if self._worker == "held":
            return Step("Not tried again until something is changed.", 0)
        if self._worker == "crashed":
            return Step("Starting the render worker again …", 0)
        if self._worker == "starting":
            return Step("Starting PyTorch …", 0)
        if self._compiling:
            return Step("Compiling kernels, once on this machine …", 1)
        if source in self._reading:
            return Step("Reading the network …", 2, self._reading[source])
        if source in self._read:
            return Step("Drawing the first picture …", 3)
        return Step("Waiting to be read …", 2, 0.0)
