"""Downloads of published networks, each in a thread of the window's process.

They report like the jobs of the render worker, so the status line shows them alike, but they go on
however long a picture takes, and when the worker has to be started again.
"""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from generator.files.download import DownloadCancelledError, download
from generator.files.published import (
    LICENCE,
    LICENCE_URL,
    NetworkCache,
    find_published,
    part_of,
    published,
)
from viz.protocol.jobs import JobReport
from viz.storage.download_task import Catalogue, DownloadTask, Entry

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from viz.protocol.jobs import Task, Verb

REPORT_EVERY_S = 0.1


def catalogue(cache: NetworkCache) -> Catalogue:
    """List all published networks, and which of them are in the cache."""
    entries = []
    for network in published():
        part = part_of(cache.path(network))
        entries.append(
            Entry(
                name=network.name,
                kind=network.kind,
                data=network.data,
                resolution=network.resolution,
                megabytes=network.megabytes,
                url=network.url,
                cached=cache.path(network).is_file(),
                present_mb=part.stat().st_size / 1e6 if part.is_file() else 0.0,
            )
        )
    used, limit = cache.used_bytes(), cache.limit_bytes
    return Catalogue(tuple(entries), LICENCE, LICENCE_URL, used, limit)


class _Download:
    """The state of one download, shared with its thread."""

    def __init__(self, report: JobReport) -> None:
        self.report = report
        self.cancel = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        self.began_at = time.perf_counter()
        self.began_with: int | None = None
        self.reported_at = 0.0


class Downloads:
    """The downloads under way.

    Args:
        cache: Where files go.
        wake: Called, from other threads, when `poll` has something new.
        context: Which certificates to trust; None for those the system trusts.
    """

    def __init__(
        self,
        cache: NetworkCache,
        wake: Callable[[], None],
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._cache = cache
        self._wake = wake
        self._context = context
        self._reports: queue.SimpleQueue[JobReport] = queue.SimpleQueue()
        self._running: dict[int, _Download] = {}
        self._last_id = 0

    def start_job(self, task: Task) -> int:
        """Begin, or go on where an earlier attempt was broken off; the licence is accepted.

        Args:
            task: A `DownloadTask`.

        Returns:
            The job's id, below 0: those of the render worker are above.

        Raises:
            TypeError: it is another task.
        """
        if not isinstance(task, DownloadTask):
            raise TypeError(f"a download is asked for with a DownloadTask, got {task!r:.60}")
        for job, one in self._running.items():
            if one.report.task == task and one.report.at_work and not one.cancel.is_set():
                return job
        self._last_id -= 1
        job = self._last_id
        one = _Download(JobReport(job, task, "running"))
        self._running[job] = one
        self._tell(one)
        threading.Thread(target=self._run, args=(task, one), name=task.title, daemon=True).start()
        return job

    def control_job(self, job: int, verb: Verb) -> None:
        """Pause a download, let it go on, or end it; what has arrived stays."""
        one = self._running.get(job)
        if one is None:
            return
        match verb:
            case "pause":
                one.go_on.clear()
                self._tell(one, replace(one.report, state="paused", seconds_left=None))
            case "resume":
                one.go_on.set()
                self._tell(one, replace(one.report, state="running"))
            case "cancel":
                one.cancel.set()
                one.go_on.set()

    def poll(self) -> JobReport | None:
        """Return the oldest report not taken yet; None if there is none."""
        try:
            report = self._reports.get_nowait()
        except queue.Empty:
            return None
        if not report.at_work:
            self._running.pop(report.id, None)
        return report

    def close(self) -> None:
        """End all of them; what has arrived stays."""
        for one in self._running.values():
            one.cancel.set()
            one.go_on.set()

    def _run(self, task: DownloadTask, one: _Download) -> None:
        """Fetch a file and report how it ended; runs in a thread of its own."""

        def follow(done: int, total: int | None) -> None:
            one.go_on.wait()
            now = time.perf_counter()
            if one.began_with is None:
                one.began_at, one.began_with = now, done
            if now - one.reported_at < REPORT_EVERY_S or not one.go_on.is_set():
                return
            one.reported_at = now
            fetched, left = done - one.began_with, None
            if total is not None and fetched > 0:
                left = (now - one.began_at) * (total - done) / fetched
            self._tell(
                one,
                replace(
                    one.report,
                    state="running",
                    done=float(done),
                    total=float(total or 0),
                    seconds_left=left,
                ),
            )

        try:
            path = download(
                find_published(task.name),
                self._cache,
                licence_accepted=True,
                progress=follow,
                cancel=one.cancel,
                context=self._context,
            )
        except DownloadCancelledError:
            self._tell(one, replace(one.report, state="cancelled"))
        except (ValueError, OSError) as error:
            text = " ".join(str(error).split())
            self._tell(one, replace(one.report, state="failed", error=text))
        else:
            self._tell(one, replace(one.report, state="done", result=str(path)))

    def _tell(self, one: _Download, report: JobReport | None = None) -> None:
        one.report = report or one.report
        self._reports.put(one.report)
        self._wake()
