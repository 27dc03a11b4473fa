"""The render worker's process: requests and jobs in, parcels and reports out."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from typing import TYPE_CHECKING, NoReturn

from systems.machine import keep_freed_memory, wait_passively
from viz.protocol.jobs import JobControl, JobOrder
from viz.protocol.request import Request
from viz.protocol.result import WorkerEvent
from viz.protocol.thumbnails import ThumbnailsRequest
from viz.protocol.tiles import TilesRequest
from viz.storage.log_files import cache_folder, keep_log
from viz.worker.delivery import SharedDelivery
from viz.worker.messages import (
    LOST_DEVICE_EXIT,
    CancelLoading,
    Interrupt,
    Interrupted,
    Memory,
)

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from viz.render.jobs.runner import JobRunner
    from viz.render.measure.live_eq import LiveEquivariance
    from viz.render.renderer import Renderer
    from viz.render.thumbnails import ThumbnailDrawer
    from viz.render.tiles.renderer import TileRenderer
    from viz.wire.roots import Roots
    from viz.worker.delivery import Delivery
    from viz.worker.messages import ToChild
    from viz.worker.starting import Pipe


def serve(pipe: Connection, logs: Path | None = None) -> None:
    """Answer requests until the pipe ends; the main function of a process beside the window.

    Args:
        pipe: To the window's process.
        logs: Folder of the log files; None keeps none.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's; it ends this process
    inbox = Inbox(pipe)
    answer(pipe, inbox, SharedDelivery(pipe, inbox.take_memory), logs=logs)


def answer(
    pipe: Pipe,
    inbox: Inbox,
    delivery: Delivery,
    *,
    roots: Roots | None = None,
    logs: Path | None = None,
) -> None:
    """Answer requests until the pipe ends.

    Args:
        pipe: To the window.
        inbox: What comes from it.
        delivery: Takes results to it.
        roots: Folders of the files that may be opened; None: any file.
        logs: Folder of the log files; None keeps none.
    """
    if logs is not None:
        keep_log("worker", logs)
    wait_passively()
    keep_freed_memory()
    from viz.render.jobs.runner import JobRunner  # torch is loaded here and nowhere in the window
    from viz.render.measure.live_eq import LiveEquivariance
    from viz.render.renderer import Renderer
    from viz.render.thumbnails import ThumbnailDrawer
    from viz.render.tiles.disk_cache import TileFiles
    from viz.render.tiles.renderer import TileRenderer

    network, order = (_nothing, _nothing) if roots is None else (roots.refusal, roots.refusal_of)
    renderer = Renderer(pipe.send, inbox.is_loading_cancelled, network)
    jobs = JobRunner(renderer, pipe.send, order)
    live = LiveEquivariance(renderer.networks, pipe.send)
    tiles = TileRenderer(renderer.networks, TileFiles(cache_folder() / "atlas"))
    thumbnails = ThumbnailDrawer(renderer.networks, pipe.send, lambda: inbox.has_message(0.0))
    try:
        _Serving(pipe, inbox, renderer, jobs, live, tiles, thumbnails, delivery).go_on()
    except (EOFError, ConnectionError):
        return  # the window is gone


def _nothing(_asked: object) -> str:
    """Refuse nothing."""
    return ""


