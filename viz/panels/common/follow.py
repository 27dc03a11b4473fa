"""Background tasks that follow the state, requested in every frame that shows their result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.state.animation import is_moving

if TYPE_CHECKING:
    from viz.model.latest_task import LatestTask
    from viz.panels.common.context import PanelContext
    from viz.protocol.jobs import JobReport, Task


def follow(latest: LatestTask, task: Task, ctx: PanelContext) -> JobReport | None:
    """Keep the result of a task up to date with the current state.

    Args:
        latest: Runs the task once the state has stopped changing.
        task: The task for the current state.
        ctx: Model, commands and widgets.

    Returns:
        The newest report with a result, which may belong to an earlier state.
    """
    latest.ask(task, moving=ctx.state.playing and is_moving(ctx.state))
    if latest.is_resting:
        ctx.host.window.request_frames(2)  # this frame and the next, to check again
    return latest.report
