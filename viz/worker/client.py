"""The render worker: a process of its own, watched by one thread, so that no window ever waits.

Only one request is on its way at a time, and of those that wait only the newest is kept. While
nothing is asked, both sides sleep in blocking reads.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from viz.protocol.jobs import JobControl, JobOrder, JobReport, Task, Verb
from viz.protocol.request import Request
from viz.protocol.result import EventKind, LiveEq, Preview, Result, WorkerEvent
from viz.protocol.thumbnails import ThumbnailsRequest, ThumbnailsResult
from viz.protocol.tiles import TilesRequest, TilesResult
from viz.wire.hello import Hello
from viz.wire.schema import WireError
from viz.worker.lanes import Lane
from viz.worker.messages import CancelLoading, GrowMemory, Interrupt, Interrupted, Memory
from viz.worker.shared_memory import Parcel, SharedHalves

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz.protocol.traffic import Traffic
    from viz.worker.messages import ToParent
    from viz.worker.starting import Pipe, Process, Start

Event = WorkerEvent | JobReport | LiveEq | Preview | TilesResult | ThumbnailsResult
"""All that a worker tells besides results."""

CRASHES_BEFORE_HOLDING = 3
FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0
LAST_WORD_S = 2.0
"""Time that a closing worker gives its jobs to clean up."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request and when it was handed in."""

    request: Request
    at: float


