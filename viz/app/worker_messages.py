"""Messages of the worker and of other executors, handed to the model and told to the user."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from viz.commands.networks import opening
from viz.protocol.jobs import JobReport
from viz.protocol.result import LiveEq, Preview, Result, WorkerEvent
from viz.protocol.thumbnails import ThumbnailsResult
from viz.protocol.tiles import TilesResult
from viz.storage import bundled
from viz.storage.average_sources import family_of
from viz.storage.download_task import DownloadTask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui_utils.window import Window
    from viz.commands.all_commands import Commands
    from viz.model.window_model import WindowModel
    from viz.worker.client import RenderWorker

log = logging.getLogger(__name__)

PICTURES, WORKER, KERNELS = "pictures", "worker", "kernels"
"""Subjects of what the status bar tells."""


class Reporting(Protocol):
    """An executor whose reports are asked for."""

    def poll(self) -> JobReport | None:
        """Return the oldest report not taken yet; None if there is none."""


class WorkerMessages:
    """The receiver of all messages, once a turn of the loop.

    Args:
        model: Gets what is new.
        commands: Do what follows from it.
        worker: Sends messages.
        executors: Send reports of the jobs that the worker does not do itself.
        window: Gets a frame for whatever is new.
    """

    def __init__(
        self,
        model: WindowModel,
        commands: Commands,
        worker: RenderWorker,
        executors: Sequence[Reporting],
        window: Window,
    ) -> None:
        self.answered_id = 0
        """The newest request that has its result."""
        self._model = model
        self._commands = commands
        self._worker = worker
        self._executors = executors
        self._window = window
        self._crashed = False
        self._warned_of = ""

    def take_all(self, *, idle: bool) -> None:
        """Take everything that has come.

        Args:
            idle: Nothing is waited for.
        """
        if self._model.trainings.take_changes():
            self._window.request_frames(1)
        while (notice := self._model.trainings.take_notice()) is not None:
            log.info("%s", notice)
            self._model.status.show_lasting(notice)
            self._window.ask_for_attention()
        while (message := self._worker.poll()) is not None:
            match message:
                case WorkerEvent():
                    self.hear(message, idle=idle)
                case JobReport():
                    self._follow_job(message)
                case LiveEq():
                    self._model.live_eq[message.slot] = message
                    self._window.request_frames(1)
                case Preview():
                    self._model.take_preview(message)
                    self._window.request_frames(1)
                case TilesResult():
                    self._model.tiles.take(message)
                    self._window.request_frames(1)
                case ThumbnailsResult():
                    self._model.thumbnails.take(message)
                    self._window.request_frames(1)
                case _:
                    self.take(message)
        for executor in self._executors:
            while (report := executor.poll()) is not None:
                self._follow_job(report)

    def take(self, result: Result) -> None:
        """Show the answer to a request."""
        model = self._model
        self.answered_id = result.request.id
        model.take_result(result)
        for one in result.networks:
            if one.summary is not None:
                model.summaries[family_of(one.source)] = one.summary
                self._note_read(one.source)
            elif one.error and one.source in model.awaited:
                model.forget(one.source)
                model.status.end(opening(one.source))
        self._warn_of_missing_kernels(result.missing_kernels)
        failed = next((one.error for one in result.networks if one.error), "")
        notice = next((one.notice for one in result.networks if one.notice), "")
        if failed or notice:
            model.status.show_error(failed or notice, about=PICTURES)
        elif self._crashed:
            self._welcome_back()
        else:
            model.status.end(PICTURES)
        model.slit_scans.take(result, model.state.slit_scan)
        self._commands.export.film_result(result)
        model.compute.traffic = self._worker.traffic
        model.timings.record(result, self._window.now_s)
        self._window.request_frames(1)

    def _follow_job(self, report: JobReport) -> None:
        status = self._model.status
        self._window.request_frames(1)
        self._model.jobs.take(report)
        if report.task.is_brief:
            return
        if report.state == "failed":
            status.show_error(f"{report.task.title}: {report.error}")
        elif not report.at_work and not report.task.quiet:
            made = report.task.made(report.result)
            if made is not None:
                self._model.made.note(made)
            status.show_lasting(report.task.told(report.state, report.result), made)
            if isinstance(report.task, DownloadTask) and report.state == "done":
                self._commands.library.open_downloaded(report.task)

    def _note_read(self, source: str) -> None:
        """Remember a network that the user has opened, now that it could be read."""
        if source in self._model.awaited:
            self._model.awaited.discard(source)
            if not source.startswith(bundled.PREFIX):
                self._model.remember(source)

    def _warn_of_missing_kernels(self, reason: str) -> None:
        if reason and reason != self._warned_of:
            self._warned_of = reason
            self._model.status.show_lasting(f"Slow, without native kernels: {reason}")

    def _welcome_back(self) -> None:
        self._crashed = False
        self._model.status.end(PICTURES)
        self._model.status.show("The render worker is back.", about=WORKER)

    def hear(self, event: WorkerEvent, *, idle: bool = False) -> None:
        """Show what happens to the process.

        Args:
            event: What happened.
            idle: Nothing is waited for, so that no picture will show that it works again.
        """
        status = self._model.status
        self._model.first_pictures.hear(event)
        match event.kind:
            case "starting":
                status.worker = "starting"
            case "ready":
                status.worker = "ready"
                self._model.compute.roots = self._worker.roots
                self._model.lab.retry()
                if self._crashed and idle:
                    self._welcome_back()
            case "compiling" | "compiled":
                status.end(KERNELS)
                if event.message:
                    status.show(f"{event.message.capitalize()}.", about=KERNELS)
            case "loading":
                status.loading, status.loading_fraction = event.message, event.fraction
                if event.fraction is None:
                    log.info("%s", event.message)
            case "loaded":
                status.loading = ""
                if event.message:
                    status.show(f"{event.message}.")
            case "crashed" | "held":
                status.worker, status.loading = "stopped", ""
                self._crashed = True
                status.show_error(event.message, about=WORKER)
        self._window.request_frames(1)
