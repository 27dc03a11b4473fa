"""What comes back from the worker and from downloads, handed to the panels and told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from viz.protocol.jobs import JobReport
from viz.protocol.result import LiveEq, Result, WorkerEvent
from viz.protocol.tiles import TilesResult
from viz.storage.download_task import DownloadTask

if TYPE_CHECKING:
    from gui_utils.window import Window
    from viz.commands.window import WindowCommands
    from viz.panels.window.workspace import Workspace
    from viz.worker.client import RenderWorker

log = logging.getLogger(__name__)


class WorkerNews:
    """Takes what has come, once a turn of the loop.

    Args:
        commands: Tell the user.
        workspace: The panels that show it.
        worker: Whose news these are.
        window: Gets a frame for whatever is new.
    """

    def __init__(
        self,
        commands: WindowCommands,
        workspace: Workspace,
        worker: RenderWorker,
        window: Window,
    ) -> None:
        self.answered_id = 0
        """Of the newest request that has its result."""
        self._ctx = commands.ctx
        self._commands = commands
        self._workspace = workspace
        self._worker = worker
        self._window = window
        self._crashed = False
        self._warned_of = ""

    def take_all(self, idle: bool) -> None:
        """Take everything that has come.

        Args:
            idle: Nothing is waited for.
        """
        while (report := self._commands.downloads.poll()) is not None:
            self._follow_job(report)
        if self._ctx.training.take_news():
            self._window.request_frames(1)
        while (news := self._worker.poll()) is not None:
            match news:
                case WorkerEvent():
                    self.hear(news, idle=idle)
                case JobReport():
                    self._follow_job(news)
                case LiveEq():
                    self._ctx.live_eq[news.slot] = news
                    self._window.request_frames(1)
                case TilesResult():
                    self._workspace.stage.atlas.take(news)
                    self._window.request_frames(1)
                case _:
                    self.take(news)

    def take(self, result: Result) -> None:
        """Show the answer to a request."""
        self.answered_id = result.request.id
        self._ctx.result = result
        for one in result.networks:
            if one.summary is not None:
                self._ctx.summaries[one.source] = one.summary
        self._warn_of_missing_kernels(result.missing_kernels)
        failed = next((one.error for one in result.networks if one.error), "")
        notice = next((one.notice for one in result.networks if one.notice), "")
        if failed or notice:
            self._commands.complain(failed or notice)
        elif self._crashed:
            self._welcome_back()
        elif self._workspace.status.is_error:
            self._commands.say("")
        self._workspace.slit_scan.take(result, self._ctx.state.slit_scan)
        self._commands.film_result(result)
        self._workspace.performance.record(result, self._window.now_s)
        self._workspace.status.latency_ms = self._workspace.performance.latency_ms
        self._window.request_frames(1)

    def _follow_job(self, report: JobReport) -> None:
        self._window.request_frames(1)
        if self._ctx.lab.take(report):
            return
        self._ctx.jobs.take(report)
        if report.state == "failed":
            self._commands.complain(f"{report.task.title}: {report.error}")
        elif not report.at_work and not report.task.quiet:
            self._commands.say(report.task.told(report.state, report.result))
            if isinstance(report.task, DownloadTask) and report.state == "done":
                self._commands.downloaded(report.task)

    def _warn_of_missing_kernels(self, reason: str) -> None:
        if reason and reason != self._warned_of:
            self._warned_of = reason
            self._commands.say(f"Slow, without native kernels: {reason}")

    def _welcome_back(self) -> None:
        self._crashed = False
        self._commands.say("The render worker is back.")

    def hear(self, event: WorkerEvent, *, idle: bool = False) -> None:
        """Show what happens to the process.

        Args:
            event: What happened.
            idle: Nothing is waited for, so that no picture will show that it works again.
        """
        status = self._workspace.status
        match event.kind:
            case "starting":
                status.worker = "starting"
            case "ready":
                status.worker = "ready"
                self._ctx.lab.retry()
                if self._crashed and idle:
                    self._welcome_back()
            case "loading":
                status.loading, status.loading_fraction = event.message, event.fraction
                if event.fraction is None:
                    log.info("%s", event.message)
            case "loaded":
                status.loading = ""
                if event.message:
                    self._commands.say(f"{event.message}.")
            case "crashed" | "held":
                status.worker, status.loading = "stopped", ""
                self._crashed = True
                self._commands.complain(event.message)
        self._window.request_frames(1)
