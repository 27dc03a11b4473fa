"""Messages between the window's process and the worker's, besides requests and results."""

from __future__ import annotations

from dataclasses import dataclass

from viz.protocol.jobs import JobControl, JobOrder, JobReport
from viz.protocol.request import Request
from viz.protocol.result import LiveEq, Preview, Result, WorkerEvent
from viz.protocol.thumbnails import ThumbnailsRequest, ThumbnailsResult
from viz.protocol.tiles import TilesRequest, TilesResult
from viz.worker.shared_memory import Parcel


@dataclass(frozen=True, slots=True)
class GrowMemory:
    """Request of the worker for larger halves; the window answers with `Memory`."""

    half_bytes: int


@dataclass(frozen=True, slots=True)
class Memory:
    """The shared memory to use from now on; None: send the arrays through the pipe."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Order to give up full pictures where drafts can be drawn instead: the hand moves again."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Answer to a request that was given up; another one waits."""


@dataclass(frozen=True, slots=True)
class CancelLoading:
    """Order to stop reading a network."""


ToParent = (
    WorkerEvent
    | GrowMemory
    | Parcel
    | Result
    | Preview
    | Interrupted
    | JobReport
    | LiveEq
    | TilesResult
    | ThumbnailsResult
)
ToChild = (
    Request
    | Memory
    | Interrupt
    | JobOrder
    | JobControl
    | CancelLoading
    | TilesRequest
    | ThumbnailsRequest
)

LOST_DEVICE_EXIT = 76
"""Exit code after a device has failed: this process cannot use it any more."""
