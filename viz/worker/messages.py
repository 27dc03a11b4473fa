"""Messages between the window's process and the worker's, besides requests and results."""

from __future__ import annotations

from dataclasses import dataclass

from viz.protocol.jobs import JobControl, JobOrder, JobReport
from viz.protocol.request import Request
from viz.protocol.result import LiveEq, WorkerEvent
from viz.protocol.tiles import TilesRequest, TilesResult
from viz.worker.shared_memory import Parcel


@dataclass(frozen=True, slots=True)
class GrowMemory:
    """The worker needs halves of at least this many bytes; the window answers with `Memory`."""

    half_bytes: int


@dataclass(frozen=True, slots=True)
class Memory:
    """The shared memory to use from now on; None: send the arrays through the pipe."""

    name: str | None


@dataclass(frozen=True, slots=True)
class CancelLoading:
    """The network that is being read is no longer wanted."""


ToParent = WorkerEvent | GrowMemory | Parcel | JobReport | LiveEq | TilesResult
ToChild = Request | Memory | JobOrder | JobControl | CancelLoading | TilesRequest

LOST_DEVICE_EXIT = 76
"""Exit code after a device has failed: this process cannot use it any more."""
