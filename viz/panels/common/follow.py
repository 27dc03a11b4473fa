"""Background work that follows what is set, asked for anew in every frame somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.state.animation import is_moving

if TYPE_CHECKING:
    from viz.model.latest_task import LatestTask
    from viz.panels.common.context import PanelContext
    from viz.protocol.jobs import JobReport, Task


def follow(latest: LatestTask, task: Task, ctx: PanelContext) -> JobReport | None:
    """Keep a task done for what is set now.

    Args:
        latest: Has it carried out once what is set rests.
        task: What is wanted.
        ctx: The program.

    Returns:
        The newest report with a result, which may be of an earlier setting.
    """
    latest.ask(task, moving=ctx.state.playing and is_moving(ctx.state))
    if latest.is_resting:
        ctx.host.window.request_frames(2)  # this one and the next, to look again
    return latest.report