class RenderWorker:
    """A renderer in another process, newest request first, started again when it dies.

    Args:
        start: Starts a process, or connects with one.
        wake: Called whenever `poll` has something new, mostly from the watching thread; it must
            be quick, and valid until `close` has returned.

    `submit`, `poll` and `close` never wait for a picture.
    """

    def __init__(self, start: Start, wake: Callable[[], None] | None = None) -> None:
        self._wake = wake
        self._start = start
        self._following: Start | None = None
        self._wait_no_longer = threading.Event()
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()
        self._jobs: dict[int, JobReport] = {}
        self._waiting_jobs: list[JobOrder] = []
        self._result: Result | None = None
        self._tiles = Lane[TilesRequest](CRASHES_BEFORE_HOLDING)
        self._thumbnails = Lane[ThumbnailsRequest](CRASHES_BEFORE_HOLDING)
        self._pending: _Asked | None = None
        self._in_flight: deque[_Asked] = deque()
        self._next_id = 0
        self._process: Process | None = None
        self._pipe: Pipe | None = None
        self._ready = False
        self._crashes_in_a_row = 0
        self._blamed: Request | None = None
        self._times_blamed = 0
        self._closing = threading.Event()
        self._memory = SharedHalves()
        self._thread = threading.Thread(target=self._watch, name="render worker", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The process's id while there is one that takes requests."""
        with self._lock:
            return self._process.pid if self._process and self._ready else None

    @property
    def busy(self) -> bool:
        """True while a request is waiting or being rendered."""
        with self._lock:
            return self._pending is not None or bool(self._in_flight)

    def submit(self, request: Request) -> int:
        """Ask for a request; one that still waits is dropped for it.

        Returns:
            The id that the result's request will carry.
        """
        with self._lock:
            self._next_id += 1
            request = replace(request, id=self._next_id)
            held = self._holds(request)
            if not held:
                self._pending = _Asked(request, time.perf_counter())
                self._send_pending()
                self._interrupt()
        if held:
            self._add_event("held", _HELD)
        return request.id

    def submit_tiles(self, request: TilesRequest) -> None:
        """Ask for tiles of the atlas, between the pictures; those that still wait are dropped."""
        with self._lock:
            self._tiles.ask(request)
            self._send_small()

    @property
    def tiles_wanted(self) -> TilesRequest | None:
        """The newest request for tiles that has not been answered."""
        with self._lock:
            return self._tiles.newest

    def submit_thumbnails(self, request: ThumbnailsRequest) -> None:
        """Ask for thumbnails, drawn while the process rests; those that still wait are dropped."""
        with self._lock:
            self._thumbnails.ask(request)
            self._send_small()

    @property
    def thumbnails_wanted(self) -> ThumbnailsRequest | None:
        """The newest request for thumbnails that has not been answered."""
        with self._lock:
            return self._thumbnails.newest

    def start_job(self, task: Task) -> int:
        """Have a task done in the background.

        Returns:
            The job's id, which its reports carry.
        """
        with self._lock:
            self._next_id += 1
            job = self._next_id
            self._jobs[job] = JobReport(job, task, "running")
            self._events.append(self._jobs[job])
            self._waiting_jobs.append(JobOrder(job, task))
            self._send_waiting_jobs()
        self._notify()
        return job

    def control_job(self, job: int, verb: Verb) -> None:
        """Pause a job, let it go on, or cancel it; one that has ended is left alone."""
        with self._lock:
            waiting = next((one for one in self._waiting_jobs if one.id == job), None)
            if waiting is None:
                self._send(JobControl(job, verb))
            elif verb == "cancel":
                self._waiting_jobs.remove(waiting)
                self._note(replace(self._jobs[job], state="cancelled"))
        self._notify()

    def cancel_loading(self) -> None:
        """Give up the network that is being read; its place gets an error instead."""
        with self._lock:
            self._send(CancelLoading())

    def poll(self) -> Result | Event | None:
        """Take the oldest event, metric or report, else the newest result, else None."""
        with self._lock:
            if self._events:
                return self._events.popleft()
            result, self._result = self._result, None
            return result

    @property
    def traffic(self) -> Traffic | None:
        """Return bytes and times of the line to the worker; None where there is no line."""
        with self._lock:
            return getattr(self._pipe, "traffic", None)

    @property
    def roots(self) -> tuple[str, ...]:
        """Return the folders in which a worker elsewhere opens files; none where it is here."""
        with self._lock:
            hello = getattr(self._pipe, "other", None)
            return hello.roots if isinstance(hello, Hello) else ()

    def use(self, start: Start) -> None:
        """Compute elsewhere from now on: the present process ends, and its jobs with it."""
        with self._lock:
            self._following = start
            if self._process is not None:
                self._process.kill()
        self._wait_no_longer.set()

    def close(self) -> None:
        """End the process and give its memory back; twice is harmless.

        Jobs are cancelled first, and given a moment to clean up.
        """
        self._closing.set()
        self._wait_no_longer.set()
        for job in list(self._jobs):
            self.control_job(job, "cancel")
        deadline = time.monotonic() + LAST_WORD_S
        while self._jobs and self.pid is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        with self._lock:
            if self._process is not None:
                self._process.kill()  # it holds nothing else that is worth saving
        self._thread.join()

    def __enter__(self) -> RenderWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _watch(self) -> None:
        """Run one process after the other until closed; the watching thread."""
        while not self._closing.is_set():
            cause = self._run_process()
            with self._lock:
                following, self._following = self._following, None
            if following is not None:
                self._move_to(following)
            elif not self._closing.is_set():
                self._wait_no_longer.wait(self._after_crash(cause))
            if not self._closing.is_set():
                self._wait_no_longer.clear()

    def _is_given_up(self) -> bool:
        return self._closing.is_set() or self._following is not None

    def _move_to(self, start: Start) -> None:
        """Let another process answer what was on its way."""
        with self._lock:
            self._start = start
            self._crashes_in_a_row = self._times_blamed = 0
            if self._in_flight:
                self._pending = self._pending or self._in_flight[-1]
                self._in_flight.clear()
            self._put_small_back()
            self._give_jobs_up(_JOB_LEFT)
        self._notify()

    def _run_process(self) -> str:
        """Start a process, take what it sends until it ends, and return why it did, in words."""
        self._add_event("starting", self._start.beginning)
        try:
            process, ours = self._start(self._is_given_up)
        except OSError as error:  # no memory, too many processes or files, nobody who answers
            return f"the render worker cannot be started ({error.strerror or error})"
        with self._lock:
            self._process, self._pipe = process, ours
            if self._is_given_up():
                process.kill()
        try:
            while True:
                self._take(ours.recv(), ours)
        except (EOFError, OSError, WireError) as error:
            if isinstance(error, WireError):
                process.kill()
            process.join()
            reason = str(error)
        with self._lock:
            self._process, self._pipe, self._ready = None, None, False
        ours.close()
        self._memory.close()
        return self._start.why_ended(process, reason)

    def _take(self, message: ToParent, pipe: Pipe) -> None:
        """Deal with one message of the process."""
        match message:
            case LiveEq():
                with self._lock:
                    self._events.append(message)
            case Preview():
                with self._lock:
                    self._note_preview(message)
            case Interrupted():
                with self._lock:
                    if self._in_flight:
                        self._in_flight.popleft()
                    self._send_pending()
            case WorkerEvent():
                if message.kind == "ready":
                    with self._lock:
                        self._ready = True
                        self._send_waiting_jobs()
                        self._send_pending()
                        self._send_small()
                with self._lock:
                    self._events.append(message)
            case GrowMemory():
                with self._lock:
                    pipe.send(Memory(self._memory.grow(message.half_bytes)))
                return
            case JobReport():
                with self._lock:
                    self._note(message)
            case TilesResult() | ThumbnailsResult():
                tiles = isinstance(message, TilesResult)
                with self._lock:
                    (self._tiles if tiles else self._thumbnails).answered()
                    self._send_small()
                    self._events.append(message)
            case Parcel():
                arrived = time.perf_counter()
                with self._lock:
                    asked = self._in_flight.popleft() if self._in_flight else None
                    # The process goes on with the next while this one is copied.
                    self._go_on()
                self._keep(self._memory.unpack(message), asked, arrived)
            case Result():
                self._keep(message, self._answered(message), time.perf_counter())
        self._notify()

    def _answered(self, result: Result) -> _Asked | None:
        """Take a result's request off those on their way; None if it has had an answer before."""
        with self._lock:
            number = result.request.id
            asked = next((one for one in self._in_flight if one.request.id == number), None)
            # Of several that had come, the worker answers the newest only.
            self._in_flight = deque(one for one in self._in_flight if one.request.id > number)
            self._go_on()
            return asked

    def _go_on(self) -> None:
        self._crashes_in_a_row = 0
        self._send_pending()

    def _keep(self, result: Result, asked: _Asked | None, arrived: float) -> None:
        if asked is not None:
            result = replace(result, latency_ms=1e3 * (arrived - asked.at))
        with self._lock:
            self._result = result

    def _after_crash(self, cause: str) -> float:
        """Say what happened, put the request back or hold it; returns the pause in seconds.

        Args:
            cause: In words.
        """
        with self._lock:
            lost = self._in_flight[-1] if self._in_flight else None
            self._in_flight.clear()
            self._crashes_in_a_row += 1
            if lost is not None and not self._start.may_break:
                same = lost.request == self._blamed
                self._blamed = lost.request
                self._times_blamed = self._times_blamed + 1 if same else 1
            self._pending = self._pending or lost
            held = self._pending is not None and self._holds(self._pending.request)
            if held:
                self._pending = None
            self._put_small_back()
            self._give_jobs_up(_JOB_LOST)
            pause = min(FIRST_PAUSE_S * 2 ** (self._crashes_in_a_row - 1), LONGEST_PAUSE_S)
        again = "connecting again" if self._start.may_break else "starting it again"
        self._add_event("crashed", f"{cause}; {again} in {pause:.2g} s")
        if held:
            self._add_event("held", _HELD)
        return pause

    def _give_jobs_up(self, reason: str) -> None:
        """Let the jobs that the process had at work fail; lock held."""
        for report in list(self._jobs.values()):
            if all(one.id != report.id for one in self._waiting_jobs):
                self._note(replace(report, state="failed", error=reason))

    def _holds(self, request: Request) -> bool:
        return self._times_blamed >= CRASHES_BEFORE_HOLDING and request == self._blamed

    def _send_pending(self) -> None:
        """Hand the waiting request over if the process is free; the lock must be held."""
        if self._pending is None or len(self._in_flight) >= self._start.depth:
            return
        if self._pipe is None or not self._ready:
            return
        asked, self._pending = self._pending, None
        self._in_flight.append(asked)
        try:
            self._pipe.send(asked.request)
        except OSError:
            return  # the process has just died; the watching thread puts the request back

    def _interrupt(self) -> None:
        """Have full pictures given up for drafts that wait; lock held."""
        waiting = self._pending
        if waiting is None or not self._in_flight:
            return
        if waiting.request.draft and not self._in_flight[-1].request.draft:
            self._send(Interrupt())

    def _send_small(self) -> None:
        """Hand over the small requests that wait, if none of their kind is drawn; lock held."""
        if not self._ready:
            return
        for request in (self._tiles.next(), self._thumbnails.next()):
            if request is not None:
                self._send(request)

    def _put_small_back(self) -> None:
        """Try again what was drawn when the process died, a few times; lock held."""
        if (tiles := self._tiles.lost()) is not None:
            planes = dict.fromkeys(plane for plane, _grid, _tile in tiles.wanted)
            errors = tuple((plane, _HELD) for plane in planes)
            self._events.append(TilesResult(tiles, errors=errors))
        if (wanted := self._thumbnails.lost()) is not None:
            failed = tuple((one, _HELD) for one in wanted.wanted)
            self._events.append(ThumbnailsResult(wanted, errors=failed))

    def _send_waiting_jobs(self) -> None:
        """Hand the waiting jobs over if there is a process that takes them; lock held."""
        while self._waiting_jobs and self._ready and self._pipe is not None:
            if not self._send(self._waiting_jobs[0]):
                return
            del self._waiting_jobs[0]

    def _send(
        self,
        message: JobOrder
        | JobControl
        | CancelLoading
        | Interrupt
        | TilesRequest
        | ThumbnailsRequest,
    ) -> bool:
        """Send a message that is no request; the lock must be held."""
        try:
            if self._pipe is not None:
                self._pipe.send(message)
        except OSError:
            return False  # the process has just died; the watching thread says what is lost
        return self._pipe is not None

    def _note(self, report: JobReport) -> None:
        """Pass a report on, in place of one of the same job not taken yet; lock held."""
        if report.at_work:
            self._jobs[report.id] = report
        elif self._jobs.pop(report.id, None) is None:
            return  # it was given up before
        for index, event in enumerate(self._events):
            if isinstance(event, JobReport) and event.id == report.id:
                self._events[index] = report
                return
        self._events.append(report)

    def _note_preview(self, preview: Preview) -> None:
        """Pass a preview on in place of an older one of the same slot; lock held."""
        for event in list(self._events):
            if isinstance(event, Preview) and event.slot == preview.slot:
                self._events.remove(event)
        self._events.append(preview)

    def _add_event(self, kind: EventKind, message: str) -> None:
        with self._lock:
            self._events.append(WorkerEvent(kind, message))
        self._notify()

    def _notify(self) -> None:
        if self._wake is not None:
            self._wake()


_HELD = (
    f"these settings have stopped the render worker {CRASHES_BEFORE_HOLDING} times and are not"
    " tried again; change one of them, show fewer or smaller networks, or try again"
)

_JOB_LEFT = "another machine computes now; start it again there"
_JOB_LOST = "the render worker stopped while it was at work; start it again"