class Inbox:
    """The messages of the window, in order; some can be looked for before their turn."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._waiting: deque[ToChild] = deque()

    def has_message(self, patience_s: float | None) -> bool:
        """Return whether a message comes within a number of seconds; None waits for one."""
        return bool(self._waiting) or self._pipe.poll(patience_s)

    def take(self) -> ToChild:
        """Take the oldest message."""
        return self._waiting.popleft() if self._waiting else self._pipe.recv()

    def newest(self, request: Request) -> Request:
        """Return the newest of the requests that have come one after the other."""
        while self.has_message(0.0):
            following = self.take()
            if not isinstance(following, Request):
                self._waiting.appendleft(following)
                break
            request = following
        return request

    def is_loading_cancelled(self) -> bool:
        """Return whether the loading has been cancelled; other messages wait for their turn."""
        return self._has_come(CancelLoading)

    def is_interrupted(self) -> bool:
        """Return whether full pictures are to be given up; other messages wait for their turn."""
        return self._has_come(Interrupt)

    def _has_come(self, order: type[CancelLoading | Interrupt]) -> bool:
        """Return whether an order has come, and take it; other messages wait for their turn."""
        while self._pipe.poll():
            self._waiting.append(self._pipe.recv())
        found = [message for message in self._waiting if isinstance(message, order)]
        for message in found:
            self._waiting.remove(message)
        return bool(found)

    def take_memory(self) -> Memory:
        """Wait for the answer to `GrowMemory`; earlier messages wait for their turn."""
        while not isinstance(message := self._pipe.recv(), Memory):
            if isinstance(message, Request):
                raise TypeError("memory was expected, got a request")
            self._waiting.append(message)
        return message


class _Serving:
    """The loop that takes messages and sends answers, for as long as there is a pipe."""

    def __init__(
        self,
        pipe: Pipe,
        inbox: Inbox,
        renderer: Renderer,
        jobs: JobRunner,
        live: LiveEquivariance,
        tiles: TileRenderer,
        thumbnails: ThumbnailDrawer,
        delivery: Delivery,
    ) -> None:
        self._pipe = pipe
        self._inbox = inbox
        self._renderer = renderer
        self._jobs = jobs
        self._live = live
        self._tiles = tiles
        self._thumbnails = thumbnails
        self._delivery = delivery
        from viz.render.watched_picture import Watcher

        self._watcher = Watcher(pipe.send, inbox.is_interrupted)

    def go_on(self) -> NoReturn:
        self._pipe.send(WorkerEvent("ready", f"worker ready (process {os.getpid()})"))
        # What is small first.
        drafts = self._renderer.draft_fits
        aside = drafts, self._live, self._thumbnails, self._delivery, self._jobs
        while True:
            if due := next((one for one in aside if one.insists), None):
                due.step()
                continue
            patience = [(one.patience_s, one) for one in aside if one.patience_s is not None]
            first = min(patience, key=lambda pair: pair[0], default=None)
            if not self._inbox.has_message(first[0] if first else None) and first:
                first[1].step()
                continue
            message = self._inbox.take()
            match message:
                case Request():
                    self._answer(self._inbox.newest(message))
                case JobOrder() | JobControl():
                    # Not before the first picture, which it would delay.
                    from viz.worker import all_jobs  # noqa: F401 - makes the kinds of jobs known

                    self._jobs.take(message)
                case TilesRequest():
                    self._draw_tiles(message)
                case ThumbnailsRequest():
                    self._thumbnails.take(message)
                case CancelLoading() | Interrupt():
                    pass  # it has been read, or drawn, in the meantime
                case _:
                    raise TypeError(f"no message of the window: {type(message).__name__}")

    def _answer(self, request: Request) -> None:
        from viz.render.errors import InterruptedDrawingError

        started = time.perf_counter()
        try:
            result = self._renderer.render(request, self._watcher)
        except InterruptedDrawingError:
            self._pipe.send(Interrupted())
            return
        self._delivery.send(result)
        if self._renderer.has_lost_device:
            raise SystemExit(LOST_DEVICE_EXIT)
        took_s = time.perf_counter() - started
        self._renderer.draft_fits.picture_took()
        self._jobs.picture_took(took_s)
        is_draft = any(one.quality == "draft" for one in result.networks)
        self._thumbnails.picture_took(took_s, is_draft=is_draft)
        self._live.drawn(result, 0.0 if result.read_networks else took_s)

    def _draw_tiles(self, request: TilesRequest) -> None:
        started = time.perf_counter()
        # Tiles are small: shared memory has two halves for the pictures, and no third for them.
        self._pipe.send(self._tiles.render(request, lambda: self._inbox.has_message(0.0)))
        took_s = time.perf_counter() - started
        self._jobs.picture_took(took_s)
        self._thumbnails.picture_took(took_s)
