"""A line about a background job: progress, time left, pause and cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.labels import DASH, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.panels.common.context import PanelContext
    from viz.protocol.jobs import JobReport

BAR_WIDTH, BAR_HEIGHT = 96, 4


def draw_job(jobs: Sequence[JobReport], ctx: PanelContext, right_edge: float) -> None:
    """Draw the newest job on one line, from the cursor to an edge of the window.

    Args:
        jobs: Running jobs, oldest first; not empty.
        ctx: Model, commands and widgets.
        right_edge: End of the line, in pixels of the window.
    """
    job, host = jobs[-1], ctx.host
    paused = job.state == "paused"
    _bar(job, ctx)
    imgui.same_line(0, host.px(8))
    imgui.push_style_var(imgui.StyleVar_.frame_padding, (host.px(4), 0))
    if _button(
        icons.PLAY if paused else icons.PAUSE, "pause job", "Continue." if paused else "Pause.", ctx
    ):
        ctx.model.jobs.control(job.id, "resume" if paused else "pause")
    imgui.same_line(0, host.px(2))
    if _button(icons.CLOSE, "cancel job", "Cancel.", ctx):
        ctx.model.jobs.control(job.id, "cancel")
    imgui.pop_style_var()
    imgui.same_line(0, host.px(8))
    left = "   paused" if paused else f"{time_text(job.seconds_left):>9}"
    ctx.ui.figure(left, host.palette.dim)
    imgui.same_line(0, host.px(8))
    others = f"  + {len(jobs) - 1}" if len(jobs) > 1 else ""
    room = right_edge - imgui.get_cursor_pos_x()
    title = shortened(job.task.title + others, room, lambda text: imgui.calc_text_size(text).x)
    ctx.ui.text(title, host.palette.dim)
    ctx.ui.tip("\n".join(f"{one.task.title}: {one.state}" for one in reversed(jobs)))


def time_text(seconds: float | None) -> str:
    """Format the time left: `12 s`, `3:05 min`, `2:10 h`; a dash while unknown."""
    if seconds is None:
        return DASH
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"


def _bar(job: JobReport, ctx: PanelContext) -> None:
    """Draw a progress bar, which moves continuously while the progress is unknown."""
    host, fraction = ctx.host, job.fraction
    where, height = imgui.get_cursor_screen_pos(), host.px(BAR_HEIGHT)
    imgui.set_cursor_screen_pos((where.x, where.y + (imgui.get_text_line_height() - height) / 2))
    shown = -0.4 * imgui.get_time() if fraction is None and job.state == "running" else fraction
    imgui.progress_bar(shown or 0.0, (host.px(BAR_WIDTH), height), "")
    imgui.same_line()
    imgui.set_cursor_screen_pos((where.x + host.px(BAR_WIDTH), where.y))
    imgui.dummy((0, imgui.get_text_line_height()))


def _button(icon: str, name: str, tip: str, ctx: PanelContext) -> bool:
    pressed = imgui.button(f"{icon}##{name}", (ctx.host.px(20), imgui.get_text_line_height()))
    ctx.ui.tip(tip)
    return bool(pressed)
