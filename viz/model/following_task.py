"""Background work that follows what is set: ordered anew when that has changed and come to rest.

While the networks move by themselves it never rests; then one task after the other is done for the
place they have just reached, each to its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.state.animation import is_moving

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.protocol.jobs import JobReport, Task

REST_S = 0.25
"""So long the same has to be wanted before it is ordered."""


class StandingOrder:
    """Keeps one task done for what is set now."""

    def __init__(self) -> None:
        self._wanted: Task | None = None
        self._since_s = 0.0
        self._ordered: Task | None = None
        self._job = 0

    def keep(self, wanted: Task, ctx: PanelContext) -> JobReport | None:
        """Order the task if it is time; call it in every frame in which somebody looks.

        Returns:
            The newest report of the task ordered last, which may be of an earlier setting.
        """
        now = ctx.host.window.now_s
        if wanted != self._wanted:
            self._wanted, self._since_s = wanted, now
        report = ctx.jobs.get(self._job)
        if wanted == self._ordered:
            return report
        at_work = report is not None and report.at_work
        moves = ctx.state.playing and is_moving(ctx.state)
        if moves and at_work:
            return report
        if at_work:
            ctx.commands.control_job(self._job, "cancel")
        if moves or now - self._since_s >= REST_S:
            self._ordered, self._job = wanted, ctx.commands.start_job(wanted)
        else:
            ctx.host.window.request_frames(2)  # this one and the next, to look again
        return report
